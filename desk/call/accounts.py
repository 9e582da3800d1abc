"""The PBX's own account of a call, written when the call was over: what nobody of ours saw becomes a row, once, and ended.

An account never makes a call that goes on, never pops one, and never makes two rows of one. Told again, it changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.call.arrival import SAME_CALL_WINDOW_S, open_call
from desk.call.call_life import PBX_RESTART, operator_at
from desk.events import CallEnded, CallSeen
from desk.work import Work
from models import Call

# The PBX writes on the same machine; only a reading that waited (a frozen process, a queue) is further off.
SAME_MOMENT = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class CallAccount:
    """One call that is over, as the PBX tells it; `number` and `name` are as they came (attacker's text).

    `extension` is the phone that had the call last and `answered_at` when the first one took it: None where none did.
    """

    linkedid: str
    line: str
    number: str | None
    name: str | None
    presentation: str
    started_at: datetime
    ended_at: datetime
    extension: str | None = None
    answered_at: datetime | None = None


async def unsettled(session: AsyncSession, accounts: Sequence[CallAccount]) -> list[CallAccount]:
    """Those that their rows do not agree with."""
    wanted = [account.linkedid for account in accounts]
    found = await session.scalars(select(Call).where(Call.linkedid.in_(wanted)).order_by(Call.id.desc()))
    rows = {call.linkedid: call for call in found}
    return [one for one in accounts if one.linkedid not in rows or _differs(rows[one.linkedid], one)]


async def settle(work: Work, account: CallAccount, window_s: float = SAME_CALL_WINDOW_S) -> Call:
    """Make the call's row agree with its account; it is marked `recovered` if it did not. Raises NoSuchLine and Invalid.

    What a restart of the PBX ended stays "pbx_restart", also where the PBX could still write an account of it.
    """
    call = await _by_linkedid(work.session, account.linkedid) or await _open(work, account, window_s)
    if not _differs(call, account):
        return call
    call.recovered = True
    if call.source != "box":
        call.arrived_at = account.started_at
    if account.answered_at is not None:
        if call.answered_at is None:
            call.operator_id = await operator_at(work.session, account.extension or "")
        call.answered_at = account.answered_at
    call.state = "ended"
    call.ended_at = account.ended_at
    if call.disposition != PBX_RESTART:
        call.disposition = _disposition(call)
    work.tell(CallEnded(work.now, call.id, call.disposition))
    return call


def _differs(call: Call, account: CallAccount) -> bool:
    if call.state != "ended" or call.disposition not in (PBX_RESTART, _disposition(call)):
        return True
    if account.answered_at is not None and call.answered_at is None:
        return True
    # A box hears of a call before the PBX does.
    early = call.source == "box" and call.arrived_at <= account.started_at
    began = account.started_at if early else call.arrived_at
    return _apart(began, account.started_at) or _apart(call.ended_at, account.ended_at)


def _apart(ours: datetime | None, theirs: datetime) -> bool:
    return ours is None or abs(ours - theirs) > SAME_MOMENT


def _disposition(call: Call) -> str:
    return "answered" if call.answered_at else "abandoned"


async def _by_linkedid(session: AsyncSession, linkedid: str) -> Call | None:
    found = await session.scalars(
        select(Call).where(Call.linkedid == linkedid).order_by(Call.id).limit(1).with_for_update()
    )
    return found.one_or_none()


async def _open(work: Work, account: CallAccount, window_s: float) -> Call:
    told = len(work.events)
    seen = CallSeen(
        at=account.started_at,
        source="pbx",
        reference=account.linkedid,
        line=account.line,
        number=account.number,
        name=account.name,
        presentation=account.presentation,
        linkedid=account.linkedid,
        recovered=True,
    )
    call = await open_call(work, seen, window_s)
    del work.events[told:]  # it is over: nobody is rung up for it
    return call


def merged(accounts: Iterable[CallAccount]) -> list[CallAccount]:
    """One account a call where several tell of it in part: the widest times, the first answer, the last phone."""
    whole: dict[str, CallAccount] = {}
    for one in accounts:
        known = whole.get(one.linkedid)
        whole[one.linkedid] = one if known is None else _joined(known, one)
    return list(whole.values())


def _joined(known: CallAccount, one: CallAccount) -> CallAccount:
    later = one if one.ended_at >= known.ended_at else known
    answers = [at for at in (known.answered_at, one.answered_at) if at is not None]
    return CallAccount(
        linkedid=known.linkedid,
        line=known.line,
        number=known.number,
        name=known.name,
        presentation=known.presentation,
        started_at=min(known.started_at, one.started_at),
        ended_at=later.ended_at,
        extension=later.extension or known.extension or one.extension,
        answered_at=min(answers, default=None),
    )
