"""F12. Unicode that is drawn otherwise than it is stored, or that is no Unicode: kept composed, visible and short."""

from __future__ import annotations

import unicodedata

_HANGUL = ("홍길동", "김철수", "똠방각하", "뷁", "ㄱㄴㄷ", "각", "강남역 10번 출구", "쀍쀍쀍", "가나다라마바사")
_INVISIBLE = (
    "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u034f", "\u180e", "\u3164", "\u115f", "\u1160", "\uffa0",
    "\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\u061c", "\u200e", "\u200f",
    "\ufe0f", "\ufe00", "\U000e0100", "\U000e0041", "\u2800", "\ufffc", "\ufffd", "\u206a", "\ufff9", "\ue000", "\U000f0000",
    "\ufdd0", "\uffff", "\U0010ffff",
)  # fmt: skip
_SPACES = ("\u00a0", "\u2003", "\u3000", "\u1680", "\u202f", "\u2028", "\u2029", "\x85", "\t", "\x0b")
_EMOJI = ("😀", "👩‍👩‍👧‍👦", "🇰🇷", "👍🏽", "🏴‍☠️", "❤️", "1️⃣", "𠀀", "𝒳", "🀄")

TEXTS: tuple[str, ...] = (
    *_HANGUL,
    *(unicodedata.normalize("NFD", text) for text in _HANGUL),
    *(f"김{mark}철수" for mark in _INVISIBLE),
    *(f"{mark}김철수{mark}" for mark in _INVISIBLE),
    *(f"김{space}{space}철수" for space in _SPACES),
    *(f"김{face}수" for face in _EMOJI),
    *(face * 60 for face in _EMOJI),
    *("e" + mark * 200 for mark in ("\u0301", "\u0336", "\u0489", "\u20dd", "\u1ab0")),
    "\u0301" * 80,
    "ﾎﾝﾀﾞ ｶﾅ",
    "ＡＢＣ１２３",
    "ﬁ ﬂ ﬃ",
    "ſ K Å",
    "Ⅷ ㎏ ㏂ ㋿",
    "ß ẞ İ ı",
    "ﷺ" * 20,
    "א\u202eabc",
    "مرحبا",
    "कि ख़",
    "ᄀ" * 100,
    "ᅡ" * 50,
    "각" * 100,
    "한" * 81,
    "a" * 79 + "\u0301",
    "a" * 80 + "\u0301",
    "김" + "\u0301" * 4 + "철수",
    "\u200b" * 200,
    " \t\r\n ",
    "\ufeff김철수",
    "A\u030a",
    "\u212b",
    "\u1e9b\u0323",
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞",
)  # fmt: skip

_KOREAN = "홍길동".encode("cp949")
BYTES: tuple[bytes, ...] = (
    _KOREAN,
    "똠방각하".encode("cp949"),
    _KOREAN + "김".encode(),
    "김".encode() + _KOREAN,
    "홍길동".encode()[:-1],
    "홍길동".encode()[1:],
    "홍길동".encode("utf-16-le"),
    "홍길동".encode("utf-16-be"),
    "홍길동".encode("utf-16"),
    "홍길동".encode("utf-7"),
    "홍길동".encode("iso2022_kr"),
    "홍길동".encode("johab"),
    b"\xff\xfe\xfd",
    b"\x80",
    b"\xc0\xaf",
    b"\xe0\x80\xaf",
    b"\xf0\x80\x80\xaf",
    b"\xf8\x88\x80\x80\x80",
    b"\xfc\x84\x80\x80\x80\x80",
    b"\xed\xa0\x80",
    b"\xed\xb0\x80",
    b"\xed\xa0\x80\xed\xb0\x80",
    b"\xf4\x90\x80\x80",
    b"\xc2",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\xef\xbb\xbf" + "김".encode(),
    b"a\xffb\xfec",
    b"\xa1",
    b"\xc7\xd1" * 60,
    bytes(range(128, 256)),
    b"\x8e\xa1\x8f\xa1",
)  # fmt: skip

_UNSEEN = (
    "\u200b", "\u200c", "\u200d", "\u2060", "\ufeff", "\u202a", "\u202b", "\u202d", "\u202e", "\u202c", "\u2066", "\u2067",
    "\u2068", "\u2069", "\u00ad", "\u180e", "\u115f", "\u1160", "\u3164", "\uffa0",
)  # fmt: skip
_NAMES = ("김철수", unicodedata.normalize("NFD", "홍길동"), "ﾞﾟ이", "강남역 10번", "Kim", "각", "가\u0301", "👨\u200d👩")

WOVEN: tuple[str, ...] = tuple(unseen.join(("", *name, "")) for unseen in _UNSEEN for name in _NAMES)
"""Names with something between their letters that nobody sees."""
