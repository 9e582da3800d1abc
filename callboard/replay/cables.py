"""Plays the caller-ID boxes: a pseudo-terminal each, behind a name that stays, into the real port reader."""

from __future__ import annotations

import os
import tty
from pathlib import Path


class Cable:
    """One box's serial line; `path` is what the port opens."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / f"box-{name}"
        self._ends: tuple[int, int] | None = None

    def plug(self) -> None:
        """Put the box in."""
        box, computer = os.openpty()
        tty.setraw(box)
        tty.setraw(computer)
        self._ends = (box, computer)
        beside = self.path.with_suffix(".new")
        beside.symlink_to(os.ttyname(computer))
        beside.replace(self.path)

    def pull(self) -> None:
        """Take it out."""
        for end in self._ends or ():
            os.close(end)
        self._ends = None
        self.path.unlink(missing_ok=True)

    def send(self, data: bytes) -> None:
        """What the box says."""
        if self._ends is not None:
            os.write(self._ends[0], data)
