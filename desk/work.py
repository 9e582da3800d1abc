"""One piece of desk work: one transaction, and the events that are told once it is committed.

    async with desk.work() as work:
        call = await calls.open_call(work, seen)

Leaving the block commits and then tells; an exception rolls back and tells nothing. SQLite begins IMMEDIATE, so a writer
waits for its turn at the start and never fails in the middle. On PostgreSQL two writers may meet: `desk.do(act)` does the
whole of `act` again, three times at most, and then says so (Busy).

No statement and no wait is without an end: 5 s for a statement or a lock, 4 s for a connection, 8 s for one's turn.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from desk import sqlite_driver
from desk.audit_chain import ChainedSession
from desk.bus import Bus
from desk.database_errors import Busy, have_met
from desk.events import Event
from desk.steady_clock import SteadyClock

BUSY_TIMEOUT_MS = 5_000
"""How long SQLite knocks at a file that another program writes to, and PostgreSQL waits for a lock."""
LOG_PAGES = 20_000
"""How long SQLite's log may become (80 MB) before a commit empties it; callboard/checkpoints.py does so long before."""
STATEMENT_LIMIT_S = 5
CONNECTION_LIMIT_S = 4
"""Whoever waits for a connection and then for a statement is answered within 10 s."""
POOL, POOL_MORE = 15, 5
"""Connections that stay open once they were needed, and those that a peak opens and closes again."""
TURN_LIMIT_S = 8.0
TRIES = 4
PAUSE_S = 0.02
UNLIMITED = 1_000_000

T = TypeVar("T")


steady = SteadyClock()
"""This process's clock: all that is written down goes by it, so that nothing ends before it began."""


def utc_now() -> datetime:
    """The present moment, aware, UTC. It never goes back, though the machine's clock may."""
    return steady()


class Work:
    """What a use case needs: a session, the moment, and a place to leave the events that it caused.

    `alone`: nobody else writes before the commit (SQLite), so that what was looked up stays true.
    """

    def __init__(self, session: AsyncSession, clock: Callable[[], datetime], *, alone: bool) -> None:
        self.session = session
        self.now = clock()
        self.alone = alone
        self._clock = clock
        self.events: list[Event] = []

    def has_waited(self) -> None:
        """A row is held, perhaps after others let go of it: what is written from here on comes after what they wrote."""
        self.now = max(self.now, self._clock())

    def tell(self, event: Event) -> None:
        """Tell `event` after the commit, in order."""
        self.events.append(event)


class Desk:
    """Opens pieces of work on one database and tells their events on one bus."""

    def __init__(self, engine: AsyncEngine, bus: Bus, clock: Callable[[], datetime] = utc_now) -> None:
        self.engine = engine
        self.bus = bus
        self.clock = clock
        self._sessions = async_sessionmaker(engine, expire_on_commit=False, sync_session_class=ChainedSession)
        # SQLite lets one writer in at a time and the others knock and sleep; in one process they queue up instead, in order.
        self._alone = engine.dialect.name == "sqlite"
        self._turn = asyncio.Semaphore(1 if self._alone else UNLIMITED)
        self._endings: set[asyncio.Task[None]] = set()
        self._readers = async_sessionmaker(_reading(engine), expire_on_commit=False)

    @asynccontextmanager
    async def work(self) -> AsyncIterator[Work]:
        """One transaction that may write. Never open one inside another: on SQLite the inner one would wait for the outer."""
        async with asyncio.timeout(TURN_LIMIT_S):
            await self._turn.acquire()
        ending: asyncio.Task[None] | None = None
        try:
            async with AsyncExitStack() as open_:
                session = await open_.enter_async_context(self._sessions())
                work = Work(session, self.clock, alone=self._alone)
                await open_.enter_async_context(session.begin())
                yield work
                ending = asyncio.create_task(self._end(open_.pop_all(), work))
        finally:
            if ending is None:
                self._turn.release()
        self._endings.add(ending)
        ending.add_done_callback(self._ended)
        await asyncio.shield(ending)

    async def _end(self, transaction: AsyncExitStack, work: Work) -> None:
        """Commit and tell. Whoever gives up waiting cannot take a commit back: what it made true is told all the same."""
        try:
            await transaction.aclose()
        finally:
            self._turn.release()
        for told in work.events:
            self.bus.tell(told)

    def _ended(self, ending: asyncio.Task[None]) -> None:
        self._endings.discard(ending)
        if not ending.cancelled():
            ending.exception()  # seen: whoever waited has it, or has left

    async def do(self, act: Callable[[Work], Awaitable[T]]) -> T:
        """`act` in a piece of work; again from its beginning when another writer was in its way. Raises Busy."""
        for met in range(TRIES):
            if met:
                await asyncio.sleep(random.uniform(0.5, 1.5) * PAUSE_S * 2**met)  # noqa: S311 -- not to meet again
            try:
                async with self.work() as work:
                    return await act(work)
            except Exception as error:
                if not have_met(error):
                    raise
                last = error
        raise Busy(f"others changed the same rows {TRIES} times in a row; nothing was done") from last

    @asynccontextmanager
    async def look(self) -> AsyncIterator[AsyncSession]:
        """A session to read with, which sees one state throughout; whatever it changed is rolled back.

        Rows that were read stay readable afterwards, as they were.
        """
        async with self._readers() as session:
            try:
                yield session
            finally:
                session.expunge_all()  # a rollback would empty the rows


def _reading(engine: AsyncEngine) -> AsyncEngine:
    # SQLite's readers see one state by themselves; PostgreSQL's see what is committed between two queries unless told not to.
    if engine.dialect.name == "postgresql":
        return engine.execution_options(read_only=True, isolation_level="REPEATABLE READ")
    return engine.execution_options(read_only=True)


def open_engine(url: str) -> AsyncEngine:
    """An engine for `url` ("sqlite+aiosqlite:///file" or "postgresql+psycopg://..."), with the settings that keep commits.

    SQLite: WAL, synchronous=FULL (a commit survives power loss), foreign keys on, writers wait for one another.
    """
    # An error's text goes to the log: it must not carry the numbers and texts that were about to be written.
    options: dict[str, Any] = {"hide_parameters": True, "pool_timeout": CONNECTION_LIMIT_S}
    # The connection that was used last is used next: it has its statements prepared and its pages at hand.
    options |= {"pool_size": POOL, "max_overflow": POOL_MORE, "pool_use_lifo": True}
    if url.startswith("sqlite"):
        engine = create_async_engine(url, connect_args={"async_creator_fn": sqlite_driver.connect}, **options)
        _prepare_sqlite(engine)
        return engine
    limits = f"-c statement_timeout={STATEMENT_LIMIT_S}s -c lock_timeout={BUSY_TIMEOUT_MS} "
    limits += f"-c idle_in_transaction_session_timeout={4 * STATEMENT_LIMIT_S}s"
    connecting = {"connect_timeout": STATEMENT_LIMIT_S, "options": limits}
    return create_async_engine(url, pool_pre_ping=True, connect_args=connecting, **options)


def _prepare_sqlite(engine: AsyncEngine) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def set_pragmas(connection, _record):  # type: ignore[no-untyped-def]
        # The driver must not begin by itself: it would begin DEFERRED, and a deferred writer can fail half-way.
        connection.isolation_level = None
        connection.driver_connection.patience_ms = BUSY_TIMEOUT_MS
        cursor = connection.cursor()
        log = f"wal_autocheckpoint={LOG_PAGES}"
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", log):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection):  # type: ignore[no-untyped-def]
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
