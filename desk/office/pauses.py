"""Who takes no calls now, since when and why. The row holds; the PBX is made equal to it (callboard/pauses.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import Conflict, Invalid
from desk.events import OperatorPaused
from desk.office.people import audit, operator_of
from desk.views import moment
from desk.work import Work
from models import Operator, OperatorPause
from models.pause import PAUSES

OTHER = "other"


class Paused(Conflict):
    """The operator takes no calls now: he is to say that he is ready first."""

    code = "paused"


@dataclass(frozen=True, slots=True)
class PauseView:
    """Somebody takes no calls, since `since`."""

    operator_id: int
    name: str
    extension: str | None
    reason: str
    since: datetime

    def as_json(self) -> dict[str, Any]:
        """As the API tells it."""
        operator = {"id": self.operator_id, "name": self.name, "extension": self.extension}
        return {"operator": operator, "reason": self.reason, "since": moment(self.since)}


async def begin(work: Work, operator_id: int, reason: str, by: int | None = None) -> OperatorPause:
    """The operator takes no calls from now on. For another reason than before: that pause ends and this one begins.

    `by` is who says so, on record; null: the PBX. Raises NotFound, Invalid.
    """
    if reason not in PAUSES:
        raise Invalid("that is no reason for a pause", field="reason")
    operator = await operator_of(work, operator_id)
    now = await _open(work, operator_id)
    if now is not None and now.reason == reason:
        return now
    if now is not None:
        await _close(work, now, by)
    pause = OperatorPause(
        office_id=operator.office_id, operator_id=operator_id, reason=reason, begun_at=work.now, begun_by=by
    )
    work.session.add(pause)
    await work.session.flush()
    audit(work, by, "operator.paused", f"operator {operator_id}", {"reason": reason})
    work.tell(OperatorPaused(work.now, operator.office_id, operator_id))
    return pause


async def end(work: Work, operator_id: int, by: int | None = None) -> None:
    """The operator is ready again; who is already, stays so. Raises NotFound."""
    operator = await operator_of(work, operator_id)
    now = await _open(work, operator_id)
    if now is not None:
        await _close(work, now, by)
        audit(work, by, "operator.ready", f"operator {operator_id}", {"reason": now.reason})
        work.tell(OperatorPaused(work.now, operator.office_id, operator_id))


async def heard(work: Work, extension: str, *, paused: bool) -> None:
    """The PBX tells that somebody there has paused the phone with this extension, or no longer."""
    found = await work.session.scalar(
        select(Operator.id).where(Operator.extension == extension, Operator.disabled_at.is_(None))
    )
    if found is None:
        return
    if not paused:
        await end(work, found)
    elif await _open(work, found) is None:
        await begin(work, found, OTHER)


async def now(session: AsyncSession, office_id: int | None = None) -> Sequence[PauseView]:
    """Who takes no calls now, the longest away first; null: of all offices."""
    query = (
        select(Operator.id, Operator.name, Operator.extension, OperatorPause.reason, OperatorPause.begun_at)
        .join(Operator, Operator.id == OperatorPause.operator_id)
        .where(OperatorPause.ended_at.is_(None))
        .order_by(OperatorPause.begun_at, OperatorPause.id)
    )
    if office_id is not None:
        query = query.where(OperatorPause.office_id == office_id)
    return [PauseView(*row) for row in await session.execute(query)]


async def of_operator(session: AsyncSession, operator_id: int) -> OperatorPause | None:
    """The pause that an operator is in."""
    return await session.scalar(_of(operator_id))


async def _open(work: Work, operator_id: int) -> OperatorPause | None:
    return await work.session.scalar(_of(operator_id).with_for_update())


async def _close(work: Work, pause: OperatorPause, by: int | None) -> None:
    pause.ended_at, pause.ended_by = work.now, by
    await work.session.flush()  # another may begin in this transaction, and one at a time is open


def _of(operator_id: int) -> Select[OperatorPause]:
    return select(OperatorPause).where(OperatorPause.operator_id == operator_id, OperatorPause.ended_at.is_(None))
