"""What reads much is done one at a time; nobody waits for his turn for ever."""

from __future__ import annotations

import pytest

from web.counting import Counting
from web.problems import problem_of


async def test_who_waits_too_long_for_his_turn_is_told_to_ask_again_and_the_turn_is_not_lost() -> None:
    """Seen failing without the limit: many at once waited for each other longer than a browser does."""
    counting = Counting(patience_s=0.01)
    async with counting:
        with pytest.raises(TimeoutError) as told:
            async with counting:
                pass
    problem = problem_of(told.value)
    assert (problem.status, problem.code) == (503, "database_unavailable")
    assert "Retry-After" in problem.headers
    for _ in range(2):
        async with counting:
            pass
