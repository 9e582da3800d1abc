"""What is left when the dust has settled, read from where it lies: the database's rows, Asterisk's CDR, the SMSC's log."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.work import open_engine
from dialplan.cdr import COLUMNS
from models import Account, Assignment, Call, Entry, Message, Order, Posting
from tests.sms.smsc import Submit

Row = dict[str, Any]


@dataclass(frozen=True)
class Witnesses:
    """`cdr` has one row a leg, times in seconds since 1970; `submits` is what reached the SMSC, in order."""

    calls: list[Row]
    orders: list[Row]
    assignments: list[Row]
    messages: list[Row]
    cdr: list[Row] = field(default_factory=list)
    submits: list[Submit] = field(default_factory=list)
    accounts: list[Row] = field(default_factory=list)
    entries: list[Row] = field(default_factory=list)
    postings: list[Row] = field(default_factory=list)


async def read_witnesses(url: str, cdr: Path | None = None, submits: list[Submit] | None = None) -> Witnesses:
    """All rows of a database, with the CDR file and the SMSC's log where there are some."""
    engine = open_engine(url)
    try:
        async with AsyncSession(engine) as session:
            tables = [
                # As plain rows: a demo site has sixty thousand orders.
                [dict(row) for row in (await session.execute(select(table.__table__).order_by(table.id))).mappings()]
                for table in (Call, Order, Assignment, Message, Account, Entry, Posting)
            ]
    finally:
        await engine.dispose()
    calls, orders, assignments, messages, accounts, entries, postings = tables
    return Witnesses(
        calls,
        orders,
        assignments,
        messages,
        read_cdr(cdr) if cdr else [],
        list(submits or ()),
        accounts,
        entries,
        postings,
    )


def read_cdr(file: Path) -> list[Row]:
    """Asterisk's own account of its calls, read without our reader; none where it has not yet ended one."""
    if not file.exists():
        return []
    columns = [name.removesuffix(",u") for name in COLUMNS]
    with file.open(encoding="utf-8", errors="replace", newline="") as lines:
        return [dict(zip(columns, line, strict=True)) for line in csv.reader(lines)]


def cdr_of(state: Path) -> Path:
    """Where the Asterisk of a state folder writes it."""
    return state / "asterisk" / "log" / "cdr-custom" / "Master.csv"


def span(row: Row) -> tuple[datetime, datetime]:
    """From when to when an assignment was active; one that still is ends never."""
    return row["assigned_at"], row["ended_at"] or datetime.max.replace(tzinfo=row["assigned_at"].tzinfo)
