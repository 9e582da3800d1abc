"""What becomes of a call after it has arrived: it rings, is answered and ends; and what a PBX snapshot puts right."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import bindparam, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.call.arrival import SAME_CALL_WINDOW_S, open_call
from desk.call.dialling import place_call
from desk.errors import DeskError
from desk.events import CallAnswered, CallEnded, CallRinging, PbxSnapshot
from desk.work import Work
from models import Call, CallSighting, Operator, Order
from models.call import OPEN_STATES

log = structlog.get_logger(__name__)

# A call may begin while the snapshot is being taken; one so young is left to the next snapshot.
SNAPSHOT_GRACE = timedelta(seconds=2)
PBX_RESTART = "pbx_restart"
NO_ANSWER = "no_answer"
# Asterisk's Uniqueid and Linkedid (main/channel.c): [systemname-]epoch.counter
_NAMED = re.compile(r"(.+)-\d+\.\d+")
STALE_BOX_CALL = timedelta(minutes=10)


async def rang(work: Work, linkedid: str, extension: str, at: datetime | None = None) -> Call | None:
    """A desk phone rings for the call; null where there is no such call. Only the first ring is told of."""
    call = await _by_linkedid(work.session, linkedid)
    if call is not None and call.state == "arrived":
        call.state = "ringing"
        call.ringing_at = at or work.now
        work.tell(CallRinging(call.ringing_at, call.id, extension))
    return call


async def answered(work: Work, linkedid: str, extension: str, at: datetime | None = None) -> Call | None:
    """The phone with `extension` has the call: the first one to answer, and after a transfer the one that took it over."""
    call = await _by_linkedid(work.session, linkedid)
    if call is None or call.state == "ended":
        return call
    at = at or work.now
    operator_id = await operator_at(work.session, extension)
    if call.state == "answered" and call.operator_id == operator_id:
        return call
    call.state = "answered"
    call.answered_at = call.answered_at or at
    call.operator_id = operator_id
    work.tell(CallAnswered(at, call.id, operator_id, extension))
    return call


async def gone(work: Work, linkedid: str, cause: str | None = None, at: datetime | None = None) -> Call | None:
    """The caller's channel is gone: the call ends as "answered" or "abandoned", whatever the Q.850 cause says.

    One that we placed and that nobody took ends as "no_answer".
    """
    call = await _by_linkedid(work.session, linkedid)
    if call is not None:
        unheard = "abandoned" if call.direction == "in" else NO_ANSWER
        _end(work, call, "answered" if call.answered_at else unheard, at or work.now)
    return call


async def box_answered(work: Work, reference: str, at: datetime | None = None) -> Call | None:
    """A box saw somebody lift the handset; who it was, it cannot tell. Where the PBX has the call, the PBX alone says so."""
    call = await _by_box(work.session, reference)
    if call is not None and call.linkedid is None and call.state in ("arrived", "ringing"):
        call.state = "answered"
        call.answered_at = at or work.now
        work.tell(CallAnswered(call.answered_at, call.id, None, ""))
    return call


async def box_gone(work: Work, reference: str, at: datetime | None = None) -> Call | None:
    """A box saw the line go on-hook. Where the PBX has the same call, the PBX alone says when it ends."""
    call = await _by_box(work.session, reference)
    if call is not None and call.linkedid is None:
        _end(work, call, await _box_disposition(work.session, call), at or work.now)
    return call


async def end_stale_box_calls(work: Work, older_than: timedelta = STALE_BOX_CALL) -> list[Call]:
    """End the calls that only a box saw, longer ago than `older_than`: most boxes never tell of an end."""
    found = await work.session.scalars(
        select(Call)
        .where(Call.state.in_(OPEN_STATES), Call.linkedid.is_(None), Call.arrived_at < work.now - older_than)
        .with_for_update()
    )
    stale = list(found)
    for call in stale:
        _end(work, call, await _box_disposition(work.session, call), work.now)
    return stale


async def resync(work: Work, snapshot: PbxSnapshot, window_s: float = SAME_CALL_WINDOW_S) -> None:
    """Make the open calls equal to what is up on the PBX.

    Calls that the PBX no longer has end as "lost", or as "pbx_restart" where it was started anew since; calls that we did
    not know are opened; both, and those whose ringing or answer we missed, are marked `recovered`. Calls
    that only a box saw are left alone.
    """
    up = {seen.reference for seen in snapshot.calls} | {seen.linkedid for seen in snapshot.calls}
    up |= {placed.linkedid for placed in snapshot.dialled}
    open_calls = await work.session.scalars(
        select(Call).where(Call.state.in_(OPEN_STATES), Call.linkedid.is_not(None)).with_for_update()
    )
    gone = [call for call in open_calls if call.linkedid not in up and call.arrived_at < snapshot.at - SNAPSHOT_GRACE]
    for call in gone:
        call.recovered = True
        _end(work, call, _why_gone(call, snapshot), snapshot.at)
        log.warning("a call ended unseen", linkedid=call.linkedid, disposition=call.disposition)
    for seen in snapshot.calls:
        try:
            async with work.session.begin_nested():
                await open_call(work, replace(seen, recovered=True), window_s)
        except DeskError as refused:  # one call that we cannot place must not cost the others
            log.warning("a call on the PBX could not be opened", reason=str(refused), code=refused.code)
    for placed in snapshot.dialled:
        try:
            async with work.session.begin_nested():
                await place_call(work, placed)
        except DeskError as refused:
            log.warning("a call that was placed could not be written down", reason=str(refused), code=refused.code)
    for ring in snapshot.ringing:
        await _mend(work, ring.linkedid, ring.extension, ring.at, answer=False)
    for answer in snapshot.answered:
        await _mend(work, answer.linkedid, answer.extension, answer.at, answer=True)


def _why_gone(call: Call, snapshot: PbxSnapshot) -> str:
    named = _NAMED.fullmatch(call.linkedid or "")
    restarted = snapshot.system_name is not None and named is not None and named[1] != snapshot.system_name
    return PBX_RESTART if restarted else "lost"


async def _mend(work: Work, linkedid: str, extension: str, at: datetime, *, answer: bool) -> None:
    told = len(work.events)
    call = await (answered if answer else rang)(work, linkedid, extension, at)
    if call is not None and len(work.events) > told:
        call.recovered = True


def _end(work: Work, call: Call, disposition: str, at: datetime) -> None:
    if call.state == "ended":
        return
    call.state = "ended"
    call.disposition = disposition
    call.ended_at = at
    work.tell(CallEnded(at, call.id, disposition))


async def _box_disposition(session: AsyncSession, call: Call) -> str:
    """A box cannot tell an answered call from a missed one; an order taken from it can. Otherwise nobody saw how it ended."""
    ordered = await session.scalar(select(exists().where(Order.call_id == call.id)))
    return "answered" if ordered or call.answered_at else "lost"


async def _by_box(session: AsyncSession, reference: str) -> Call | None:
    found = await session.scalars(
        select(Call)
        .join(CallSighting, CallSighting.call_id == Call.id)
        .where(CallSighting.source == "box", CallSighting.reference == reference)
        .with_for_update(of=Call)
    )
    return found.one_or_none()


_BY_LINKEDID = select(Call).where(Call.linkedid == bindparam("linkedid")).order_by(Call.id).limit(1).with_for_update()
_OPERATOR_AT = select(Operator.id).where(Operator.extension == bindparam("extension"))


async def _by_linkedid(session: AsyncSession, linkedid: str) -> Call | None:
    found = await session.scalars(_BY_LINKEDID, {"linkedid": linkedid})
    return found.one_or_none()


async def operator_at(session: AsyncSession, extension: str) -> int | None:
    """Whose phone has this extension."""
    return await session.scalar(_OPERATOR_AT, {"extension": extension})
