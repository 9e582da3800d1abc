"""A file that another program appends to, read once: where we were is remembered on the disk, also when the file moves on.

A file is known by its beginning, not by its name: one that was renamed or copied away is read to its end before the new one
of the name is begun, and one that was cut off is begun anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from callboard.state import StateError, read_private, write_private

_BEGINNING = 80


@dataclass(slots=True)
class _Place:
    """`offset` bytes are used up of the file whose first `known` bytes have this hash."""

    offset: int = 0
    known: int = 0
    beginning: str = ""


class FollowedFile:
    """`chunk()` gives what comes next, `used()` says how much of that is done with. Both touch the disk."""

    def __init__(self, path: Path, memory: Path, chunk: int) -> None:
        self._path = path
        self._memory = memory
        self._chunk = chunk
        self._place = self._remembered()
        self._now = path

    def chunk(self) -> tuple[bytes, bool]:
        """The next bytes, and whether they are the last ones that there are. Raises OSError; no file is no bytes."""
        self._now = self._find()
        data = self._read(self._now, self._place.offset, self._chunk)
        if not data and self._now != self._path:
            self._place, self._now = _Place(), self._path
            data = self._read(self._path, 0, self._chunk)
        return data, len(data) < self._chunk

    def used(self, size: int, *, durably: bool = True) -> None:
        """The first `size` bytes of the last chunk are done with; unless `durably`, a new start reads them again."""
        place = self._place
        place.offset += size
        if place.known < _BEGINNING:
            place.known = min(place.offset, _BEGINNING)
            place.beginning = _hash(self._read(self._now, 0, place.known))
        if durably:
            told = {"offset": place.offset, "known": place.known, "beginning": place.beginning}
            write_private(self._memory, told)

    def _find(self) -> Path:
        if self._is_ours(self._path):
            return self._path
        for beside in sorted(self._path.parent.glob(f"{self._path.name}?*")):
            if self._is_ours(beside):
                return beside
        self._place = _Place()
        return self._path

    def _is_ours(self, path: Path) -> bool:
        place = self._place
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return False
        return size >= place.offset and _hash(self._read(path, 0, place.known)) == (place.beginning or _hash(b""))

    @staticmethod
    def _read(path: Path, offset: int, size: int) -> bytes:
        try:
            with path.open("rb") as file:
                file.seek(offset)
                return file.read(size)
        except FileNotFoundError:
            return b""

    def _remembered(self) -> _Place:
        try:
            told = read_private(self._memory)
            return _Place(int(told["offset"]), int(told["known"]), str(told["beginning"]))
        except (StateError, KeyError, TypeError, ValueError):
            return _Place()  # from the beginning: what is there already is recognised


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()
