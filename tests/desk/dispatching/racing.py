"""Races for one order or one driver: two operators, a driver who was asked, and the engine whose time for him runs out, at once.

Each race has an office of its own, with its operators, drivers and orders: many run at once, and none is in another's way, nor is
anything cleared away. `Track.run(kinds)` writes many races down, lets the four of each go within some milliseconds of one
another, and says who won and what the others were told. `doubles` then looks at nothing but rows.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, text

from desk.database_errors import Busy, is_away
from desk.dispatching import dispatch, searching
from desk.driver_page import driver_trips
from desk.errors import DeskError
from desk.ordering import orders
from desk.trades import ASSIGNED, TAKEN
from desk.work import Desk, Work
from locales.catalog import Catalog
from models import Assignment, Driver, NextOrder, Offer, Office, Operator, Order, Search, Shift
from tests.site import GANGNAM

KINDS = ("order", "driver", "next")
ORDERS = {"order": 1, "driver": 3, "next": 4}
APART = (0.0, 0.3, 1.0, 3.0)
"""By how much the four are late at most, in one race: times what one of them takes on this machine, so that everybody wins."""
AT_ONCE = 3
"""So many races: each of the five has a connection of its own (a pool has fifteen)."""
OFFERED_FOR = timedelta(minutes=10)
"""However slow the machine is, no offer runs out before its race."""
LATER = 2 * OFFERED_FOR
HIMSELF = {"order_already_assigned": "order_taken_by_driver", "driver_already_assigned": "driver_has_order_himself"}
RIVALS = ("first operator", "second operator", "driver")


@dataclass(frozen=True, slots=True)
class Race:
    """Who races, and for what: two operators, three drivers of whom the first was asked, and the orders of the kind."""

    kind: str
    people: tuple[int, ...]
    drivers: tuple[int, ...]
    orders: tuple[int, ...]
    offer_id: int


@dataclass
class Tally:
    """What came of many races. `unnamed` are losers whose sentence names nobody; there must be none, and no `odd` end."""

    races: int = 0
    won: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    unnamed: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    unanswered: int = 0

    def add(self, other: Tally) -> None:
        """What came of others, too."""
        self.races += other.races
        self.won.update(other.won)
        self.lost.update(other.lost)
        self.unnamed += other.unnamed
        self.odd += other.odd
        self.unanswered += other.unanswered


class Track:
    """Many races on one desk. The engine's clock is past every offer's end."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk = desk
        self.chance = random.Random(seed)
        self.tally = Tally()
        self._words = [Catalog.load(tag) for tag in ("ko", "en")]
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._takes_s = 0.01

    async def run(self, kinds: Sequence[str]) -> None:
        """One race of each of the kinds."""
        races = await self.desk.do(lambda work: _written(work, kinds))
        ends = await asyncio.gather(*(self._race(race) for race in races))
        holders = await self._holders(races)
        for race, end in zip(races, ends, strict=True):
            self._judge(race.kind, end, {number for order in race.orders for number in holders[order]})

    async def _race(self, race: Race) -> dict[str, Any]:
        """How it ended for each."""
        first, asked = race.orders[0], race.drivers[0]
        gets = [(first, race.drivers[1]), (first, race.drivers[2])]
        if race.kind != "order":
            gets = [(race.orders[1], asked), (race.orders[2], asked)]
        acts: dict[str, Callable[[Work], Awaitable[Any]]] = {
            who: lambda work, by=by, each=each: dispatch.assign(work, by, *each)
            for who, by, each in zip(RIVALS, race.people, gets, strict=False)
        }
        acts["driver"] = lambda work: driver_trips.accept(work, asked, race.offer_id)
        acts["engine"] = lambda work: _engine(work, first)
        if race.kind == "next":
            acts["end"] = lambda work: orders.complete(work, race.people[0], race.orders[3])
        async with self._at_once:
            apart = self.chance.choice(APART) * self._takes_s
            racing = [self._late(act, self.chance.random() * apart) for act in acts.values()]
            ends = await asyncio.gather(*racing, return_exceptions=True)
        return dict(zip(acts, ends, strict=True))

    async def _late(self, act: Callable[[Work], Awaitable[Any]], by_s: float) -> Any:
        await asyncio.sleep(by_s)
        begun = time.monotonic()
        try:
            return await self.desk.do(act)
        finally:
            self._takes_s += (time.monotonic() - begun - self._takes_s) / 20

    def _judge(self, kind: str, ends: dict[str, Any], holders: set[str]) -> None:
        tally = self.tally
        tally.races += 1
        won = [who for who, end in ends.items() if who in RIVALS and not _is_error(end)]
        tally.won[f"{kind}: {won[0] if len(won) == 1 else len(won)}"] += 1
        if len(won) > 1 or not (won or any(_is_error(end) and not isinstance(end, DeskError) for end in ends.values())):
            tally.odd.append(f"{kind}: {ends}")
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

    async def _holders(self, races: Sequence[Race]) -> dict[int, set[str]]:
        """By order, the numbers of the drivers who have it or begin it next."""
        holders: dict[int, set[str]] = defaultdict(set)
        async with self.desk.look() as session:
            for table in (Assignment, NextOrder):
                query = select(table.order_id, Driver.number).join(Driver, Driver.id == table.driver_id)
                ids = [order for race in races for order in race.orders]
                for order_id, number in await session.execute(query.where(table.order_id.in_(ids))):
                    holders[order_id].add(number)
        return holders


def _is_error(end: object) -> bool:
    return isinstance(end, BaseException)


async def _engine(work: Work, order_id: int) -> None:
    work.now += LATER
    await searching.advance(work, order_id)


async def _written(work: Work, kinds: Sequence[str]) -> list[Race]:
    """The rows of so many races, a statement a table."""

    async def rows(table: Any, made: list[dict[str, Any]]) -> list[int]:
        query = insert(table).returning(table.id, sort_by_parameter_order=True)
        return list(await work.session.scalars(query, made)) if made else []

    now, places = work.now, range(len(kinds))
    firm = {"country": "KR", "currency": "KRW", "timezone": "Asia/Seoul", "trade": "proxy", "sms_sender": "15880001"}
    offices = await rows(Office, [{"name": "시험 사무실", **firm} for _ in places])
    desk = [
        {"office_id": office, "login": f"{office}-{who}", "name": who, "role": "operator", "locale": "ko"}
        for office in offices
        for who in ("김상담", "이상담")
    ]
    people = await rows(Operator, desk)
    team = await rows(
        Driver, [_driver(work, office, kind, n) for office, kind in zip(offices, kinds, strict=True) for n in range(3)]
    )
    await rows(Shift, [{"driver_id": driver, "started_at": now} for driver in team])
    made = await rows(
        Order,
        [
            _order(work, office, ASSIGNED if n == ORDERS["next"] - 1 else TAKEN)
            for office, kind in zip(offices, kinds, strict=True)
            for n in range(ORDERS[kind])
        ],
    )
    theirs, at = [], 0
    for kind in kinds:
        theirs.append(tuple(made[at : at + ORDERS[kind]]))
        at += ORDERS[kind]
    asked = team[::3]
    searched = {"state": "running", "ring": 1, "started_at": now, "due_at": now + OFFERED_FOR}
    searches = await rows(Search, [{"order_id": each[0], **searched} for each in theirs])
    offered = {"ring": 1, "state": "open", "offered_at": now, "expires_at": now + OFFERED_FOR}
    offers = await rows(
        Offer,
        [
            {"search_id": search, "order_id": each[0], "driver_id": driver, **offered}
            for search, each, driver in zip(searches, theirs, asked, strict=True)
        ],
    )
    driven = [(each[3], driver) for each, driver in zip(theirs, asked, strict=True) if len(each) == ORDERS["next"]]
    await rows(Assignment, [{"order_id": o, "driver_id": d, "state": "active", "assigned_at": now} for o, d in driven])
    return [
        Race(kinds[n], tuple(people[2 * n : 2 * n + 2]), tuple(team[3 * n : 3 * n + 3]), theirs[n], offers[n])
        for n in places
    ]


def _driver(work: Work, office_id: int, kind: str, n: int) -> dict[str, Any]:
    """The first one of a race for a next order is on his last leg, and done around the corner in two minutes."""
    lat, lon = GANGNAM
    busy = kind == "next" and n == 0
    return {
        "office_id": office_id, "number": str(100 + n), "name": f"기사{n}", "phone": f"+8210{20000000 + n}",
        "state": "busy" if busy else "free", "free_since": None if busy else work.now - timedelta(minutes=n),
        "lat": lat + 0.01 * n, "lon": lon, "located_at": None if busy else work.now,
        "done_lat": lat if busy else None, "done_lon": lon if busy else None,
        "done_at": work.now + timedelta(minutes=2) if busy else None,
    }  # fmt: skip


def _order(work: Work, office_id: int, state: str) -> dict[str, Any]:
    lat, lon = GANGNAM
    return {
        "office_id": office_id, "trade": "proxy", "state": state, "origin_text": "강남역", "origin_lat": lat,
        "origin_lon": lon, "origin_source": "operator", "currency": "KRW", "taken_at": work.now, "details": {},
    }  # fmt: skip


DOUBLES = {
    "orders with two drivers": """
        select count(*) from
        (select order_id from assignment where state <> 'released' group by order_id having count(*) > 1) t""",
    "drivers with two orders at a time": """
        select count(*) from
        (select driver_id from assignment where state = 'active' group by driver_id having count(*) > 1) t""",
    "next orders that another driver has": """
        select count(*) from next_order n join assignment a on a.order_id = n.order_id and a.driver_id <> n.driver_id
        where n.state <> 'released' and a.state <> 'released'""",
    "drivers with two next orders at a time": """
        select count(*) from
        (select driver_id from next_order where state = 'held' group by driver_id having count(*) > 1) t""",
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
