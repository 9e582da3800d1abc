"""Customers: the search, one card and his history, and what is done to one: served or not, two made one, forgotten."""

from __future__ import annotations

from desk.customer import (
    customer_edits,
    customer_history,
    customer_search,
    customers,
    do_not_serve,
    duplicates,
    erasure,
    merging,
    openings,
    personal_data,
)
from desk.customer.customer_edits import CustomerForm
from desk.work import Work
from models import Customer
from web.access.masking import sees_all
from web.api.ask import Ask, Json
from web.api.given import CustomersQuery, Reason
from web.api.given_customers import CustomerGiven, HistoryQuery, MergeGiven
from web.api.shapes import Nothing
from web.forgotten import remove_files
from web.keys import COUNTING, SHOWN


async def listed(ask: Ask[CustomersQuery]) -> Json:
    """Customers by any part of the name, any four digits of a number, first consonants, or a place."""
    given = ask.given
    async with ask.desk.look() as session:
        page = await customer_search.search(
            session,
            given.q,
            office_id=ask.operator.office_id,
            limit=given.limit,
            cursor=given.cursor,
            whole_numbers=sees_all(ask.visitor),
        )
    return {"items": [customer.as_json() for customer in page.items], "next": page.next}


async def shown(ask: Ask[Nothing]) -> Json:
    """One customer's card; that he was opened is on record."""
    await openings.note(ask.desk, ask.operator.id, ask.id)
    async with ask.desk.look() as session:
        return (await customers.card(session, ask.id, ask.operator.office_id)).as_json()


async def history(ask: Ask[HistoryQuery]) -> Json:
    """All that happened with him, some at a time; that he was opened is on record."""
    await openings.note(ask.desk, ask.operator.id, ask.id)
    async with ask.desk.look() as session:
        customer = await customers.one(session, ask.id, ask.operator.office_id)
        told = await customer_history.of_customer(session, customer, ask.given.cursor, ask.given.limit)
    return {"items": [each.as_json() for each in told.items], "older": told.older}


async def change(ask: Ask[CustomerGiven]) -> Json:
    """Name, mark, note, language."""
    given = ask.given

    async def do(work: Work) -> Json:
        stays = "language" not in given.model_fields_set
        row = await work.session.get(Customer, ask.id) if stays else None
        form = CustomerForm(given.name, given.grade, given.note, row.language if row else given.language)
        await customer_edits.change(work, ask.operator.id, ask.id, given.version, form)
        return await _card(work, ask.id)

    return await ask.once(do)


async def block(ask: Ask[Reason]) -> Json:
    """Serve him no more."""

    async def do(work: Work) -> Json:
        await do_not_serve.block(work, ask.operator.id, ask.id, ask.given.reason)
        return await _card(work, ask.id)

    return await ask.once(do)


async def serve(ask: Ask[Reason]) -> Json:
    """Serve him again."""

    async def do(work: Work) -> Json:
        await do_not_serve.lift(work, ask.operator.id, ask.id, ask.given.reason)
        return await _card(work, ask.id)

    return await ask.once(do)


async def likely_same(ask: Ask[Nothing]) -> Json:
    """Who may be the same person."""
    async with ask.desk.look() as session:
        await customers.card(session, ask.id, ask.operator.office_id)
        found = await duplicates.of_customer(session, ask.id)
    return {"items": [likeness.as_json() for likeness in found], "next": None}


async def merge(ask: Ask[MergeGiven]) -> Json:
    """Two rows of one person become one."""

    async def do(work: Work) -> Json:
        merge_id = await merging.merge(work, ask.operator.id, ask.id, ask.given.other, ask.given.name_of)
        return {"merge_id": merge_id, "customer": await _card(work, max(ask.id, ask.given.other))}

    return await ask.once(do)


async def undo_merge(ask: Ask[Nothing]) -> Json:
    """Two again."""

    async def do(work: Work) -> Json:
        return {"customer_id": await merging.undo(work, ask.operator.id, ask.id)}

    return await ask.once(do)


async def numbers(ask: Ask[Nothing]) -> Json:
    """His numbers whole, on record."""

    # Not through `once`: an answer that is kept would be a number that nobody asked for a second time.
    shown = await ask.desk.do(lambda work: customer_edits.numbers_shown(work, ask.operator.id, ask.id))
    ask.request[SHOWN] = True
    return {"numbers": shown}


async def data(ask: Ask[Nothing]) -> Json:
    """All that is known of him."""
    return await ask.desk.do(lambda work: personal_data.of_customer(work, ask.operator.id, ask.id))


async def mentions(ask: Ask[Nothing]) -> Json:
    """What names him in other people's words, which an erasure leaves."""
    async with ask.request.app[COUNTING], ask.desk.look() as session:
        return (await erasure.named(session, ask.operator.office_id, ask.id)).as_json()


async def erase(ask: Ask[Reason]) -> Json:
    """Forget him; the recordings go from the disk once the rows are gone."""

    async def do(work: Work) -> Json:
        erased = await erasure.erase(work, ask.operator.id, ask.id, ask.given.reason)
        return {"customer_id": ask.id, "rows": dict(erased.counts), "in_books": erased.in_books}

    told = await ask.once(do)
    await remove_files(ask.request.app)
    return told


async def _card(work: Work, customer_id: int) -> Json:
    return (await customers.card(work.session, customer_id)).as_json()
