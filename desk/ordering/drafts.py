"""What operators have typed for calls and not yet saved: one form a call and operator, read by whoever takes the call over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import Invalid, NotFound
from desk.work import Work
from models import Call, CallDraft, Operator

LARGEST = 8_000
"""Letters of a form as JSON."""
MOST = 50
"""Forms of one operator; of more, the oldest go."""
KEPT_FOR = timedelta(hours=24)


async def keep(work: Work, operator_id: int, office_id: int, call_id: int, form: dict[str, Any]) -> CallDraft:
    """Keep what stands in the operator's form for the call, in place of what stood there. Raises NotFound, Invalid."""
    if len(json.dumps(form, ensure_ascii=False)) > LARGEST:
        raise Invalid("the form is too long to be kept", field="form")
    await _call(work.session, office_id, call_id)
    mine = select(CallDraft).where(CallDraft.call_id == call_id, CallDraft.operator_id == operator_id)
    draft = await work.session.scalar(mine.with_for_update())
    if draft is None:
        draft = CallDraft(call_id=call_id, operator_id=operator_id, form=form, updated_at=work.now)
        work.session.add(draft)
    draft.form, draft.updated_at = form, work.now
    await work.session.flush()
    newest = select(CallDraft.id).where(CallDraft.operator_id == operator_id)
    old = newest.order_by(CallDraft.updated_at.desc(), CallDraft.id.desc()).offset(MOST)
    if gone := list(await work.session.scalars(old)):
        await work.session.execute(delete(CallDraft).where(CallDraft.id.in_(gone)))
    return draft


async def of_call(session: AsyncSession, office_id: int, call_id: int) -> Sequence[tuple[CallDraft, str]]:
    """Whose forms there are for a call, with his name; the newest first. Raises NotFound."""
    await _call(session, office_id, call_id)
    query = (
        select(CallDraft, Operator.name)
        .join(Operator, Operator.id == CallDraft.operator_id)
        .where(CallDraft.call_id == call_id)
        .order_by(CallDraft.updated_at.desc(), CallDraft.id.desc())
    )
    return [(draft, name) for draft, name in await session.execute(query)]


async def forget(work: Work, call_id: int, operator_id: int | None = None) -> None:
    """The order is saved, or the form was emptied (of one operator)."""
    gone = delete(CallDraft).where(CallDraft.call_id == call_id)
    await work.session.execute(gone if operator_id is None else gone.where(CallDraft.operator_id == operator_id))


async def drop(work: Work, operator_id: int, office_id: int, call_id: int) -> None:
    """The operator has emptied his form for the call. Raises NotFound."""
    await _call(work.session, office_id, call_id)
    await forget(work, call_id, operator_id)


async def forget_old(work: Work) -> None:
    """What was not saved in a day will not be."""
    before: datetime = work.now - KEPT_FOR
    await work.session.execute(delete(CallDraft).where(CallDraft.updated_at < before))


async def _call(session: AsyncSession, office_id: int, call_id: int) -> None:
    call = await session.get(Call, call_id)
    if call is None or call.office_id != office_id:
        raise NotFound(f"there is no call {call_id}", call_id=call_id)
