"""A text as the WebSocket frame in which a server sends it (RFC 6455, section 5.2): not masked, in one piece, not compressed.

The same bytes go to every browser of an office, so they are made once.
"""

from __future__ import annotations

_FINAL_TEXT = 0x81
_SHORT = 125
_MIDDLE = 0xFFFF


def text_frame(text: str) -> bytes:
    """`text` as one frame."""
    data = text.encode()
    size = len(data)
    if size <= _SHORT:
        return bytes((_FINAL_TEXT, size)) + data
    if size <= _MIDDLE:
        return bytes((_FINAL_TEXT, 126)) + size.to_bytes(2, "big") + data
    return bytes((_FINAL_TEXT, 127)) + size.to_bytes(8, "big") + data
