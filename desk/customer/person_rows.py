"""All rows that are about one customer, found along the foreign keys: his calls, orders and texts, and whatever hangs on those.

A table that is added later is found as well. What is written once (the books, the record) is never reached: it names no person.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Table, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.keeping.row_images import key_of, table_of
from models import Base, Customer, CustomerPhone, FormerNumber
from models.words import dialled

WRITTEN_ONCE = frozenset({"entry", "posting", "period", "period_balance", "audit_entry", "account", "entry_fee"})
"""Rows that nobody changes. Reasons in the books are written by people of the office and stand as long as the books do."""
_OF_A_CUSTOMER = {
    "call": "number",
    "order": "number",
    "credit_rider": "number",
    "ad_consent": "number",
    "consent_notice": "number",
    "campaign_left_out": "number",
    "incoming_text": "sender",
    "message": "recipient",
}
"""Tables that have his number without naming him, and in which column."""
_AT = {
    "call": "arrived_at",
    "order": "taken_at",
    "incoming_text": "received_at",
    "message": "created_at",
    "consent_notice": "written_at",
}
"""When it was. What has no time is of whom the number is now."""
_BATCH = 500
Rows = dict[str, list[RowMapping]]


@dataclass(frozen=True, slots=True)
class Span:
    """A number (E.164) and when it was his: from the moment when it was another's no more, to that when it was his no more."""

    number: str
    since: datetime | None
    until: datetime | None

    def of(self, number: Any, at: Any) -> ColumnElement[bool]:
        """What a row by this number, of a moment in this time, meets; without `at`, whatever its moment."""
        asked = [number == self.number]
        if at is not None and self.since is not None:
            asked.append(at >= self.since)
        if at is not None and self.until is not None:
            asked.append(at < self.until)
        return and_(*asked)


async def numbers_of(session: AsyncSession, customer_id: int) -> list[str]:
    """His numbers (E.164)."""
    phones = select(CustomerPhone.number).where(CustomerPhone.customer_id == customer_id).order_by(CustomerPhone.id)
    return list((await session.scalars(phones)).all())


async def spans_of(session: AsyncSession, customer: Customer) -> list[Span]:
    """His numbers, also those that were detached from him, each with the time in which it was his."""
    now = await numbers_of(session, customer.id)
    former = select(FormerNumber.number, FormerNumber.until).where(FormerNumber.customer_id == customer.id)
    was = [(number, until) for number, until in await session.execute(former.order_by(FormerNumber.id))]
    every = sorted({*now, *(number for number, _ in was)})
    ends = select(FormerNumber.number, FormerNumber.until).where(
        FormerNumber.office_id == customer.office_id, FormerNumber.number.in_(every)
    )
    others = [(number, until) for number, until in await session.execute(ends)]

    def since(number: str, until: datetime | None) -> datetime | None:
        return max((at for each, at in others if each == number and (until is None or at < until)), default=None)

    return [Span(number, since(number, until), until) for number, until in [*((each, None) for each in now), *was]]


async def of_customer(session: AsyncSession, customer: Customer, spans: Sequence[Span]) -> Rows:
    """The rows by table: his own, those with his numbers while they were his, and all that name one of these."""
    found: Rows = {}
    fresh: dict[str, list[RowMapping]] = {"customer": await _rows(session, "customer", [Customer.id == customer.id])}
    for name, column in _OF_A_CUSTOMER.items():
        table = table_of(name)
        at = _AT.get(name)
        his = [span.of(table.c[column], None if at is None else table.c[at]) for span in spans]
        if at is None:
            his = [each for each, span in zip(his, spans, strict=True) if span.until is None]
        if his:
            of_office = [table.c.office_id == customer.office_id] if "office_id" in table.c else []
            fresh[name] = await _rows(session, name, [or_(*his), *of_office])
    seen: dict[str, set[str]] = defaultdict(set)
    while any(fresh.values()):
        for name in ("order", "call"):
            fresh[name] = [row for row in fresh.get(name, ()) if row["customer_id"] in (None, customer.id)]
        new = {name: _not_seen(table_of(name), rows, seen[name]) for name, rows in fresh.items()}
        for name, rows in new.items():
            found.setdefault(name, []).extend(rows)
        fresh = await naming(session, new)
    return {name: rows for name, rows in found.items() if rows}


def spelled(numbers: Iterable[str], names: Iterable[str]) -> re.Pattern[str] | None:
    """What finds a number in any way of writing it, and a name; None where there is nothing to find."""
    found = []
    for number in numbers:
        digits = r"[\s().\-]*".join(dialled(number).removeprefix("0"))
        found.append(rf"(?:\+?82[\s().\-]*|0)?{digits}")
    found += [re.escape(name) for name in names if len(name) > 1]
    return re.compile("|".join(found)) if found else None


async def naming(session: AsyncSession, rows: Rows, but: Collection[str] = ()) -> dict[str, list[RowMapping]]:
    """What names one of `rows`, of all tables `but` these and those that are written once."""
    found: dict[str, list[RowMapping]] = {}
    for table in Base.metadata.sorted_tables:
        if table.name in WRITTEN_ONCE or table.name in but:
            continue
        for foreign in table.foreign_keys:
            ids = [row[foreign.column.name] for row in rows.get(foreign.column.table.name, ())]
            for at in range(0, len(ids), _BATCH):
                named = await _rows(session, table.name, [foreign.parent.in_(ids[at : at + _BATCH])])
                found.setdefault(table.name, []).extend(named)
    return {name: rows for name, rows in found.items() if rows}


def _not_seen(table: Table, rows: Iterable[RowMapping], seen: set[str]) -> list[RowMapping]:
    new = []
    for row in rows:
        key = key_of(table, row)
        if key not in seen:
            seen.add(key)
            new.append(row)
    return new


async def _rows(session: AsyncSession, name: str, where: Sequence[ColumnElement[bool] | Any]) -> list[RowMapping]:
    query = select(table_of(name)).where(*where)
    return list((await session.execute(query)).mappings().all())


def mentions(columns: Sequence[Any], numbers: Sequence[str]) -> list[ColumnElement[bool]]:
    """What may mention one of the numbers, by the database's own search for a text."""
    texts = sorted({form for number in numbers for form in _forms(number)})
    return [column.contains(text, autoescape=True) for column in columns for text in texts]


def _forms(number: str) -> list[str]:
    """The ways in which a number mostly stands in a text: whole, or in its parts (the last two of them)."""
    digits = dialled(number)
    last = digits.removeprefix("0")
    return [last, f"{last[:-8]}-{last[-8:-4]}-{last[-4:]}", f"{last[-8:-4]}-{last[-4:]}", f"{last[-8:-4]} {last[-4:]}"]
