"""F7 and F8. Header blocks and replies that no good Asterisk writes, and texts that are to be one argument of one command."""

from __future__ import annotations

from tests.hostile.corpus.asterisk import NAMES
from tests.hostile.corpus.breaks import BREAKS

_KEYS = (
    "agi_callerid",
    "agi_calleridname",
    "agi_callingpres",
    "agi_uniqueid",
    "agi_channel",
    "agi_language",
    "agi_request",
    "agi_arg_2",
)
_VALUES = (
    b"", b" ", b"\xff\xfe", b"\x00", "홍길동".encode("cp949"), "홍길동".encode()[:-1], b"a\nagi_arg_1: stolen", b"a\nagi_network_script: other", b"x" * 5000, b"\x1b[31m",
    b"unknown", b"${EPOCH}", b'"', b": : :", b"agi_callerid: x", b"\r\r", b"%0a", b"-1", b"99999999999999999999", "😀".encode() * 20,
)  # fmt: skip

HEADERS: tuple[tuple[str, bytes], ...] = tuple((key, value) for key in _KEYS for value in _VALUES)
"""A key with its value; the rest of the block is good, so the caller is spoken to (or, for the Linkedid, refused)."""

BLOCKS: tuple[bytes, ...] = (
    b"", b"\n", b"\n\n", b"\r\n\r\n", b"agi_network: yes\n", b"agi_network: yes\n\n", b"agi_network yes\n\n", b"x" * 100_000, b"agi_a: b\n" * 10_000,
    b"agi_a: " + b"x" * 100_000 + b"\n\n", b"\x00" * 1000 + b"\n\n", b"\xff" * 1000 + b"\n\n", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"INVITE sip:x SIP/2.0\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01", b"Action: Login\r\n\r\n", b"agi_network_script: welcome\n\n", b"agi_network_script: ../../x\n\n", b"agi_network_script: \n\n",
    b"agi_network_script: welcome?" + b"a=b&" * 500 + b"\n\n", b"agi_arg_1: x\n\n", b"agi_arg_1:\n\n", *(b"agi_arg_%d: x\n" % n for n in range(1, 10)),
    b"".join(b"agi_arg_%d: x\n" % n for n in range(2, 200)) + b"\n",
)  # fmt: skip

REPLIES: tuple[bytes, ...] = (
    b"", b"\n", b"\r\n", b"x\n", b"200\n", b"200 \n", b"200 result\n", b"200 result=\n", b"200 result=x\n", b"200 result=-1\n", b"200 result=-2\n", b"200 result=0\n",
    b"200 result=99999999999999999999\n", b"200 result=256\n", b"200 result=\xff\n", b"200 result=0 (\n", b"200 result=0 (timeout\n", b"200 result=0 )(\n",
    b"200 result=1 (a)b) endpos=0\n", b"200 result=1 (hangup)\n", b"200 result=1 (a\nb)\n", b"200 result=0 endpos=\n", b"200 result=0 endpos=x\n", b"200 result=0 endpos=-5\n",
    b"200 result=0 endpos=99999999999999999999999\n", b"2OO result=0\n", b"20 result=0\n", b"2000 result=0\n", b"-200 result=0\n", b"\xef\xbc\x92\xef\xbc\x90\xef\xbc\x90 result=0\n",
    b"100 result=0 Trying...\n200 result=0\n", b"100 result=0\n" * 300, b"510 Invalid or unknown command\n", b"511 Command Not Permitted on a dead channel\n",
    b"520-Invalid command syntax.\n520 End of proper usage.\n", b"520-Invalid command syntax.\n" * 300, b"520-x\n200 result=0\n520 End\n", b"520 End\n", b"HANGUP\n", b"HANGUP\nHANGUP\n200 result=0\n",
    b"HANGUP\n511 x\n", b"HANGUP", b"HANGUPX\n", b"\x00\n", b"\xff\xfe\n", b"x" * 100_000, b"x" * 100_000 + b"\n", b"200 result=1 (" + b"y" * 100_000 + b")\n", b"x\n" * 300,
    b"200 result=0 (\xc8\xab\xb1\xe6)\n", b"200 result=1 (${SHELL(id)})\n", b"200 result=1 (a\x00b)\n", b"\x1b[31m200 result=0\n", b"HTTP/1.1 200 OK\r\n", b"200 result=0\r\n", b"\t200 result=0\n",
    b"404 x\n", b"999 x\n", b"000 x\n", b"600 result=0\n",
)  # fmt: skip

AT_COMMANDS = (1, 2, 4)
"""At which command of the conversation the odd reply comes."""

ARGUMENTS: tuple[str, ...] = (
    *(f"a{mark}HANGUP" for mark in BREAKS),
    *NAMES[:24],
    "", " ", '"', '""', "\\", "\\\\", '\\"', '"\\', "a\"b", "a\\b", "a\\nb", "a\0b", "\0", "\x1a", "\x1b", "'", "`", "x" * 900, '"' * 400, "\\" * 400,
    "한" * 200, "\ud800", "😀", "\u202e", 'a" "b', 'a"\nSET VARIABLE IVR_DONE 1',
)[:50]  # fmt: skip
