"""The record's chain: whoever adds a row through a desk's session adds it at the end, and anybody can see whether it is whole.

On PostgreSQL writers of the record come one after the other (an advisory lock until the commit); SQLite has one writer anyway.
The database itself lets no second row follow the same one, and changes and deletes none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from models import AuditEntry, chain

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


@dataclass(frozen=True, slots=True)
class Walked:
    """How far a walk along the chain has come: what it is as far as that, the last row's id, and whether that was the end."""

    so_far: Verified
    last: int
    over: bool = False


def at_the_beginning(known: str | None = None) -> Walked:
    """Nothing was looked at yet. `known` as for `verify`."""
    return Walked(Verified(0, chain.BEGINNING, known is None or known == chain.BEGINNING, None), 0)


async def walk_on(
    session: AsyncSession, walked: Walked, known: str | None = None, at_a_time: int = AT_A_TIME
) -> Walked:
    """Some rows further. Each step may be a look of its own: rows are only ever added."""
    query = select(AuditEntry).where(AuditEntry.id > walked.last).order_by(AuditEntry.id).limit(at_a_time)
    found = (await session.scalars(query)).all()
    told, last = walked.so_far, walked.last
    rows, previous, seen = told.rows, told.digest, told.has_known
    for row in found:
        if row.previous != previous:
            why = "the row before it was changed or is missing"
            return Walked(Verified(rows, previous, seen, Broken(row.id, why)), last, over=True)
        if row.digest != _digest(row):
            return Walked(
                Verified(rows, previous, seen, Broken(row.id, "it is not as it was written")), last, over=True
            )
        rows, last, previous = rows + 1, row.id, row.digest
        seen = seen or previous == known
    session.expunge_all()
    return Walked(Verified(rows, previous, seen, None), last, over=not found)


async def verify(session: AsyncSession, known: str | None = None) -> Verified:
    """Go through the record from its beginning, up to the first row that is not as it was written.

    A record that was cut off at its end is whole by itself: `known` is a digest from an earlier look, kept elsewhere.
    """
    walked = at_the_beginning(known)
    while not walked.over:
        walked = await walk_on(session, walked, known)
    return walked.so_far


def _digest(row: AuditEntry) -> str:
    return chain.digest(row.previous, row.at, row.operator_id, row.what, row.subject, row.detail)
