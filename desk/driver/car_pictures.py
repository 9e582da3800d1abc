"""A photo as a phone sent it becomes one of our own: known by its first bytes, decoded within limits, drawn anew without EXIF.

What is kept is never the sender's bytes: whatever else stood in them (a place, a script, an archive behind the picture) is gone.
Slow (a tenth of a second) and hungry (some 75 MB at most): for a thread, and few at a time.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass

from PIL import Image, ImageOps

from desk.errors import Invalid

MOST_BYTES = 8_000_000
MOST_PIXELS = 25_000_000
"""Six times what the page sends; a small file that unfolds into more is refused before it is decoded."""
LEAST_SIDE, LONGEST_SIDE = 64, 1600
QUALITY = 82
_BEGINNINGS = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"))


class BadPicture(Invalid):
    """No picture that can be kept. `details["reason"]`: not_a_picture, damaged, too_large, too_small."""

    code = "bad_picture"

    def __init__(self, reason: str) -> None:
        super().__init__(f"the picture is {reason}", field="picture", reason=reason)


@dataclass(frozen=True, slots=True)
class Picture:
    """A JPEG of our own making. `sent_sha256` is that of the bytes that came, `sha256` that of `raw`."""

    raw: bytes
    width: int
    height: int
    sent_sha256: str
    sha256: str


def kind_of(raw: bytes) -> str | None:
    """JPEG, PNG or WEBP by the first bytes, whatever the sender calls it."""
    if raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
        return "WEBP"
    return next((kind for beginning, kind in _BEGINNINGS if raw.startswith(beginning)), None)


def drawn_anew(raw: bytes) -> Picture:
    """`raw` decoded and written as a JPEG, at most LONGEST_SIDE pixels long. Raises BadPicture."""
    if len(raw) > MOST_BYTES:
        raise BadPicture("too_large")
    kind = kind_of(raw)
    if kind is None:
        raise BadPicture("not_a_picture")
    try:
        made, size = _redraw(raw, kind)
    except BadPicture:
        raise
    except Image.DecompressionBombError as error:
        raise BadPicture("too_large") from error
    except Exception as error:
        # A decoder on foreign bytes raises what it likes; each of these means the same.
        raise BadPicture("damaged") from error
    return Picture(made, *size, hashlib.sha256(raw).hexdigest(), hashlib.sha256(made).hexdigest())


def _redraw(raw: bytes, kind: str) -> tuple[bytes, tuple[int, int]]:
    with Image.open(io.BytesIO(raw), formats=(kind,)) as opened:
        width, height = opened.size
        if width * height > MOST_PIXELS:
            raise BadPicture("too_large")
        if min(width, height) < LEAST_SIDE:
            raise BadPicture("too_small")
        opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
        opened.load()
        upright = ImageOps.exif_transpose(opened).convert("RGB")
    upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    out = io.BytesIO()
    # A new image has no EXIF and no comments; nothing of the old one is handed on.
    Image.frombytes("RGB", upright.size, upright.tobytes()).save(out, "JPEG", quality=QUALITY)
    return out.getvalue(), upright.size
