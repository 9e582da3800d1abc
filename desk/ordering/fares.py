"""The fare of an order: fixed with its explanation, told in writing, and changed afterwards only for a reason that both hear.

A row is kept for each fare that was ever fixed. Whoever is told is told by a text written in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import Invalid
from desk.message import order_texts
from desk.message.order_texts import ValuesIn
from desk.order import money, waiting_rules, way_points
from desk.order.order_customer import PlaceText
from desk.ordering import tariffs
from desk.ordering.tariffs import Quoted
from desk.text import plain
from desk.work import Work
from locales.catalog import Catalog
from models import FixedFare, Office, Order

FIXED, CHANGED, TO_DRIVER = "sms.fare.fixed", "sms.fare.changed", "sms.fare.driver"
KEYS = (FIXED, CHANGED, TO_DRIVER)
MAX_FARE = 2**31 - 1


def check(fare: int | None) -> None:
    """Raises Invalid unless it is a whole amount that is not negative."""
    if fare is not None and not 0 <= fare <= MAX_FARE:
        raise Invalid("a fare is a whole amount and not negative", field="fare")


async def quote(session: AsyncSession, order: Order) -> Quoted | None:
    """What the order costs by the tariffs of today, for the time at which it is wanted; null where that is not known."""
    office = await session.get_one(Office, order.office_id)
    stops = way_points.as_places(await way_points.of_order(session, order.id))
    at = order.wanted_at or order.taken_at
    return await tariffs.quote(session, office, _origin(order), _destination(order), stops, at)


async def fix_new(work: Work, order: Order, operator_id: int | None, reason: str | None = None) -> FixedFare | None:
    """The fare with which an order was taken, if it was: the customer has heard it, and may read it, too."""
    if order.fare is None:
        return None
    row = await _write(work, order, operator_id, reason)
    office = await work.session.get_one(Office, order.office_id)
    if office.fare_texts == "always":
        row.told = True
        await _tell(work, order, None, first=True)
    return row


async def fix_changed(
    work: Work, order: Order, before: int | None, operator_id: int | None, reason: str | None
) -> FixedFare:
    """The fare was fixed later, or is another one now: customer and driver are told.

    Raises Invalid (field `fare_reason`) where one was in writing already and nobody says why it changes.
    """
    if not plain(reason, 200) and await was_told(work.session, order.id):
        raise Invalid("the fare is in writing: say why it changes, and both are told", field="fare_reason")
    row = await _write(work, order, operator_id, reason)
    office = await work.session.get_one(Office, order.office_id)
    if office.fare_texts != "never":
        row.told = True
        await order_texts.withdraw(work, order.id, KEYS, "the fare has changed again")
        await _tell(work, order, before, first=before is None)
    return row


async def fix_at_end(work: Work, order: Order, operator_id: int | None) -> FixedFare:
    """The fare was open until the trip's end. The customer reads what his driver says that he was paid; the driver knows it."""
    row = await _write(work, order, operator_id, None)
    office = await work.session.get_one(Office, order.office_id)
    if office.fare_texts != "never":
        row.told = True
        whole, brief = await _said(work, order, None, over=True)
        await order_texts.to_customer(work, order, FIXED, whole, briefer=brief)
    return row


async def was_told(session: AsyncSession, order_id: int) -> bool:
    """Whether a fare of this order is in writing."""
    query = select(FixedFare.id).where(FixedFare.order_id == order_id, FixedFare.told).limit(1)
    return await session.scalar(query) is not None


async def of_orders(session: AsyncSession, order_ids: Iterable[int]) -> dict[int, FixedFare]:
    """The newest fixing of each order; orders whose fare was never fixed are left out."""
    query = select(FixedFare).where(FixedFare.order_id.in_(list(order_ids))).order_by(FixedFare.id)
    return {row.order_id: row for row in await session.scalars(query)}


async def history(session: AsyncSession, order_id: int) -> Sequence[FixedFare]:
    """Every fare that was fixed for an order, the first one first."""
    return (await session.scalars(select(FixedFare).where(FixedFare.order_id == order_id).order_by(FixedFare.id))).all()


async def _write(work: Work, order: Order, operator_id: int | None, reason: str | None) -> FixedFare:
    quoted = await quote(work.session, order)
    row = FixedFare(
        order_id=order.id,
        version=order.version,
        at=work.now,
        operator_id=operator_id,
        amount=order.fare,
        basis=await _basis(work, order, quoted),
        parts=[part.as_json() for part in quoted.quote.parts] if quoted else [],
        quoted=quoted.quote.amount if quoted else None,
        zones_id=quoted.zones_id if quoted else None,
        days_id=quoted.days_id if quoted else None,
        distance_id=quoted.distance_id if quoted else None,
        hours_id=quoted.hours_id if quoted else None,
        reason=plain(reason, 200) or None,
        told=False,
    )
    work.session.add(row)
    await work.session.flush()
    return row


async def _basis(work: Work, order: Order, quoted: Quoted | None) -> str:
    if quoted is not None and order.fare == quoted.quote.amount:
        return "tariff"
    if order.customer_id is None or order.fare is None:
        return "hand"
    last = select(Order.fare).where(
        Order.customer_id == order.customer_id,
        Order.id < order.id,
        Order.origin_text == order.origin_text,
        Order.destination_text == order.destination_text,
    )
    return "history" if await work.session.scalar(last.order_by(Order.id.desc()).limit(1)) == order.fare else "hand"


async def _tell(work: Work, order: Order, before: int | None, *, first: bool) -> None:
    """Write to the customer, and to the driver who has the order already."""
    whole, brief = await _said(work, order, before)
    await order_texts.to_customer(work, order, FIXED if first else CHANGED, whole, briefer=brief)
    await order_texts.to_driver(work, order, TO_DRIVER, whole, briefer=brief)


async def _said(work: Work, order: Order, before: int | None, *, over: bool = False) -> tuple[ValuesIn, ValuesIn]:
    """What stands in a text, with the stops by name, and with their number only; at the end not how waiting is counted."""
    rule = None if over else await waiting_rules.of_order(work.session, order)
    stops = await way_points.of_order(work.session, order.id)

    def said(language: str, *, named: bool) -> dict[str, str]:
        return {
            "way": way_points.words(order, stops, language, named=named),
            "fare": _shown(order.fare, order.currency, language),
            "before": _shown(before, order.currency, language),
            "waiting": waiting_rules.words(rule, order.currency, language),
        }

    return partial(said, named=True), partial(said, named=False)


def _shown(amount: int | None, currency: str, language: str) -> str:
    if amount is None:
        return Catalog.load(language).text("sms.fare.open")
    return money.display(amount, currency, language)


def _origin(order: Order) -> PlaceText:
    return PlaceText(
        order.origin_text, order.origin_lat, order.origin_lon, order.origin_accuracy_m, order.origin_source
    )


def _destination(order: Order) -> PlaceText | None:
    if order.destination_text is None:
        return None
    return PlaceText(order.destination_text, order.destination_lat, order.destination_lon, order.destination_accuracy_m)
