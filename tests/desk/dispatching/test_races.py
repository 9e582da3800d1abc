"""Two operators, a driver and the engine want one order, or one driver, at one moment: one has it, the others read who was first.

A few of each here; `scripts/races` runs twenty thousand on both databases.
"""

from __future__ import annotations

import pytest

from desk.work import Desk
from tests.desk.dispatching.racing import KINDS, Track, doubles

FEW = 6


@pytest.mark.parametrize("kind", KINDS)
async def test_of_those_who_race_one_wins_and_the_others_are_told_who(desk: Desk, kind: str) -> None:
    track = Track(desk, seed=len(kind))
    await track.run([kind] * FEW)
    assert track.tally.races == FEW
    assert track.tally.odd == []
    assert track.tally.unnamed == []
    assert sum(track.tally.lost.values()) >= FEW
    assert {what: count for what, count in (await doubles(desk)).items() if count} == {}
