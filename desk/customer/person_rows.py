"""All rows that are about one customer, found along the foreign keys: his calls, orders and texts, and whatever hangs on those.

A table that is added later is found as well. What is written once (the books, the record) is never reached: it names no person.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Table, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.keeping.row_images import key_of, table_of
from models import Base, Customer, CustomerPhone
from models.words import dialled

WRITTEN_ONCE = frozenset({"entry", "posting", "period", "period_balance", "audit_entry", "account", "entry_fee"})
"""Rows that nobody changes. Reasons in the books are written by people of the office and stand as long as the books do."""
_OF_A_CUSTOMER = {
    "call": "number",
    "order": "number",
    "credit_rider": "number",
    "ad_consent": "number",
    "campaign_left_out": "number",
    "incoming_text": "sender",
}
"""Tables that have his number without naming him, and in which column."""
_BATCH = 500
Rows = dict[str, list[RowMapping]]


async def numbers_of(session: AsyncSession, customer_id: int) -> list[str]:
    """His numbers (E.164)."""
    phones = select(CustomerPhone.number).where(CustomerPhone.customer_id == customer_id).order_by(CustomerPhone.id)
    return list((await session.scalars(phones)).all())


async def of_customer(session: AsyncSession, customer: Customer, numbers: Sequence[str]) -> Rows:
    """The rows by table: his own, those with his numbers, and all that name one of these."""
    found: Rows = {}
    fresh: dict[str, list[RowMapping]] = {"customer": await _rows(session, "customer", [Customer.id == customer.id])}
    for name, column in _OF_A_CUSTOMER.items():
        table = table_of(name)
        if numbers:
            of_office = [table.c.office_id == customer.office_id] if "office_id" in table.c else []
            fresh[name] = await _rows(session, name, [table.c[column].in_(numbers), *of_office])
    texts = table_of("message")
    if numbers:
        fresh["message"] = await _rows(
            session, "message", [texts.c.recipient.in_(numbers), texts.c.office_id == customer.office_id]
        )
    seen: dict[str, set[str]] = defaultdict(set)
    while any(fresh.values()):
        fresh["order"] = [row for row in fresh.get("order", ()) if row["customer_id"] in (None, customer.id)]
        new = {name: _not_seen(table_of(name), rows, seen[name]) for name, rows in fresh.items()}
        for name, rows in new.items():
            found.setdefault(name, []).extend(rows)
        fresh = await _next(session, new)
    return {name: rows for name, rows in found.items() if rows}


def spelled(numbers: Iterable[str], names: Iterable[str]) -> re.Pattern[str] | None:
    """What finds a number in any way of writing it, and a name; None where there is nothing to find."""
    found = []
    for number in numbers:
        digits = r"[\s().\-]*".join(dialled(number).removeprefix("0"))
        found.append(rf"(?:\+?82[\s().\-]*|0)?{digits}")
    found += [re.escape(name) for name in names if len(name) > 1]
    return re.compile("|".join(found)) if found else None


async def _next(session: AsyncSession, rows: Rows) -> dict[str, list[RowMapping]]:
    """What names one of `rows`."""
    found: dict[str, list[RowMapping]] = {}
    for table in Base.metadata.sorted_tables:
        if table.name in WRITTEN_ONCE:
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
