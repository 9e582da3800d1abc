"""What the office takes of a fare, for programs: every rule, another one, and one taken back before it holds."""

from __future__ import annotations

from datetime import datetime

from desk.books import fee_rules
from desk.books.fee_rules import FeeForm, Held, Version
from desk.office import offices
from desk.rules.fees import FeeRule
from desk.views import Json, moment
from desk.work import Work
from web.api.ask import Ask
from web.api.given_prices import FeeRuleGiven
from web.api.given_texts import moment_of
from web.api.shapes import Nothing


async def listed(ask: Ask[Nothing]) -> Json:
    """Every rule of the office and of its trade."""
    now = ask.desk.clock()
    async with ask.desk.look() as session:
        office = await offices.by_id(session, ask.operator.office_id)
        rows = await fee_rules.versions(session, office)
        hold = await fee_rules.rows_holding(session, office.id, office.trade, office.currency, now)
    trade = fee_rules.of_trade(office.trade, office.currency)
    return {
        "currency": office.currency,
        "trade": None if trade is None else _fee(trade),
        "items": [_told(row, set(hold.values()), now) for row in rows],
    }


async def put(ask: Ask[FeeRuleGiven]) -> Json:
    """Another rule for a class."""
    given = ask.given
    rule = None if given.rule is None else FeeRule(**given.rule.model_dump())
    form = FeeForm(given.sort, given.class_name, rule, moment_of(given.holds_from))

    async def act(work: Work) -> Json:
        return await _made(work, (await fee_rules.put(work, ask.operator.id, form)).id)

    return await ask.once(act)


async def take_back(ask: Ask[Nothing]) -> Json:
    """One that does not hold yet never will."""

    async def act(work: Work) -> Json:
        return await _made(work, (await fee_rules.take_back(work, ask.operator.id, ask.id)).id)

    return await ask.once(act)


async def _made(work: Work, rule_id: int) -> Json:
    made = await fee_rules.version(work.session, rule_id)
    return _told(made, {made.id}, work.now)


def _told(row: Version, hold: set[int], now: datetime) -> Json:
    return {
        "id": row.id,
        "sort": row.sort,
        "class_name": row.class_name,
        "rule": None if row.held is None else _fee(row.held),
        "holds_from": moment(row.holds_from),
        "state": "to_come" if row.holds_from > now else "holds" if row.id in hold else "past",
        "made_at": moment(row.made_at),
        "made_by": row.made_by,
    }


def _fee(held: Held) -> Json:
    told = held.as_json()
    return {name: told[name] for name in ("basis_points", "fixed", "unit", "least", "most")}
