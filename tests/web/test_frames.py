"""What is told to many browsers is one WebSocket frame, as RFC 6455 writes it."""

from __future__ import annotations

import pytest

from web.live.frames import text_frame


def test_the_example_of_the_rfc() -> None:
    assert text_frame("Hello") == bytes([0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])  # section 5.7


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, bytes([0x81, 0])),
        (125, bytes([0x81, 125])),
        (126, bytes([0x81, 126, 0, 126])),
        (65_535, bytes([0x81, 126, 0xFF, 0xFF])),
        (65_536, bytes([0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0])),
    ],
)
def test_the_length_is_written_in_the_shortest_way(size: int, head: bytes) -> None:
    assert text_frame("a" * size) == head + b"a" * size


def test_the_length_is_that_of_the_bytes() -> None:
    assert text_frame("강남")[:2] == bytes([0x81, 6])
