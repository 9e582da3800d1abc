"""A driver says that something was not right: against a row of the books, or against not having been asked for an order.

Each can be appealed once, in his words; the office answers in its own. Neither is ever changed afterwards.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events
from desk.books import cashier
from desk.books.ledger import AlreadyReversed
from desk.driver.driver_access import house_language
from desk.errors import Conflict, Invalid, NotFound
from desk.office import people
from desk.office.people import audit
from desk.text import plain
from desk.work import Work
from locales.catalog import Catalog
from models import Account, Appeal, Driver, Entry, Message, Office, Posting, Weighing


class AlreadyAnswered(Conflict):
    """The appeal was answered before. `details["answer"]` says how."""

    code = "already_answered"


async def appeal(
    work: Work, driver_id: int, reason: str, *, entry_id: int | None = None, weighing_id: int | None = None
) -> Appeal:
    """Write the driver's word down; a second one against the same thing is the first one.

    Raises NotFound for what is not his own, Invalid without a reason or without exactly one thing.
    """
    if (entry_id is None) == (weighing_id is None):
        raise Invalid("an appeal is against one thing", field="entry_id")
    words = plain(reason, 200)
    if not words:
        raise Invalid("an appeal says why", field="reason")
    # His row is held: of two at once the second finds the first one's.
    driver = await work.session.get(Driver, driver_id, with_for_update={"key_share": True})
    if driver is None:
        raise NotFound(f"there is no driver {driver_id}", driver_id=driver_id)
    await _own(work, driver, entry_id, weighing_id)
    there = await work.session.scalars(
        select(Appeal).where(
            Appeal.driver_id == driver_id, Appeal.entry_id == entry_id, Appeal.weighing_id == weighing_id
        )
    )
    if (found := there.one_or_none()) is not None:
        return found
    made = Appeal(
        office_id=driver.office_id,
        driver_id=driver.id,
        entry_id=entry_id,
        weighing_id=weighing_id,
        reason=words,
        at=work.now,
        state="open",
    )
    work.session.add(made)
    await work.session.flush()
    return made


async def answer(work: Work, operator_id: int, appeal_id: int, text: str) -> Appeal:
    """The office's answer, which the driver reads on his page: what was done stands. A text tells him that it is there.

    Raises NotFound, Invalid, AlreadyAnswered.
    """
    found = await _answered(work, operator_id, appeal_id, text)
    audit(work, operator_id, "appeal.answered", str(appeal_id))
    await _tell(work, found, "declined" if found.entry_id is not None else "answered")
    return found


async def accept(work: Work, operator_id: int, appeal_id: int, text: str) -> Appeal:
    """The driver is right: what was booked is undone by its opposite, and he is told. An entry that is undone already stays so.

    Raises NotFound, Invalid (also where nothing was booked that could be given back), AlreadyAnswered.
    """
    found = await _answered(work, operator_id, appeal_id, text)
    if found.entry_id is None:
        raise Invalid("no money was booked that could be given back", field="appeal")
    with contextlib.suppress(AlreadyReversed):
        await cashier.undo(work, operator_id, found.entry_id, text, found.driver_id)
    audit(work, operator_id, "appeal.accepted", str(appeal_id), {"entry": found.entry_id})
    await _tell(work, found, "accepted")
    return found


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
        text=Catalog.load(language).text(key),
        state="queued",
        next_try_at=work.now,
        created_at=work.now,
        updated_at=work.now,
    )
    work.session.add(message)
    await work.session.flush()
    work.tell(events.MessageChanged(work.now, message.id, None, message.state))


async def list_appeals(
    session: AsyncSession, office_id: int, state: str | None = None, limit: int = 50, before_id: int | None = None
) -> Sequence[tuple[Appeal, Driver]]:
    """Appeals of an office's drivers, newest first; `before_id` continues an earlier list."""
    query = (
        select(Appeal, Driver)
        .join(Driver, Driver.id == Appeal.driver_id)
        .where(Appeal.office_id == office_id)
        .order_by(Appeal.id.desc())
        .limit(limit)
    )
    if state is not None:
        query = query.where(Appeal.state == state)
    if before_id is not None:
        query = query.where(Appeal.id < before_id)
    return [(found, driver) for found, driver in await session.execute(query)]


async def of_entries(session: AsyncSession, driver_id: int, entry_ids: Collection[int]) -> dict[int, Appeal]:
    """The driver's appeals against rows of the books, by entry."""
    query = select(Appeal).where(Appeal.driver_id == driver_id, Appeal.entry_id.in_(entry_ids))
    return {found.entry_id: found for found in await session.scalars(query) if found.entry_id is not None}


async def of_weighings(session: AsyncSession, driver_id: int, weighing_ids: Collection[int]) -> dict[int, Appeal]:
    """The driver's appeals against not having been asked, by weighing."""
    query = select(Appeal).where(Appeal.driver_id == driver_id, Appeal.weighing_id.in_(weighing_ids))
    return {found.weighing_id: found for found in await session.scalars(query) if found.weighing_id is not None}


async def _own(work: Work, driver: Driver, entry_id: int | None, weighing_id: int | None) -> None:
    if entry_id is not None:
        query = (
            select(Entry.id)
            .join(Posting, Posting.entry_id == Entry.id)
            .join(Account, Account.id == Posting.account_id)
            .where(
                Entry.id == entry_id,
                Account.office_id == driver.office_id,
                Account.kind == "driver",
                Account.owner_id == driver.id,
            )
        )
    else:
        query = select(Weighing.id).where(
            Weighing.id == weighing_id, Weighing.driver_id == driver.id, Weighing.asked.is_(False)
        )
    if await work.session.scalar(query) is None:
        raise NotFound("there is no such thing of this driver's", entry_id=entry_id, weighing_id=weighing_id)
