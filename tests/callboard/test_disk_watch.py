"""A disk without room is told once, with its name, and once more when it has room again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from callboard import disk_watch
from callboard.disk_watch import DiskWatch, look
from desk.bus import Bus
from desk.events import PartChanged


def test_folders_on_one_disk_are_one_and_a_missing_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    found = look({"database": tmp_path, "log": tmp_path / "log", "recordings": tmp_path / "none"})
    assert found["database"] is None
    assert "log" not in found
    assert "No such file" in str(found["recordings"])


async def test_a_disk_without_room_is_told_once_and_once_more_when_it_has_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_watch, "LOOK_EVERY_S", 0.01)
    bus, told, heard = Bus(), [], asyncio.Event()
    bus.on(PartChanged, lambda event: (told.append((event.part, event.ok)), heard.set()))
    watching = asyncio.create_task(DiskWatch({"log": tmp_path}, bus).run())
    for least in (2**62, 0):
        heard.clear()
        monkeypatch.setattr(disk_watch, "LEAST_BYTES", least)
        monkeypatch.setattr(disk_watch, "LEAST_SHARE", least)
        async with asyncio.timeout(20):
            await heard.wait()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    assert told == [("disk:log", False), ("disk:log", True)]
