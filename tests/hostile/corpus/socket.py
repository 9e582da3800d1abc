"""F20. What a WebSocket's client may not do: as frames of bytes (RFC 6455, 5.2) and as texts, with the codes that are right."""

from __future__ import annotations

import struct
import zlib

MASK = b"\x01\x02\x03\x04"


def frame(
    opcode: int,
    payload: bytes,
    *,
    last: bool = True,
    masked: bool = True,
    reserved: int = 0,
    length: bytes | None = None,
) -> bytes:
    """One frame as it goes over the wire. `length` replaces the length octets."""
    head = bytes([(0x80 if last else 0) | reserved | opcode])
    flag = 0x80 if masked else 0
    size = len(payload)
    if length is not None:
        told = length
    elif size < 126:
        told = bytes([flag | size])
    elif size < 65536:
        told = bytes([flag | 126]) + struct.pack("!H", size)
    else:
        told = bytes([flag | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + told + payload
    return head + told + MASK + bytes(byte ^ MASK[at % 4] for at, byte in enumerate(payload))


def compressed(payload: bytes) -> bytes:
    """A frame that says it is compressed; we never agreed to that."""
    return frame(1, payload, reserved=0x40)


def bomb(size: int) -> bytes:
    """So many zeros, as `permessage-deflate` would send them (RFC 7692, 7.2.1)."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (packer.compress(bytes(size)) + packer.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\0\0\xff\xff")


_PROTOCOL = frozenset({1002, 1003, 1007, 1008, 1009})
_WORDS = (
    "{", "}", "[", "[]", "{}", "null", "true", "1", '"ping"', "", " ", "ping", "\x00", "{'type':'ping'}", '{"type":}', '{"type":"ping",}', "<ping/>",
    '{"type":"listen-in"}', '{"type":"call.arrived"}', '{"type":"snapshot"}', '{"type":null}', '{"type":1}', '{"type":["ping"]}', '{"type":{"a":1}}',
    '{"type":"PING"}', '{"type":"ping "}', '{"type":"ping","more":1}', '{"type":"subscribe","office_id":2}', '{"type":"subscribe","calls":[1]}',
    '{"type":"subscribe","seq":-1}', '{"type":"ping","type":"subscribe","x":1}', '{"Type":"ping"}', '{"type":"ping"}{"type":"ping"}', '[{"type":"ping"}]',
    '{"type":"subscribe","operator":2}', '{"type":"join","room":"operator-2"}', '{"type":"order.take","origin":"x"}', '{"type":"call.hangup","id":1}',
    '{"type":"eval","code":"1"}', '{"__proto__":{"type":"ping"}}', '{"constructor":1}', '{"type":"\\u0000"}', '{"type":"\\ud800"}', '{"id":1}', '{"seq":1}',
    '{"type":"beat","seq":999}', '{"type":"auth","token":"x"}', '{"type":"role","role":"admin"}', "NaN", "Infinity", "-1e999", "9" * 400,
)  # fmt: skip

_KINDS = (
    "unsubscribe", "join", "leave", "room", "publish", "broadcast", "order.assigned", "driver.changed", "offer.accept", "message.send",
    "session", "replay", "resume", "eval",
)  # fmt: skip
_MORE = (
    ("id", "1"), ("office_id", "2"), ("seq", "0"), ("room", '"operator-2"'), ("since", '"2026-01-01"'), ("data", '{"__proto__":1}'),
)  # fmt: skip

TEXTS: tuple[tuple[str, frozenset[int]], ...] = (
    *((word, frozenset({1007, 1008})) for word in _WORDS),
    *((opening * depth, frozenset({1007, 1008, 1009})) for opening in ("[", '{"a":', "[[", '["') for depth in (100, 700, 1300, 4000, 20_000)),
    *(("x" * size, frozenset({1007, 1009})) for size in (4096, 4097, 5000, 65_535, 65_536, 100_000)),
    *((f'{{"type":"{word}","{name}":{value}}}', frozenset({1008})) for word in _KINDS for name, value in _MORE),
    *(('{"type":"' + "p" * size + '"}', frozenset({1008, 1009})) for size in (100, 1000, 4000, 5000)),
)  # fmt: skip

BINARY: tuple[bytes, ...] = (
    b"",
    b"\x00",
    b"\xff" * 100,
    b'{"type":"ping"}',
    bytes(range(256)),
    b"\x1f\x8b\x08\x00",
    b"\x08\x96\x01",
    b"\x85\xa4type",
)

FRAMES: tuple[tuple[bytes, frozenset[int]], ...] = (
    # Bad UTF-8 in a text.
    *((frame(1, bad), frozenset({1007})) for bad in (
        b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80", b"a\xc3", b"\xc8\xab\xb1\xe6", b"\xf8\x88\x80\x80\x80", b'{"type":"\xff"}',
    )),
    # Lengths that nobody may announce, and lengths that are too long for us.
    *((frame(1, b"", length=bytes([0xFF]) + struct.pack("!Q", size)), frozenset({1002, 1009})) for size in (
        4097, 65_536, 1_000_000, 100_000_000, 2**31, 2**32, 2**40, 2**62, 2**63, 2**64 - 1,
    )),
    *((frame(2, b"", length=bytes([0xFF]) + struct.pack("!Q", size)), frozenset({1002, 1009})) for size in (100_000_000, 2**63)),
    # Opcodes, reserved bits, control frames that are cut in parts or too long, a close that says nonsense.
    *((frame(opcode, b"x"), frozenset({1002})) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
    *((frame(opcode, b"x", reserved=bits), frozenset({1002})) for opcode in (1, 2, 9) for bits in (0x40, 0x20, 0x10, 0x70)),
    *((frame(opcode, b"x", last=False), frozenset({1002})) for opcode in (8, 9, 10)),
    *((frame(opcode, b"x" * 126), frozenset({1002})) for opcode in (8, 9, 10)),
    *((frame(8, struct.pack("!H", code)), frozenset({1000, 1002})) for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999)),
    (frame(8, b"x"), frozenset({1002})),
    (frame(8, struct.pack("!H", 1000) + b"\xff"), frozenset({1002, 1007})),
    # Parts: a beginning inside of another, a continuation of nothing, parts without an end, parts that add up to too much.
    (frame(0, b"x"), frozenset({1002})),
    (frame(1, b"a", last=False) + frame(1, b"b"), frozenset({1002})),
    (frame(1, b"a", last=False) + frame(2, b"b"), frozenset({1002})),
    *((frame(1, b"a" * size, last=False) + frame(0, b"a" * size, last=False) * count, frozenset({1009})) for size, count in ((1, 5000), (100, 50), (1000, 10), (4000, 3))),
    *((frame(1, b"", last=False) + frame(0, b"x" * 4096, last=False) + frame(0, b"x"), frozenset({1007, 1009})) for _ in (1,)),
    *((frame(1, part, last=False) + frame(0, rest), frozenset({1007, 1008})) for part, rest in (
        (b"{", b"}x"), (b'{"type":"pi', b'ng","x":1}'), (b"\xe2", b"\x82"), (b"\xff", b"\xff"), (b"", b""), (b"[", b"]"),
    )),
    # Compressed, though nobody agreed to it: also what would be up to ten megabytes.
    *((compressed(bomb(size)), frozenset({1002, 1009})) for size in (0, 1, 14, 1000, 4097, 100_000, 1_000_000, 10_000_000)),
    # Floods: within a second more than anybody types.
    *((frame(1, b'{"type":"ping"}') * count, frozenset({1008, 4008})) for count in (100, 1000, 10_000)),
    *((frame(1, b'{"type":"subscribe"}') * count, frozenset({1008, 4008})) for count in (100, 1000)),
)  # fmt: skip
