"""SQLite's log is emptied into the file beside the work: no commit has to do it for all."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from callboard.checkpoints import Checkpoints
from desk.work import Desk
from tests.site import Site

ROWS = "insert into line (office_id, did, name, language, flow) values (1, :did, '', 'ko', 'welcome')"


def frames_in_the_file(desk: Desk) -> bool:
    """Whether the file alone, without its log, has what was written."""
    return b"0310000199" in Path(desk.engine.url.database or "").read_bytes()


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_what_was_written_is_in_the_file_after_the_next_look_and_not_before(desk: Desk, site: Site) -> None:
    """Seen failing with the checkpoint taken out, and with one in a commit as soon as the log has ten pages."""
    for turn in range(20):
        async with desk.work() as work:
            rows = [{"did": f"0310000{10 * turn + n:03}"} for n in range(10)]
            await work.session.execute(text(ROWS), rows)
            await work.session.execute(text("update line set name = :name"), {"name": "x" * 60 * (turn + 1)})
    assert not frames_in_the_file(desk)
    Checkpoints(desk.engine.url).look()
    assert frames_in_the_file(desk)


def test_a_database_that_is_away_is_told_once_and_harms_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    looking = Checkpoints(make_url(f"sqlite+aiosqlite:///{tmp_path}/not/there.db"))
    looking.look()
    looking.look()
    assert capsys.readouterr().out.count("waits in the database's log") == 1
