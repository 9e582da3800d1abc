"""The promises of dispatch, books, customers, files and texts, held against the rows after a night (tests/faults/night.py).

`broken` returns every promise that is not kept, in words; an empty list is the proof. The rows are those at rest.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from desk import audit_chain
from desk.books import periods
from desk.customer import search_index
from desk.driver import vehicle_proof
from desk.keeping import kept_files
from desk.ordering import drafts
from desk.ordering.timers import REMINDER, WAIT
from desk.work import Desk
from models import (
    Assignment,
    Base,
    CallDraft,
    Campaign,
    Customer,
    CustomerMerge,
    CustomerPhone,
    DriverSession,
    Entry,
    Import,
    ImportRow,
    IncomingText,
    Message,
    NextOrder,
    Offer,
    Order,
    OrderStep,
    OrderTimer,
    Period,
    Promise,
    Search,
)
from tests.faults.history import History

BEGINS = ("arrived_at", "ringing_at", "started_at", "offered_at", "assigned_at", "taken_at", "created_at", "made_at")
ENDS = ("answered_at", "ended_at", "closed_at", "updated_at", "used_at", "expires_at", "last_seen_at", "decided_at")
SAME_MOMENT = timedelta(seconds=10)
"""The moment of a piece of work is that of its beginning, and it may wait for another one's rows."""
KEEPS_NUMBERS = ("alembic_version", "operator")


async def broken(desk: Desk, history: History, cars: Path) -> list[str]:
    """Every promise that was not kept."""
    said: list[str] = []
    async with desk.look() as session:
        for look in (
            _dispatch,
            _clocks,
            _times,
            _many,
            _texts_in,
            _money,
            _customers,
            _erased,
            _kept,
            _files_of_people,
        ):
            said += [one async for one in look(session, history, desk)]
        said += [one async for one in _photos(session, cars)]
        verified = await audit_chain.verify(session)
    if verified.broken is not None:
        said.append(f"record: row {verified.broken.id}: {verified.broken.why}")
    found = await search_index.compare(desk)
    return said if found.right else [*said, f"search: {found}"]


async def _dispatch(session: AsyncSession, history: History, _desk: Desk) -> AsyncIterator[str]:
    """N4 for what came since: offers, searches, next orders; and who was told that he has it."""
    closed = select(Order.id).where(Order.closed_at.is_not(None))
    left_open = {
        "a running search": select(Search.order_id).where(Search.state == "running", Search.order_id.in_(closed)),
        "an open offer": select(Offer.order_id).where(Offer.state == "open", Offer.order_id.in_(closed)),
        "a next order that is held": select(NextOrder.order_id).where(
            NextOrder.state == "held", NextOrder.order_id.in_(closed)
        ),
        "an open promise": select(Promise.order_id).where(Promise.state == "open", Promise.order_id.in_(closed)),
    }
    for what, query in left_open.items():
        for order_id in await session.scalars(query):
            yield f"N4: order {order_id} is closed and has {what}"
    running = select(Search.id).where(Search.state == "running")
    for offer_id in await session.scalars(
        select(Offer.id).where(Offer.state == "open", Offer.search_id.not_in(running))
    ):
        yield f"N4: offer {offer_id} is open and nobody searches"
    had = {(row.order_id, row.driver_id) for table in (Assignment, NextOrder)
           for row in await session.execute(select(table.order_id, table.driver_id))}  # fmt: skip
    accepted = select(Offer.id, Offer.order_id, Offer.driver_id).where(Offer.state == "accepted")
    offers = {row.id: (row.order_id, row.driver_id) for row in await session.execute(accepted)}
    for offer_id, pair in offers.items():
        if pair not in had:
            yield f"N4: offer {offer_id} was accepted, and driver {pair[1]} never had order {pair[0]}"
    for one in history.of("accept", "ok"):
        if one.details["values"]["offer_id"] not in offers:
            yield f"N4: offer {one.details['values']['offer_id']} was accepted, and is not"
    for one in history.of("give", "ok"):
        if (one.details["values"]["order_id"], one.details["values"]["driver_id"]) not in had:
            yield f"N4: {one.details['values']} was given, and is not"


async def _clocks(session: AsyncSession, history: History, desk: Desk) -> AsyncIterator[str]:
    """What was due is done, once."""
    now = desk.clock()
    for row in await session.scalars(select(OrderTimer).where(OrderTimer.done_at.is_(None), OrderTimer.due_at <= now)):
        yield f"clock: {row.kind} of order {row.order_id} was due and is not done"
    late = select(Order.id).where(Order.state == "reserved", Order.wanted_at <= now)
    for order_id in await session.scalars(late):
        yield f"clock: order {order_id} is reserved for a time that is over"
    twice = (
        select(Message.order_id, Message.text_key)
        .where(Message.text_key.in_((REMINDER, WAIT)))
        .group_by(Message.order_id, Message.text_key)
        .having(func.count() > 1)
    )
    for order_id, key in await session.execute(twice):
        yield f"clock: order {order_id} was texted {key} twice"


async def _times(session: AsyncSession, history: History, _desk: Desk) -> AsyncIterator[str]:
    """H1: nothing ends before it began, an order's steps come one after the other; whatever the machine's clock did."""
    for table in Base.metadata.sorted_tables:
        begins, ends = ([name for name in names if name in table.c] for names in (BEGINS, ENDS))
        for begin, end in ((begin, end) for begin in begins for end in ends):
            for row in await session.execute(select(table.c[begin], table.c[end]).where(table.c[end].is_not(None))):
                if row[1] < row[0] - SAME_MOMENT:
                    yield f"time: {table.name}: {end} {row[1]} is before {begin} {row[0]}"
    last: dict[int, datetime] = {}
    for step in await session.scalars(select(OrderStep).order_by(OrderStep.id)):
        if step.at < last.get(step.order_id, step.at) - SAME_MOMENT:
            yield f"time: a step of order {step.order_id} at {step.at} follows one at {last[step.order_id]}"
        last[step.order_id] = step.at


async def _many(session: AsyncSession, history: History, _desk: Desk) -> AsyncIterator[str]:
    """A text to many is all of it or nothing, and once."""
    texts = dict((await session.execute(select(Message.campaign_id, func.count()).group_by(Message.campaign_id))).all())
    campaigns = (await session.scalars(select(Campaign))).all()
    for one in campaigns:
        if texts.get(one.id, 0) != one.picked - one.left_out:
            yield f"N3: campaign {one.id} has {texts.get(one.id, 0)} texts of {one.picked - one.left_out}"
    for words, times in Counter(one.template for one in campaigns).items():
        if times > 1:
            yield f"N3: the campaign {words!r} is there {times} times"
    there = {one.id for one in campaigns}
    for said in history.of("campaign", "ok"):
        if said.details["campaign_id"] not in there:
            yield f"N3: campaign {said.details['campaign_id']} was acknowledged and is not there"


async def _texts_in(session: AsyncSession, history: History, _desk: Desk) -> AsyncIterator[str]:
    """A text that the network was answered for is there and is read, and its yes is the offer's."""
    rows = (await session.scalars(select(IncomingText))).all()
    times = Counter(row.identity for row in rows)
    for said in history.of("text_in", "ok"):
        if not times[said.details["identity"]]:
            yield f"N3: the network was answered for text {said.details['identity']}, which is not there"
    states = dict((await session.execute(select(Offer.id, Offer.state))).all())
    for row in rows:
        if row.read_at is None:
            yield f"N3: text {row.id} was never read"
        if row.outcome == "accepted" and states.get(row.offer_id or 0) != "accepted":
            yield f"N4: text {row.id} accepted offer {row.offer_id}, which is {states.get(row.offer_id or 0)}"


async def _money(session: AsyncSession, history: History, _desk: Desk) -> AsyncIterator[str]:
    """N5: what was acknowledged is booked, a trip's fare once; a month that is closed is as it was."""
    booked = {row.key: row.id for row in await session.execute(select(Entry.key, Entry.id))}
    for what in ("firm_pays", "driver_pays", "pay_out"):
        for said in history.of(what, "ok"):
            if booked.get(said.details["booked"]) != said.details["entry_id"]:
                yield f"N5: {said.details['booked']} was acknowledged and is not booked"
    done = await session.scalars(select(Order.id).where(Order.state == "completed", Order.fare > 0))
    for order_id in done:
        if f"fare:{order_id}" not in booked:
            yield f"N5: order {order_id} was driven and its fare is not booked"
    months = (await session.scalars(select(Period))).all()
    for period in months:
        if not await periods.is_unchanged(session, period):
            yield f"N5: the month that ended at {period.until} is closed and has changed"
    for said in history.of("close_month", "ok"):
        if said.details["period_id"] not in {period.id for period in months}:
            yield f"N5: month {said.details['values']} was closed, and is not"


async def _customers(session: AsyncSession, history: History, _desk: Desk) -> AsyncIterator[str]:
    """Merged is one, undone is two again; a number's orders are its owner's."""
    there = set(await session.scalars(select(Customer.id)))
    merges = (await session.scalars(select(CustomerMerge))).all()
    gone = {one.gone_id for one in merges if one.undone_at is None}
    for one in merges:
        if one.undone_at is None and one.gone_id in there:
            yield f"customers: {one.gone_id} was merged into {one.kept_id} and is there"
    for said in history.of("unmerge", "ok"):
        if said.details["back"] not in there | gone:
            yield f"customers: {said.details['back']} came back, and is not there"
    stray = select(Order.id, Order.customer_id).where(
        Order.customer_id.is_not(None), Order.customer_id.not_in(select(Customer.id))
    )
    for order_id, customer_id in await session.execute(stray):
        yield f"customers: order {order_id} is of {customer_id}, who is nobody"
    others = (
        select(Order.id)
        .join(CustomerPhone, CustomerPhone.number == Order.number)
        .where(Order.customer_id.is_not(None), CustomerPhone.customer_id != Order.customer_id)
    )
    for order_id in await session.scalars(others):
        yield f"customers: order {order_id} is not of whose number it has"


async def _erased(session: AsyncSession, history: History, _desk: Desk) -> AsyncIterator[str]:
    """Who was forgotten stands nowhere; who came back since has told us his number anew."""
    back = set(await session.scalars(select(CustomerPhone.number)))
    numbers = {n for said in history.of("erase", "ok") for n in said.details["numbers"] if n not in back}
    spelled = [part for n in numbers for part in (n, "0" + n.removeprefix("+82"))]
    if not spelled:
        return
    for table in Base.metadata.sorted_tables:
        for row in await session.execute(select(table)):
            words = " ".join(str(value) for value in row)
            for number in spelled:
                if number in words:
                    yield f"forgotten: {number} stands in {table.name}"


async def _kept(session: AsyncSession, history: History, _desk: Desk) -> AsyncIterator[str]:
    """A form is as it was last acknowledged, or newer, or the oldest of too many; a driver is in on one telephone."""
    newest: dict[int, int] = {}
    since: dict[int, float] = {}
    for said in history.of("draft", "ok"):
        call_id, version = said.details["values"]["call_id"], said.details["values"]["version"]
        newest[call_id] = max(newest.get(call_id, 0), version)
        since[call_id] = max(since.get(call_id, 0.0), said.start)
    forms = dict((await session.execute(select(CallDraft.call_id, CallDraft.form))).all())
    for call_id, version in newest.items():
        if call_id not in forms and _pushed_out(history, call_id, since[call_id]):
            continue
        if forms.get(call_id, {}).get("version", 0) < version:
            yield f"draft: of call {call_id} {forms.get(call_id)} is kept, {version} was acknowledged"
    open_ = select(DriverSession.driver_id).where(DriverSession.ended_at.is_(None))
    for driver_id in await session.scalars(open_.group_by(DriverSession.driver_id).having(func.count() > 1)):
        yield f"links: driver {driver_id} is in on two telephones"
    tokens = Counter(said.details["values"]["token"] for said in history.of("driver_in", "ok"))
    for times in tokens.values():
        if times > 1:
            yield f"links: one link let a driver in {times} times"


def _pushed_out(history: History, call_id: int, since: float) -> bool:
    """Whether so many other forms were begun or gone on with since then that the operator's oldest ones went."""
    later = [said for said in history.of("draft") if said.end is None or said.end >= since]
    return len({said.details["values"]["call_id"] for said in later} - {call_id}) >= drafts.MOST


async def _files_of_people(session: AsyncSession, history: History, _desk: Desk) -> AsyncIterator[str]:
    """A file is taken in whole, taken back whole, or not begun; each line once."""
    for one in await session.scalars(select(Import)):
        made = await session.execute(
            select(ImportRow.outcome, ImportRow.undo, ImportRow.subject_id).where(ImportRow.import_id == one.id)
        )
        rows = made.all()
        name = f"file {one.id} ({one.state})"
        if one.state in ("loading", "checking", "applying", "undoing"):
            if one.state != "loading":
                yield f"{name} stands still"
            continue
        if len(rows) != (0 if one.state == "discarded" else one.lines):
            yield f"{name} has {len(rows)} of {one.lines} lines"
        ids = [row.subject_id for row in rows if row.outcome == "created" and row.subject_id is not None]
        if len(ids) != len(set(ids)):
            yield f"{name} made one customer of two lines"
        if one.state == "applied" and len(ids) != one.created:
            yield f"{name} says that it made {one.created} customers, and names {len(ids)}"
        if one.state == "undone":
            back = [row.subject_id for row in rows if row.undo == "undone" and row.outcome == "created"]
            still = await session.scalar(select(func.count()).where(Customer.id.in_(back)))
            if still:
                yield f"{name} took back {len(back)} customers, and {still} are there"
    stray = text(
        "select count(*) from customer c where c.name like '명부 %' and not exists "
        "(select 1 from import_row r where r.subject_id = c.id and r.outcome = 'created') and not exists "
        "(select 1 from customer_merge m where m.kept_id = c.id and m.undone_at is null)"  # he may have the other's name
    )
    if lonely := await session.scalar(stray):
        yield f"{lonely} customers of files are of no line"
    there = {row.id: row.state for row in await session.execute(select(Import.id, Import.state))}
    for said in history.of("file", "ok"):
        if said.details["import_id"] not in there:
            yield f"file {said.details['import_id']} was acknowledged and is not there"


async def _photos(session: AsyncSession, cars: Path) -> AsyncIterator[str]:
    """No row without its file; and no file without its row once it was swept."""
    named = await vehicle_proof.named_files(session)
    for name in named:
        if kept_files.read(cars, name) is None:
            yield f"photos: {name} is a row without a file"
    await asyncio.to_thread(kept_files.sweep, cars, named, 2**40)
    for stray in _names(cars) - named:
        yield f"photos: {stray} is a file without a row"


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} if folder.is_dir() else set()


def acknowledged(history: History) -> Iterator[tuple[str, int]]:
    """How often each deed was done: a night in which something never happened proves nothing of it."""
    counted: Counter[str] = Counter(one.what for one in history.operations if one.outcome == "ok")
    yield from sorted(counted.items())
