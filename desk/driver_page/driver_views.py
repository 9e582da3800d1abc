"""What a driver is shown of himself: his state, what he is offered, his trip, his money, and what he was not asked for and why.

Only what is his own. The customer's number and the order's note are shown while he has the order, neither before nor after.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.books import dead_runs, fee_rules, settlement
from desk.books.fee_rules import Held
from desk.clock.days import Span
from desk.dispatching import next_orders
from desk.dispatching.candidates import beeline_m
from desk.driver import driver_fitness, offers, shifts, vehicle_proof
from desk.driver.driver_access import house_language
from desk.driver_page import appeals
from desk.message import assignments
from desk.order import order_places, paying, pin_doubt, way_points
from desk.ordering import no_show
from desk.rules.fees import FeeRule
from desk.trades import COMPLETED, Trade
from desk.views import Json, moment
from models import (
    Account,
    Appeal,
    Assignment,
    Customer,
    Driver,
    Entry,
    EntryFee,
    Offer,
    Office,
    Order,
    Posting,
    Search,
    WayPoint,
    Weighing,
)

REMEMBERED = timedelta(hours=48)
"""How far back a driver sees what he was not asked for."""


async def me(session: AsyncSession, driver_id: int, now: datetime) -> Json:
    """Everything that the page's first screen needs, in one answer."""
    driver = await session.get_one(Driver, driver_id)
    office = await session.get_one(Office, driver.office_id)
    shift = await shifts.open_shift(session, driver_id)
    return {
        "id": driver.id,
        "number": driver.number,
        "name": driver.name,
        "office": office.name,
        "language": driver.language or await house_language(session, office.id),
        "currency": office.currency,
        "timezone": office.timezone,
        "state": driver.state,
        "on_shift_since": moment(shift.started_at) if shift else None,
        "located_at": moment(driver.located_at),
        "papers": _papers(driver, office, now),
        "balance": await settlement.balance(session, driver),
        "fee_rule": _told(await fee_rules.for_driver(session, driver, office.trade, office.currency, now)),
        "offers": await open_offers(session, driver, now),
        "order": await current_order(session, driver_id),
        "next_order": await _next_order(session, driver_id),
        "now": moment(now),
    }


def _papers(driver: Driver, office: Office, now: datetime) -> list[Json]:
    """His papers that run out within a month, or have, each with the days that are left (negative: it has run out)."""
    today = now.astimezone(ZoneInfo(office.timezone)).date()
    soon = driver_fitness.soon_out(driver.licence_until, driver.insurance_until, today)
    return [{"paper": name, "until": until.isoformat(), "days": (until - today).days} for name, until in soon]


async def open_offers(session: AsyncSession, driver: Driver, now: datetime) -> list[Json]:
    """What waits for his answer, the one that runs out first on top."""
    waiting = [offer for offer in await offers.open_of_driver(session, driver.id) if offer.expires_at > now]
    waiting.sort(key=lambda offer: (offer.expires_at, offer.id))
    found = await session.scalars(select(Order).where(Order.id.in_([offer.order_id for offer in waiting])))
    orders = {order.id: order for order in found}
    stops = await way_points.of_orders(session, orders)
    rules = {
        order.id: await fee_rules.for_driver(session, driver, order.trade, order.currency, now)
        for order in orders.values()
    }
    return [
        _offer(offer, orders[offer.order_id], driver, stops.get(offer.order_id, ()), rules[offer.order_id])
        | {"dead_run": await _dead_run(session, orders[offer.order_id], now)}
        for offer in waiting
    ]


async def _dead_run(session: AsyncSession, order: Order, got_at: datetime) -> int | None:
    """What he gets when he came and nobody comes out; null where the trade knows no such end."""
    if trades.load(order.trade).no_show is None:
        return None
    return await dead_runs.amount_at(session, order.office_id, order.trade, order.currency, got_at)


async def current_order(session: AsyncSession, driver_id: int) -> Json | None:
    """The order that he has."""
    active = await assignments.of_driver(session, driver_id)
    return await _trip(session, active) if active is not None else None


async def _next_order(session: AsyncSession, driver_id: int) -> Json | None:
    """Where he goes when he is done with the order that he has; whose it is he reads when he begins it."""
    kept = await next_orders.of_driver(session, driver_id)
    if kept is None:
        return None
    order = await session.get_one(Order, kept.order_id)
    return {
        "order_id": order.id, "origin": order_places.origin_json(order),
        "destination": order_places.destination_json(order), "fare": order.fare, "payment": order.payment,
        "is_collected": paying.is_collected(order),
        "currency": order.currency, "expected_at": moment(kept.expected_at),
    }  # fmt: skip


async def entries(
    session: AsyncSession,
    office_id: int,
    driver_id: int,
    limit: int | None = None,
    before_id: int | None = None,
    span: Span | None = None,
) -> list[Json]:
    """His account, newest first: what was added (positive) and taken (negative), each with what it rests on."""
    query = (
        select(Entry, Posting.amount, Order.origin_text, Order.destination_text, Account.currency, EntryFee)
        .join(Posting, Posting.entry_id == Entry.id)
        .join(Account, Account.id == Posting.account_id)
        .outerjoin(Order, Order.id == Entry.order_id)
        .outerjoin(EntryFee, EntryFee.entry_id == Entry.id)
        .where(Account.office_id == office_id, Account.kind == "driver", Account.owner_id == driver_id)
        .order_by(Posting.entry_id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(Posting.entry_id < before_id)
    if span is not None:
        query = query.where(Entry.at >= span.since, Entry.at < span.until)
    rows = (await session.execute(query)).all()
    ids = [entry.id for entry, *_ in rows]
    undone = set(await session.scalars(select(Entry.reverses_id).where(Entry.reverses_id.in_(ids))))
    appealed = await appeals.of_entries(session, driver_id, ids)
    return [
        {
            "id": entry.id,
            "at": moment(entry.at),
            "kind": entry.kind,
            "amount": -amount,
            "currency": currency,
            "order_id": entry.order_id,
            "origin": origin,
            "destination": destination,
            "evidence": entry.evidence,
            "fee": _why(fee),
            "undone": entry.id in undone,
            "appeal": appeal_json(appealed.get(entry.id)),
        }
        for entry, amount, origin, destination, currency, fee in rows
    ]


async def not_asked(session: AsyncSession, driver_id: int, now: datetime, limit: int = 50) -> list[Json]:
    """Orders that he was looked at for and never asked, newest first, each with the last reason (a key and its values)."""
    newest = (
        select(func.max(Weighing.id).label("id"))
        .where(Weighing.driver_id == driver_id, Weighing.at > now - REMEMBERED)
        .group_by(Weighing.search_id)
        .having(func.max(case((Weighing.asked, 1), else_=0)) == 0)
        .order_by(func.max(Weighing.id).desc())
        .limit(limit)
        .subquery()
    )
    query = (
        select(Weighing, Search.order_id, Order.fare, Order.currency)
        .join(newest, newest.c.id == Weighing.id)
        .join(Search, Search.id == Weighing.search_id)
        .join(Order, Order.id == Search.order_id)
        .order_by(Weighing.id.desc())
    )
    rows = (await session.execute(query)).all()
    appealed = await appeals.of_weighings(session, driver_id, [weighing.id for weighing, *_ in rows])
    return [
        {
            "id": weighing.id,
            "at": moment(weighing.at),
            "order_id": order_id,
            "fare": fare,
            "currency": currency,
            "reason_key": weighing.reason_key,
            "reason_args": weighing.reason_args,
            "appeal": appeal_json(appealed.get(weighing.id)),
        }
        for weighing, order_id, fare, currency in rows
    ]


def appeal_json(appeal: Appeal | None) -> Json | None:
    """His own appeal, and what the office said to it; null where he made none."""
    if appeal is None:
        return None
    return {"state": appeal.state, "reason": appeal.reason, "answer": appeal.answer}


async def car(session: AsyncSession, order_id: int, driver_id: int) -> Json:
    """The car of his order: his own photos, what the trade wants, and which stage is now."""
    order = await session.get_one(Order, order_id)
    trade = trades.load(order.trade)
    stage = vehicle_proof.stage_of(trade, order.state)
    return await vehicle_proof.seen(session, order_id, driver_id) | {
        "asked": trade.photos,
        "stage": stage,
        "due": trade.photos_before if stage == "before" else COMPLETED if stage == "after" else None,
    }


def _offer(offer: Offer, order: Order, driver: Driver, stops: Sequence[WayPoint], held: Held | None) -> Json:
    return {
        "id": offer.id,
        "order_id": order.id,
        "offered_at": moment(offer.offered_at),
        "expires_at": moment(offer.expires_at),
        "origin": order_places.origin_json(order),
        "way_points": _stops(stops),
        "destination": order_places.destination_json(order),
        "pin_doubt": pin_doubt.doubt(order),
        "wanted_at": moment(order.wanted_at),
        "distance_m": _distance_m(driver, order),
        "fare": order.fare,
        "payment": order.payment,
        "is_collected": paying.is_collected(order),
        "fee": _fee(order, held),
        "fee_rule": _told(held),
        "currency": order.currency,
        "wants": list(order.wants or ()),
    }


def _stops(stops: Sequence[WayPoint]) -> list[Json]:
    return [{"text": s.text, "lat": s.lat, "lon": s.lon, "accuracy_m": s.accuracy_m, "source": s.source} for s in stops]


async def _trip(session: AsyncSession, assignment: Assignment) -> Json:
    order = await session.get_one(Order, assignment.order_id)
    trade = trades.load(order.trade)
    customer = await session.get(Customer, order.customer_id) if order.customer_id is not None else None
    held = await fee_rules.of_order(session, order, assignment.driver_id)
    return {
        "id": order.id,
        "state": order.state,
        "next": list(trade.steps_of_driver(order.state)),
        "way": list(trade.way),
        "may_give_back": trade.may_be_given_back(order.state),
        "customer_name": customer.name if customer else None,
        "number": order.number,
        "origin": order_places.origin_json(order),
        "way_points": _stops(await way_points.of_order(session, order.id)),
        "destination": order_places.destination_json(order),
        "pin_doubt": pin_doubt.doubt(order),
        "wanted_at": moment(order.wanted_at),
        "fare": order.fare,
        "payment": order.payment,
        "is_collected": paying.is_collected(order),
        "fee": _fee(order, held),
        "fee_rule": _told(held),
        "currency": order.currency,
        "note": order.note,
        "details": _details(trade, order),
        "wants": list(order.wants or ()),
        "car": await car(session, order.id, assignment.driver_id),
        "assigned_at": moment(assignment.assigned_at),
        "dead_run": await _dead_run(session, order, assignment.assigned_at),
        "no_show_at": moment((await no_show.earliest(session, [order])).get(order.id)),
    }


def _details(trade: Trade, order: Order) -> list[Json]:
    """What only the trade asks, in the order of its form; the driver's page has a word for each name."""
    own = trade.own_fields
    return [{"name": each.name, "text": order.details[each.name]} for each in own if each.name in order.details]


def _fee(order: Order, held: Held | None) -> int | None:
    return None if held is None or order.fare is None else held.rule.fee(order.fare)


def _told(held: Held | None) -> Json | None:
    return None if held is None else held.as_json()


def _why(fee: EntryFee | None) -> Json | None:
    """By what a fee was booked; null for what is none, and for fees that are older than their reasons."""
    if fee is None:
        return None
    rule = FeeRule(fee.basis_points, fee.fixed, fee.unit, fee.least, fee.most)
    return {**Held(rule, fee.sort, fee.class_name, fee.rule_id).as_json(), "fare": fee.fare}


def _distance_m(driver: Driver, order: Order) -> int | None:
    if driver.lat is None or driver.lon is None or order.origin_lat is None or order.origin_lon is None:
        return None
    return round(beeline_m(driver.lat, driver.lon, order.origin_lat, order.origin_lon))
