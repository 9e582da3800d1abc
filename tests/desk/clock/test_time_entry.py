"""A pick-up time as operators type it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.clock import time_entry
from desk.errors import Invalid

SEOUL = "Asia/Seoul"
NOW = datetime(2026, 11, 22, 14, 10, tzinfo=UTC)  # Sunday 23:10 in Seoul


def local(text: str, now: datetime = NOW) -> str | None:
    found = time_entry.read(text, now, SEOUL)
    return found.astimezone(ZoneInfo(SEOUL)).strftime("%m/%d %H:%M") if found else None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("", None), ("지금", None), ("NOW", None), ("2330", "11/22 23:30"),
        ("23:30", "11/22 23:30"), ("23시 30분", "11/22 23:30"), ("0130", "11/23 01:30"), ("130", "11/23 01:30"),
        ("내일 0130", "11/23 01:30"), ("모레 1시 반", "11/24 01:30"), ("오늘 2330", "11/22 23:30"),
        ("tomorrow 7:00pm", "11/23 19:00"),
        ("오후 3시", "11/23 15:00"), ("오전 12시 5분", "11/23 00:05"), ("+45", "11/22 23:55"), ("+ 90분", "11/23 00:40"),
        ("+1h30", "11/23 00:40"), ("+1:30", "11/23 00:40"), ("+2시간", "11/23 01:10"), ("11/25 0900", "11/25 09:00"),
        ("11월 25일 9시", "11/25 09:00"), ("2026-11-25 9:00", "11/25 09:00"), ("1/5 0900", "01/05 09:00"),
        ("２３３０", "11/22 23:30"),
        ("2026-11-22T15:00:00.000Z", "11/23 00:00"), ("2308", None),
    ],
)  # fmt: skip
def test_what_is_typed_is_understood(typed: str, meant: str | None) -> None:
    assert local(typed) == meant


@pytest.mark.parametrize(
    "typed",
    [
        "오늘 2200",
        "2460",
        "2575",
        "25시",
        "abc",
        "+",
        "+99999",
        "13pm",
        "2/30 0900",
        "내일",
        "2027-11-22 0900",
        "11/22 0900 x",
        "-5",
    ],
)
def test_what_is_no_time_or_is_past_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        time_entry.read(typed, NOW, SEOUL)
    assert refused.value.details["field"] == "wanted"


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 6 * 365 * 24 * 3600),
    st.integers(0, 23),
    st.integers(0, 59),
)
def test_a_bare_time_is_the_next_one_and_reads_as_it_was_typed(seconds: int, hour: int, minute: int) -> None:
    now = NOW + timedelta(seconds=seconds)
    found = time_entry.read(f"{hour:02}{minute:02}", now, SEOUL)
    if found is None:
        gone = now.astimezone(ZoneInfo(SEOUL))
        assert (
            timedelta(0)
            <= gone - gone.replace(hour=hour, minute=minute, second=0, microsecond=0)
            < time_entry.JUST_PAST
        )
        return
    assert now < found <= now + timedelta(days=1)
    assert found.astimezone(ZoneInfo(SEOUL)).strftime("%H%M") == f"{hour:02}{minute:02}"


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=30))
def test_no_text_breaks_the_reading(typed: str) -> None:
    try:
        found = time_entry.read(typed, NOW, SEOUL)
    except Invalid:
        return
    assert found is None or NOW < found <= NOW + time_entry.FARTHEST


def test_an_hour_that_the_clocks_leave_out_is_refused() -> None:
    before = datetime(2026, 3, 8, 5, tzinfo=UTC)  # the night in which New York goes from 2 to 3
    with pytest.raises(Invalid, match="clocks"):
        time_entry.read("0230", before, "America/New_York")
