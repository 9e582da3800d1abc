"""State machines on a real database: whatever a PBX, a box and a network tell, in any order, calls and texts only move forward.

Every day 25 runs of up to 20 steps each; `scripts/fuzz machines` has 2,000 (CALLBOARD_EXAMPLES).
"""

from __future__ import annotations

import asyncio
import atexit
import itertools
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlalchemy import func, select

from desk.bus import Bus
from desk.call import call_life, calls
from desk.errors import DeskError
from desk.events import CallAnswered, CallArrived, CallEnded, CallRinging, CallSeen, Event, MessageChanged
from desk.keeping import store
from desk.texts import receipts
from desk.texts.message_states import change, hold
from desk.work import Desk, Work, open_engine
from models import Call, EarlyReceipt, Message
from models.message import NEXT_STATES
from tests.site import make_site

EXAMPLES = int(os.environ.get("CALLBOARD_EXAMPLES", "25"))
LONG = settings(
    max_examples=EXAMPLES, stateful_step_count=20, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
T = TypeVar("T")
ORDER = ("arrived", "ringing", "answered", "ended")
_template: list[Path] = []
# Thousands of small commits: in memory where there is such a folder, because it is the steps that are tested here.
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class _Machine(RuleBasedStateMachine):
    """A desk of its own for each run."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="cb-machine-", dir=MEMORY))
        if not _template:
            _template.append(Path(tempfile.mkdtemp(prefix="cb-template-", dir=MEMORY)) / "callboard.db")
            atexit.register(shutil.rmtree, _template[0].parent, ignore_errors=True)
            self.do(store.prepare(f"sqlite+aiosqlite:///{_template[0]}"))
        shutil.copyfile(_template[0], self.folder / "callboard.db")
        self.engine = open_engine(f"sqlite+aiosqlite:///{self.folder / 'callboard.db'}")
        self.told: list[Event] = []
        self.now = datetime(2026, 11, 22, tzinfo=UTC)
        bus = Bus()
        bus.on(Event, self.told.append)
        self.desk = Desk(self.engine, bus, clock=lambda: self.now)
        self.site = self.do(make_site(self.desk))

    def do(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(work)  # type: ignore[arg-type]

    def work(self, act: Callable[[Work], Awaitable[T]]) -> T:
        """One piece of work, a little later than the last."""
        self.now += timedelta(seconds=1)

        async def one() -> T:
            async with self.desk.work() as work:
                return await act(work)

        return self.do(one())

    def teardown(self) -> None:
        self.do(self.engine.dispose())
        self.loop.close()
        shutil.rmtree(self.folder, ignore_errors=True)


CALLS = st.integers(0, 2)
PHONES = st.sampled_from(["1001", "1002", "", "9999"])


class CallMachine(_Machine):
    """Three calls, told by the PBX and by a box in any order, early, late, twice and not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[int, tuple[str, Any, Any, Any, str | None]] = {}
        self.taken_over: set[int] = set()

    @staticmethod
    def linkedid(number: int) -> str:
        return f"cb1-{number}.1"

    @rule(number=CALLS)
    def pbx_arrives(self, number: int) -> None:
        seen = CallSeen(
            self.now,
            "pbx",
            self.linkedid(number),
            "15880001",
            f"0105550{number:04}",
            "x",
            linkedid=self.linkedid(number),
        )
        self.work(lambda work: calls.open_call(work, seen))

    @rule(number=CALLS)
    def box_rings(self, number: int) -> None:
        seen = CallSeen(self.now, "box", f"front:{number}", "15880001", f"0105550{number:04}", None)
        self.work(lambda work: calls.open_call(work, seen))

    @rule(number=CALLS, phone=PHONES)
    def rings(self, number: int, phone: str) -> None:
        self.work(lambda work: call_life.rang(work, self.linkedid(number), phone))

    @rule(number=CALLS, phone=PHONES)
    def is_answered(self, number: int, phone: str) -> None:
        self.work(lambda work: call_life.answered(work, self.linkedid(number), phone))

    @rule(number=CALLS)
    def hangs_up(self, number: int) -> None:
        self.work(lambda work: call_life.gone(work, self.linkedid(number), "16"))

    @rule(number=CALLS)
    def box_lifts(self, number: int) -> None:
        self.work(lambda work: call_life.box_answered(work, f"front:{number}"))

    @rule(number=CALLS)
    def box_puts_back(self, number: int) -> None:
        self.work(lambda work: call_life.box_gone(work, f"front:{number}"))

    @invariant()
    def calls_only_move_forward(self) -> None:
        async def look() -> list[Call]:
            async with self.desk.look() as session:
                return list(await session.scalars(select(Call)))

        rows = self.do(look())
        assert len({row.linkedid for row in rows if row.linkedid}) == len([row for row in rows if row.linkedid])
        for row in rows:
            before = self.seen.get(row.id)
            if before is not None:
                # Where the PBX takes a call over, it takes back what a box said of the handset: answered, and ended.
                if before[4] is None and row.linkedid is not None:
                    self.taken_over.add(row.id)
                    assert row.state == "arrived"
                else:
                    assert ORDER.index(row.state) >= ORDER.index(before[0]), (before, row.state)
            assert (row.state == "ended") == (row.ended_at is not None) == (row.disposition is not None)
            assert row.disposition in (None, "answered", "abandoned", "lost")
            assert row.disposition != "answered" or row.answered_at is not None
            assert row.ended_at is None or row.ended_at >= row.arrived_at
            self.seen[row.id] = (row.state, row.answered_at, row.ended_at, row.operator_id, row.linkedid)
        for kind in (CallArrived, CallRinging):
            told = [event.call_id for event in self.told if isinstance(event, kind)]
            assert len(told) == len(set(told)), f"{kind.__name__} was told twice"
        ended = Counter(event.call_id for event in self.told if isinstance(event, CallEnded))
        for row in rows:
            # Of one that was taken over the box's end was told as well, if there was one.
            told_ends = ended[row.id] - (row.state == "ended")
            assert told_ends in ((0, 1) if row.id in self.taken_over else (0,)), (row.id, row.state, ended)
        assert {event.call_id for event in self.told if isinstance(event, CallAnswered)} <= {row.id for row in rows}


IDS = st.sampled_from(["M1", "M2", "M3"])
RECEIPTS = st.sampled_from(["sent", "delivered", "failed", "expired", "unknown"])


class TextMachine(_Machine):
    """One text of up to three segments, its submit, and receipts in any order, also before the submit's answer."""

    def __init__(self) -> None:
        super().__init__()
        self.states = ["queued"]
        self.text = self.work(self._write)

    async def _write(self, work: Work) -> int:
        message = Message(
            office_id=self.site.office_id, audience="driver", recipient="+821055501234", sender="15880001", text_key="x",
            language="ko", text="x", state="queued", next_try_at=work.now, created_at=work.now, updated_at=work.now,
        )  # fmt: skip
        work.session.add(message)
        await work.session.flush()
        return message.id

    @rule(state=st.sampled_from(list(NEXT_STATES)))
    def steps(self, state: str) -> None:
        async def step(work: Work) -> None:
            change(work, await hold(work, self.text), state, None)

        if state not in ("delivered", "sent"):  # those two are said by a network only
            self._try(step)

    @rule(ids=st.lists(IDS, min_size=1, max_size=3))
    def is_taken(self, ids: list[str]) -> None:
        self._try(lambda work: receipts.submitted(work, self.text, "smpp", ids))

    @rule(provider_id=IDS, state=RECEIPTS)
    def receipt_comes(self, provider_id: str, state: str) -> None:
        self._try(lambda work: receipts.receipt(work, "smpp", provider_id, state, "000"))

    def _try(self, act: Callable[[Work], Awaitable[object]]) -> None:
        try:
            self.work(act)
        except DeskError:
            return

    @invariant()
    def the_text_only_moves_forward(self) -> None:
        async def look() -> tuple[str, int]:
            async with self.desk.look() as session:
                message = await session.get_one(Message, self.text)
                return message.state, await session.scalar(select(func.count()).select_from(EarlyReceipt)) or 0

        state, _parked = self.do(look())
        told = [event.state for event in self.told if isinstance(event, MessageChanged)]
        path = ["queued", *told]
        assert path[-1] == state
        for before, after in itertools.pairwise(path):
            assert after in NEXT_STATES[before], (before, after)
        assert not any(before in ("delivered", "failed", "expired") for before in path[:-1])


CallMachine.TestCase.settings = LONG
TextMachine.TestCase.settings = LONG
TestCalls = CallMachine.TestCase
TestTexts = TextMachine.TestCase
