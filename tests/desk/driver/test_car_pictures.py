"""Pictures from strangers: what is kept is drawn by us, and what cannot be drawn is refused before it costs anything."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from desk.driver.car_pictures import MOST_BYTES, BadPicture, drawn_anew


def picture(kind: str = "JPEG", size: tuple[int, int] = (640, 480), **more: object) -> bytes:
    """A small picture whose left half is red."""
    image = Image.new("RGB", size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that says of itself that it is huge."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packed = zlib.compress(b"\0" * 100_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_what_a_phone_sends_becomes_a_jpeg_of_our_own(kind: str) -> None:
    made = drawn_anew(picture(kind))
    with Image.open(io.BytesIO(made.raw)) as image:
        assert (image.format, image.size) == ("JPEG", (640, 480))
    assert made.sha256 != made.sent_sha256


def test_where_a_photo_was_taken_is_not_kept_and_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the phone on its side
    exif.get_ifd(0x8825)[1] = "N"
    made = drawn_anew(picture(exif=exif.tobytes(), comment=b"a secret"))
    with Image.open(io.BytesIO(made.raw)) as image:
        assert image.size == (480, 640)
        assert not image.getexif()
    assert b"a secret" not in made.raw
    assert b"Exif" not in made.raw


def test_what_hides_behind_a_picture_is_gone() -> None:
    assert b"<script>" not in drawn_anew(picture() + b"PK\x03\x04<script>alert(1)</script>").raw


def test_a_large_photo_is_made_smaller() -> None:
    made = drawn_anew(picture(size=(4000, 3000)))
    assert (made.width, made.height) == (1600, 1200)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not_a_picture"),
        (b"%PDF-1.7\n", "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
        (b"GIF89a" + b"\0" * 100, "not_a_picture"),
        (b"\xff\xd8\xff" + b"\0" * 100, "damaged"),
        (picture()[:700], "damaged"),
        (picture("PNG")[:-40], "damaged"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "damaged"),
        (bomb(30_000, 30_000), "too_large"),
        (bomb(2**31 - 1, 1), "too_large"),
        (bomb(6_000, 6_000), "too_large"),
        (picture(size=(640, 8)), "too_small"),
        (picture() + b"\0" * MOST_BYTES, "too_large"),
    ],
)
def test_what_is_no_picture_is_refused_with_its_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(BadPicture) as refused:
        drawn_anew(raw)
    assert refused.value.details["reason"] == reason
