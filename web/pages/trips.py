"""What goes with an order: what it would cost, its promise, its reserved time, and the forms that are not saved yet."""

from __future__ import annotations

from datetime import timedelta

from desk.clock import time_entry
from desk.figures import chances
from desk.message import promise_offers
from desk.order import promises
from desk.order.order_customer import PlaceText
from desk.ordering import drafts, reserving, tariffs
from desk.ordering.order_views import order_json
from desk.views import moment
from desk.work import Work
from models import Office
from web.api.ask import DONE, Ask, Json
from web.api.given import DraftGiven, PlaceGiven, TripAsked, WaitAsked
from web.api.shapes import Nothing


async def quote(ask: Ask[TripAsked]) -> Json:
    """What a trip would cost and why, when it is, and by when a driver may be promised. Nothing is kept."""
    given = ask.given
    now = ask.desk.clock()
    async with ask.desk.look() as session:
        office = await session.get_one(Office, ask.operator.office_id)
        wanted_at = time_entry.read(given.wanted or "", now, office.timezone)
        stops = [_place(each) for each in given.way_points]
        end = _place(given.destination) if given.destination else None
        quoted = await tariffs.quote(session, office, _place(given.origin), end, stops, wanted_at or now)
        found, free = await promises.estimate(session, office, given.origin.lat, given.origin.lon, now)
        chance = None
        if quoted is not None and wanted_at is None:
            chance = await chances.of_trip(session, office, quoted.quote.amount, given.fare, free, found.seconds, now)
    return {
        "amount": quoted.quote.amount if quoted else None,
        "parts": [part.as_json() for part in quoted.quote.parts] if quoted else [],
        "wanted_at": moment(wanted_at),
        "promise_s": None if wanted_at else round(timedelta(seconds=found.seconds).total_seconds()),
        "basis": None if wanted_at else found.basis,
        "samples": 0 if wanted_at else found.samples,
        "error_s": None if wanted_at else found.error_s,
        "chance": chance,
    }


async def begin(ask: Ask[Nothing]) -> Json:
    """A reserved order is taken now."""

    async def do(work: Work) -> Json:
        await reserving.begin(work, ask.operator.id, ask.id)
        return await order_json(work.session, ask.id)

    return await ask.once(do)


async def wait(ask: Ask[WaitAsked]) -> Json:
    """The customer is asked, by text, to wait so many minutes more."""

    async def do(work: Work) -> Json:
        await promise_offers.wait(work, ask.operator.id, ask.id, ask.given.minutes)
        return await order_json(work.session, ask.id)

    return await ask.once(do)


async def seen(ask: Ask[Nothing]) -> Json:
    """Somebody sees to the order's alarms."""

    async def do(work: Work) -> Json:
        await promise_offers.seen(work, ask.operator.id, ask.id)
        return await order_json(work.session, ask.id)

    return await ask.once(do)


async def listed_drafts(ask: Ask[Nothing]) -> Json:
    """What operators have typed for a call and not yet saved, the newest first."""
    async with ask.desk.look() as session:
        found = await drafts.of_call(session, ask.operator.office_id, ask.id)
    items = [
        {
            "operator": {"id": draft.operator_id, "name": name},
            "form": draft.form,
            "updated_at": moment(draft.updated_at),
        }
        for draft, name in found
    ]
    return {"items": items, "next": None}


async def keep_draft(ask: Ask[DraftGiven]) -> Json:
    """Keep what stands in one's form for a call; an empty form is forgotten."""
    person, form = ask.operator, ask.given.form

    async def do(work: Work) -> Json:
        if form:
            await drafts.keep(work, person.id, person.office_id, ask.id, dict(form))
        else:
            await drafts.drop(work, person.id, person.office_id, ask.id)
        return DONE

    return await ask.once(do)


def _place(given: PlaceGiven) -> PlaceText:
    return PlaceText(given.text, given.lat, given.lon, given.accuracy_m, given.source)
