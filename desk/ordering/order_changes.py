"""An order's words changed after it was taken. Who saves on top of what somebody else saved meanwhile is refused and shown it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm.attributes import flag_modified

from desk import events, numbers, trades
from desk.books import credit
from desk.clock import time_entry
from desk.dispatching import modes, pins, searching
from desk.errors import Conflict, Invalid, WrongState
from desk.message import order_texts
from desk.order import (
    finishing,
    money,
    order_clock,
    order_details,
    order_places,
    order_steps,
    paying,
    promises,
    way_points,
)
from desk.order.order_customer import PlaceText, customer_for, remember_place
from desk.ordering import fares, reserving
from desk.text import plain
from desk.trades import TAKEN
from desk.views import Json, moment
from desk.work import Work
from models import Customer, Office, Operator, Order, OrderChange

FIELDS = (
    "number", "origin", "way_points", "destination", "wanted", "fare", "note", "payment", "credit_id", "cost_centre",
    "wants",
)  # fmt: skip
"""What may be changed in every trade, in the order of the form; what only the trade asks comes after."""
_PAYMENT = frozenset({"payment", "credit_id", "cost_centre"})
PAY_CHANGED = "sms.pay.changed"
_BY_THE_ACCOUNT = _PAYMENT | {"fare", "number"}
"""What an account's terms look at: changed, they are looked at again."""


@dataclass(frozen=True, slots=True)
class ChangeOrder:
    """The form as somebody left it. `version` is that of the order as he saw it; `fields` names those that he changed.

    `details` has, of what only the trade asks, what he changed, by the field's name; null takes away.
    `wanted` is as it is typed; `fare_reason` is why the fare changes, and needed once one is in writing.
    """

    version: int
    fields: frozenset[str]
    number: str | None = None
    origin: PlaceText | None = None
    destination: PlaceText | None = None
    fare: int | None = None
    note: str | None = None
    details: Mapping[str, str | None] = field(default_factory=dict)
    payment: str = "cash"
    credit_id: int | None = None
    cost_centre: str | None = None

    def changes(self, name: str) -> bool:
        """Whether he changed the field called `name`."""
        return name in self.fields or ("details" in self.fields and name in self.details)

    way_points: tuple[PlaceText, ...] = ()
    wanted: str | None = None
    fare_reason: str | None = None
    wants: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that somebody else has changed: what the refused one would have, and what is there.

    `mine`: he has changed it, too; otherwise `yours` is only what he saw.
    """

    field: str
    yours: Any
    theirs: Any
    mine: bool
    by: str | None
    at: datetime

    def as_json(self) -> Json:
        return {
            "field": self.field,
            "yours": self.yours,
            "theirs": self.theirs,
            "mine": self.mine,
            "by": self.by,
            "at": moment(self.at),
        }


class StaleOrder(Conflict):
    """The order has changed since it was read. `differences` say what, who and when; `details["version"]` is the present one."""

    code = "order_changed"

    def __init__(self, order: Order, differences: tuple[Difference, ...]) -> None:
        super().__init__(
            f"order {order.id} has changed since it was read",
            order_id=order.id,
            version=order.version,
            state=order.state,
        )
        self.differences = differences


async def change(work: Work, operator_id: int, order_id: int, form: ChangeOrder) -> Order:
    """Change the fields that `form` names, and write down who did it. A new number makes the order that customer's.

    Raises StaleOrder, Invalid (with the field's name), WrongState once the order is closed, NotFound, and for one on account what
    `credit.admit` raises.
    """
    order = await order_steps.hold(work, operator_id, order_id)
    office = await work.session.get_one(Office, order.office_id)
    if order.version != form.version:
        raise StaleOrder(order, await _differences(work, order, form, office))
    if trades.load(order.trade).is_closed(order.state):
        raise WrongState(f"an order that is {order.state} is not changed any more", before=order.state)
    before, pin = await _words(work, order), order_places.pin_words(order)
    await _apply(work, order, form, office, operator_id)
    await work.session.flush()
    if form.fields & _BY_THE_ACCOUNT:
        await credit.admit(work, operator_id, office, order)
    after = await _words(work, order)
    changed = [name for name in after if before.get(name) != after[name]]
    rows = [(name, before.get(name), after[name]) for name in changed]
    await record(work, order, operator_id, rows if "origin" in changed else [*rows, *pin_moved(order, pin)])
    if order_places.pin_words(order) != pin:
        await pins.look_again(work, order)
    if "fare" in changed:
        await fares.fix_changed(work, order, before["fare"], operator_id, form.fare_reason)
        await order_clock.seen(work, order.id, operator_id, order_clock.OF_PROMISE)
    if "payment" in changed:
        await _tell_driver_how_it_is_paid(work, order)
    if "wanted" in changed:
        await _promise_anew(work, order)
    if "wants" in changed:
        await searching.propose_anew(work, order)
    if order.version != form.version:
        await finishing.note(work, order)
        if "origin" in form.fields and order.state == TAKEN:
            await modes.taken(work, order)
        work.tell(events.OrderChanged(work.now, order.id, operator_id))
    return order


async def record(work: Work, order: Order, operator_id: int | None, rows: Iterable[tuple[str, Any, Any]]) -> None:
    """Write down which fields became what; None: nobody of the office did it."""
    work.session.add_all(
        OrderChange(
            order_id=order.id,
            version=order.version,
            at=work.now,
            operator_id=operator_id,
            field=name,
            before=before,
            after=after,
        )
        for name, before, after in rows
    )
    await work.session.flush()


def pin_moved(order: Order, before: str | None) -> list[tuple[str, Any, Any]]:
    """The row that says how the pin of the origin was moved, where it was."""
    after = order_places.pin_words(order)
    return [] if before == after else [("origin_pin", before, after)]


async def _tell_driver_how_it_is_paid(work: Work, order: Order) -> None:
    """Who has the order already would otherwise collect what is paid, or drive for nothing."""

    def values(language: str) -> dict[str, str]:
        return {
            "pay": paying.words(order, language),
            "origin": order.origin_text,
            "destination": order.destination_text or "-",
            "fare": "-" if order.fare is None else money.display(order.fare, order.currency, language),
        }

    await order_texts.withdraw(work, order.id, (PAY_CHANGED,), "how it is paid has changed again")
    await order_texts.to_driver(work, order, PAY_CHANGED, values)


async def _promise_anew(work: Work, order: Order) -> None:
    promise = await promises.of_order(work.session, order.id)
    if promise is not None and order.wanted_at is not None:
        await promises.another_time(work, promise, order.wanted_at, told=False)
    await order_clock.plan(work, order, promise)


async def _words(work: Work, order: Order) -> Mapping[str, Any]:
    stops = await way_points.of_order(work.session, order.id)
    return {
        "number": order.number,
        "origin": order.origin_text,
        "way_points": [stop.text for stop in stops],
        "destination": order.destination_text,
        "wanted": moment(order.wanted_at),
        "fare": order.fare,
        "note": order.note,
        **{field.name: order.details.get(field.name) for field in trades.load(order.trade).own_fields},
        "payment": order.payment,
        "credit_id": order.credit_id,
        "cost_centre": order.cost_centre,
        "wants": list(order.wants or ()),
    }


async def _apply(work: Work, order: Order, form: ChangeOrder, office: Office, operator_id: int) -> None:
    wanted = _wanted(form, order, office, work.now)
    if "number" in form.fields and wanted["number"] != order.number:
        order.number = wanted["number"]
        customer = await customer_for(work, office, None, order.number, None)
        order.customer_id = customer.id if customer else order.customer_id
    if "origin" in form.fields and form.origin is not None:
        place = await remember_place(work, await _customer(work, order), form.origin, "origin")
        order_places.set_origin(order, place, work.now)
    if "destination" in form.fields:
        to = form.destination and await remember_place(
            work, await _customer(work, order), form.destination, "destination"
        )
        order_places.set_destination(order, to, work.now)
    if "way_points" in form.fields:
        await _apply_way_points(work, order, form.way_points)
    if "fare" in form.fields:
        order.fare = wanted["fare"]
    if "note" in form.fields:
        order.note = wanted["note"]
    trade = trades.load(order.trade)
    if "destination" in form.fields:
        order_details.check_destination(trade, form.destination)
    if "details" in form.fields:
        order.details = order_details.read(trade, {**order.details, **form.details})
    if form.fields & _PAYMENT:
        await _pay_otherwise(work, order, form, office)
    if "wants" in form.fields and wanted["wants"] != list(order.wants or ()):
        order.wants = wanted["wants"] or None
    if "wanted" in form.fields and wanted["wanted"] != moment(order.wanted_at):
        at = time_entry.read(form.wanted or "", work.now, office.timezone)
        await reserving.change_time(work, order, office, at, operator_id)


async def _pay_otherwise(work: Work, order: Order, form: ChangeOrder, office: Office) -> None:
    told = {name: getattr(form if name in form.fields else order, name) for name in _PAYMENT}
    if told["payment"] != credit.ACCOUNT and "credit_id" not in form.fields:
        told["credit_id"] = None
    payment = credit.understood(credit.Payment(told["payment"], told["credit_id"], told["cost_centre"]))
    if payment.credit_id is not None:
        await credit.hold(work, office.id, payment.credit_id)
    order.payment, order.credit_id, order.cost_centre = payment.kind, payment.credit_id, payment.cost_centre


async def _apply_way_points(work: Work, order: Order, places: tuple[PlaceText, ...]) -> None:
    there = way_points.as_places(await way_points.of_order(work.session, order.id))
    if list(places) != there:
        await way_points.write(work, order, await _customer(work, order), places)
        flag_modified(order, "note")  # rows beside the order are a change of the order, too: its version must rise


def _wanted(form: ChangeOrder, order: Order, office: Office, now: datetime) -> Mapping[str, Any]:
    """What the form asks for, as it would stand in the order. Raises Invalid."""
    if "origin" in form.fields and form.origin is None:
        raise Invalid("a place needs words", field="origin")
    fares.check(form.fare)
    number = numbers.normalise(form.number, office.country).e164 if form.number else None
    if form.number and number is None:
        raise Invalid("that is not a telephone number", field="number")
    return {
        "number": number,
        "origin": plain(form.origin.text, 200) if form.origin else None,
        "way_points": [plain(place.text, 200) for place in form.way_points],
        "destination": plain(form.destination.text, 200) if form.destination else None,
        "wanted": moment(time_entry.read(form.wanted or "", now, office.timezone)) if "wanted" in form.fields else None,
        "fare": form.fare,
        "note": plain(form.note, 500) or None,
        **{name: plain(text, 200) or None for name, text in form.details.items()},
        "payment": form.payment,
        "credit_id": form.credit_id,
        "cost_centre": plain(form.cost_centre, 80) or None,
        "wants": trades.load(order.trade).wanted(form.wants),
    }


async def _customer(work: Work, order: Order) -> Customer | None:
    """Whose places these are, held: his uses of a place are counted."""
    if order.customer_id is None:
        return None
    query = select(Customer).where(Customer.id == order.customer_id).with_for_update()
    return (await work.session.execute(query.execution_options(populate_existing=True))).scalar_one()


async def _differences(work: Work, order: Order, form: ChangeOrder, office: Office) -> tuple[Difference, ...]:
    """What others have changed since the form's version, as far as the form would have it otherwise."""
    query = (
        select(OrderChange, Operator.name)
        .outerjoin(Operator, Operator.id == OrderChange.operator_id)
        .where(OrderChange.order_id == order.id, OrderChange.version > form.version)
        .order_by(OrderChange.id)
    )
    first: dict[str, OrderChange] = {}
    last: dict[str, tuple[OrderChange, str | None]] = {}
    for one, name in (await work.session.execute(query)).all():
        first.setdefault(one.field, one)
        last[one.field] = (one, name)
    wanted, there = _wanted(form, order, office, work.now), await _words(work, order)
    found = []
    for name in there:
        if name not in last:
            continue
        mine = form.changes(name)
        yours = wanted[name] if mine else first[name].before
        if yours != there[name]:
            newest, by = last[name]
            found.append(Difference(name, yours, there[name], mine, by, newest.at))
    return tuple(found)
