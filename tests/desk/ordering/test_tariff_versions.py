"""The office's own tariff from files: every wrong line told, no trip priced by a draft, each version from its moment on."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from desk.errors import Invalid, NotFound
from desk.importing import reading
from desk.ordering import orders, tariff_tables, tariff_versions, tariffs
from desk.ordering.orders import PlaceText, TakeOrder
from desk.ordering.tariff_tables import Kind
from desk.ordering.tariff_versions import InUse
from desk.work import Desk
from models import Office
from tests.desk.conftest import Clock
from tests.site import Site, make_site

START, END = PlaceText("강남역", 37.4979, 127.0276), PlaceText("판교역", 37.3948, 127.1112)


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    return await make_site(desk, drivers=0)


async def staged(desk: Desk, site: Site, kind: Kind, text: str) -> int:
    rows, troubles = tariff_tables.read(kind, reading.read(text.encode()))
    assert not troubles
    async with desk.work() as work:
        return (await tariff_versions.stage(work, site.operator_id, kind, "요금.csv", rows)).id


async def taken(desk: Desk, site: Site, table_id: int, at: datetime | None = None) -> None:
    async with desk.work() as work:
        await tariff_versions.take(work, site.operator_id, table_id, at)


async def priced(desk: Desk, site: Site, at: datetime) -> int | None:
    async with desk.look() as session:
        office = await session.get_one(Office, site.office_id)
        found = await tariffs.quote(session, office, START, END, (), at)
    return found.quote.amount if found else None


@pytest.mark.parametrize(
    ("kind", "text", "wrong"),
    [
        ("zones", "출발,도착,요금,왕복\n강남,판교,\"25,000\",예\n강남,판교,1,\n,일산,5,\n강남,일산,비쌈,\n강남,일산,5,글쎄\n",
         [(3, "twice"), (4, "name"), (5, "whole"), (6, "yes_no")]),
        ("zones", "from,to\na,b\n", [(1, "columns")]),
        ("distance", "base,included_m,step,step_m\n20000,5000,1000,0\n", [(2, "whole")]),
        ("distance", "base,included_m,step,step_m\n1,1,1,1\n2,2,2,2\n", [(3, "many")]),
        ("hours", "from,until,percent,days\n22:00,25:00,10,\n22:00,05:00,10,89\n9:00,10:00,10,\n",
         [(2, "time"), (3, "weekdays")]),
        ("days", "날짜,이름,구분\n2026-12-24,창립일,휴일\n2026-12-24,또,휴일\n내일,x,\n2026-12-31,y,몰라\n",
         [(3, "twice"), (4, "day"), (5, "day_kind")]),
    ],
)  # fmt: skip
def test_every_wrong_line_is_told(kind: Kind, text: str, wrong: list[tuple[int, str]]) -> None:
    _, troubles = tariff_tables.read(kind, reading.read(text.encode()))
    assert [(one.line, one.code) for one in troubles] == wrong


async def test_a_version_prices_trips_that_begin_while_it_holds(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with the newest version counted before its moment."""
    usual = await priced(desk, site, clock.now)
    distance = await staged(desk, site, "distance", "base,included_m,step,step_m,rounding\n50000,1000000,0,1000,1\n")
    assert await priced(desk, site, clock.now) == usual
    tomorrow = clock.now + timedelta(days=1)
    await taken(desk, site, distance, tomorrow)
    assert await priced(desk, site, tomorrow - timedelta(seconds=1)) == usual
    assert await priced(desk, site, tomorrow) == 50_000
    zones = await staged(desk, site, "zones", "from,to,fare,both\n강남역,판교역,33000,yes\n")
    await taken(desk, site, zones)
    assert await priced(desk, site, clock.now) == 33_000
    hours = await staged(desk, site, "hours", "from,until,percent,amount\n00:00,00:00,10,700\n")
    await taken(desk, site, hours)
    assert await priced(desk, site, tomorrow) == 33_000 + 3_300 + 700


async def test_what_changes_is_told_before_it_is_taken(desk: Desk, site: Site, clock: Clock) -> None:
    await taken(desk, site, await staged(desk, site, "zones", "from,to,fare\na,b,1\na,c,2\n"))
    second = await staged(desk, site, "zones", "from,to,fare\na,b,5\na,d,2\n")
    async with desk.look() as session:
        table = await tariff_versions.of_office(session, site.office_id, second)
        found = await tariff_versions.changes(session, table, clock.now)
    assert (found.new, found.changed, found.gone) == (1, 1, 1)
    assert found.first == (("a → b", 1, 5), ("a → d", None, 2), ("a → c", 2, None))


async def test_what_holds_or_has_fixed_a_fare_stays_and_another_offices_is_not_there(
    desk: Desk, site: Site, clock: Clock
) -> None:
    """Seen failing without the look at the fares that were fixed."""
    tomorrow = clock.now + timedelta(days=1)
    coming = await staged(desk, site, "zones", "from,to,fare\n강남역,판교역,33000\n")
    for moment in (clock.now - timedelta(seconds=1), clock.now + timedelta(days=400)):
        with pytest.raises(Invalid):
            await taken(desk, site, coming, moment)
    await taken(desk, site, coming, tomorrow)
    with pytest.raises(Invalid):
        await taken(desk, site, coming)
    elsewhere = await make_site(desk, drivers=0, did="15889999")
    for who, error in ((elsewhere, NotFound), (site, None)):
        if error is None:
            wanted = (tomorrow + timedelta(hours=2)).isoformat()
            async with desk.work() as work:
                await orders.take(work, who.operator_id, TakeOrder(START, END, fare=33_000, wanted=wanted))
            error = InUse
        with pytest.raises(error):
            async with desk.work() as work:
                await tariff_versions.throw_away(work, who.operator_id, coming)
    draft = await staged(desk, site, "days", "day,name\n2026-12-24,창립일\n")
    async with desk.work() as work:
        await tariff_versions.throw_away(work, site.operator_id, draft)
    async with desk.look() as session:
        assert [table.id for table, _ in await tariff_versions.listed(session, site.office_id)] == [coming]
