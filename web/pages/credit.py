"""Credit accounts for programs and for the order form: who rides on account, up to what, and what is billed."""

from __future__ import annotations

from datetime import date

from desk import numbers
from desk.books import credit, credit_accounts, invoices
from desk.books.credit_accounts import Terms
from desk.clock import days
from desk.office import offices
from desk.views import Json, moment
from desk.work import Work
from models import Entry
from web.api.ask import DONE, Ask
from web.api.given_money import CreditQuery, CreditTerms, PaymentGiven, RiderGiven, SpanQuery
from web.api.shapes import Nothing
from web.pages.reports import span_json


async def choices(ask: Ask[CreditQuery]) -> Json:
    """The open accounts that a telephone may ride on."""
    async with ask.desk.look() as session:
        office = await offices.by_id(session, ask.operator.office_id)
        number = numbers.normalise(ask.given.number, office.country).e164
        items = [
            {
                "id": account.id,
                "name": account.name,
                "needs_cost_centre": account.needs_cost_centre,
                "left": (await credit.standing(session, office, account)).left,
            }
            for account in await credit.for_number(session, office.id, number)
        ]
    return {"items": items, "next": None}


async def listed(ask: Ask[Nothing]) -> Json:
    """All accounts of the office."""
    async with ask.desk.look() as session:
        office = await offices.by_id(session, ask.operator.office_id)
        items = [one.as_json() for one in await credit_accounts.all_told(session, office)]
    return {"items": items, "next": None}


async def shown(ask: Ask[Nothing]) -> Json:
    """One account with its telephones."""
    async with ask.desk.look() as session:
        office = await offices.by_id(session, ask.operator.office_id)
        account = await credit.of_office(session, office.id, ask.id)
        told = await credit_accounts.told(session, office, account)
        riders = await credit_accounts.riders(session, account)
    return {**told.as_json(), "numbers": [one.as_json() for one in riders]}


async def add(ask: Ask[CreditTerms]) -> Json:
    """A new account."""

    async def act(work: Work) -> Json:
        account = await credit_accounts.add(work, ask.operator.id, _terms(ask.given))
        office = await offices.by_id(work.session, ask.operator.office_id)
        return (await credit_accounts.told(work.session, office, account)).as_json()

    return await ask.once(act)


async def change(ask: Ask[CreditTerms]) -> Json:
    """Other terms."""

    async def act(work: Work) -> Json:
        account = await credit_accounts.change(work, ask.operator.id, ask.id, _terms(ask.given), ask.given.version)
        office = await offices.by_id(work.session, ask.operator.office_id)
        return (await credit_accounts.told(work.session, office, account)).as_json()

    return await ask.once(act)


async def add_rider(ask: Ask[RiderGiven]) -> Json:
    """Let a telephone ride on the account."""

    async def act(work: Work) -> Json:
        await credit_accounts.add_rider(work, ask.operator.id, ask.id, ask.given.number)
        return DONE

    return await ask.once(act)


async def remove_rider(ask: Ask[RiderGiven]) -> Json:
    """Take a telephone off the list."""

    async def act(work: Work) -> Json:
        await credit_accounts.remove_rider(work, ask.operator.id, ask.id, ask.given.number)
        return DONE

    return await ask.once(act)


async def pay(ask: Ask[PaymentGiven]) -> Json:
    """The account's owner pays."""

    async def act(work: Work) -> Json:
        given = ask.given
        return _received(
            await credit_accounts.take_payment(work, ask.operator.id, ask.id, given.amount, given.reference)
        )  # fmt: skip

    return await ask.once(act)


async def card_money(ask: Ask[PaymentGiven]) -> Json:
    """The card company pays."""

    async def act(work: Work) -> Json:
        given = ask.given
        return _received(await credit_accounts.take_card_money(work, ask.operator.id, given.amount, given.reference))

    return await ask.once(act)


async def invoice(ask: Ask[SpanQuery]) -> Json:
    """What the account is billed for these days."""
    async with ask.desk.look() as session:
        office = await offices.by_id(session, ask.operator.office_id)
        first, last = date.fromisoformat(ask.given.from_), date.fromisoformat(ask.given.to)
        told = await invoices.of_account(session, office.id, ask.id, days.span(office.timezone, first, last))
    return {
        "number": told.number,
        "credit_id": told.account.id,
        "name": told.account.name,
        "currency": told.office.currency,
        "span": span_json(told.span),
        "opening": told.opening,
        "rows": [row.as_json() for row in told.rows],
        "charged": told.charged,
        "paid": told.paid,
        "closing": told.closing,
        "final": told.final,
    }


def _terms(given: CreditTerms) -> Terms:
    return Terms(
        given.name, given.limit, given.business_number, given.contact, given.needs_cost_centre, given.closed
    )  # fmt: skip


def _received(entry: Entry) -> Json:
    return {"id": entry.id, "kind": entry.kind, "at": moment(entry.at)}
