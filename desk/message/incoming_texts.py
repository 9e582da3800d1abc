"""Texts that people send us: each becomes one row before the network is told that we have it, and is read afterwards.

A network brings a text again when our answer was lost, and gives it no name: the same bytes over another link within ten minutes,
or over the same link within half a minute, are the same text. The same words later, or once more over a link that has our
answer, are another one. Parts of a long text are rows too, until the last one has come or a minute has passed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events, numbers
from desk.errors import NotFound
from desk.text import plain
from desk.texts import alphabets
from desk.texts.text_came import TextCame
from desk.work import Work
from models import Driver, IncomingPart, IncomingText, Line, Office

AGAIN_ELSEWHERE = timedelta(minutes=10)
AGAIN_HERE = timedelta(seconds=30)
PARTS_WITHIN = timedelta(seconds=60)
LONGEST = 2_000
MISSING = " … "
"""What stands where a part never came."""
_LOCK = 5_207_120

Row = TypeVar("Row", IncomingText, IncomingPart)


async def take(work: Work, provider: str, came: TextCame) -> IncomingText | None:
    """The row of a text, or None where other parts of it are still to come. Commit before the network is answered."""
    if came.reference is not None:
        return await _take_part(work, provider, came)
    before = await _newest(work, IncomingText, provider, came.identity)
    if before is not None and _is_repeated(before, came, work.now):
        return before
    return await _write(
        work, provider, came, alphabets.read(came.octets, came.coding), before.occurrence + 1 if before else 1
    )


async def give_up_waiting(work: Work, limit: int = 50) -> int:
    """Make texts of parts whose others have not come in a minute. Returns how many."""
    await _one_at_a_time(work.session)
    old = (
        select(IncomingPart)
        .where(IncomingPart.text_id.is_(None), IncomingPart.received_at <= work.now - PARTS_WITHIN)
        .order_by(IncomingPart.received_at, IncomingPart.id)
        .limit(limit)
    )
    made = 0
    for part in (await work.session.scalars(old)).all():
        if part.text_id is None:  # not yet part of a text that was made in this loop
            await _join(work, part.provider, await _waiting(work, part.provider, part.joint, since=part.received_at))
            made += 1
    return made


async def unread(session: AsyncSession, limit: int = 50) -> list[int]:
    """Texts whose meaning was not looked at yet, oldest first."""
    query = select(IncomingText.id).where(IncomingText.read_at.is_(None)).order_by(IncomingText.id).limit(limit)
    return list(await session.scalars(query))


async def hold(work: Work, text_id: int) -> IncomingText:
    """The text, fresh, held against other writers. Raises NotFound."""
    query = select(IncomingText).where(IncomingText.id == text_id).with_for_update()
    found = (await work.session.scalars(query.execution_options(populate_existing=True))).one_or_none()
    if found is None:
        raise NotFound(f"there is no text {text_id}", text_id=text_id)
    return found


async def _take_part(work: Work, provider: str, came: TextCame) -> IncomingText | None:
    await _one_at_a_time(work.session)
    before = await _newest(work, IncomingPart, provider, came.identity)
    if before is not None and _is_repeated(before, came, work.now):
        return await work.session.get(IncomingText, before.text_id) if before.text_id else None
    joint = _joint(came)
    part = IncomingPart(
        provider=provider, identity=came.identity, occurrence=before.occurrence + 1 if before else 1,
        session=came.session, joint=joint, number=came.number, total=came.total, sender=came.sender[:40],
        recipient=came.recipient[:40], alphabet=came.coding, octets=came.octets, received_at=work.now,
    )  # fmt: skip
    work.session.add(part)
    await work.session.flush()
    waiting = await _waiting(work, provider, joint, since=work.now - PARTS_WITHIN)
    if len({one.number for one in waiting}) < came.total:
        return None
    return await _join(work, provider, waiting)


async def _join(work: Work, provider: str, parts: Sequence[IncomingPart]) -> IncomingText:
    """One text of these parts; of two with one number the newer counts."""
    by_number = {part.number: part for part in sorted(parts, key=lambda part: part.id)}
    first = by_number[min(by_number)]
    identity = hashlib.sha256("".join(part.identity for part in by_number.values()).encode()).hexdigest()[:40]
    came = TextCame(identity, first.session, first.sender, first.recipient, b"", first.alphabet)
    before = await _newest(work, IncomingText, provider, identity)
    text = await _write(
        work, provider, came, _words(by_number, first.total), before.occurrence + 1 if before else 1,
        whole=len(by_number) == first.total,
    )  # fmt: skip
    for part in parts:
        part.text_id = text.id
    await work.session.flush()
    return text


def _words(parts: dict[int, IncomingPart], total: int) -> str:
    """Neighbouring parts in one alphabet are read together: a letter may be cut between two."""
    told, run, coding = "", b"", ""
    for number in range(1, total + 1):
        part = parts.get(number)
        if part is None or part.alphabet != coding:
            told, run = told + alphabets.read(run, coding), b""
        if part is None:
            told += "" if told.endswith(MISSING) else MISSING
            continue
        run, coding = run + part.octets, part.alphabet
    return told + alphabets.read(run, coding)


async def _write(
    work: Work, provider: str, came: TextCame, words: str, occurrence: int, *, whole: bool = True
) -> IncomingText:
    office = await _office(work.session, came)
    text = IncomingText(
        office_id=office.id, provider=provider, identity=came.identity, occurrence=occurrence,
        session=came.session[:32], sender=_number(came.sender, office), recipient=plain(came.recipient, 20),
        text=plain(words, LONGEST), whole=whole, received_at=work.now,
    )  # fmt: skip
    work.session.add(text)
    await work.session.flush()
    work.tell(events.TextArrived(work.now, text.id))
    return text


def _number(told: str, office: Office) -> str:
    return numbers.normalise(told, office.country).e164 or plain(told, 20)


async def _office(session: AsyncSession, came: TextCame) -> Office:
    """Whose number the text was sent to; else whose driver sent it; else the first office. Raises NotFound without any."""
    offices = (await session.scalars(select(Office).order_by(Office.id))).all()
    if not offices:
        raise NotFound("there is no office yet")
    if len(offices) == 1:
        return offices[0]
    lines = (await session.execute(select(Line.did, Line.office_id))).all()
    for office in offices:
        to = _number(came.recipient, office)
        own = [office.sms_sender, *(did for did, office_id in lines if office_id == office.id)]
        if to and to in {_number(number, office) for number in own}:
            return office
    for office in offices:
        sent = select(Driver.id).where(Driver.office_id == office.id, Driver.phone == _number(came.sender, office))
        if await session.scalar(sent.limit(1)) is not None:
            return office
    return offices[0]


async def _newest(work: Work, kind: type[Row], provider: str, identity: str) -> Row | None:
    query = select(kind).where(kind.provider == provider, kind.identity == identity)
    return (await work.session.scalars(query.order_by(kind.occurrence.desc()).limit(1))).one_or_none()


def _is_repeated(before: IncomingText | IncomingPart, came: TextCame, now: datetime) -> bool:
    again = AGAIN_HERE if before.session == came.session else AGAIN_ELSEWHERE
    return before.received_at > now - again


def _joint(came: TextCame) -> str:
    """What the parts of one text have in common."""
    told = f"{came.sender}\n{came.recipient}\n{came.reference}\n{came.total}"
    return hashlib.sha256(told.encode()).hexdigest()[:40]


async def _waiting(work: Work, provider: str, joint: str, since: datetime) -> Sequence[IncomingPart]:
    query = select(IncomingPart).where(
        IncomingPart.provider == provider,
        IncomingPart.joint == joint,
        IncomingPart.text_id.is_(None),
        IncomingPart.received_at >= since,
    )
    return (await work.session.scalars(query.order_by(IncomingPart.id))).all()


async def _one_at_a_time(session: AsyncSession) -> None:
    """Two parts, or a part and the end of waiting, see one another. SQLite admits one writer at a time anyway."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
