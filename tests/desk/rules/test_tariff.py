"""What a trip costs: exact, explained to the won, by the office's own tables and the calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from desk.order.order_customer import PlaceText
from desk.ordering import tariff_files, tariffs
from desk.place.place_book import BadFile
from desk.rules.tariff import HourRate, Tariff, Trip, ZonePair
from desk.work import Desk
from models import BookPlace, Office
from tests.desk.conftest import Clock
from tests.site import Site, make_site

FULL = Tariff(
    20_000, 5_000, 1_000, 1_000, 10, time(0), time(5), 1_000,
    hours=(HourRate(time(22), time(2), percent=15, amount=500, days=frozenset({4, 5})),),
    holiday_percent=20, way_point=5_000,
)  # fmt: skip

TARIFFS = st.builds(
    Tariff,
    base=st.integers(0, 10**6),
    included_m=st.integers(0, 10**5),
    step=st.integers(0, 10**5),
    step_m=st.integers(1, 10**4),
    night_percent=st.integers(0, 300),
    night_from=st.times(),
    night_to=st.times(),
    rounding=st.integers(1, 10**4),
    hours=st.lists(
        st.builds(HourRate, st.times(), st.times(), st.integers(0, 99), st.integers(0, 9_999)), max_size=3
    ).map(tuple),
    holiday_percent=st.integers(0, 300),
    way_point=st.integers(0, 10**5),
)
TRIPS = st.builds(
    Trip,
    distance_m=st.integers(0, 10**6),
    at=st.times(),
    weekday=st.integers(0, 6),
    way_points=st.integers(0, 5),
    zones=st.none() | st.builds(ZonePair, st.just("a"), st.just("b"), st.integers(0, 10**6)),
    holiday=st.none() | st.just("설날"),
)


@settings(max_examples=150, deadline=None)
@given(TARIFFS, TRIPS)
def test_the_parts_always_sum_to_the_amount_and_it_is_whole(tariff: Tariff, trip: Trip) -> None:
    quote = tariff.explain(trip)
    assert quote is not None
    assert sum(part.amount for part in quote.parts) == quote.amount
    assert all(isinstance(part.amount, int) and part.amount >= 0 for part in quote.parts)
    assert quote.amount % tariff.rounding == 0
    unrounded = sum(part.amount for part in quote.parts if part.key != "rounding")
    assert 0 <= quote.amount - unrounded < tariff.rounding


@settings(max_examples=100, deadline=None)
@given(TARIFFS, TRIPS, st.integers(1, 10**5))
def test_a_longer_way_never_costs_less(tariff: Tariff, trip: Trip, more: int) -> None:
    assert trip.distance_m is not None
    longer = Trip(trip.distance_m + more, trip.at, trip.weekday, trip.way_points, trip.zones, trip.holiday)
    one, other = tariff.explain(trip), tariff.explain(longer)
    assert one is not None
    assert other is not None
    assert one.amount <= other.amount


def test_rounding_is_upwards_and_exact_for_every_sum() -> None:
    for base in range(1, 100_001):
        quote = Tariff(base, 0, 0, 1, 0, time(0), time(0), 1_000).explain(Trip(0, time(12)))
        assert quote is not None
        assert quote.amount == (base + 999) // 1_000 * 1_000


def test_each_surcharge_has_its_line() -> None:
    quote = FULL.explain(Trip(7_001, time(23, 30), 4, 2, None, "성탄절"))
    assert quote is not None
    assert [(part.key, part.amount) for part in quote.parts] == [
        ("base", 20_000), ("distance", 3_000), ("way_points", 10_000), ("hour", 5_450), ("holiday", 6_600), ("rounding", 950),
    ]  # fmt: skip
    assert quote.amount == 46_000
    monday = FULL.explain(Trip(7_001, time(23, 30), 0))
    assert monday is not None
    assert [part.key for part in monday.parts] == ["base", "distance"]


def test_without_a_way_and_zones_nothing_is_said() -> None:
    assert FULL.explain(Trip(None, time(12))) is None
    by_zones = FULL.explain(Trip(None, time(3), zones=ZonePair("강남구", "분당구", 25_000)))
    assert by_zones is not None
    assert [(part.key, part.amount) for part in by_zones.parts] == [
        ("zones", 25_000),
        ("night", 2_500),
        ("rounding", 500),
    ]


def test_the_calendar_knows_substitute_days() -> None:
    assert tariffs.public_holiday("KR", date(2026, 3, 1)) is not None
    assert "대체" in (tariffs.public_holiday("KR", date(2026, 3, 2)) or "")
    assert tariffs.public_holiday("KR", date(2026, 3, 3)) is None
    assert tariffs.public_holiday("XX", date(2026, 1, 1)) is None


def test_a_file_is_taken_whole_or_every_wrong_line_is_named() -> None:
    pairs = tariff_files.zones(
        'from,to,fare,both\n강남구,분당구,"25,000",yes\n\n강남역,일산,45000원,\n'.encode("cp949")
    )
    assert pairs == [
        ZonePair("강남구", "분당구", 25_000), ZonePair("분당구", "강남구", 25_000), ZonePair("강남역", "일산", 45_000),
    ]  # fmt: skip
    bad = "from,to,fare,both\n강남구,분당구,비쌈,\n강남구,분당구,1\n,일산,5,\n강남구,일산,5,maybe\n"
    bad += "서초,일산,5,yes\n일산,서초,6,\n"
    with pytest.raises(BadFile) as refused:
        tariff_files.zones(bad.encode())
    assert [each.line for each in refused.value.found] == [2, 3, 4, 5, 7]
    for raw in (b"", b"from,to\n", b"from,to,fare\n", b"a,b\n", b"\xff\xfe\x00", b"from,to,fare\na,b,-1\n"):
        with pytest.raises(BadFile):
            tariff_files.zones(raw)


@given(st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_no_file_breaks_the_reading(raw: bytes) -> None:
    for read in (tariff_files.zones, tariff_files.days):
        try:
            read(b"from,to,fare\n" + raw)
        except BadFile:
            continue


@pytest.fixture
async def site(desk: Desk) -> Site:
    return await make_site(desk, drivers=0)


async def quoted(
    desk: Desk, site: Site, origin: PlaceText, to: PlaceText, at: datetime
) -> tuple[int | None, list[str]]:
    async with desk.look() as session:
        office = await session.get_one(Office, site.office_id)
        found = await tariffs.quote(session, office, origin, to, (), at)
    return (found.quote.amount, [part.key for part in found.quote.parts]) if found else (None, [])


async def test_the_closest_zone_counts_and_the_newest_table(desk: Desk, site: Site, clock: Clock) -> None:
    at = datetime(2026, 11, 24, 6, tzinfo=UTC)  # a Tuesday afternoon in Seoul
    async with desk.work() as work:
        work.session.add(
            BookPlace(office_id=site.office_id, name="강남역", district="강남구", source="test", added_at=work.now)
        )
        old = await tariffs.take_zones(work, site.operator_id, site.office_id, [ZonePair("강남구", "판교", 99_000)])
        pairs = [
            ZonePair("강남구", "판교", 25_000), ZonePair("강남역 10번", "판교", 27_000), ZonePair("강남", "판교역", 26_000),
        ]  # fmt: skip
        await tariffs.take_zones(work, site.operator_id, site.office_id, pairs)
    to = PlaceText("판교역")
    assert await quoted(desk, site, PlaceText("강남역"), to, at) == (26_000, ["zones"])
    assert await quoted(desk, site, PlaceText("강남역 10번 출구"), to, at) == (27_000, ["zones"])
    assert await quoted(desk, site, PlaceText("어딘가 (강남구)"), to, at) == (25_000, ["zones"])
    assert await quoted(desk, site, PlaceText("모르는 곳"), to, at) == (None, [])
    async with desk.look() as session:
        assert [row.fare for row in await tariffs.pairs_of(session, old.id, 10)] == [99_000]


async def test_a_pin_lies_in_the_zones_that_its_area_is_called_by(desk: Desk, site: Site, clock: Clock) -> None:
    at = datetime(2026, 11, 24, 6, tzinfo=UTC)
    pairs = [
        ZonePair("강남", "성남", 24_000), ZonePair("강남구", "분당구", 25_000), ZonePair("서울", "성남", 29_000),
        ZonePair("테헤란로", "분당", 23_000), ZonePair("중구", "분당", 1_000),
    ]  # fmt: skip
    async with desk.work() as work:
        await tariffs.take_zones(work, site.operator_id, site.office_id, pairs)
    to = PlaceText("정자일로 95", 37.3825, 127.1189, 30)
    assert await quoted(desk, site, PlaceText("어느 빌딩", 37.5006, 127.0364, 10), to, at) == (25_000, ["zones"])
    assert await quoted(desk, site, PlaceText("테헤란로 129", 37.5006, 127.0364, 10), to, at) == (23_000, ["zones"])
    assert await quoted(desk, site, PlaceText("어느 빌딩", 37.5006, 127.0364, 3_000), to, at) == (29_000, ["zones"])
    jung_gu_of_busan = PlaceText("어느 빌딩", 35.1039, 129.0324, 10)
    assert (await quoted(desk, site, jung_gu_of_busan, to, at))[1] == ["base", "distance"]


async def test_the_offices_own_days_go_before_the_calendar(desk: Desk, site: Site, clock: Clock) -> None:
    christmas, day_after = datetime(2026, 12, 25, 6, tzinfo=UTC), datetime(2026, 12, 26, 6, tzinfo=UTC)
    start, end = PlaceText("a", 37.50, 127.03), PlaceText("b", 37.51, 127.03)
    assert (await quoted(desk, site, start, end, christmas))[1] == ["base", "holiday"]
    days = tariff_files.days("day,name,kind\n2026-12-25,정상영업,working\n2026-12-26,창립기념일,\n".encode())
    async with desk.work() as work:
        await tariffs.take_days(work, site.operator_id, site.office_id, days)
    assert await quoted(desk, site, start, end, christmas) == (20_000, ["base"])
    assert await quoted(desk, site, start, end, day_after) == (22_000, ["base", "holiday"])
    elsewhere = await make_site(desk, drivers=0, did="15889999")
    assert (await quoted(desk, elsewhere, start, end, christmas))[1] == ["base", "holiday"]
    async with desk.look() as session:
        assert (await session.scalars(select(Office.id))).all()
