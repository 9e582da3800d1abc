"""Where in a district orders crowd: by squares of half a kilometre, of pins that are sure."""

from __future__ import annotations

from datetime import date

import pytest

from desk.clock import days
from desk.customer import segments
from desk.customer.squares import BROAD, HIGH, WIDE, square_of
from desk.figures import analysis
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from models import Office
from tests.desk.conftest import Clock
from tests.site import GANGNAM, Site, make_site

NOVEMBER = days.span("Asia/Seoul", date(2026, 10, 1), date(2026, 12, 31))
FAR_OFF = (37.3948, 127.1112)


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    return await make_site(desk, drivers=0)


async def cancelled(desk: Desk, site: Site, origin: PlaceText, number: str = "01055501234") -> None:
    async with desk.work() as work:
        order = await orders.take(work, site.operator_id, TakeOrder(origin, number=number))
        await orders.cancel(work, site.operator_id, order.id, "손님")


async def looked(desk: Desk, site: Site) -> dict[str | None, tuple[str, int]]:
    async with desk.look() as session:
        office = await session.get_one(Office, site.office_id)
        found = await analysis.look(session, office, NOVEMBER, "square")
    return {cell.key: (cell.label, cell.counted.orders) for cell in found.cells}


async def test_orders_are_in_the_square_of_their_pin_which_is_called_like_most_of_them(desk: Desk, site: Site) -> None:
    """Seen failing with what PostgreSQL rounds, and with any of the names."""
    lat, lon = GANGNAM
    for name, at in (
        ("강남역 10번 출구", (lat, lon)),
        ("강남역 11번 출구", (lat + HIGH / 10, lon)),
        ("강남역 11번 출구", (lat, lon + BROAD / 10)),
        ("판교역", FAR_OFF),
    ):
        await cancelled(desk, site, PlaceText(name, *at, 15))
    found = await looked(desk, site)
    assert sorted(found.values()) == [("강남역 11번 출구", 3), ("판교역", 1)]
    for key, (name, _) in found.items():
        square = square_of(key or "")
        assert square is not None
        at = FAR_OFF if name == "판교역" else GANGNAM
        assert 0 <= at[0] - square.south < HIGH
        assert 0 <= at[1] - square.west < BROAD
        assert (abs(square.centre[0] - at[0]) < HIGH, abs(square.centre[1] - at[1]) < BROAD) == (True, True)


async def test_a_pin_that_is_not_sure_is_counted_apart_and_in_no_square(desk: Desk, site: Site) -> None:
    """Seen failing with a wide pin in the square of its middle."""
    await cancelled(desk, site, PlaceText("강남역", *GANGNAM, 15))
    await cancelled(desk, site, PlaceText("강남역 근처", *GANGNAM, 1_500))
    await cancelled(desk, site, PlaceText("어딘가"))
    found = await looked(desk, site)
    assert {key: orders for key, (_, orders) in found.items() if square_of(key or "") is None} == {WIDE: 1, "": 1}
    assert [told for key, told in found.items() if square_of(key or "")] == [("강남역", 1)]


async def test_who_ordered_in_a_square_is_a_segment(desk: Desk, site: Site) -> None:
    await cancelled(desk, site, PlaceText("강남역", *GANGNAM, 15))
    await cancelled(desk, site, PlaceText("판교역", *FAR_OFF, 15), number="01055509999")
    for key in await looked(desk, site):
        asked = {"cell": {"from": "2026-10-01", "to": "2026-12-31", "square": key}}
        async with desk.look() as session:
            assert (await segments.preview(session, site.office_id, asked)).count == 1


@pytest.mark.parametrize("key", ["", "wide", "1", ".", "1.", ".2", "1.2.3", "-1.5", "٣.٤", "1e9.4", "9999999.1"])
def test_what_is_no_key_is_no_square(key: str) -> None:
    assert square_of(key) is None
