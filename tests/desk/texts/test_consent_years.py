"""Two years from the day, by the office's calendar, and over before that day comes round."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from desk.texts import consent_years

SEOUL = "Asia/Seoul"


@pytest.mark.parametrize(
    ("agreed", "last"),
    [
        ("2024-11-24T00:00:00+09:00", date(2026, 11, 23)),
        ("2024-11-23T23:59:59+09:00", date(2026, 11, 22)),  # the 23rd there, also the 23rd in UTC
        ("2024-11-24T08:30:00+09:00", date(2026, 11, 23)),  # the 24th there, still the 23rd in UTC
        ("2024-02-29T12:00:00+09:00", date(2026, 2, 27)),
        ("2024-03-01T00:30:00+09:00", date(2026, 2, 28)),  # 29 February in UTC
        ("2026-02-28T12:00:00+09:00", date(2028, 2, 27)),
    ],
)
def test_the_last_day_to_tell_is_the_one_before_the_day_comes_round(agreed: str, last: date) -> None:
    """Seen failing with days of UTC, and with the day itself as the last one."""
    assert consent_years.last_day(datetime.fromisoformat(agreed), SEOUL) == last


def test_of_every_day_the_same_consents_have_run_out_by_both_ways_of_asking() -> None:
    """Seen failing without the second look at 28 February: who agreed on the 29th is forgotten for a day."""
    for day in (date(2025, 12, 30) + timedelta(days=n) for n in range(800)):
        until = consent_years.run_out_before(day, SEOUL)
        for agreed in (until - timedelta(seconds=1), until):
            assert (consent_years.runs_out(agreed, SEOUL) <= day) is (agreed < until), (day, agreed)
        assert until.tzinfo is UTC
