"""F18. Pictures from strangers: of another kind than they say, cut off, bent, unfolding, with something behind them or in them."""

from __future__ import annotations

import io
import struct
import zlib

from PIL import Image

HIDDEN = b"<script>alert('hidden')</script>"


def _picture(kind: str, size: tuple[int, int] = (96, 80), **more: object) -> bytes:
    image = Image.new("RGB", size, "navy")
    image.paste("orange", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, rows: bytes, depth: int = 8, colour: int = 2, extra: bytes = b"") -> bytes:
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + extra + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")


JPEG, PNG, WEBP = (_picture(kind) for kind in ("JPEG", "PNG", "WEBP"))
OTHER_KINDS = (
    b"", b"\0", b"\xff\xd8", b"\xff\xd8\xff", b"GIF89a" + b"\0" * 64, b"BM" + b"\0" * 64, b"II*\0" + b"\0" * 64,
    b"MM\0*" + b"\0" * 64, b"%PDF-1.7\n%%EOF", b"PK\x03\x04" + b"\0" * 64, b"MZ" + b"\0" * 64, b"\x7fELF" + b"\0" * 64,
    b"#!/bin/sh\nid\n", HIDDEN, b"<?xml version='1.0'?><svg onload='alert(1)'/>", b"%!PS-Adobe\n", b"RIFF\0\0\0\0WAVE",
    b"RIFF\xff\xff\xff\xffWEBPVP8X", b"\0\0\0\x1cftypheic" + b"\0" * 64, b"P6 9999999 9999999 255\n", b"8BPS" + b"\0" * 64,
)  # fmt: skip
BEHIND = tuple(
    picture + behind for picture in (JPEG, PNG, WEBP) for behind in (HIDDEN, b"PK\x03\x04" + HIDDEN, b"\0" * 100_000)
)
INSIDE = (
    _picture("JPEG", comment=HIDDEN),
    _picture("JPEG", exif=b"Exif\0\0MM\0*" + HIDDEN),
    _png(96, 80, (b"\0" + b"\x10" * 288) * 80, extra=_chunk(b"tEXt", b"Comment\0" + HIDDEN)),
    _png(96, 80, (b"\0" + b"\x10" * 288) * 80, extra=_chunk(b"zTXt", b"x\0\0" + zlib.compress(b"A" * 8_000_000, 9))),
    _png(96, 80, (b"\0" + b"\x10" * 288) * 80, extra=_chunk(b"iCCP", b"x\0\0" + zlib.compress(HIDDEN * 9))),
)
BOMBS = (
    _png(60_000, 60_000, b"\0" * 1_000),
    _png(6_000, 6_000, b"\0" * 1_000),
    _png(2**31 - 1, 2**31 - 1, b""),
    _png(2**31 - 1, 1, b"\0"),
    _png(1, 2**31 - 1, b"\0"),
    _png(0, 0, b""),
    _png(1, 1, b"\0" * 4),
    JPEG.replace(JPEG[JPEG.index(b"\xff\xc0") :][:9], b"\xff\xc0\0\x11\x08\xff\xff\xff\xff", 1),
)
CUT = tuple(picture[: len(picture) * part // 6] for picture in (JPEG, PNG, WEBP) for part in range(1, 6))
BENT = tuple(
    picture[:at] + bytes([picture[at] ^ 0xFF]) + picture[at + 1 :]
    for picture in (JPEG, PNG, WEBP)
    for at in range(12, len(picture), max(1, len(picture) // 10))
)
PICTURES: tuple[bytes, ...] = (*OTHER_KINDS, *BEHIND, *INSIDE, *BOMBS, *CUT, *BENT)
