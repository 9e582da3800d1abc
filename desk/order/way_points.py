"""The stops between where an order begins and where it ends: rows in the order in which they are passed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import Invalid
from desk.order.order_customer import PlaceText, remember_place
from desk.work import Work
from locales.catalog import Catalog
from models import Customer, Order, WayPoint

MOST = 5


async def of_order(session: AsyncSession, order_id: int) -> list[WayPoint]:
    """The stops of one order, the first one first."""
    return (await of_orders(session, [order_id])).get(order_id, [])


async def of_orders(session: AsyncSession, order_ids: Iterable[int]) -> dict[int, list[WayPoint]]:
    """The stops of several orders, by order; orders without any are left out."""
    query = (
        select(WayPoint).where(WayPoint.order_id.in_(list(order_ids))).order_by(WayPoint.order_id, WayPoint.position)
    )
    found: dict[int, list[WayPoint]] = {}
    for stop in await session.scalars(query):
        found.setdefault(stop.order_id, []).append(stop)
    return found


def as_places(stops: Iterable[WayPoint]) -> list[PlaceText]:
    """The stops as places."""
    return [PlaceText(s.text, s.lat, s.lon, s.accuracy_m, s.source) for s in stops]


def words(order: Order, stops: Sequence[WayPoint], language: str, *, named: bool) -> str:
    """The way of an order as a text says it: its stops by name, or how many there are. Where it ends only if that is known."""
    ends = [order.destination_text] if order.destination_text else []
    on_the_way = [stop.text for stop in stops] if named else []
    way = Catalog.load(language).text("sms.way.then").join([order.origin_text, *on_the_way, *ends])
    return way if named else way + between(stops, language, named=False)


def between(stops: Sequence[WayPoint], language: str, *, named: bool) -> str:
    """The stops alone, behind what else is said: by name, or how many there are; nothing where there is none."""
    told = Catalog.load(language)
    if not stops:
        return ""
    if named:
        return told.text("sms.way.via", stops=", ".join(stop.text for stop in stops))
    return told.text("sms.way.stops", count=len(stops))


async def write(work: Work, order: Order, customer: Customer | None, places: Sequence[PlaceText]) -> list[PlaceText]:
    """Put `places` in place of the order's stops. Raises Invalid for too many, and for one that cannot be used."""
    if len(places) > MOST:
        raise Invalid(f"there are at most {MOST} stops on a way", field="way_points")
    kept = [await remember_place(work, customer, place, "way_points") for place in places]
    await work.session.execute(delete(WayPoint).where(WayPoint.order_id == order.id))
    work.session.add_all(
        WayPoint(
            order_id=order.id, position=at, text=place.text, lat=place.lat, lon=place.lon,
            accuracy_m=place.accuracy_m, source=place.source,
        )
        for at, place in enumerate(kept)
    )  # fmt: skip
    await work.session.flush()
    return kept
