"""Cutting a byte stream into frames, bounded: garbage is dropped and counted, never kept and never raised."""

from __future__ import annotations


class Framed:
    """Frames between a start byte and an end byte.

        garbage  <start> body <end>  garbage  <start> body <end>

    A start byte inside a frame means that the earlier one was cut off: it is dropped, and reading goes on from the new one.
    A body longer than `limit` bytes is noise.
    """

    def __init__(self, start: int, end: int, limit: int) -> None:
        self._start = start
        self._end = end
        self._limit = limit
        self._body: bytearray | None = None
        self.dropped = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The bodies that are complete now, without their delimiters."""
        bodies: list[bytes] = []
        for byte in data:
            if byte == self._start:
                self._drop()
                self._body = bytearray()
            elif self._body is None:
                self.dropped += 1
            elif byte == self._end:
                bodies.append(bytes(self._body))
                self._body = None
            elif len(self._body) >= self._limit:
                self._drop()
                self.dropped += 1
            else:
                self._body.append(byte)
        return bodies

    def _drop(self) -> None:
        if self._body is not None:
            self.dropped += len(self._body) + 1
            self._body = None
