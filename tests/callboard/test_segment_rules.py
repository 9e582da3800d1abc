"""The part that runs rules for segments: one that cannot run keeps no other from running, and is tried again, not at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from callboard.segment_rules import AFTER_TROUBLE_S, LOOK_EVERY_S, SegmentRules
from desk.message import standing_runs
from desk.work import Desk
from tests.desk.conftest import Clock
from tests.desk.message.test_standing_sends import form, group, on, people, runs
from tests.site import make_site


async def test_a_rule_that_cannot_run_keeps_no_other_from_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing with the error let through, and with the ordinary pause after it."""
    desk.clock = clock = Clock(datetime(2026, 11, 22, 3, 0, tzinfo=UTC))
    site = await make_site(desk, drivers=0)
    segment = await group(desk, site, *await people(desk, site, 2))
    broken = await on(desk, site, form(segment, name="안부 1"))
    await on(desk, site, form(segment, name="안부 2"))
    part = SegmentRules(desk, standing_runs)
    assert await part.do_what_is_due() == LOOK_EVERY_S
    clock.forward(hours=1)
    looks = standing_runs.look

    async def look(session: Any, rule_id: int, now: datetime) -> Any:
        if rule_id == broken:
            raise ValueError("the question cannot be asked")
        return await looks(session, rule_id, now)

    with monkeypatch.context() as patched:
        patched.setattr(standing_runs, "look", look)
        assert await part.do_what_is_due() == AFTER_TROUBLE_S
    assert [run.rule_id for run in await runs(desk)] == [broken + 1]
    assert await part.do_what_is_due() == LOOK_EVERY_S
    assert [run.rule_id for run in await runs(desk)] == [broken + 1, broken]
