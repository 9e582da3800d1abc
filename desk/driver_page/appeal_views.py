"""Appeals as the office decides them: the driver's words beside what they are against, the row of the books or the reason."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.driver_page import appeals
from desk.views import Json, moment
from models import Account, Appeal, Driver, DriverGrade, Entry, Operator, Order, Posting, Search, Weighing


async def in_full(
    session: AsyncSession, office_id: int, state: str | None = None, limit: int = 50, after_id: int | None = None
) -> list[Json]:
    """Appeals of an office's drivers, newest first (open ones: due first), each with what it is against."""
    return await told(session, await appeals.list_appeals(session, office_id, state, limit, after_id))


async def told(session: AsyncSession, rows: Sequence[tuple[Appeal, Driver]]) -> list[Json]:
    """The same of these appeals."""
    entries = await _entries(session, [(appeal.entry_id, driver.id) for appeal, driver in rows if appeal.entry_id])
    weighed = await _weighed(session, [appeal.weighing_id for appeal, _ in rows if appeal.weighing_id])
    graded = await _graded(session, [appeal.grade_id for appeal, _ in rows if appeal.grade_id])
    by = [appeal.answered_by for appeal, _ in rows if appeal.answered_by]
    names = {
        operator.id: operator.name for operator in await session.scalars(select(Operator).where(Operator.id.in_(by)))
    }
    return [
        {
            "id": appeal.id,
            "driver_id": driver.id,
            "driver_number": driver.number,
            "driver_name": driver.name,
            "entry_id": appeal.entry_id,
            "weighing_id": appeal.weighing_id,
            "grade_id": appeal.grade_id,
            "at": moment(appeal.at),
            "due_at": moment(appeal.due_at),
            "answers": list(appeals.answers(appeal)),
            "reason": appeal.reason,
            "state": appeal.state,
            "answer": appeal.answer,
            "answered_at": moment(appeal.answered_at),
            "answered_by": names.get(appeal.answered_by) if appeal.answered_by else None,
            "entry": entries.get(appeal.entry_id) if appeal.entry_id else None,
            "weighing": weighed.get(appeal.weighing_id) if appeal.weighing_id else None,
            "grade": graded.get(appeal.grade_id) if appeal.grade_id else None,
        }
        for appeal, driver in rows
    ]


async def _entries(session: AsyncSession, wanted: list[tuple[int, int]]) -> dict[int, Json]:
    """By entry: what it did to that driver's account."""
    ids = [entry_id for entry_id, _ in wanted]
    found = await session.execute(
        select(Entry, Posting.amount, Account.owner_id, Account.currency, Order)
        .join(Posting, Posting.entry_id == Entry.id)
        .join(Account, Account.id == Posting.account_id)
        .outerjoin(Order, Order.id == Entry.order_id)
        .where(Entry.id.in_(ids), Account.kind == "driver")
    )
    undone = set(await session.scalars(select(Entry.reverses_id).where(Entry.reverses_id.in_(ids))))
    return {
        entry.id: {
            "kind": entry.kind,
            "at": moment(entry.at),
            "amount": -amount,
            "currency": currency,
            "order_id": entry.order_id,
            "origin": order.origin_text if order else None,
            "destination": order.destination_text if order else None,
            "evidence": entry.evidence,
            "undone": entry.id in undone,
        }
        for entry, amount, owner_id, currency, order in found
        if (entry.id, owner_id) in set(wanted)
    }


async def _weighed(session: AsyncSession, ids: list[int]) -> dict[int, Json]:
    found = await session.execute(
        select(Weighing, Order)
        .join(Search, Search.id == Weighing.search_id)
        .join(Order, Order.id == Search.order_id)
        .where(Weighing.id.in_(ids))
    )
    return {
        weighing.id: {
            "order_id": order.id,
            "at": moment(weighing.at),
            "origin": order.origin_text,
            "destination": order.destination_text,
            "reason_key": weighing.reason_key,
            "reason_args": weighing.reason_args,
        }
        for weighing, order in found
    }


async def _graded(session: AsyncSession, ids: list[int]) -> dict[int, Json]:
    found = await session.execute(
        select(DriverGrade, Operator.name).join(Operator, Operator.id == DriverGrade.by).where(DriverGrade.id.in_(ids))
    )
    return {
        row.id: {"at": moment(row.at), "before": row.before, "after": row.after, "reason": row.reason, "by": by}
        for row, by in found
    }
