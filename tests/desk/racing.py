"""Races for one order or one driver: two operators, a driver who was asked, and the engine whose time for him runs out, at once.

Each race has its own orders; the drivers are the same throughout. `Track.run(kind)` sets it up, lets all four go within a few
milliseconds of one another, and says who won and what the others were told. `doubles` then looks at nothing but rows.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text, update

from desk import dispatch, driver_trips, orders, searching
from desk.bus import Bus
from desk.database_errors import Busy, is_away
from desk.errors import DeskError
from desk.trades import ASSIGNED
from desk.work import Desk, Work, utc_now
from locales.catalog import Catalog
from models import Assignment, Driver, NextOrder, Offer, Order, Search
from tests.site import GANGNAM, Site

KINDS = ("order", "driver", "next")
APART_S = 0.004
LATER = timedelta(seconds=20)
HIMSELF = {"order_already_assigned": "order_taken_by_driver", "driver_already_assigned": "driver_has_order_himself"}


@dataclass
class Tally:
    """What came of many races. `unnamed` are losers whose sentence names nobody; there must be none, and no `odd` end."""

    races: int = 0
    won: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    unnamed: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    unanswered: int = 0


class Track:
    """One office whose drivers and operators race. The engine has its own desk, whose clock is past every offer's end."""

    def __init__(self, desk: Desk, site: Site, seed: int) -> None:
        self.desk, self.site = desk, site
        self.engine = Desk(desk.engine, Bus(), clock=lambda: utc_now() + LATER)
        self.chance = random.Random(seed)
        self.tally = Tally()
        self._words = [Catalog.load(tag) for tag in ("ko", "en")]

    async def run(self, kind: str) -> None:
        """One race."""
        asked, rivals = self.site.drivers[0], self.site.drivers[1:3]
        orders, offer_id = await self._set_up(kind, asked)
        first = orders[0]
        gets = {
            "first operator": (first, rivals[0]) if kind == "order" else (orders[1], asked),
            "second operator": (first, rivals[1]) if kind == "order" else (orders[2], asked),
        }
        people = (self.site.operator_id, self.site.colleague_id)
        acts: dict[str, Awaitable[Any]] = {
            who: self._late(self.desk, lambda work, each=each, by=by: dispatch.assign(work, by, *each))
            for (who, each), by in zip(gets.items(), people, strict=True)
        }
        acts["driver"] = self._late(self.desk, lambda work: driver_trips.accept(work, asked, offer_id))
        acts["engine"] = self._late(self.engine, lambda work: searching.advance(work, first))
        if kind == "next":
            acts["end"] = self._late(self.desk, lambda work: _done(work, self.site, orders[3]))
        ends = await asyncio.gather(*acts.values(), return_exceptions=True)
        await self._judge(kind, dict(zip(acts, ends, strict=True)), orders)
        await self._clear(orders)

    async def _late(self, desk: Desk, act: Callable[[Work], Awaitable[Any]]) -> Any:
        await asyncio.sleep(self.chance.random() * APART_S)
        return await desk.do(act)

    async def _set_up(self, kind: str, asked: int) -> tuple[list[int], int]:
        async with self.desk.work() as work:
            count = {"order": 1, "driver": 3, "next": 4}[kind]
            made = [_order(self.site, work) for _ in range(count)]
            work.session.add_all(made)
            await work.session.flush()
            search = Search(
                order_id=made[0].id, state="running", ring=1, started_at=work.now, due_at=work.now + LATER / 2
            )
            work.session.add(search)
            await work.session.flush()
            offer = Offer(
                search_id=search.id, order_id=made[0].id, driver_id=asked, ring=1, state="open", offered_at=work.now,
                expires_at=work.now + LATER / 2,
            )  # fmt: skip
            work.session.add(offer)
            if kind == "next":
                await _drives(work, made[3], asked)
            await work.session.flush()
            return [order.id for order in made], offer.id

    async def _judge(self, kind: str, ends: dict[str, Any], orders: list[int]) -> None:
        tally = self.tally
        tally.races += 1
        won = [
            who
            for who, end in ends.items()
            if who in ("first operator", "second operator", "driver") and not _is_error(end)
        ]
        tally.won[f"{kind}: {won[0] if len(won) == 1 else len(won)}"] += 1
        if len(won) > 1 or not (won or any(_is_error(end) and not isinstance(end, DeskError) for end in ends.values())):
            tally.odd.append(f"{kind}: {ends}")
        holders = await self._holders(orders)
        for who, end in ends.items():
            if not _is_error(end):
                continue
            if isinstance(end, Exception) and (is_away(end) or isinstance(end, Busy)):
                tally.unanswered += 1  # a machine with too much to do; whoever asked is told so
                continue
            if not isinstance(end, DeskError):
                tally.odd.append(f"{kind}, {who}: {end!r}")
                continue
            tally.lost[f"{kind}: {who}: {end.code}"] += 1
            if who != "end" and not self._names(who, end, holders):
                tally.unnamed.append(f"{kind}, {who}: {end.code} {dict(end.details)}")

    def _names(self, who: str, error: DeskError, holders: set[str]) -> bool:
        """Whether what he reads, in both languages, says who was first: an operator, a driver, his other order, or the clock."""
        details = dict(error.details)
        if who == "driver":
            if error.code == "offer_gone" and details.get("state") == "expired":
                return True  # nobody was first: his time ran out
            key = "offer_taken" if error.code == "offer_gone" and details.get("driver_number") else error.code
            told = [words.text(f"driver.errors.{key}", **details) for words in self._words]
            return all(
                error.code == "driver_already_assigned" or any(name in each for name in holders) for each in told
            )
        key = HIMSELF.get(error.code, error.code) if details.get("operator_name") is None else error.code
        told = [words.text(f"panel.errors.{key}", **details) for words in self._words]
        names = holders | {str(details.get("operator_name"))}
        return all(any(name in each for name in names) for each in told)

    async def _holders(self, orders: list[int]) -> set[str]:
        async with self.desk.look() as session:
            has = select(Assignment.driver_id).where(Assignment.order_id.in_(orders))
            next_ = select(NextOrder.driver_id).where(NextOrder.order_id.in_(orders))
            return set(await session.scalars(select(Driver.number).where(Driver.id.in_(has.union(next_)))))

    async def _clear(self, orders: list[int]) -> None:
        async with self.desk.work() as work:
            for table, state in ((Assignment, "completed"), (NextOrder, "begun")):
                await work.session.execute(
                    update(table)
                    .where(table.order_id.in_(orders), table.ended_at.is_(None))
                    .values(state=state, ended_at=work.now)
                )
            await work.session.execute(
                update(Offer).where(Offer.state == "open").values(state="withdrawn", ended_at=work.now)
            )
            await work.session.execute(
                update(Search).where(Search.state == "running").values(state="stopped", ended_at=work.now)
            )
            await work.session.execute(
                update(Order)
                .where(Order.id.in_(orders), Order.closed_at.is_(None))
                .values(state="completed", closed_at=work.now)
            )
            await work.session.execute(
                update(Driver).values(state="free", free_since=work.now, done_at=None, done_lat=None, done_lon=None)
            )


def _is_error(end: object) -> bool:
    return isinstance(end, BaseException)


def _order(site: Site, work: Work) -> Order:
    lat, lon = GANGNAM
    return Order(
        office_id=site.office_id, trade="proxy", state="taken", origin_text="강남역", origin_lat=lat, origin_lon=lon,
        origin_source="operator", currency="KRW", taken_by=site.operator_id, taken_at=work.now, details={},
    )  # fmt: skip


async def _drives(work: Work, order: Order, driver_id: int) -> None:
    """He is on his last leg, and done around the corner in two minutes."""
    order.state = ASSIGNED
    work.session.add(Assignment(order_id=order.id, driver_id=driver_id, state="active", assigned_at=work.now))
    done = {"done_lat": GANGNAM[0], "done_lon": GANGNAM[1], "done_at": work.now + timedelta(minutes=2)}
    await work.session.execute(
        update(Driver).where(Driver.id == driver_id).values(state="busy", free_since=None, located_at=None, **done)
    )


async def _done(work: Work, site: Site, order_id: int) -> None:
    await orders.complete(work, site.operator_id, order_id)


DOUBLES = {
    "orders with two drivers": """
        select count(*) from
        (select order_id from assignment where state <> 'released' group by order_id having count(*) > 1) t""",
    "drivers with two orders at a time": """
        select count(*) from assignment a join assignment b on a.driver_id = b.driver_id and a.id < b.id
        where a.assigned_at < coalesce(b.ended_at, a.assigned_at) and b.assigned_at < coalesce(a.ended_at, b.assigned_at)""",
    "next orders that another driver has": """
        select count(*) from next_order n join assignment a on a.order_id = n.order_id and a.driver_id <> n.driver_id
        where n.state <> 'released' and a.state <> 'released'""",
    "drivers with two next orders at a time": """
        select count(*) from next_order a join next_order b on a.driver_id = b.driver_id and a.id < b.id
        where a.made_at < coalesce(b.ended_at, a.made_at) and b.made_at < coalesce(a.ended_at, b.made_at)""",
    "orders that two drivers said yes to": """
        select count(*) from (select order_id from offer where state = 'accepted' group by order_id having count(*) > 1) t""",
    "orders that became assigned twice": """
        select count(*) from
        (select order_id from order_step where after = 'assigned' group by order_id having count(*) > 1) t""",
}
"""What must not be in the rows, whoever won."""


async def doubles(desk: Desk) -> dict[str, int]:
    """How often each of them is there."""
    async with desk.look() as session:
        return {what: int(await session.scalar(text(query)) or 0) for what, query in DOUBLES.items()}
