"""Opening a call: the same call told twice, by two doors at once, or by a box and the PBX, is one row and one pop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from sqlalchemy import Select, Table, bindparam, exists, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from desk import numbers
from desk.customer import customers
from desk.errors import Invalid, NotFound
from desk.events import CallArrived, CallIdentified, CallSeen
from desk.numbers import Number
from desk.text import optional
from desk.work import Work
from models import Call, CallSighting, Line, Office

SAME_CALL_WINDOW_S = 8.0
# Who can tell of a call by itself: the PBX (live or by its spool) and a box. One call has at most one sighting of each,
# which is what keeps two calls from the same number on the same line apart.
_SAME_EYES = {"box": ("box",), "pbx": ("pbx", "spool"), "spool": ("pbx", "spool")}
_REFERENCE_LIMIT = 120
_LINKEDID_LIMIT = 80


class NoSuchLine(NotFound):
    """No line of this site has that DID. `details["line"]` names it as it came."""

    code = "no_such_line"


async def open_call(work: Work, seen: CallSeen, window_s: float = SAME_CALL_WINDOW_S) -> Call:
    """The call that `seen` tells of: found by (source, reference), joined to its twin, or new.

    A twin is a call on the same line, from the same number (or, like it, from none), that arrived within `window_s`
    seconds and that nothing of this kind has seen yet. A new row is told of: CallArrived, then CallIdentified; where the PBX
    takes over a call that a box called answered or ended, CallIdentified alone is told again.
    Raises NoSuchLine, and Invalid where the source or the reference cannot be used.
    """
    _check(seen)
    session = work.session
    if (known := await _sighted(session, seen)) is not None:
        return await _completed(work, known, seen)
    line = await _line(session, seen.line)
    # Another door may have opened it while we waited for the line.
    if not work.alone and (known := await _sighted(session, seen)) is not None:
        return await _completed(work, known, seen)
    number = numbers.seen(seen.number, seen.presentation, line.country)
    twin = await _twin(session, line, number, seen, timedelta(seconds=window_s))
    if work.alone:
        return await (_insert(work, line, number, seen) if twin is None else _join(work, twin, seen))
    try:
        async with session.begin_nested():
            return await (_insert(work, line, number, seen) if twin is None else _join(work, twin, seen))
    except IntegrityError:
        # Told of at the same moment on two lines: the database let one of the two in.
        if (first := await _sighted(session, seen)) is None:
            raise
        return first


def linkedid_of(seen: CallSeen) -> str | None:
    """The PBX's name for the call, where the PBX has one: its reference is the Linkedid itself."""
    return seen.linkedid or (None if seen.source == "box" else seen.reference)


def _check(seen: CallSeen) -> None:
    if seen.source not in _SAME_EYES:
        raise Invalid(f"nothing called {seen.source!r} can see calls", field="source")
    if not 0 < len(seen.reference) <= _REFERENCE_LIMIT or not seen.reference.isprintable():
        raise Invalid("this reference of a call cannot be used", field="reference")
    linkedid = linkedid_of(seen)
    if linkedid is not None and (len(linkedid) > _LINKEDID_LIMIT or not linkedid.isprintable()):
        raise Invalid("this Linkedid cannot be used", field="linkedid")


# Of the tables, and built once: objects that can be changed cost four times as much to find, and most often there is none.
_call, _sighting, _line_, _office = (model.__table__ for model in (Call, CallSighting, Line, Office))
_SIGHTED = select(_sighting.c.call_id).where(
    _sighting.c.source == bindparam("source"), _sighting.c.reference == bindparam("reference")
)
_LINES = (
    select(_line_.c.id, _line_.c.office_id, _office.c.country)
    .join(_office, _office.c.id == _line_.c.office_id)
    .where(_line_.c.did == bindparam("did"))
    .with_for_update(of=_line_, key_share=True)
)
_SPELLED = select(_line_.c.did, _office.c.country).join(_office, _office.c.id == _line_.c.office_id)
_NAMED = select(_call.c.id).where(_call.c.linkedid == bindparam("linkedid")).order_by(_call.c.id).limit(1)
_SEEN_ALREADY = exists().where(
    _sighting.c.call_id == _call.c.id, _sighting.c.source.in_(bindparam("eyes", expanding=True))
)
_AT_THE_TIME = (
    select(_call.c.id)
    .where(
        _call.c.line_id == bindparam("line_id"),
        _call.c.arrived_at.between(bindparam("since"), bindparam("until")),
        _call.c.direction == "in",
        ~_SEEN_ALREADY,
    )
    .order_by(_call.c.arrived_at, _call.c.id)
    .limit(1)
)
_FROM_NUMBER = _AT_THE_TIME.where(_call.c.number == bindparam("number"))
_FROM_NOBODY = _AT_THE_TIME.where(_call.c.number.is_(None))
_SIGHTING = insert(cast(Table, _sighting))


@dataclass(frozen=True, slots=True)
class _Line:
    """The line that a call came in on."""

    id: int
    office_id: int
    country: str


async def _sighted(session: AsyncSession, seen: CallSeen) -> Call | None:
    return await _call_of(session, _SIGHTED, source=seen.source, reference=seen.reference)


async def _call_of(session: AsyncSession, statement: Select[int], **about: object) -> Call | None:
    call_id = await session.scalar(statement, about)
    return None if call_id is None else await session.get(Call, call_id)


async def _line(session: AsyncSession, did: str) -> _Line:
    """The line and its country. It stays locked until the end of the work: arrivals on one line come one by one."""
    row = (await session.execute(_LINES, {"did": did})).one_or_none()
    if row is None:  # a trunk or a box may spell the DID in another way
        for spelled, country in await session.execute(_SPELLED):
            number = numbers.normalise(did, country).e164
            if number is not None and number == numbers.normalise(spelled, country).e164:
                row = (await session.execute(_LINES, {"did": spelled})).one()
                break
    if row is None:
        raise NoSuchLine(f"no line has the DID {optional(did, 40)!r}", line=optional(did, 40))
    return _Line(*row)


async def _completed(work: Work, call: Call, seen: CallSeen) -> Call:
    """A list of channels may show a call before its number is known, or before it is known that it is withheld.

    What the dialplan tells is right; another list only adds a number that is missing.
    """
    if not call.recovered or seen.source != "pbx" or (seen.recovered and call.number is not None):
        return call
    line = await _line(work.session, seen.line)
    number = numbers.seen(seen.number, seen.presentation, line.country)
    if (number.e164, number.presentation) == (call.number, call.presentation) or (seen.recovered and not number.e164):
        return call
    customer_id = await customers.id_by_number(work.session, line.office_id, number.e164)
    call.number, call.presentation = number.e164, number.presentation
    call.caller_name = optional(seen.name) or call.caller_name
    call.customer_id = customer_id
    work.tell(CallIdentified(seen.at, call.id, call.customer_id))
    return call


async def _twin(session: AsyncSession, line: _Line, number: Number, seen: CallSeen, window: timedelta) -> Call | None:
    linkedid = linkedid_of(seen)
    if linkedid is not None:
        same = await _call_of(session, _NAMED, linkedid=linkedid)
        if same is not None:
            return same
    about: dict[str, object] = {
        "line_id": line.id,
        "since": seen.at - window,
        "until": seen.at + window,
        "eyes": _SAME_EYES[seen.source],
    }
    if number.e164 is None:
        return await _call_of(session, _FROM_NOBODY, **about)
    return await _call_of(session, _FROM_NUMBER, **about, number=number.e164)


async def _join(work: Work, call: Call, seen: CallSeen) -> Call:
    if call.linkedid is None and seen.source != "box":
        _take_back_what_the_box_said(work, call)
    call.linkedid = call.linkedid or linkedid_of(seen)
    call.caller_name = call.caller_name or optional(seen.name)
    await _remember(work.session, call, seen)
    return call


def _take_back_what_the_box_said(work: Work, call: Call) -> None:
    """A box sees the PBX's own gateway lift the handset. Who answered and when it ended, the PBX alone can tell."""
    if call.state == "arrived":
        return
    call.state = "arrived"
    call.answered_at = call.ended_at = call.disposition = None
    work.tell(CallIdentified(work.now, call.id, call.customer_id))


async def _remember(session: AsyncSession, call: Call, seen: CallSeen) -> None:
    row = {"call_id": call.id, "source": seen.source, "reference": seen.reference, "seen_at": seen.at}
    await session.execute(_SIGHTING, row)


async def _insert(work: Work, line: _Line, number: Number, seen: CallSeen) -> Call:
    session = work.session
    call = Call(
        office_id=line.office_id,
        line_id=line.id,
        source=seen.source,
        linkedid=linkedid_of(seen),
        number=number.e164,
        presentation=number.presentation,
        caller_name=optional(seen.name),
        state="arrived",
        arrived_at=seen.at,
        customer_id=await customers.id_by_number(session, line.office_id, number.e164),
        recovered=seen.recovered,
    )
    session.add(call)
    await session.flush()
    await _remember(session, call, seen)
    work.tell(CallArrived(seen.at, call.id))
    work.tell(CallIdentified(seen.at, call.id, call.customer_id))
    return call
