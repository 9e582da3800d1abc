"""F15. What a cable brings besides good frames: noise, cuts, splits, glue, foreign frames; each with the numbers that are true."""

from __future__ import annotations

import random

STX, ETX = b"\x02", b"\x03"


def ring(number: str, channel: str = "1") -> bytes:
    """A good frame: a call comes in."""
    return STX + f"{channel}I{number:<18}".encode() + ETX


HANG_UP = STX + b"1E" + b" " * 18 + ETX


def _noise(count: int) -> tuple[bytes, ...]:
    chance = random.Random(20261122)
    # A start byte makes a frame out of noise, which may be a ring without a number; here noise is only noise.
    return tuple(
        bytes(chance.choice([byte for byte in range(256) if byte != 2]) for _ in range(chance.randint(1, 400)))
        for _ in range(count)
    )


_BAD_BODIES = (
    b"", b"1", b"1I", b"I", b"\x001I", b"1i01055501234", b"1Z01055501234", b"1\xff", b"\xff\xff\xff", b"1S", b"1E", b"1K", b"1P" + b"x" * 18, b" I01055501234",
    b"-I01055501234", b"1\x0001055501234", b"2I01055509999", b"9I01055509999", b"AI01055509999", b"1I" + b" " * 18, b"1I" + b"x" * 18, b"1I0105550123\x00",
    b"1I010555012\xb14", b"1I01055501234;", b"1I01055501234,1", b"1I${EPOCH}", b"1I<script>", b"1I'--", b"1I../..", b"1I" + b"9" * 60, b"1I" + b"9" * 61,
    b"1I" + b"9" * 62, b"1I" + b"9" * 63, b"1I" + b"9" * 5000, b"1I\x1b[31m", b"1I\r\n", b"1I\r\nRING\r\n", b"RING", b"\r\nNMBR = 01055509999\r\n", b"1I\xef\xbc\x90\xef\xbc\x91",
    b"1I0105550", b"1IP", b"1IC", b"1IO", b"1Ip", b"1IPRIVATE", b"1I-", b"1I+", b"1I++82", b"1I*#*#",
)  # fmt: skip

NOISE: tuple[bytes, ...] = (
    *_noise(200),
    *(byte * size for byte in (b"\x00", b"\xff", b"U", b"\x03", b"9") for size in (1, 200, 5000)),
    *(STX + body + ETX for body in _BAD_BODIES),
    *(STX + body for body in _BAD_BODIES),
    *(body + ETX for body in _BAD_BODIES[:30]),
    *(ring("01055508888")[:cut] for cut in range(1, 21)),
    *(ring("01055508888")[cut:] for cut in range(1, 22)),
    STX * 1000,
    (STX + ETX) * 500,
    STX + b"9" * 50_000,
)

SPLITS: tuple[int, ...] = tuple(range(1, len(ring("0") + HANG_UP + ring("0") + HANG_UP)))
"""Offsets at which two calls, glued together, are cut in two reads."""
