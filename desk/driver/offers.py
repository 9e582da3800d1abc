"""Orders offered to drivers: who has an open offer, and how it ends. Offers are rows; a driver's answer counts once."""

from __future__ import annotations

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events
from desk.driver import offer_texts
from desk.work import Work
from models import Offer, Search

OPEN = "open"


async def open_of_order(session: AsyncSession, order_id: int) -> list[Offer]:
    """The offers of an order that wait for an answer, oldest first."""
    found = await session.scalars(
        select(Offer).where(Offer.order_id == order_id, Offer.state == OPEN).order_by(Offer.id)
    )
    return list(found)


async def is_offered(session: AsyncSession, order_id: int) -> bool:
    """Whether anybody still thinks about an order."""
    found = await session.scalars(select(Offer.id).where(Offer.order_id == order_id, Offer.state == OPEN).limit(1))
    return found.first() is not None


async def open_of_driver(session: AsyncSession, driver_id: int) -> list[Offer]:
    """What waits for this driver's answer, oldest first."""
    found = await session.scalars(
        select(Offer).where(Offer.driver_id == driver_id, Offer.state == OPEN).order_by(Offer.id)
    )
    return list(found)


async def withdraw_of_order(
    work: Work, order_id: int, why: str, search_state: str, *, ended_why: str | None = None
) -> bool:
    """The order has a driver, or needs none: nobody is asked for it any more, and its search ends. Whether one was running."""
    await _withdraw(work, Offer.order_id == order_id, why)
    ended = await work.session.execute(
        update(Search)
        .where(Search.order_id == order_id, Search.state == "running")
        .values(state=search_state, ended_at=work.now, ended_why=ended_why)
        .returning(Search.id)
    )
    if ended.first() is None:
        return False
    work.tell(events.SearchChanged(work.now, order_id, search_state))
    return True


async def withdraw_of_driver(work: Work, driver_id: int, why: str) -> None:
    """The driver has an order, or has gone off: what else he was asked is asked of others at once.

    An offer that somebody else is ending at this very moment is left to him: two orders never wait for each other.
    """
    free = select(Offer.id).where(Offer.driver_id == driver_id, Offer.state == OPEN).with_for_update(skip_locked=True)
    searches = await _withdraw(work, Offer.id.in_(free), why)
    if searches:
        await work.session.execute(
            update(Search).where(Search.id.in_(searches), Search.state == "running").values(due_at=work.now)
        )


async def _withdraw(work: Work, which: ColumnElement[bool], why: str) -> list[int]:
    gone = await work.session.execute(
        update(Offer)
        .where(which, Offer.state == OPEN)
        .values(state="withdrawn", ended_at=work.now, reason=why)
        .returning(Offer.id, Offer.driver_id, Offer.order_id, Offer.message_id, Offer.search_id)
        .execution_options(synchronize_session=False)
    )
    rows = gone.all()
    await offer_texts.withdraw(work, [message_id for *_, message_id, _ in rows if message_id is not None])
    for offer_id, driver_id, order_id, *_ in rows:
        work.tell(events.OfferEnded(work.now, offer_id, driver_id, order_id, "withdrawn"))
    return sorted({search_id for *_, search_id in rows})
