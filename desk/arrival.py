"""Opening a call: the same call told twice, by two doors at once, or by a box and the PBX, is one row and one pop."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, exists, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from desk import customers, numbers
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
    line, country = await _line(session, seen.line)
    # Another door may have opened it while we waited for the line.
    if not work.alone and (known := await _sighted(session, seen)) is not None:
        return await _completed(work, known, seen)
    number = numbers.seen(seen.number, seen.presentation, country)
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


# Built once: the building of a statement costs more than what it finds.
_SIGHTED = (
    select(Call)
    .join(CallSighting, CallSighting.call_id == Call.id)
    .where(CallSighting.source == bindparam("source"), CallSighting.reference == bindparam("reference"))
)
_LINES = (
    select(Line, Office.country)
    .join(Office, Office.id == Line.office_id)
    .where(Line.did == bindparam("did"))
    .with_for_update(of=Line, key_share=True)
)
_SPELLED = select(Line.did, Office.country).join(Office, Office.id == Line.office_id)
_NAMED = select(Call).where(Call.linkedid == bindparam("linkedid")).order_by(Call.id).limit(1)
_SEEN_ALREADY = exists().where(
    CallSighting.call_id == Call.id, CallSighting.source.in_(bindparam("eyes", expanding=True))
)
_AT_THE_TIME = (
    select(Call)
    .where(
        Call.line_id == bindparam("line_id"),
        Call.arrived_at.between(bindparam("since"), bindparam("until")),
        ~_SEEN_ALREADY,
    )
    .order_by(Call.arrived_at, Call.id)
    .limit(1)
)
_FROM_NUMBER = _AT_THE_TIME.where(Call.number == bindparam("number"))
_FROM_NOBODY = _AT_THE_TIME.where(Call.number.is_(None))
_SIGHTING = insert(CallSighting)


async def _sighted(session: AsyncSession, seen: CallSeen) -> Call | None:
    found = await session.scalars(_SIGHTED, {"source": seen.source, "reference": seen.reference})
    return found.one_or_none()


async def _line(session: AsyncSession, did: str) -> tuple[Line, str]:
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
    return row[0], row[1]


async def _completed(work: Work, call: Call, seen: CallSeen) -> Call:
    """A list of channels may show a call before its number is known, or before it is known that it is withheld.

    What the dialplan tells is right; another list only adds a number that is missing.
    """
    if not call.recovered or seen.source != "pbx" or (seen.recovered and call.number is not None):
        return call
    line, country = await _line(work.session, seen.line)
    number = numbers.seen(seen.number, seen.presentation, country)
    if (number.e164, number.presentation) == (call.number, call.presentation) or (seen.recovered and not number.e164):
        return call
    customer = await customers.by_number(work.session, line.office_id, number.e164)
    call.number, call.presentation = number.e164, number.presentation
    call.caller_name = optional(seen.name) or call.caller_name
    call.customer_id = customer.id if customer else None
    work.tell(CallIdentified(seen.at, call.id, call.customer_id))
    return call


async def _twin(session: AsyncSession, line: Line, number: Number, seen: CallSeen, window: timedelta) -> Call | None:
    linkedid = linkedid_of(seen)
    if linkedid is not None:
        same = await session.scalars(_NAMED, {"linkedid": linkedid})
        if (call := same.one_or_none()) is not None:
            return call
    about = {
        "line_id": line.id,
        "since": seen.at - window,
        "until": seen.at + window,
        "eyes": _SAME_EYES[seen.source],
    }
    if number.e164 is None:
        found = await session.scalars(_FROM_NOBODY, about)
    else:
        found = await session.scalars(_FROM_NUMBER, {**about, "number": number.e164})
    return found.one_or_none()


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


async def _insert(work: Work, line: Line, number: Number, seen: CallSeen) -> Call:
    session = work.session
    customer = await customers.by_number(session, line.office_id, number.e164)
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
        customer_id=customer.id if customer else None,
        recovered=seen.recovered,
    )
    session.add(call)
    await session.flush()
    await _remember(session, call, seen)
    work.tell(CallArrived(seen.at, call.id))
    work.tell(CallIdentified(seen.at, call.id, call.customer_id))
    return call
