"""Notes of the one-shot script come home once; one that cannot keeps no other out."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from callboard.spooled import SpoolMerger
from desk.work import Desk
from models import Call
from tests.desk.conftest import DID, Clock
from tests.site import Site


def leave(folder: Path, name: str, clock: Clock, **changes: Any) -> Path:
    """A note that the script left a minute ago."""
    path = folder / f"{name}.json"
    record = {"linkedid": name, "line": DID, "number": "01012345678", "name": "", "presentation": "allowed"}
    path.write_text(json.dumps({**record, "at": clock().isoformat(), "choice": None, **changes}))
    os.utime(path, (time.time() - 60,) * 2)
    return path


async def test_a_note_that_no_database_takes_is_kept_aside_and_those_behind_it_come_home(
    desk: Desk, site: Site, clock: Clock, tmp_path: Path
) -> None:
    leave(tmp_path, "cb1-1.1", clock, line="1588\x000001")
    leave(tmp_path, "cb1-2.1", clock)
    assert await SpoolMerger(desk, tmp_path, 8.0).merge() == 1
    assert [path.name for path in (tmp_path / "unreadable").iterdir()] == ["cb1-1.1.json"]
    assert list(tmp_path.glob("*.json")) == []


async def test_a_note_whose_file_outlived_its_merge_is_no_second_call(
    desk: Desk, site: Site, clock: Clock, tmp_path: Path
) -> None:
    merger = SpoolMerger(desk, tmp_path, 8.0)
    for _ in range(2):  # killed between the commit and the removal of the file
        leave(tmp_path, "cb1-1.1", clock)
        assert await merger.merge() == 1
    async with desk.look() as session:
        assert await session.scalar(select(func.count(Call.id))) == 1
