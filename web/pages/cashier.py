"""Drivers' money for programs: pay in, ask for a pay-out and approve it, penalise, undo, close a month."""

from __future__ import annotations

from desk.books import cashier
from desk.office import offices
from desk.views import Json, moment
from desk.work import Work
from models import Entry
from web.api.ask import DONE, Ask
from web.api.given import Reason
from web.api.given_money import Evidence, MonthGiven, PenaltyGiven, TopUpGiven, WithdrawalAsked
from web.api.shapes import Nothing
from web.pages.reports import period_json


async def top_up(ask: Ask[TopUpGiven]) -> Json:
    """A driver pays in."""

    async def act(work: Work) -> Json:
        given = ask.given
        return await _booked(
            work, await cashier.take_in(work, ask.operator.id, ask.id, given.amount, given.reference)
        )  # fmt: skip

    return await ask.once(act)


async def penalise(ask: Ask[PenaltyGiven]) -> Json:
    """A penalty."""

    async def act(work: Work) -> Json:
        given = ask.given
        entry = await cashier.penalise(
            work, ask.operator.id, ask.id, given.amount, given.evidence, given.reference, given.order_id
        )
        return await _booked(work, entry)

    return await ask.once(act)


async def reverse(ask: Ask[Evidence]) -> Json:
    """Undo an entry by its opposite."""

    async def act(work: Work) -> Json:
        return await _booked(work, await cashier.undo(work, ask.operator.id, ask.id, ask.given.evidence))

    return await ask.once(act)


async def ask_for(ask: Ask[WithdrawalAsked]) -> Json:
    """Ask for a pay-out."""

    async def act(work: Work) -> Json:
        asked = await cashier.ask(work, ask.operator.id, ask.id, ask.given.amount, ask.given.note)
        return asked.as_json()

    return await ask.once(act)


async def asked_for(ask: Ask[Nothing]) -> Json:
    """The pay-outs that wait."""
    async with ask.desk.look() as session:
        found = await cashier.asked_for(session, ask.operator.office_id, ask.desk.clock())
    return {"items": [asked.as_json() for asked in found], "next": None}


async def approve(ask: Ask[Nothing]) -> Json:
    """Pay out what a colleague asked for."""

    async def act(work: Work) -> Json:
        return await _booked(work, await cashier.approve(work, ask.operator.id, ask.id))

    return await ask.once(act)


async def turn_down(ask: Ask[Reason]) -> Json:
    """Do not pay it out."""

    async def act(work: Work) -> Json:
        await cashier.turn_down(work, ask.operator.id, ask.id, ask.given.reason)
        return DONE

    return await ask.once(act)


async def close_month(ask: Ask[MonthGiven]) -> Json:
    """Close a month."""

    async def act(work: Work) -> Json:
        period = await cashier.close_month(work, ask.operator.id, ask.given.year, ask.given.month)
        office = await offices.by_id(work.session, period.office_id)
        return period_json(office.timezone, period)

    return await ask.once(act)


async def _booked(work: Work, entry: Entry) -> Json:
    return {
        "id": entry.id,
        "kind": entry.kind,
        "at": moment(entry.at),
        "balance": await cashier.has_after(work.session, entry),
    }
