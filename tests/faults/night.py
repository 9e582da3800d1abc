"""A night at the desk in a process of its own, everything at once, until somebody kills it. The next one goes on where it ended.

    python -m tests.faults.night '{"url": ..., "turn": 0, ...}'     see `Nights.working` in test_night.py

says "ready" once it works. The product's own loops run beside the people: searches, clocks, files, replies, texts. Each turn's
clock is 25 minutes ahead of the turn's before it (what was due meanwhile is due at the start), and the first month ends between
the first turn and the second. The last turn does nothing new: it asks once more for whatever nobody knows the end of, comes to
rest, and says "rest".
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import func, select

from callboard.imports import Imports
from callboard.order_timers import OrderTimers
from callboard.replies import Replies
from callboard.searches import Searches
from callboard.supervisor import Part, Supervisor
from desk.bus import Bus
from desk.clock.written import last_written
from desk.database_errors import disk_is_full, is_away
from desk.errors import DeskError
from desk.importing import staging
from desk.keeping import idempotency
from desk.ordering import timers
from desk.steady_clock import SteadyClock, wall_clock
from desk.work import Desk, Work, open_engine
from models import Assignment, CustomerMerge, CustomerPhone, Driver, Import, IncomingText, Message, Offer, Order, Search
from sms.sender import Sender
from sms.settings import Settings
from tests.faults import night_deeds
from tests.faults.history import History
from tests.site import Site

PEOPLE = 5
TURN = timedelta(minutes=25)
BEFORE_THE_END = timedelta(minutes=20)
REST_S = 90.0
KEYED_NOT = ("photo", "file", "text_in")
"""Known again by what they carry, and not by a key."""


def month_end(now: datetime) -> datetime:
    """When the present month ends in Seoul."""
    local = now.astimezone(ZoneInfo("Asia/Seoul"))
    year, month = (local.year, local.month + 1) if local.month < 12 else (local.year + 1, 1)
    return datetime(year, month, 1, tzinfo=local.tzinfo).astimezone(UTC)


class Night:
    """What people do in one turn."""

    def __init__(self, desk: Desk, site: Site, history: History, told: dict[str, Any]) -> None:
        self.desk, self.site, self.history = desk, site, history
        self.firm: int = told["firm"]
        self.cars = Path(told["cars"])
        self.turn: int = told["turn"]
        self.chance = random.Random(f"{told['seed']} {self.turn}")
        self._count = 0
        self._deck: list[Plan] = []
        self._calls: dict[int, int] = {}

    async def person(self) -> None:
        """One thing after the other, for ever."""
        while True:
            for what, values in await self._next_plan()(self):
                await self.until_answered(what, self.key(), values)
            await asyncio.sleep(0.005)

    def _next_plan(self) -> Plan:
        """From a shuffled deck, so that everything is tried on a short night, too."""
        if not self._deck:
            self._deck = [plan for plan, times in _PLANS for _ in range(times)]
            self.chance.shuffle(self._deck)
        return self._deck.pop()

    def key(self) -> str:
        """No key twice in a night."""
        self._count += 1
        return f"{self.turn}-{self._count}"

    async def until_answered(self, what: str, key: str, values: dict[str, Any]) -> dict[str, Any] | None:
        """As a console does it: again with the same key for as long as nobody knows. None: refused."""
        while True:
            with self.history.doing("night", what, key=key, values=values) as operation:
                try:
                    told = await self._ask(what, key, values)
                except DeskError as error:
                    operation.fail(error.code)
                    return None
                except Exception as error:
                    if not is_away(error) and not disk_is_full(error):
                        raise
                    operation.unknown(type(error).__name__)
                else:
                    operation.ok(**told)
                    return told
            await asyncio.sleep(0.1)

    async def _ask(self, what: str, key: str, values: dict[str, Any]) -> dict[str, Any]:
        if what == "photo":
            return await night_deeds.photo(self.desk, self.cars, **values)
        if what == "file":
            return await night_deeds.file(self.desk, self.site, **values)
        deed = night_deeds.DEEDS[what]
        if what in KEYED_NOT:
            return await self.desk.do(lambda work: deed(work, self.site, **values))
        more = {"numbers": await night_deeds.numbers_of(self.desk, values["customer_id"])} if what == "erase" else {}

        async def once(work: Work) -> idempotency.Answer:
            async def act() -> tuple[int, Any]:
                return 200, await deed(work, self.site, **values)

            return await idempotency.once(work, self.site.operator_id, key, key, act)

        return dict((await self.desk.do(once)).body) | more

    async def one(self, query: Any) -> Any:
        """A row at random among those that `query` finds; None where it finds none."""
        try:
            async with self.desk.look() as session:
                found = (await session.execute(query.limit(30))).all()
        except Exception as error:
            if not is_away(error):
                raise
            return None
        return self.chance.choice(found) if found else None


Asked = list[tuple[str, dict[str, Any]]]
_OPEN = select(Order.id).where(Order.closed_at.is_(None)).order_by(Order.id.desc())
_DRIVEN = (
    select(Assignment.order_id, Assignment.driver_id, Order.state)
    .join(Order, Order.id == Assignment.order_id)
    .where(Assignment.state == "active")
)


async def _orders(night: Night) -> Asked:
    number, on_account = night.chance.randrange(10**6), night.chance.random() < 0.3
    telephone = f"0107777000{number % 10}" if on_account else f"01055{number:06}"
    key = night.key()
    firm = night.firm if on_account else None
    values = {"key": key, "number": telephone, "booked": night.chance.random() < 0.4, "firm": firm, "place": number}
    return [("order", values)]


async def _searches(night: Night) -> Asked:
    found = await night.one(_OPEN.where(Order.state == "taken"))
    return [("search", {"order_id": found.id})] if found else []


async def _gives(night: Night) -> Asked:
    found = await night.one(_OPEN.where(Order.state == "taken"))
    return [("give", {"order_id": found.id, "driver_id": night.chance.choice(night.site.drivers)})] if found else []


async def _ends(night: Night) -> Asked:
    found = await night.one(_DRIVEN)
    what = night.chance.choice(("complete", "complete", "complete", "release", "cancel"))
    return [(what, {"order_id": found.order_id})] if found else []


async def _drives(night: Night) -> Asked:
    found = await night.one(_DRIVEN)
    if not found:
        return []
    to = {"assigned": "arrived", "on_the_way": "arrived", "arrived": "no_show"}.get(found.state, "driving")
    mine = {"order_id": found.order_id, "driver_id": found.driver_id}
    sides = [("photo", {**mine, "side": side, "look": 1}) for side in ("front", "rear", "left", "right")]
    return [*(sides if night.chance.random() < 0.3 else sides[:1]), ("step", {**mine, "to": to})]


async def _accepts(night: Night) -> Asked:
    found = await night.one(
        select(Offer.id, Offer.driver_id, Offer.code, Driver.phone).join(Driver).where(Offer.state == "open")
    )
    if not found:
        return []
    if found.code is None:
        return [("accept", {"driver_id": found.driver_id, "offer_id": found.id})]
    return [("text_in", {"sender": found.phone.lstrip("+"), "words": f"수락 {found.code}"})]


async def _pays(night: Night) -> Asked:
    driver_id, amount = night.chance.choice(night.site.drivers), 1000 * night.chance.randrange(1, 20)
    return [
        ("driver_pays", {"driver_id": driver_id, "amount": amount, "reference": f"영수증 {night.key()}"}),
        ("pay_out", {"driver_id": driver_id, "amount": amount // 2}),
        ("firm_pays", {"firm": night.firm, "amount": amount, "reference": f"이체 {night.key()}"}),
    ]


async def _closes(night: Night) -> Asked:
    last = (night.desk.clock().astimezone(ZoneInfo("Asia/Seoul")).replace(day=1) - timedelta(days=1)).date()
    return [("close_month", {"year": last.year, "month": last.month})]


async def _merges(night: Night) -> Asked:
    undone = await night.one(select(CustomerMerge.id).where(CustomerMerge.undone_at.is_(None)))
    if undone and night.chance.random() < 0.5:
        return [("unmerge", {"merge_id": undone.id})]
    people = select(CustomerPhone.customer_id).order_by(func.random())
    one, other = await night.one(people), await night.one(people)
    return [("merge", {"one": one.customer_id, "other": other.customer_id})] if one and other else []


async def _erases(night: Night) -> Asked:
    closed = select(Order.customer_id).where(Order.closed_at.is_not(None), Order.customer_id.is_not(None))
    found = await night.one(closed.order_by(func.random()))
    return [("erase", {"customer_id": found.customer_id})] if found else []


async def _drafts(night: Night) -> Asked:
    person = night.chance.randrange(PEOPLE)
    if person not in night._calls:
        told = await night.until_answered("ring", night.key(), {"reference": f"night-{night.turn}-{night.key()}"})
        assert told is not None
        night._calls[person] = told["call_id"]
    return [("draft", {"call_id": night._calls[person], "version": night._count})]


async def _links(night: Night) -> Asked:
    driver_id = night.chance.choice(night.site.drivers)
    told = await night.until_answered("driver_link", night.key(), {"driver_id": driver_id})
    asked: Asked = [("driver_in", {"token": told["token"], "key": night.key()})] if told else []
    found = await night.one(_OPEN)
    told = await night.until_answered("place_link", night.key(), {"order_id": found.id}) if found else None
    return [*asked, *([("here", {"token": told["token"], "key": night.key()})] if told else [])]


async def _files(night: Night) -> Asked:
    found = await night.one(select(Import.id, Import.state).where(Import.state.in_(("checked", "applying", "applied"))))
    if found:
        return [("take_in" if found.state == "checked" else "take_back", {"import_id": found.id})]
    number = 1000 * night.turn + night._count
    return [("file", {"name": f"{night.turn}-{night.key()}.csv", "first": number * night_deeds.LINES % 10**7})]


async def _writes(night: Night) -> Asked:
    return [("campaign", {"words": f"once:{night.key()}"})]


Plan = Callable[[Night], Awaitable[Asked]]
_PLANS: tuple[tuple[Plan, int], ...] = (
    (_orders, 8), (_searches, 5), (_gives, 3), (_ends, 5), (_drives, 5), (_accepts, 6), (_pays, 2), (_closes, 1), (_merges, 2),
    (_erases, 1), (_drafts, 2), (_links, 1), (_files, 2), (_writes, 1),
)  # fmt: skip


async def rest(desk: Desk) -> None:
    """Until nothing is due any more and nothing is on its way."""
    async with asyncio.timeout(REST_S):
        while await _busy(desk):
            await asyncio.sleep(0.05)


async def _busy(desk: Desk) -> bool:
    now = desk.clock()
    async with desk.look() as session:
        asked = [
            select(Search.id).where(Search.state == "running", Search.due_at <= now),
            select(Offer.id).where(Offer.state == "open", Offer.expires_at <= now),
            select(IncomingText.id).where(IncomingText.read_at.is_(None)),
            select(Message.id).where(Message.state.in_(("queued", "sending")), Message.next_try_at <= now),
        ]
        due = [bool((await session.scalars(query.limit(1))).all()) for query in asked]
        return any(due) or bool(await timers.due(session, now)) or bool(await staging.moving(session))


def set_by(file: str | None) -> timedelta:
    """By how much the machine's clock was set since the night began: in whole seconds, in that file."""
    return timedelta(seconds=int(Path(file).read_text())) if file else timedelta()


async def main(told: dict[str, Any]) -> None:
    site = Site(**{**told["site"], "drivers": tuple(told["site"]["drivers"])})
    bus = Bus()
    ahead = timedelta(seconds=told["ahead_s"]) + TURN * told["turn"]
    steady = SteadyClock(wall=lambda: wall_clock() + set_by(told["clock"]))
    desk = Desk(open_engine(told["url"]), bus, clock=lambda: steady() + ahead)
    async with desk.look() as session:
        if (moment := await last_written(session)) is not None:
            steady.not_before(moment - ahead)
    settings = Settings(provider="console", rate_per_s=1000)
    supervisor = Supervisor(bus)
    sender = Sender(settings, desk, settings.open_provider(), bus)
    for name, run in (
        ("searches", Searches(desk, bus).run), ("order-timers", OrderTimers(desk, bus).run), ("replies", Replies(desk, bus).run),
        ("imports", Imports(desk, bus).run), ("sms", sender.run),
    ):  # fmt: skip
        supervisor.start(Part(name, run, longest_pause_s=1.0))
    file = Path(told["folder"]) / "history.jsonl"
    before = History.read(file)
    night = Night(desk, site, History(file, append=True), told)
    print("ready", flush=True)
    for operation in before.unanswered():
        await night.until_answered(operation.what, operation.details["key"], operation.details["values"])
    if not told["last"]:
        await asyncio.gather(*(night.person() for _ in range(PEOPLE)))
    await rest(desk)
    print("rest", flush=True)
    await supervisor.stop()
    await desk.engine.dispose()


if __name__ == "__main__":
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    asyncio.run(main(json.loads(sys.argv[1])))
