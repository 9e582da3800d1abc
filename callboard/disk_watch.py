"""Whether the disks still have room: for rows, for the log and for recordings. Told before the last byte is written.

A disk has trouble when it has less free than 64 MB and less than 2 % of its size. Folders on one disk are one part.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path

import structlog

from desk.bus import Bus
from desk.events import PartChanged
from desk.work import utc_now

LOOK_EVERY_S = 5.0
LEAST_BYTES = 64 * 1024 * 1024
LEAST_SHARE = 0.02

log = structlog.get_logger(__name__)


class DiskWatch:
    """`folders` by what lies there ("database", "log", "recordings"). The part is "disk:" and the first name of each disk."""

    def __init__(self, folders: Mapping[str, Path], bus: Bus) -> None:
        self._folders = folders
        self._bus = bus
        self._told: dict[str, bool] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            for name, trouble in (await asyncio.to_thread(look, self._folders)).items():
                self._tell(name, trouble)
            await asyncio.sleep(LOOK_EVERY_S)

    def _tell(self, name: str, trouble: str | None) -> None:
        ok = trouble is None
        if self._told.get(name, True) is ok:
            return
        self._told[name] = ok
        log.log(20 if ok else 40, trouble or "the disk has room again", disk=name)
        self._bus.tell(PartChanged(utc_now(), f"disk:{name}", ok=ok, reason=trouble or ""))


def look(folders: Mapping[str, Path]) -> dict[str, str | None]:
    """For each disk, by the first name that lies on it, what is wrong with it."""
    disks: dict[int, str] = {}
    found: dict[str, str | None] = {}
    for name, folder in folders.items():
        try:
            disk, room = os.stat(folder).st_dev, os.statvfs(folder)
        except OSError as error:
            found[name] = f"The folder of the {name} cannot be reached: {error.strerror}"
            continue
        if disks.setdefault(disk, name) == name:
            found[name] = _trouble(name, room.f_bavail * room.f_frsize, room.f_blocks * room.f_frsize)
    return found


def _trouble(name: str, free: int, size: int) -> str | None:
    if free >= min(LEAST_BYTES, size * LEAST_SHARE):
        return None
    return f"The disk of the {name} is full: {free / 1e6:.1f} MB of {size / 1e6:.0f} MB are free"
