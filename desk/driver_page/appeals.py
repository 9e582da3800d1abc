"""A driver says that something was not right: a row of the books, not having been asked for an order, or a change of his grade.

Each can be appealed once, in his words; the office answers in its own, until a moment that stands with the appeal. Neither is
ever changed afterwards.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events
from desk.books import cashier
from desk.books.ledger import AlreadyReversed
from desk.driver import driver_records
from desk.driver.driver_access import house_language
from desk.driver.drivers import not_erased
from desk.errors import Conflict, Invalid, NotFound
from desk.figures.report_rows import beyond
from desk.office import people, roles
from desk.office.people import audit
from desk.text import plain
from desk.work import Work
from locales.catalog import Catalog
from models import Account, Appeal, Driver, DriverGrade, Entry, Message, Office, Posting, Weighing
from models.office import ROLES

WITHIN = timedelta(hours=48)
"""How long the office has to answer, unless it is told otherwise."""


class Against(NamedTuple):
    """What an appeal is against: one of them."""

    entry_id: int | None
    weighing_id: int | None
    grade_id: int | None


class NotYours(Conflict):
    """Somebody else is to answer this appeal: `appeals.answers` says who."""

    code = "not_yours"


class AlreadyAnswered(Conflict):
    """The appeal was answered before. `details["answer"]` says how."""

    code = "already_answered"


async def appeal(
    work: Work,
    driver_id: int,
    reason: str,
    *,
    entry_id: int | None = None,
    weighing_id: int | None = None,
    grade_id: int | None = None,
    within: timedelta = WITHIN,
) -> Appeal:
    """Write the driver's word down; a second one against the same thing is the first one. The office has `within` to answer.

    Raises NotFound for what is not his own, DriverErased, Invalid without a reason or without exactly one thing.
    """
    against = Against(entry_id, weighing_id, grade_id)
    if sum(one is not None for one in against) != 1:
        raise Invalid("an appeal is against one thing", field="entry_id")
    words = plain(reason, 200)
    if not words:
        raise Invalid("an appeal says why", field="reason")
    # His row is held: of two at once the second finds the first one's.
    driver = await work.session.get(Driver, driver_id, with_for_update={"key_share": True})
    if driver is None:
        raise NotFound(f"there is no driver {driver_id}", driver_id=driver_id)
    not_erased(driver)  # his session ended while this was under way
    await _own(work, driver, against)
    there = await work.session.scalars(
        select(Appeal).where(
            Appeal.driver_id == driver_id,
            Appeal.entry_id == entry_id,
            Appeal.weighing_id == weighing_id,
            Appeal.grade_id == grade_id,
        )
    )
    if (found := there.one_or_none()) is not None:
        return found
    made = Appeal(
        office_id=driver.office_id,
        driver_id=driver.id,
        entry_id=entry_id,
        weighing_id=weighing_id,
        grade_id=grade_id,
        reason=words,
        at=work.now,
        due_at=work.now + within,
        state="open",
    )
    work.session.add(made)
    await work.session.flush()
    return made


def answers(found: Appeal) -> tuple[str, ...]:
    """Whose it is to answer: the roles that may put right what the appeal is against."""
    needed = (
        "money.book" if found.entry_id is not None else "orders.dispatch" if found.weighing_id else "drivers.manage"
    )
    return tuple(role for role in ROLES if {needed, "appeals.answer"} <= roles.may(role))


async def answer(work: Work, operator_id: int, appeal_id: int, text: str) -> Appeal:
    """The office's answer, which the driver reads on his page: what was done stands. A text tells him that it is there.

    Raises NotFound, Invalid, AlreadyAnswered.
    """
    found = await _answered(work, operator_id, appeal_id, text)
    audit(work, operator_id, "appeal.answered", str(appeal_id))
    await _tell(work, found, "answered" if found.weighing_id is not None else "declined")
    return found


async def accept(work: Work, operator_id: int, appeal_id: int, text: str) -> Appeal:
    """The driver is right: what was booked is undone by its opposite, or his grade is again what it was; and he is told.

    An entry that is undone already stays so, as does a grade that was changed since.
    Raises NotFound, NotYours, Invalid (also where there is nothing that could be given back), AlreadyAnswered.
    """
    found = await _answered(work, operator_id, appeal_id, text)
    if found.grade_id is not None:
        return await _grade_back(work, operator_id, found, found.grade_id)
    if found.entry_id is None:
        raise Invalid("no money was booked that could be given back", field="appeal")
    with contextlib.suppress(AlreadyReversed):
        await cashier.undo(work, operator_id, found.entry_id, text, found.driver_id)
    audit(work, operator_id, "appeal.accepted", str(appeal_id), {"entry": found.entry_id})
    await _tell(work, found, "accepted")
    return found


async def _grade_back(work: Work, operator_id: int, found: Appeal, grade_id: int) -> Appeal:
    operator = await people.operator_of(work, operator_id)
    if "drivers.manage" not in roles.may(operator.role):
        raise NotYours("grades are changed by who manages drivers", appeal_id=found.id)
    change = await work.session.get_one(DriverGrade, grade_id)
    driver = await work.session.get_one(Driver, found.driver_id)
    if change.before is None:
        raise Invalid("there was no grade before it", field="grade")
    if driver.grade == change.after:
        await driver_records.grade(work, operator_id, driver.id, change.before, text_of(found))
    audit(work, operator_id, "appeal.accepted", str(found.id), {"grade": grade_id})
    await _tell(work, found, "grade_back")
    return found


def text_of(found: Appeal) -> str:
    """The answer, as far as it fits the reason of a grade."""
    return (found.answer or "")[:200]


async def _answered(work: Work, operator_id: int, appeal_id: int, text: str) -> Appeal:
    operator = await people.operator_of(work, operator_id)
    found = await work.session.get(Appeal, appeal_id, with_for_update=True)
    if found is None or found.office_id != operator.office_id:
        raise NotFound(f"there is no appeal {appeal_id}", appeal_id=appeal_id)
    words = plain(text, 500)
    if not words:
        raise Invalid("an answer has words", field="answer")
    if found.state == "answered":
        raise AlreadyAnswered(f"appeal {appeal_id} was answered before", answer=found.answer)
    found.state, found.answer, found.answered_at, found.answered_by = "answered", words, work.now, operator_id
    await work.session.flush()
    return found


async def _tell(work: Work, found: Appeal, how: str) -> None:
    """Text the driver that there is an answer; the words themselves are for his page alone."""
    driver = await work.session.get_one(Driver, found.driver_id)
    if not driver.phone:
        return
    office = await work.session.get_one(Office, driver.office_id)
    language = driver.language or await house_language(work.session, office.id)
    key = f"sms.appeal.{how}"
    message = Message(
        office_id=office.id,
        audience="driver",
        recipient=driver.phone,
        sender=office.sms_sender,
        text_key=key,
        language=language,
        text=Catalog.load(language).text(key, grade=driver.grade or "-"),
        state="queued",
        next_try_at=work.now,
        created_at=work.now,
        updated_at=work.now,
    )
    work.session.add(message)
    await work.session.flush()
    work.tell(events.MessageChanged(work.now, message.id, None, message.state))


async def list_appeals(
    session: AsyncSession, office_id: int, state: str | None = None, limit: int = 50, after_id: int | None = None
) -> Sequence[tuple[Appeal, Driver]]:
    """Appeals of an office's drivers, newest first; open ones by when they are due, so that what is overdue stands first.

    `after_id` continues an earlier list.
    """
    query = select(Appeal, Driver).join(Driver, Driver.id == Appeal.driver_id).where(Appeal.office_id == office_id)
    if state is not None:
        query = query.where(Appeal.state == state)
    if state == "open":
        query = query.order_by(Appeal.due_at, Appeal.id)
        if after_id is not None:
            query = query.where(beyond(Appeal.due_at, Appeal.id, after_id))
    else:
        query = query.order_by(Appeal.id.desc())
        if after_id is not None:
            query = query.where(Appeal.id < after_id)
    return [(found, driver) for found, driver in await session.execute(query.limit(limit))]


async def of_entries(session: AsyncSession, driver_id: int, entry_ids: Collection[int]) -> dict[int, Appeal]:
    """The driver's appeals against rows of the books, by entry."""
    query = select(Appeal).where(Appeal.driver_id == driver_id, Appeal.entry_id.in_(entry_ids))
    return {found.entry_id: found for found in await session.scalars(query) if found.entry_id is not None}


async def of_weighings(session: AsyncSession, driver_id: int, weighing_ids: Collection[int]) -> dict[int, Appeal]:
    """The driver's appeals against not having been asked, by weighing."""
    query = select(Appeal).where(Appeal.driver_id == driver_id, Appeal.weighing_id.in_(weighing_ids))
    return {found.weighing_id: found for found in await session.scalars(query) if found.weighing_id is not None}


async def of_grades(session: AsyncSession, driver_id: int, grade_ids: Collection[int]) -> dict[int, Appeal]:
    """The driver's appeals against changes of his grade, by change."""
    query = select(Appeal).where(Appeal.driver_id == driver_id, Appeal.grade_id.in_(grade_ids))
    return {found.grade_id: found for found in await session.scalars(query) if found.grade_id is not None}


async def _own(work: Work, driver: Driver, against: Against) -> None:
    if against.entry_id is not None:
        query = (
            select(Entry.id)
            .join(Posting, Posting.entry_id == Entry.id)
            .join(Account, Account.id == Posting.account_id)
            .where(
                Entry.id == against.entry_id,
                Account.office_id == driver.office_id,
                Account.kind == "driver",
                Account.owner_id == driver.id,
            )
        )
    elif against.weighing_id is not None:
        query = select(Weighing.id).where(
            Weighing.id == against.weighing_id, Weighing.driver_id == driver.id, Weighing.asked.is_(False)
        )
    else:
        query = select(DriverGrade.id).where(DriverGrade.id == against.grade_id, DriverGrade.driver_id == driver.id)
    if await work.session.scalar(query) is None:
        raise NotFound("there is no such thing of this driver's", **against._asdict())
