"""What the IVR says to a caller and what he answers: the places offered to him, and the one (or the sound) that he chose."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import PurePosixPath

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.call.arrival import NoSuchLine
from desk.customer import customers
from desk.customer.segments import AS_EVERYBODY, HIGHEST_PRIORITY, Voice
from desk.errors import Invalid, NotFound
from desk.events import CallChosen, CallTreated
from desk.text import optional
from desk.work import Work
from models import Call, Customer, Line, Place, Recording

KINDS = ("place", "recording", "operator", "none")
PLACES_OFFERED = 3
_RECORDING = re.compile(r"[A-Za-z0-9_-]{1,120}\.wav")
_TEXT_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Greeting:
    """How a flow speaks to a caller. `places` are (place_id, text), at most three, where he last was picked up first.

    `call_id` is null, and the caller unknown, where the call has not been opened. `recovered`: the call was found in a list of
    channels, which may not have told all that the caller's own channel can. `voice` is what his segments decided (for the flow).
    """

    call_id: int | None
    language: str
    known: bool
    customer_name: str | None
    places: tuple[tuple[int, str], ...]
    recovered: bool = False
    customer_id: int | None = None
    voice: Voice = AS_EVERYBODY


_CALLED = (
    select(Call, Customer, Line.language)
    .join(Line, Line.id == Call.line_id)
    .outerjoin(Customer, Customer.id == Call.customer_id)
    .where(Call.linkedid == bindparam("linkedid"))
    .order_by(Call.id)
    .limit(1)
)


async def greeting(session: AsyncSession, linkedid: str, line: str) -> Greeting:
    """What to say to the caller of `linkedid` on the line with this DID. Raises NoSuchLine if neither is known."""
    row = (await session.execute(_CALLED, {"linkedid": linkedid})).one_or_none()
    if row is None:
        language = await session.scalar(select(Line.language).where(Line.did == line))
        if language is None:
            raise NoSuchLine(f"no line has the DID {optional(line, 40)!r}", line=optional(line, 40))
        return Greeting(None, language, False, None, ())
    call, customer, language = row
    if customer is None:
        return Greeting(call.id, language, False, None, (), call.recovered)
    places = await customers.usual_pickups(session, customer.id, PLACES_OFFERED)
    offered = tuple((place.id, place.text) for place in places)
    return Greeting(call.id, customer.language or language, True, customer.name, offered, call.recovered, customer.id)


async def treated(work: Work, call_id: int, priority: int, heard: str | None) -> None:
    """Keep how the caller was treated: how much sooner he comes, and what he was greeted with. Raises NotFound."""
    call = await work.session.get(Call, call_id, with_for_update=True)
    if call is None:
        raise NotFound("there is no such call", call_id=call_id)
    call.priority, call.heard = max(0, min(priority, HIGHEST_PRIORITY)), optional(heard, _TEXT_LIMIT)
    work.tell(CallTreated(work.now, call.id))


async def choose(
    work: Work,
    call_id: int,
    kind: str,
    place_id: int | None = None,
    text: str | None = None,
    recording_path: str | None = None,
) -> None:
    """Keep the caller's answer: `kind` is one of KINDS, with the place or the recording (a file name) that goes with it.

    A later answer replaces an earlier one, except that "none" replaces nothing. Raises NotFound and Invalid.
    """
    if kind not in KINDS:
        raise Invalid(f"a caller cannot choose {kind!r}", field="kind")
    call = await work.session.get(Call, call_id, with_for_update=True)
    if call is None:
        raise NotFound("there is no such call", call_id=call_id)
    if kind == "none" and call.choice_kind is not None:
        return
    place = await _own_place(work.session, call, place_id) if kind == "place" else None
    if kind == "recording":
        await _keep_recording(work, call, recording_path)
    call.choice_kind = kind
    call.choice_place_id = place.id if place else None
    call.choice_text = place.text if place else optional(text, _TEXT_LIMIT)
    work.tell(CallChosen(work.now, call.id, kind))


async def _own_place(session: AsyncSession, call: Call, place_id: int | None) -> Place:
    place = await session.get(Place, place_id) if place_id is not None else None
    if place is None or place.customer_id != call.customer_id or place.removed_at is not None:
        raise Invalid("this is not a place of the caller's", field="place_id")
    return place


async def _keep_recording(work: Work, call: Call, path: str | None) -> None:
    name = PurePosixPath(path or "").name
    if not _RECORDING.fullmatch(name):
        raise Invalid("a recording is a .wav file with a plain name", field="recording_path")
    known = await work.session.scalar(
        select(Recording.id).where(Recording.call_id == call.id, Recording.path == name).limit(1)
    )
    if known is None:
        token = secrets.token_urlsafe(24)
        work.session.add(Recording(call_id=call.id, token=token, path=name, kind="place", created_at=work.now))
        await work.session.flush()
