"""H2 and H3: the last moment of a month, the shortest and the longest day. Each trip is in one month, day and hour, whatever
the server's own zone says. Seen failing with a calendar that is cut in UTC, one that takes 24 hours for a day, and one that
asks the server what day it is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from desk.books import periods
from desk.clock import days
from desk.dispatching import dispatch
from desk.figures import analysis, report_rows, reports
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from models import Office
from tests.desk.conftest import Clock
from tests.site import Site, make_site

SEOUL = ZoneInfo("Asia/Seoul")
MONTHS = [date(2027, number, 1) for number in range(1, 13)] + [date(2028, number, 1) for number in (1, 2, 3)]
AROUND = tuple(timedelta(microseconds=us) for us in (-1_000_000, -1_000, -1, 0, 1_000, 1_000_000))


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    """With drivers."""
    return await make_site(desk)


@pytest.fixture
def server_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The machine's own zone, put back afterwards."""
    with monkeypatch.context() as patch:
        yield patch
    time.tzset()


async def trip(desk: Desk, site: Site, clock: Clock, at: datetime, fare: int) -> None:
    """Taken, driven and paid in that moment."""
    clock.now = at.astimezone(UTC)
    async with desk.work() as work:
        order = await orders.take(work, site.operator_id, TakeOrder(PlaceText("시청역"), fare=fare))
        await dispatch.assign(work, site.operator_id, order.id, site.drivers[fare % 3])
        await orders.complete(work, site.operator_id, order.id)


async def told(desk: Desk, office_id: int) -> bytes:
    """Everything that is told of the months: by month and day, by driver, by hour, each row, each month's statement."""
    whole = days.span(SEOUL.key, date(2026, 12, 1), date(2028, 3, 31))
    said: list[object] = []
    async with desk.look() as session:
        office = await session.get_one(Office, office_id)
        said.append(asdict(await reports.company(session, office_id, whole, "month")))
        said.append(asdict(await reports.drivers(session, office_id, whole)))
        said.append([cell.key for cell in (await analysis.look(session, office, whole, "hour")).cells])
        said += [row.as_json() for row in await report_rows.orders(session, office_id, whole, limit=None)]
        for month in MONTHS:
            span = days.month_of(SEOUL.key, month)
            said.append(asdict(await reports.company(session, office_id, span, "day")))
            said.append((await periods.statement(session, office_id, span.since, span.until)).decode())
    return json.dumps(said, default=str, ensure_ascii=False).encode()


async def test_each_trip_around_the_end_of_a_month_is_in_one_month_in_every_zone_of_the_server(
    desk: Desk, site: Site, clock: Clock, server_zone: pytest.MonkeyPatch
) -> None:
    """28, 29, 30 and 31 days, the turn of the year, the leap day."""
    wanted: dict[str, list[int]] = {}
    moments = [datetime(first.year, first.month, 1, tzinfo=SEOUL) + by for first in MONTHS for by in AROUND]
    for number, at in enumerate(sorted(moments), 1):
        await trip(desk, site, clock, at, 20_000 + number)
        wanted.setdefault(f"{at:%Y-%m}", []).append(20_000 + number)
    async with desk.look() as session:
        whole = days.span(SEOUL.key, date(2026, 12, 1), date(2028, 3, 31))
        months = (await reports.company(session, site.office_id, whole, "month")).lines
        assert {f"{span.first:%Y-%m}": figures.fares for span, figures in months if figures.completed} == {
            month: sum(fares) for month, fares in wanted.items()
        }
        for span, figures in months:
            rows = await report_rows.orders(session, site.office_id, span, limit=None)
            assert sorted(row.fare or 0 for row in rows) == wanted.get(f"{span.first:%Y-%m}", [])
            assert report_rows.figures_of(rows).fares == figures.fares
    seen = set()
    for zone in ("UTC", "Asia/Seoul", "America/New_York"):
        server_zone.setenv("TZ", zone)
        time.tzset()
        seen.add(await told(desk, site.office_id))
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2027, 3, 28), 23),
        ("Europe/Berlin", date(2027, 10, 31), 25),
        ("America/New_York", date(2027, 3, 14), 23),
        ("America/New_York", date(2027, 11, 7), 25),
    ],
)
async def test_a_day_on_which_the_clocks_are_changed_has_each_trip_once(
    desk: Desk, site: Site, clock: Clock, zone: str, day: date, hours: int
) -> None:
    """Two trips an hour from the evening before to the morning after; on the long day two of them at half past one, or two."""
    async with desk.work() as work:
        await work.session.execute(update(Office).values(timezone=zone))
    local = ZoneInfo(zone)
    begins = datetime(day.year, day.month, day.day, tzinfo=local).astimezone(UTC)
    ends = datetime.combine(day + timedelta(days=1), datetime.min.time(), local).astimezone(UTC)
    assert ends - begins == timedelta(hours=hours)
    at, number, fares = begins - timedelta(hours=1), 0, 0
    while at < ends + timedelta(hours=1):
        number += 1
        await trip(desk, site, clock, at, 20_000 + number)
        fares += 20_000 + number
        at += timedelta(minutes=30)
    span = days.span(zone, day - timedelta(days=1), day + timedelta(days=1))
    async with desk.look() as session:
        office = await session.scalar(select(Office).where(Office.id == site.office_id))
        assert office is not None
        report = await reports.company(session, site.office_id, span, "day")
        assert [figures.completed for _, figures in report.lines] == [2, 2 * hours, 2]
        assert report.total.fares == fares
        one = days.span(zone, day, day)
        rows = await report_rows.orders(session, site.office_id, one, limit=None)
        assert len({row.id for row in rows}) == len(rows) == 2 * hours
        by_hour = {
            int(cell.key or "") % 24: cell.counted.completed
            for cell in (await analysis.look(session, office, one, "hour")).cells
        }
        assert sum(by_hour.values()) == 2 * hours
        assert sorted(by_hour.values()) == ([2] * 23 if hours == 23 else [2] * 23 + [4])
