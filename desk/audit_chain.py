"""The record's chain: whoever adds a row through a desk's session adds it at the end, and anybody can see whether it is whole.

On PostgreSQL writers of the record come one after the other (an advisory lock until the commit); SQLite has one writer anyway.
The database itself lets no second row follow the same one, and changes and deletes none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, event, func, inspect, select, text, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session, aliased

from models import AuditEntry, Office, Operator, chain

# Any fixed number, other than those of migrations and of the claim.
ADVISORY_LOCK = 5_207_120
AT_A_TIME = 2_000
SIGN_IN_REFUSED = "sign_in.refused"


class ChainedSession(Session):
    """A session that hangs each new row of the record onto the one before."""


@event.listens_for(ChainedSession, "before_flush")
def _hang_on(session: Session, _context: Any, _instances: Any) -> None:
    added = [row for row in session.new if isinstance(row, AuditEntry)]
    if not added:
        return
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    newest = select(AuditEntry.digest).order_by(AuditEntry.id.desc()).limit(1)
    previous = connection.scalar(newest) or chain.BEGINNING
    for row in sorted(added, key=lambda one: inspect(one).insert_order or 0):
        row.detail = json.loads(json.dumps(row.detail, allow_nan=False))  # as it will be read back
        row.previous = previous
        row.digest = previous = _digest(row)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row that does not follow from those before it, and how."""

    id: int
    why: str


@dataclass(frozen=True, slots=True)
class Verified:
    """How many rows were looked at, the last one's digest, whether `known` was among the digests, and what is broken."""

    rows: int
    digest: str
    has_known: bool
    broken: Broken | None


async def verify(session: AsyncSession, known: str | None = None) -> Verified:
    """Go through the record from its beginning, up to the first row that is not as it was written.

    A record that was cut off at its end is whole by itself: `known` is a digest from an earlier look, kept elsewhere.
    """
    rows, last, previous, seen = 0, 0, chain.BEGINNING, known is None or known == chain.BEGINNING
    while True:
        found = (
            await session.scalars(
                select(AuditEntry).where(AuditEntry.id > last).order_by(AuditEntry.id).limit(AT_A_TIME)
            )
        ).all()
        if not found:
            return Verified(rows, previous, seen, None)
        for row in found:
            if row.previous != previous:
                return Verified(rows, previous, seen, Broken(row.id, "the row before it was changed or is missing"))
            if row.digest != _digest(row):
                return Verified(rows, previous, seen, Broken(row.id, "it is not as it was written"))
            rows, last, previous = rows + 1, row.id, row.digest
            seen = seen or previous == known
        session.expunge_all()


async def of_office(
    session: AsyncSession, office_id: int, limit: int = 50, before_id: int | None = None
) -> list[tuple[AuditEntry, Operator | None]]:
    """What the people of an office did, newest first; `before_id` continues an earlier list.

    A refused log-in was nobody's deed (null). It is told to the office whose person was meant; where nobody has that log-in, to
    the only office, and where there are several to none.
    """
    query = select(AuditEntry, Operator).outerjoin(Operator, Operator.id == AuditEntry.operator_id)
    if before_id is not None:
        query = query.where(AuditEntry.id < before_id)
    ours = Operator.office_id == office_id
    refused = AuditEntry.operator_id.is_(None) & (AuditEntry.what == SIGN_IN_REFUSED)
    found = await session.execute(
        query.where(ours | (refused & await _meant(session, office_id))).order_by(AuditEntry.id.desc()).limit(limit)
    )
    return [(row, who) for row, who in found]


async def _meant(session: AsyncSession, office_id: int) -> ColumnElement[bool]:
    named = aliased(Operator)
    if await session.scalar(select(func.count()).select_from(Office)) == 1:
        return true()
    return select(named.id).where(named.login == AuditEntry.subject, named.office_id == office_id).exists()


def _digest(row: AuditEntry) -> str:
    return chain.digest(row.previous, row.at, row.operator_id, row.what, row.subject, row.detail)
