"""F16. What comes as a text: commands by strangers, words that only look like ours, foreign languages of machines, headers that lie.

Each case is (octets, data_coding, esm_class). None of them may accept anything; the right answer of the right driver is no case.
"""

from __future__ import annotations

from tests.hostile.corpus import breaks, markup, shell, sql, unicode

CODE = "%CODE%"
"""Stands for the code of the offer that is open."""

Case = tuple[str | bytes, int, int]

_COMMANDS = (
    "수락", "수락 %CODE%", "%CODE%", "1", "네", "ok %CODE%", "거절 %CODE%", "2", "no", "도착 %CODE%", "완료", "취소 %CODE%",
    "[Web발신] 수락 %CODE%", "１", "수락%CODE%", "배차", "관리자", "help", "/accept %CODE%", "accept all", "YES YES YES", "수락 * ", "수락 0", "수락 -1",
)  # fmt: skip
STRANGERS: tuple[Case, ...] = tuple((text, 8, 0) for text in _COMMANDS)
"""The right words from a number that nobody knows."""

_LOOKS_LIKE = (
    "수ㄹㅏㄱ %CODE%", "수 락 락 %CODE%", "수락? %CODE% 얼마", "수락 %CODE% 아님", "수락 안 함 %CODE%", "ѕtоp it", "о\u0308k %CODE%", "оk %CODE%", "уes", "ye\u0455", "n\u043e",
    "수락\u3164%CODE%원", "수락 %CODE% http://example.com/x", "http://example.com/수락", "수락 %CODE%.1", "수락 1%CODE%9", "수락 %CODE%%CODE%", "수락 0%CODE%", "٣", "①", "Ⅰ", "²", "수락 ①",
    "네네네네네네네 아니", "아니 네", "예 아니오", "수락 거절 %CODE%", "%CODE% %CODE%", "%CODE%\n12\n13", "ㄴㅔ", "y n", "okok", "넹 %CODE%",
    "운전중이라 수락 %CODE%", "[자동응답] 수락하시겠습니까?", "부재중입니다. 1번을 누르세요", "수신거부요청취소", "stop %CODE%", "STOP 12", "광고 아님", "",
    " ", "\u200b", "\ufeff", "가" * 500, "1" * 500, "수락 " * 200, "%CODE%" * 100,
)  # fmt: skip
FROM_A_DRIVER: tuple[Case, ...] = tuple((text, 8, 0) for text in _LOOKS_LIKE)
"""From the very driver who is asked, and still no yes and no no."""

_MACHINE = (*markup.PAYLOADS[::2], *sql.TEXTS[::2], *shell.COMMANDS[::2], *breaks.TEXTS[::3], *unicode.TEXTS[::2])
MACHINES: tuple[Case, ...] = tuple((text, 8, 0) for text in dict.fromkeys(_MACHINE))

_HEADERS = (
    b"", b"\xff", b"\x05", b"\x05\x00\x03\x01\x00\x00", b"\x05\x00\x03\x01\x02\x03x", b"\x05\x00\x03\x01\x01\x01x", b"\x06\x08\x04\x00\x01\x00\x00x",
    b"\x02\x00\xffx", b"\x01\x00x", b"\x00x", b"\x0a" + b"\x00\x00" * 5 + b"x", b"\x03\x24\x01\x01x", b"\x06\x05\x04\x15\x82\x00\x00x", b"\x05\x00\x03\x01\xff\x00x",
    b"\x0b\x00\x03\x01\x00\x01\x08\x04\x00\x01\x00\x01x", b"\xfe" * 250,
)  # fmt: skip
HEADERS: tuple[Case, ...] = tuple((header, coding, 0x40) for header in _HEADERS for coding in (0, 8))

_CODINGS = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 0x40, 0x80, 0x84, 0xC0, 0xF0, 0xF4, 0xF5, 0xFF)
BYTES: tuple[Case, ...] = tuple(
    (octets, coding, 0)
    for coding in _CODINGS
    for octets in (b"\xff\xfe\x00", b"\x1b\x1b\x1b", bytes(range(256))[:254], b"\xd8\x00\xd8\x00", b"\xb0\xa1\xb0")
)

CASES: tuple[Case, ...] = (*STRANGERS, *FROM_A_DRIVER, *MACHINES, *HEADERS, *BYTES)
