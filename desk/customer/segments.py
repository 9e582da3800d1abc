"""Segments of customers: who is in one, what it decides for its members, and how it is made, changed and taken away.

    ids = await segments.members(session, office_id, segment_id)            # all of them, by id
    seen = await segments.preview(session, office_id, conditions)            # how many, and the first few, before it is saved
    treatment = await segments.treatment(session, customer_id)              # greeting, hint, priority of one customer

A question is asked anew each time: a member is whoever meets it now. Whoever was forgotten is in none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer.segment_conditions import GATHERED, Conditions, checked, question
from desk.errors import Conflict, Invalid, NotFound
from desk.office import offices
from desk.office.people import audit, operator_of
from desk.text import optional, plain
from desk.views import Json, Treatment, moment
from desk.work import Work, utc_now
from models import Article, Customer, Erasure, Office, Segment, SegmentMember, StandingSend, TaskRule
from models.segment import KINDS

FIRST_FEW = 20
MOST_SEGMENTS = 200
MOST_PARTS = 1_000
MOST_ADDED = 500
"""So many customers are put into a group at once."""
HIGHEST_PRIORITY = 10
ASKED_AT_ONCE = 8
"""So many segments are asked for a customer in one statement: to write down fifty held everybody up for 73 ms."""
COUNT_LIMIT_S = 60
_SOUND = re.compile(r"(?=.{1,40}$)[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*")
"""As agi/sounds.py takes them, so that no name leads out of the sounds' folder."""


class InUse(Conflict):
    """A standing send goes to this segment, or a rule makes tasks of it: `details` has its name."""

    code = "segment_in_use"


@dataclass(frozen=True, slots=True)
class SegmentForm:
    """What a segment is made of. `conditions` are those of desk/customer/segment_conditions.py; a list has none.

    `sound` is the name of a sound of the site's, `said` a sentence: how the voice menu greets a member.
    """

    name: str
    conditions: Mapping[str, Any]
    kind: str = "query"
    greeting: str | None = None
    hint: str | None = None
    priority: int = 0
    sound: str | None = None
    said: str | None = None


@dataclass(frozen=True, slots=True)
class Voice:
    """What the telephone system makes of a caller: how much sooner he comes (0 to 10), and how he is greeted, if differently."""

    priority: int = 0
    sound: str | None = None
    said: str | None = None


AS_EVERYBODY: Final = Voice()


@dataclass(frozen=True, slots=True)
class Part:
    """One of as many parts of a segment, about as large as the others; `number` is from 1 to `of`. Raises Invalid for none."""

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of <= MOST_PARTS:
            raise Invalid(f"a part is 1/3, at most of {MOST_PARTS}", field="part")


@dataclass(frozen=True, slots=True)
class Preview:
    """How many customers, and the first few by their last trip: (id, name, trips)."""

    count: int
    first: tuple[tuple[int, str, int], ...]


async def members(
    session: AsyncSession,
    office_id: int,
    segment_id: int,
    now: datetime | None = None,
    most: int | None = None,
    part: Part | None = None,
) -> list[int]:
    """The ids of the segment's customers, ascending, `most` at most. Raises NotFound, also for another office's segment.

    `part`: of its parts one. A customer is in the same part of as many whenever he is asked for.
    """
    segment = await one(session, office_id, segment_id)
    asked = await _who(session, segment.office_id, segment.kind, segment.conditions, segment.id, now)
    if part is not None:
        asked.append(Customer.id % part.of == part.number - 1)
    await with_patience(session)
    return list((await session.scalars(select(Customer.id).where(*asked).order_by(Customer.id).limit(most))).all())


async def count(session: AsyncSession, office_id: int, segment_id: int, now: datetime | None = None) -> int:
    """How many `members` are. Raises NotFound."""
    segment = await one(session, office_id, segment_id)
    asked = await _who(session, segment.office_id, segment.kind, segment.conditions, segment.id, now)
    return int(await session.scalar(select(func.count()).select_from(Customer).where(*asked)) or 0)


async def preview(
    session: AsyncSession, office_id: int, conditions: Mapping[str, Any], now: datetime | None = None
) -> Preview:
    """Whom conditions would find, before they are saved. Raises Invalid."""
    return await _preview(session, await _who(session, office_id, "query", checked(conditions), None, now))


async def preview_of(session: AsyncSession, office_id: int, segment_id: int, now: datetime | None = None) -> Preview:
    """Whom a saved segment finds. Raises NotFound."""
    segment = await one(session, office_id, segment_id)
    return await _preview(session, await _who(session, office_id, segment.kind, segment.conditions, segment.id, now))


async def listed(session: AsyncSession, office_id: int) -> list[Segment]:
    """The office's segments, the weightiest first."""
    query = select(Segment).where(Segment.office_id == office_id).order_by(Segment.priority.desc(), Segment.id)
    return list((await session.scalars(query)).all())


async def one(session: AsyncSession, office_id: int, segment_id: int) -> Segment:
    """A segment of this office. Raises NotFound."""
    segment = await session.get(Segment, segment_id)
    if segment is None or segment.office_id != office_id:
        raise NotFound(f"there is no segment {segment_id}", segment_id=segment_id)
    return segment


async def treatment(session: AsyncSession, customer_id: int, now: datetime | None = None) -> Treatment:
    """What the segments say of one customer: all are asked for him alone. Nobody is in none."""
    office_id = await session.scalar(select(Customer.office_id).where(Customer.id == customer_id))
    if office_id is None:
        return Treatment()
    found = await _of_customer(session, office_id, customer_id, await listed(session, office_id), now)
    return Treatment(
        tuple(segment.name for segment in found),
        next((segment.greeting for segment in found if segment.greeting), None),
        next((segment.hint for segment in found if segment.hint), None),
        max((segment.priority for segment in found), default=0),
    )


async def of_customer(
    session: AsyncSession, office_id: int, customer_id: int, segment_ids: Collection[int], now: datetime | None = None
) -> set[int]:
    """Of these segments of the office's those that the customer is in now, asked for him alone."""
    every = [each for each in await listed(session, office_id) if each.id in segment_ids]
    return {each.id for each in await _of_customer(session, office_id, customer_id, every, now)}


async def voice(session: AsyncSession, customer_id: int, now: datetime | None = None) -> Voice:
    """What the segments say to the telephone system of one customer; those that say nothing to it are not asked."""
    office_id = select(Customer.office_id).where(Customer.id == customer_id).scalar_subquery()
    speaks = or_(Segment.priority > 0, Segment.sound.is_not(None), Segment.said.is_not(None))
    query = select(Segment).where(Segment.office_id == office_id, speaks)
    every = list((await session.scalars(query.order_by(Segment.priority.desc(), Segment.id))).all())
    if not every:
        return AS_EVERYBODY
    found = await _of_customer(session, every[0].office_id, customer_id, every, now)
    first = next((each for each in found if each.sound or each.said), None)
    return Voice(max((each.priority for each in found), default=0), *((first.sound, first.said) if first else ()))


async def _of_customer(
    session: AsyncSession, office_id: int, customer_id: int, every: list[Segment], now: datetime | None
) -> list[Segment]:
    """Of these segments those that the customer is in, in their order."""
    found: list[Segment] = []
    for begin in range(0, len(every), ASKED_AT_ONCE):
        some = every[begin : begin + ASKED_AT_ONCE]
        asked = [
            and_(*await _who(session, office_id, each.kind, each.conditions, each.id, now, only=customer_id))
            for each in some
        ]
        is_in = (await session.execute(select(*asked).select_from(Customer).where(Customer.id == customer_id))).one()
        found += [segment for segment, yes in zip(some, is_in, strict=True) if yes]
    return found


def segment_json(segment: Segment) -> Json:
    """A segment for whoever shows it."""
    return {
        "id": segment.id,
        "name": segment.name,
        "kind": segment.kind,
        "conditions": segment.conditions,
        "greeting": segment.greeting,
        "hint": segment.hint,
        "sound": segment.sound,
        "said": segment.said,
        "priority": segment.priority,
        "made_at": moment(segment.made_at),
        "version": segment.version,
    }


# --- making and changing --------------------------------------------------------------------------------------------------


async def make(work: Work, operator_id: int, form: SegmentForm) -> Segment:
    """A new segment of the operator's office. Raises Invalid, and Conflict where the name is taken."""
    office_id = (await operator_of(work, operator_id)).office_id
    segment = Segment(office_id=office_id, made_by=operator_id, made_at=work.now, **_kept(form))
    await _name_is_free(work, segment)
    if len(await listed(work.session, office_id)) >= MOST_SEGMENTS:
        raise Conflict(f"there are {MOST_SEGMENTS} segments, which is the most")
    work.session.add(segment)
    await work.session.flush()
    audit(work, operator_id, "segment.made", f"segment {segment.id}", {"conditions": segment.conditions})
    return segment


async def change(
    work: Work, operator_id: int, segment_id: int, form: SegmentForm, version: int | None = None
) -> Segment:
    """Another name, question or treatment; the kind stays. Raises Invalid, Conflict (also for an older version), NotFound."""
    segment = await _held(work, operator_id, segment_id)
    if version is not None and version != segment.version:
        raise Conflict("somebody has changed it meanwhile; load the page again", segment_id=segment_id)
    if form.kind != segment.kind:
        raise Invalid("a list stays a list, and a question a question", field="kind")
    for name, value in _kept(form).items():
        setattr(segment, name, value)
    await _name_is_free(work, segment)
    await work.session.flush()
    audit(work, operator_id, "segment.changed", f"segment {segment.id}", {"conditions": segment.conditions})
    return segment


async def remove(work: Work, operator_id: int, segment_id: int) -> None:
    """Take a segment away; its customers stay, and articles are suggested for it no more.

    Raises NotFound, and InUse while a rule is for it.
    """
    segment = await _held(work, operator_id, segment_id)
    by_rule = select(StandingSend.name).where(StandingSend.segment_id == segment.id, StandingSend.removed_at.is_(None))
    if (rule := await work.session.scalar(by_rule.limit(1))) is not None:
        raise InUse("a standing send goes to this segment: remove that first", standing_send=rule)
    by_task = select(TaskRule.name).where(TaskRule.segment_id == segment.id, TaskRule.removed_at.is_(None))
    if (rule := await work.session.scalar(by_task.limit(1))) is not None:
        raise InUse("a rule makes tasks of this segment: remove that first", task_rule=rule)
    for model in (StandingSend, TaskRule):
        named = update(model).where(model.segment_id == segment.id).values(segment_id=None)
        await work.session.execute(named.execution_options(synchronize_session=False))
    await work.session.execute(delete(SegmentMember).where(SegmentMember.segment_id == segment.id))
    await work.session.execute(update(Article).where(Article.segment_id == segment.id).values(segment_id=None))
    await work.session.delete(segment)
    await work.session.flush()
    audit(work, operator_id, "segment.removed", f"segment {segment_id}")


async def add_members(work: Work, operator_id: int, segment_id: int, customer_ids: list[int]) -> int:
    """Put customers into a group; how many were not in it. Raises Invalid and NotFound."""
    segment = await _group(work, operator_id, segment_id, customer_ids)
    theirs = select(Customer.id).where(Customer.office_id == segment.office_id, Customer.id.in_(customer_ids))
    found = set((await work.session.scalars(theirs)).all())
    if missing := set(customer_ids) - found:
        raise NotFound(f"there is no customer {min(missing)}", customer_id=min(missing))
    known = select(SegmentMember.customer_id).where(SegmentMember.segment_id == segment.id)
    new = found - set((await work.session.scalars(known.where(SegmentMember.customer_id.in_(customer_ids)))).all())
    work.session.add_all(SegmentMember(segment_id=segment.id, customer_id=each, added_at=work.now) for each in new)
    await work.session.flush()
    audit(work, operator_id, "segment.added", f"segment {segment.id}", {"customers": sorted(new)})
    return len(new)


async def remove_members(work: Work, operator_id: int, segment_id: int, customer_ids: list[int]) -> int:
    """Take customers out of a group; how many were in it. Raises Invalid and NotFound."""
    segment = await _group(work, operator_id, segment_id, customer_ids)
    theirs = delete(SegmentMember).where(
        SegmentMember.segment_id == segment.id, SegmentMember.customer_id.in_(customer_ids)
    )
    gone = (await work.session.scalars(theirs.returning(SegmentMember.customer_id))).all()
    audit(work, operator_id, "segment.taken_out", f"segment {segment.id}", {"customers": sorted(gone)})
    return len(gone)


def _kept(form: SegmentForm) -> dict[str, Any]:
    name = plain(form.name, 80)
    if not name:
        raise Invalid("a segment needs a name", field="name")
    if form.kind not in KINDS:
        raise Invalid("a segment is a question or a list", field="kind")
    if not 0 <= form.priority <= HIGHEST_PRIORITY:
        raise Invalid(f"a priority is from 0 to {HIGHEST_PRIORITY}", field="priority")
    sound = optional(form.sound, 41)
    if sound is not None and not _SOUND.fullmatch(sound):
        raise Invalid("a sound's name has letters, digits, - and _", field="sound")
    if form.kind == "list" and form.conditions:
        raise Invalid("a list has no conditions", field="conditions")
    return {
        "name": name,
        "kind": form.kind,
        "conditions": {} if form.kind == "list" else checked(form.conditions),
        "greeting": optional(form.greeting, 200),
        "hint": optional(form.hint, 200),
        "sound": sound,
        "said": optional(form.said, 200),
        "priority": form.priority,
    }


async def _name_is_free(work: Work, segment: Segment) -> None:
    with work.session.no_autoflush:
        same = await work.session.scalar(
            select(Segment.id).where(Segment.office_id == segment.office_id, Segment.name == segment.name)
        )
    if same not in (None, segment.id):
        raise Conflict("there is a segment of this name already", segment_id=same)


async def _held(work: Work, operator_id: int, segment_id: int) -> Segment:
    office_id = (await operator_of(work, operator_id)).office_id
    segment = await work.session.get(Segment, segment_id, with_for_update=True)
    if segment is None or segment.office_id != office_id:
        raise NotFound(f"there is no segment {segment_id}", segment_id=segment_id)
    return segment


async def _group(work: Work, operator_id: int, segment_id: int, customer_ids: list[int]) -> Segment:
    segment = await _held(work, operator_id, segment_id)
    if segment.kind != "list":
        raise Invalid("only a list has members by hand; a question finds its own", field="kind")
    if not 0 < len(customer_ids) <= MOST_ADDED:
        raise Invalid(f"from 1 to {MOST_ADDED} customers at once", field="customers")
    return segment


async def who(session: AsyncSession, office_id: int, segment_id: int, now: datetime | None = None) -> Select[int]:
    """The ids of a segment's members, as a question to be asked within another one. Raises NotFound."""
    segment = await one(session, office_id, segment_id)
    asked = await _who(session, office_id, segment.kind, segment.conditions, segment.id, now)
    return select(Customer.id).where(*asked).correlate(None)


# --- asking ---------------------------------------------------------------------------------------------------------------


async def _who(
    session: AsyncSession,
    office_id: int,
    kind: str,
    conditions: Conditions,
    segment_id: int | None,
    now: datetime | None,
    only: int | None = None,
) -> list[ColumnElement[bool]]:
    # Where the customers are found elsewhere, SQLite shall not go through an index of all of the office's: `+ 0` forbids it.
    dialect = session.get_bind().dialect.name
    gathered = dialect == "sqlite" and only is None and (kind == "list" or any(name in conditions for name in GATHERED))
    asked: list[ColumnElement[bool]] = [
        (Customer.office_id + 0 if gathered else Customer.office_id) == office_id,
        ~select(Erasure.customer_id).where(Erasure.customer_id == Customer.id).exists(),
    ]
    if kind == "list":
        listed = select(SegmentMember.customer_id).where(SegmentMember.segment_id == segment_id)
        return [*asked, Customer.id.in_(listed)]
    office: Office = await offices.by_id(session, office_id)
    return [*asked, *question(conditions, office, now or utc_now(), dialect, only)]


async def with_patience(session: AsyncSession) -> None:
    """What this session asks from now on may take a minute."""
    if session.get_bind().dialect.name == "postgresql":
        # A question about every order of every customer may take longer than what anybody waits for with a caller.
        await session.execute(text(f"set local statement_timeout = '{COUNT_LIMIT_S}s'"))


async def _preview(session: AsyncSession, asked: list[ColumnElement[bool]]) -> Preview:
    await with_patience(session)
    total = int(await session.scalar(select(func.count()).select_from(Customer).where(*asked)) or 0)
    if not total:
        return Preview(0, ())
    first = select(Customer.id, Customer.name, Customer.trips).where(*asked)
    # Both ways down, so that the index gives them in this order and no million is sorted for the first few.
    rows = await session.execute(first.order_by(Customer.trips.desc(), Customer.id.desc()).limit(FIRST_FEW))
    return Preview(total, tuple((row.id, row.name, row.trips) for row in rows))
