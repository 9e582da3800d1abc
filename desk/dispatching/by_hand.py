"""An operator's own choice, with whom he passed over and why each of them was not it: kept as a search is, in its transaction.

The candidates are those whom a search would weigh at that moment. Each reads his reason on his page; operators read all of them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.dispatching import candidates as looking
from desk.dispatching import rings
from desk.dispatching.candidates import Candidate
from desk.dispatching.rings import Weighed
from desk.views import Json, moment
from desk.work import Work
from models import Driver, Offer, Operator, Order, Search, Weighing

_SORTS = ("distance", "finishing", "finishing_by_plan", "waiting", "place_old", "far", "all_the_same", "apart")
CHOSEN = tuple(f"weighing.given_{sort}" for sort in _SORTS)
"""Why it was he: how he was ranked, or that he was unfit for it, or not one of those who were weighed."""
*_, ALL_THE_SAME, APART = CHOSEN


@dataclass(frozen=True, slots=True)
class ByHand:
    """An operator gave an order to a driver: of so many `others` who could have had it, so many were ranked before him."""

    at: datetime
    order_id: int
    origin: str
    by: str | None
    driver: Driver
    others: int
    passed: int

    def as_json(self) -> Json:
        driver = {"id": self.driver.id, "number": self.driver.number, "name": self.driver.name}
        return {
            "at": moment(self.at), "order_id": self.order_id, "origin": self.origin, "by": self.by, "driver": driver,
            "others": self.others, "passed": self.passed,
        }  # fmt: skip


async def keep(work: Work, operator_id: int | None, order: Order, driver: Driver) -> None:
    """Write down who could have had the order that `driver` is about to be given; both are held."""
    found = await looking.of_order(work.session, order, rings.WEIGHED, work.now)
    asked = set(await work.session.scalars(select(Offer.driver_id).where(Offer.order_id == order.id)))
    search = Search(
        order_id=order.id, state="assigned", ring=0, started_at=work.now, started_by=operator_id, due_at=work.now,
        ended_at=work.now, by_hand=True,
    )  # fmt: skip
    work.session.add(search)
    await work.session.flush()
    had_it = await rings.released(work.session, order.id)
    await rings.keep(work, search, weigh(found, driver, asked, had_it))


def weigh(
    found: Sequence[Candidate], driver: Driver, asked: Collection[int] = (), had_it: Collection[int] = ()
) -> list[Weighed]:
    """Each of `found` with the reason why he has it, or has not. Pure.

    `asked` are those whom a search has asked; `had_it` those who had the order and were released.
    """
    able = [each.driver_id for each in found if each.unfit is None]
    others = [driver_id for driver_id in able if driver_id != driver.id]
    passed = able.index(driver.id) if driver.id in able else len(able)
    counts = {"others": len(others), "passed": passed}
    weighed = [_weighed(each, driver.id, asked, had_it, counts) for each in found]
    if driver.id not in {each.driver_id for each in found}:
        him = Candidate(driver.id, driver.number, driver.name, None, None, 0, APART, {}, driver.state == "free")
        weighed.append(Weighed(him, True, APART, counts))
    return weighed


def _weighed(
    each: Candidate, chosen_id: int, asked: Collection[int], had_it: Collection[int], counts: dict[str, int]
) -> Weighed:
    sort = each.reason_key.removeprefix("candidate.")
    if each.driver_id == chosen_id:
        return Weighed(each, True, ALL_THE_SAME if each.unfit is not None else f"weighing.given_{sort}", counts)
    if each.driver_id in had_it:
        return Weighed(each, False, "weighing.released_before")
    if each.driver_id in asked:  # he knows of the order, and that it went to another
        return Weighed(each, True, "weighing.given_meanwhile")
    return Weighed(each, False, each.reason_key if each.unfit is not None else f"weighing.given_other_{sort}")


async def latest(session: AsyncSession, office_id: int, limit: int) -> list[ByHand]:
    """An office's last ones, newest first."""
    return await _told(session, Order.office_id == office_id, limit)


async def of_order(session: AsyncSession, order_id: int, limit: int = 100) -> list[ByHand]:
    """Those of an order, newest first."""
    return await _told(session, Search.order_id == order_id, limit)


async def _told(session: AsyncSession, which: ColumnElement[bool], limit: int) -> list[ByHand]:
    newest = (
        select(Search.id, Search.started_at, Search.order_id, Order.origin_text, Operator.name)
        .join(Order, Order.id == Search.order_id)
        .outerjoin(Operator, Operator.id == Search.started_by)
        .where(Search.by_hand, which)
        .order_by(Search.started_at.desc(), Search.id.desc())
        .limit(limit)
    )
    rows = (await session.execute(newest)).all()
    chosen = await session.execute(
        select(Weighing.search_id, Weighing.reason_args, Driver)
        .join(Driver, Driver.id == Weighing.driver_id)
        .where(Weighing.search_id.in_([row.id for row in rows]), Weighing.reason_key.in_(CHOSEN))
    )
    of_search = {search_id: (driver, args) for search_id, args, driver in chosen}
    told = []
    for row in rows:
        driver, args = of_search[row.id]
        told.append(
            ByHand(row.started_at, row.order_id, row.origin_text, row.name, driver, args["others"], args["passed"])
        )
    return told
