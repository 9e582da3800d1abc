"""Readings that the database did not take, in one bounded file on the disk, in the order in which they were told.

One line each: the CRC-32 of what follows as eight hex digits, a blank, a JSON object with the reading's kind and fields:

    3b1f0a52 {"kind":"CallGone","at":"2026-11-22T01:02:03.456000Z","linkedid":"cb12ab34-1763776800.7","cause":"16"}

What is appended is on the disk (fsync) when `append` comes back. Lines that were stored are forgotten together, when the last
one is: killed before that, the next start stores some a second time, which changes nothing. A line that is torn or whose sum
is wrong costs only itself, and is counted.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from zlib import crc32

import structlog
from pydantic import TypeAdapter, ValidationError

from desk.events import (
    BoxCallAnswered,
    BoxCallGone,
    CallDialled,
    CallGone,
    CallSeen,
    Event,
    PbxSnapshot,
    PhoneAnswered,
    PhoneRang,
)

READINGS = (CallSeen, CallDialled, PhoneRang, PhoneAnswered, CallGone, PbxSnapshot, BoxCallAnswered, BoxCallGone)
LIMIT_BYTES = 64 * 1024 * 1024
"""About 250,000 readings: ten hours at a call a second."""

_ADAPTERS: dict[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in READINGS}

log = structlog.get_logger(__name__)


class Full(Exception):
    """The file has reached its limit."""


class Damaged(ValueError):
    """A line is not as it was written."""


def line_of(reading: Event) -> bytes:
    """`reading` as one line."""
    kind = type(reading).__name__
    fields = _ADAPTERS[kind].dump_python(reading, mode="json")
    text = json.dumps({"kind": kind, **fields}, separators=(",", ":")).encode("ascii")
    return b"%08x %s\n" % (crc32(text), text)


def reading_of(line: bytes) -> Event:
    """The reading that a line holds. Raises Damaged."""
    told, _, text = line.removesuffix(b"\n").partition(b" ")
    if not line.endswith(b"\n") or told != b"%08x" % crc32(text):
        raise Damaged("its sum is wrong")
    try:
        fields = json.loads(text)
        reading: Event = _ADAPTERS[fields.pop("kind")].validate_python(fields)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ValidationError) as error:
        raise Damaged(f"it holds no reading ({type(error).__name__})") from error
    return reading


class Unstored:
    """The file; belongs to one process. `waiting` readings are in it; `damaged` lines were found unusable."""

    def __init__(self, file: Path, limit_bytes: int = LIMIT_BYTES) -> None:
        self._file = file
        self._limit = limit_bytes
        self._size = 0
        self._read_to = 0
        self._head: tuple[Event, int] | None = None
        self.waiting = 0
        self.damaged = 0

    def open(self) -> None:
        """Count what the last run left. A torn last line, which was never acknowledged, is cut off. Raises OSError."""
        self._size = self._read_to = self.waiting = 0
        if not self._file.exists():
            return
        with self._file.open("rb+") as lines:
            for line in lines:
                if line.endswith(b"\n"):
                    self._size += len(line)
                    self.waiting += 1
                else:
                    self._damage("it is torn")
                    lines.truncate(self._size)
        if self.waiting:
            log.warning("readings of the last run are not yet stored", count=self.waiting)

    def append(self, readings: Sequence[Event]) -> None:
        """Put all of them on the disk, or none. Raises Full and OSError."""
        block = b"".join(line_of(reading) for reading in readings)
        if self._size + len(block) > self._limit:
            raise Full
        handle = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            _write_all(handle, block)
            os.fsync(handle)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(handle, self._size)
            raise
        finally:
            os.close(handle)
        self._size += len(block)
        self.waiting += len(readings)

    def head(self) -> Event | None:
        """The oldest reading that waits; it stays until `drop_head`. Damaged lines before it are passed over."""
        if self._head is None:
            for line in self._lines():
                try:
                    self._head = reading_of(line), len(line)
                    break
                except Damaged as error:
                    self._damage(str(error))
                    self.waiting -= 1
                    self._read_to += len(line)
            else:
                self._forget()
        return None if self._head is None else self._head[0]

    def drop_head(self) -> None:
        """The head is stored."""
        assert self._head is not None
        self._read_to += self._head[1]
        self._head = None
        self.waiting -= 1
        if not self.waiting:
            self._forget()

    def _lines(self) -> Iterator[bytes]:
        if self._read_to >= self._size:
            return
        with self._file.open("rb") as lines:
            lines.seek(self._read_to)
            yield from lines

    def _forget(self) -> None:
        if self._size:
            os.truncate(self._file, 0)
        self._size = self._read_to = self.waiting = 0

    def _damage(self, why: str) -> None:
        self.damaged += 1
        log.error("a line among the readings that wait cannot be used", file=str(self._file), why=why)


def _write_all(handle: int, block: bytes) -> None:
    while block:
        block = block[os.write(handle, block) :]
