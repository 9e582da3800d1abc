"""Orders seen from every side: whatever is asked for, the total is the sum of its rows, by the office's own clock."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from desk.call import calls
from desk.clock import days
from desk.customer import segments
from desk.customer.segments import SegmentForm
from desk.dispatching import dispatch
from desk.driver_page import driver_trips
from desk.errors import Invalid
from desk.events import CallSeen
from desk.figures import analysis, cohorts, crossing, districts, forecast, reports, response_times
from desk.figures.analysis import CLOCKS, SEGMENT, SIDES, Counted
from desk.order import order_places
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from models import Office, Order
from tests.desk.conftest import Clock
from tests.desk.nights import Nights
from tests.site import Site, make_site


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    """With drivers."""
    return await make_site(desk)


TYPED_S = 9
"""So long after the ring an order is saved."""


async def called(desk: Desk, site: Site, clock: Clock, number: str, fare: int, waits: tuple[int, int]) -> None:
    """A call, its order, its driver so many seconds after the ring, and his arrival."""
    async with desk.work() as work:
        call = await calls.open_call(
            work, CallSeen(work.now, "pbx", f"cb-{clock.now.timestamp()}", "15880001", number, None)
        )
    clock.forward(seconds=TYPED_S)
    async with desk.work() as work:
        order = await orders.take(
            work,
            site.operator_id,
            TakeOrder(PlaceText("강남구 역삼동 1"), PlaceText("분당 집"), call_id=call.id, fare=fare),
        )
    clock.forward(seconds=waits[0] - TYPED_S)
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order.id, site.drivers[0])
    clock.forward(seconds=waits[1])
    for to in ("arrived", "driving", "completed"):
        async with desk.work() as work:
            await driver_trips.step(work, site.drivers[0], order.id, to)
    clock.forward(hours=1)


@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/New_York"])
async def test_every_side_adds_up_to_the_report_and_every_cell_to_its_rows(
    desk: Desk, site: Site, clock: Clock, zone: str
) -> None:
    """Seen failing with the hour of UTC, with a released driver counted, and with the cell left out of the rows."""
    async with desk.work() as work:
        await work.session.execute(update(Office).values(timezone=zone))
    await Nights(desk, site, clock, 5).pass_by(24)
    await called(desk, site, clock, "01011112222", 21_000, (60, 600))
    async with desk.work() as work:
        for name, trips in (("한 번", [1, 1]), ("한 번이나 더", [1, None])):
            await segments.make(work, site.operator_id, SegmentForm(name, {"trips": trips}))
    assert await districts.fill(desk, 10_000) > 10
    assert await districts.fill(desk, 10_000) == 0
    span = days.span(zone, date(2026, 10, 30), date(2026, 12, 31))
    async with desk.look() as session:
        office = await session.get_one(Office, site.office_id)
        has_customer = set(await session.scalars(select(Order.id).where(Order.customer_id.is_not(None))))
        whole = (await reports.company(session, office.id, span, "year")).total
        for by in SIDES:
            found = await analysis.look(session, office, span, by)
            assert (found.total.completed, found.total.fares) == (whole.completed, whole.fares), by
            assert found.total.cancelled + found.total.no_show == whole.cancelled
            seen = []
            for cell in found.cells:
                assert cell.key is not None
                rows = await analysis.rows(session, office, span, {by: cell.key}, limit=None)
                assert analysis.counted(rows) == cell.counted, (by, cell)
                if by != SEGMENT:
                    asked = {"cell": {"from": "2026-10-30", "to": "2026-12-31", by: cell.key}}
                    people = (await segments.preview(session, office.id, asked)).count
                    his = [row.id for row in rows if row.id in has_customer]
                    wanted = select(func.count(Order.customer_id.distinct())).where(Order.id.in_(his))
                    assert people == await session.scalar(wanted), (by, cell)
                seen += [row.id for row in rows]
            assert len(set(seen)) == found.total.orders
            if by != SEGMENT:  # of two segments somebody may be in both
                assert found.total == sum((cell.counted for cell in found.cells), Counted())
                assert len(seen) == found.total.orders
        taken = (await session.scalars(select(Order.taken_at))).all()
        local = Counter((at := moment.astimezone(ZoneInfo(zone))).weekday() * 24 + at.hour for moment in taken)
        hours = await analysis.look(session, office, span, "hour")
        assert {int(cell.key or ""): cell.counted.orders for cell in hours.cells} == local
        both = await analysis.rows(session, office, span, {"origin": "서울 강남구", "payment": "cash"}, limit=None)
        assert [row.destination for row in both] == ["분당 집"]
        for by, across in ((one, other) for one in SIDES for other in SIDES):
            if by == across or SEGMENT in (by, across) or {by, across} == set(CLOCKS):
                with pytest.raises(Invalid):
                    await crossing.look(session, office, span, by, across)
                continue
            if (SIDES.index(by) + SIDES.index(across)) % 3:
                continue
            crossed = await crossing.look(session, office, span, by, across)
            assert crossed.total == sum(crossed.cells.values(), Counted()) == found.total, (by, across)
            assert sum((cell.counted for cell in crossed.columns), Counted()) == found.total
            (row, column), counted = max(crossed.cells.items(), key=lambda one: one[1].orders)
            if row is not None and column is not None:
                rows = await analysis.rows(session, office, span, {by: row, across: column}, limit=None)
                assert analysis.counted(rows) == counted
        with pytest.raises(Invalid):
            await analysis.look(session, office, span, "weather")


async def test_medians_are_those_of_the_times_themselves(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with the mean, and with the lower one of an even number."""
    waits = [(30, 300), (90, 100), (600, 900), (61, 500)]
    for n, wait in enumerate(waits):
        clock.now = datetime(2026, 11, 3 + n, 12, 0, tzinfo=UTC)
        await called(desk, site, clock, f"0101111{n:04}", 20_000, wait)
    async with desk.look() as session:
        office = await session.get_one(Office, site.office_id)
        times = await response_times.look(
            session, office, days.span("Asia/Seoul", date(2026, 11, 1), date(2026, 11, 30))
        )
    told = {way: (one.seconds, one.count) for way, one in times.all.medians.items()}
    assert told["ring_to_saved"] == (TYPED_S, 4)
    assert told["ring_to_dispatched"] == (round(median(a for a, _ in waits)), 4)
    assert told["dispatched_to_arrived"] == (median(b for _, b in waits), 4)
    assert told["ring_to_arrived"] == (round(median(a + b for a, b in waits)), 4)
    assert [(one.key, one.medians["ring_to_arrived"].count) for one in times.hours] == [("21", 4)]
    assert [one.label for one in times.operators] == ["김상담"]


async def test_a_cohort_is_who_came_first_in_its_month_and_opens_into_them(
    desk: Desk, site: Site, clock: Clock
) -> None:
    """Seen failing with the first order of the span in place of the first one ever."""
    for moment, number in (
        ("2026-09-30T14:59:00", "01011110000"), ("2026-09-30T15:30:00", "01022220000"),
        ("2026-10-20T12:00:00", "01011110000"), ("2026-11-10T12:00:00", "01022220000"),
        ("2026-11-11T12:00:00", "01022220000"),
    ):  # fmt: skip
        clock.now = datetime.fromisoformat(moment).replace(tzinfo=UTC) - timedelta(minutes=1)
        await called(desk, site, clock, number, 10_000, (30, 29))
    span = days.span("Asia/Seoul", date(2026, 10, 1), date(2026, 11, 30))
    async with desk.look() as session:
        office = await session.get_one(Office, site.office_id)
        october, november = await cohorts.look(session, office, span)
        assert [(one.customers, one.trips, one.fares) for one in october.later] == [(1, 1, 10_000), (1, 2, 20_000)]
        assert november.later[0].customers == 0
        for month, then, count in (
            (october.month, None, 1),
            (october.month, november.month, 1),
            (november.month, None, 0),
        ):
            asked = [f"{month.first:%Y-%m}", None if then is None else f"{then.first:%Y-%m}"]
            assert (await segments.preview(session, office.id, {"cohort": asked})).count == count


def test_a_forecast_of_weeks_that_are_alike_is_what_they_were_and_says_how_wrong_it_is() -> None:
    """Seen failing with the hour beside it looked at."""
    start = 500_000
    alike = {at: at % 7 for at in range(start, start + 10 * forecast.WEEK)}
    told = forecast._told(alike, start + 10 * forecast.WEEK)
    assert (told.error, told.trend, told.tried) == (0.0, 1.0, 2 * forecast.WEEK)
    first = start + 10 * forecast.WEEK + 1
    assert [hour.about for hour in told.hours] == [at % 7 for at in range(first, first + 24)]
    assert forecast._told({start: 3}, start + 100).hours == ()
    assert forecast._told({}, start).hours == ()
    louder = {at: count * (2 if at >= start + 9 * forecast.WEEK else 1) for at, count in alike.items()}
    assert (forecast._told(louder, start + 10 * forecast.WEEK).error or 0) > 0


@pytest.mark.parametrize(
    ("end", "district"),
    [
        (("아무 데나", 37.5010, 127.0400), "서울 강남구"),
        (("서울 서초구 서초동 1328-3", None, None), "서울 서초구"),
        (("분당구 정자동", None, None), "경기 성남시 분당구"),
        (("신촌역 (서대문구)", None, None), "서울 서대문구"),
        (("신사동", None, None), ""),  # three districts have one
        (("중구", None, None), ""),
        (("부산 중구", None, None), "부산 중구"),
        (("우리 집", None, None), ""),
        (("동해 바다", 37.5, 131.9), ""),
        ((None, None, None), ""),
    ],
)
def test_a_district_is_told_where_it_is_sure(end: tuple[str | None, float | None, float | None], district: str) -> None:
    """Of several areas of one name, none is chosen."""
    assert districts.of_place(*end) == district


async def test_a_place_that_was_changed_is_looked_at_again(desk: Desk, site: Site, clock: Clock) -> None:
    """Its other end as well."""
    async with desk.work() as work:
        order = await orders.take(work, site.operator_id, TakeOrder(PlaceText("강남구 역삼동")))
    assert await districts.fill(desk, 10) == 1
    async with desk.work() as work:
        row = await work.session.get_one(Order, order.id)
        assert (row.origin_area, row.destination_area) == ("서울 강남구", "")
        order_places.set_destination(row, PlaceText("수원시 팔달구"), work.now)
    assert await districts.fill(desk, 10) == 1
    async with desk.look() as session:
        assert (await session.get_one(Order, order.id)).destination_area == "경기 수원시 팔달구"
