"""Orders: take, look, change, find a driver, give, cancel."""

from __future__ import annotations

from desk.books.credit import Payment
from desk.dispatching import dispatch, search_views, searching
from desk.driver import ways
from desk.errors import Invalid
from desk.ordering import open_fares, order_changes, order_history, orders
from desk.ordering.order_views import candidate_json, order_json, orders_json
from desk.views import moment
from desk.work import Work
from web.api.ask import Ask, Json
from web.api.given import (
    Cancellation,
    CandidatesQuery,
    DriverChosen,
    OrderChanges,
    OrderGiven,
    OrderOverLimit,
    OrdersQuery,
    PlaceGiven,
    Reason,
    Reassignment,
    SearchAsked,
    Step,
)
from web.api.shapes import Nothing
from web.render import catalog


async def listed(ask: Ask[OrdersQuery]) -> Json:
    """Orders, newest first."""
    query = ask.given
    async with ask.desk.look() as session:
        ids = await orders.list_orders(
            session,
            ask.operator.office_id,
            state=None if query.state == "open" else query.state,
            open_only=query.state == "open",
            limit=query.limit + 1,
            before_id=query.cursor,
        )
        items = await orders_json(session, ids[: query.limit])
    return {"items": items, "next": ids[query.limit - 1] if len(ids) > query.limit else None}


async def shown(ask: Ask[Nothing]) -> Json:
    """One order."""
    async with ask.desk.look() as session:
        return await order_json(session, ask.id, ask.operator.office_id)


async def take(ask: Ask[OrderGiven]) -> Json:
    """A new order; 201."""
    return await _take(ask, ask.given)


async def take_over_limit(ask: Ask[OrderOverLimit]) -> Json:
    """A new order beyond its account's limit, with the reason; 201."""
    return await _take(ask, ask.given, ask.given.reason)


async def change(ask: Ask[OrderChanges]) -> Json:
    """Change what an order says, if nobody else has meanwhile."""
    given = ask.given
    form = order_changes.ChangeOrder(
        given.version,
        frozenset(given.model_fields_set - {"version", "fare_reason"}),
        number=given.number,
        origin=_place(given.origin) if given.origin else None,
        destination=_place(given.destination) if given.destination else None,
        fare=given.fare,
        note=given.note,
        details=given.details,
        payment=given.payment,
        credit_id=given.credit_id,
        cost_centre=given.cost_centre,
        way_points=tuple(_place(each) for each in given.way_points),
        wanted=given.wanted,
        fare_reason=given.fare_reason,
        wants=tuple(given.wants),
    )

    async def do(work: Work) -> Json:
        await order_changes.change(work, ask.operator.id, ask.id, form)
        return await order_json(work.session, ask.id)

    return await ask.once(do)


async def candidates(ask: Ask[CandidatesQuery]) -> Json:
    """Who could drive, best first, each with the reason of his rank in the asker's language."""
    words = catalog(ask.operator.locale)
    async with ask.desk.look() as session:
        found = await dispatch.candidates(
            session, ask.id, ask.given.limit, ask.desk.clock(), office_id=ask.operator.office_id
        )
    items = [candidate_json(who, words.text(f"panel.{who.reason_key}", **who.reason_args)) for who in found]
    return {"items": items, "next": None}


async def assign(ask: Ask[DriverChosen]) -> Json:
    """Give the order to a driver, by id or by his number."""
    given = ask.given
    _named(given)

    async def do(work: Work) -> Json:
        await dispatch.assign(work, ask.operator.id, ask.id, await _driver(work, ask.operator.id, given))
        return await order_json(work.session, ask.id)

    return await ask.once(do)


async def reassign(ask: Ask[Reassignment]) -> Json:
    """Give the order to another driver than the one who has it: both, or nothing."""
    given = ask.given
    _named(given)

    async def do(work: Work) -> Json:
        driver_id = await _driver(work, ask.operator.id, given)
        await dispatch.reassign(work, ask.operator.id, ask.id, driver_id, given.reason, given.version)
        return await order_json(work.session, ask.id)

    return await ask.once(do)


def _named(given: DriverChosen) -> None:
    if (given.driver_id is None) == (given.driver_number is None):
        raise Invalid("name the driver by id or by number", field="driver_id")


async def _driver(work: Work, operator_id: int, given: DriverChosen) -> int:
    if given.driver_number is not None:
        return (await dispatch.driver_by_number(work, operator_id, given.driver_number)).id
    assert given.driver_id is not None
    return given.driver_id


async def cancel(ask: Ask[Cancellation]) -> Json:
    """The trip will not happen."""

    async def do(work: Work) -> Json:
        await orders.cancel(work, ask.operator.id, ask.id, ask.given.reason, ask.given.version)
        return await order_json(work.session, ask.id)

    return await ask.once(do)


async def release(ask: Ask[Reason]) -> Json:
    """The driver cannot come: the order waits for another one."""

    async def do(work: Work) -> Json:
        await dispatch.release(work, ask.operator.id, ask.id, ask.given.reason)
        return await order_json(work.session, ask.id)

    return await ask.once(do)


async def step(ask: Ask[Step]) -> Json:
    """The trip has begun, or is done: the next state by the trade's table."""

    async def do(work: Work) -> Json:
        if ask.given.fare is not None:
            await open_fares.end_with(work, ask.operator.id, ask.id, ask.given.to, ask.given.fare)
        else:
            await orders.step(work, ask.operator.id, ask.id, ask.given.to)
        return await order_json(work.session, ask.id)

    return await ask.once(do)


async def search(ask: Ask[SearchAsked]) -> Json:
    """Look for a driver by itself; a search that is running goes on."""

    async def do(work: Work) -> Json:
        await searching.start(work, ask.operator.id, ask.id, ask.given.reason)
        return await order_json(work.session, ask.id)

    return await ask.once(do)


async def stop_search(ask: Ask[Nothing]) -> Json:
    """Look no further: an operator chooses."""

    async def do(work: Work) -> Json:
        await searching.stop(work, ask.operator.id, ask.id)
        return await order_json(work.session, ask.id)

    return await ask.once(do)


async def weighings(ask: Ask[Nothing]) -> Json:
    """Why drivers were asked for this order, or were not; the newest first."""
    words = catalog(ask.operator.locale)
    async with ask.desk.look() as session:
        await order_json(session, ask.id, ask.operator.office_id)
        found = await search_views.weighings(session, ask.id)
    items = [
        {
            "driver_id": driver.id,
            "number": driver.number,
            "name": driver.name,
            "at": moment(weighing.at),
            "ring": weighing.ring,
            "asked": weighing.asked,
            "reason": words.text(f"panel.{weighing.reason_key}", **weighing.reason_args),
            "reason_key": weighing.reason_key,
            "reason_args": weighing.reason_args,
            "by": by,
        }
        for weighing, driver, by in found
    ]
    return {"items": items, "next": None}


async def offers(ask: Ask[Nothing]) -> Json:
    """Whom the order was offered to, and what each said; the newest first."""
    async with ask.desk.look() as session:
        await order_json(session, ask.id, ask.operator.office_id)
        found = await search_views.offers_of(session, ask.id)
    items = [
        {
            "driver_id": driver.id,
            "number": driver.number,
            "name": driver.name,
            "ring": offer.ring,
            "state": offer.state,
            "offered_at": moment(offer.offered_at),
            "expires_at": moment(offer.expires_at),
            "ended_at": moment(offer.ended_at),
            "reason": offer.reason if offer.state == "declined" else None,
        }
        for offer, driver in found
    ]
    return {"items": items, "next": None}


async def way(ask: Ask[Nothing]) -> Json:
    """Where the order's drivers were."""
    async with ask.desk.look() as session:
        return await ways.of_order(session, ask.operator.office_id, ask.id)


async def history(ask: Ask[Nothing]) -> Json:
    """All that happened to the order: who did what and when; the newest first."""
    async with ask.desk.look() as session:
        deeds = await order_history.of_order(session, ask.id, ask.operator.office_id)
    return {"items": [deed.as_json() for deed in deeds], "next": None}


async def _take(
    ask: Ask[OrderGiven] | Ask[OrderOverLimit], given: OrderGiven, over_limit_because: str | None = None
) -> Json:
    form = orders.TakeOrder(
        origin=_place(given.origin),
        destination=_place(given.destination) if given.destination else None,
        call_id=given.call_id,
        number=given.number,
        customer_name=given.customer_name,
        fare=given.fare,
        note=given.note,
        details=given.details,
        wants=tuple(given.wants),
        payment=Payment(given.payment, given.credit_id, given.cost_centre),
        way_points=tuple(_place(each) for each in given.way_points),
        wanted=given.wanted,
        fare_reason=given.fare_reason,
        served_because=given.served_because,
    )

    async def do(work: Work) -> Json:
        order = await orders.take(work, ask.operator.id, form, over_limit_because)
        return await order_json(work.session, order.id)

    return await ask.once(do)


def _place(given: PlaceGiven) -> orders.PlaceText:
    return orders.PlaceText(given.text, given.lat, given.lon, given.accuracy_m, given.source)
