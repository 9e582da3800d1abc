"""C3, C4, D1, H1 for everything that a desk does at night, at once: the server, the desk and the disk give way again and again.

Orders for now and booked, on account and in cash, searches, offers, next orders, clocks, texts to many, texts that come in and
accept, files of customers taken in and back, merges and their undo, forgetting, drafts, links, photos, no-shows, payments and the
close of a month go on in one process (tests/faults/night.py), which is killed; on PostgreSQL the server and single connections
are killed as well, on SQLite the disk runs full and another program holds the file. Then one checker reads what is left.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import update

from desk.books import credit_accounts
from desk.books.credit_accounts import Terms
from desk.bus import Bus
from desk.work import Desk, open_engine, utc_now
from models import Driver, migrations
from tests.faults import desk_checker
from tests.faults.checker import check
from tests.faults.conftest import FULL, Figure
from tests.faults.history import History
from tests.faults.night import BEFORE_THE_END, TURN, month_end
from tests.faults.night_deeds import DEEDS
from tests.faults.volume import volume
from tests.faults.witnesses import read_witnesses
from tests.path.running import CHECKOUT
from tests.postgres import DURABLE, Cluster
from tests.site import Site, make_site

Count = Callable[[int, int], int]
READY_S, REST_S = 60, 150
BACK, ON = timedelta(minutes=-10), timedelta(hours=1)
OFTEN = ("order", "search", "driver_pays", "draft", "file")
"""Happen on any night, however short."""


GIVEN_UP = ("a part failed", "cannot be done", "cannot be read", "cannot be taken in", "cannot go on")
"""What the loops say of a fault that is not the database's."""


class Nights:
    """Turn after turn on one database, each a process that is killed."""

    def __init__(self, url: str, folder: Path, cars: Path, chance: random.Random) -> None:
        self.url, self.folder, self.cars, self.chance = url, folder, cars, chance
        self.ahead_s = (month_end(utc_now()) - utc_now() - BEFORE_THE_END).total_seconds()
        self.turn = 0
        self.rested_at = utc_now()
        self.site: Site | None = None
        self.firm = 0
        self.machine: Path | None = None
        self._process: asyncio.subprocess.Process | None = None

    async def begin(self) -> None:
        """The office, its drivers, half of whom are asked by text, and a firm with ten telephones."""
        desk = Desk(open_engine(self.url), Bus(), clock=self.clock)
        self.site = await make_site(desk, drivers=12)
        async with desk.work() as work:
            await work.session.execute(update(Driver).where(Driver.id % 2 == 0).values(by_text=True))
            firm = await credit_accounts.add(work, self.site.operator_id, Terms("한빛상사", 50_000_000))
            self.firm = firm.id
            for n in range(10):
                await credit_accounts.add_rider(work, self.site.operator_id, firm.id, f"0107777000{n}")
        await desk.engine.dispose()

    def clock(self) -> datetime:
        """The moment of this turn."""
        return utc_now() + timedelta(seconds=self.ahead_s) + TURN * self.turn

    @asynccontextmanager
    async def working(self, *, last: bool = False) -> AsyncIterator[asyncio.subprocess.Process]:
        """One turn, at work; killed at the end unless it has ended by itself."""
        assert self.site is not None
        told = {
            "url": self.url, "folder": str(self.folder), "cars": str(self.cars), "site": asdict(self.site),
            "firm": self.firm, "turn": self.turn, "last": last, "seed": self.chance.random(), "ahead_s": self.ahead_s,
            "clock": str(self.machine) if self.machine else None,
        }  # fmt: skip
        with (self.folder / f"turn-{self.turn}.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.faults.night", json.dumps(told), cwd=CHECKOUT, stdout=asyncio.subprocess.PIPE,
                stderr=log, env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
            )  # fmt: skip
            self._process = process
            try:
                await self._hears(process, b"ready", READY_S)
                yield process
            finally:
                if process.returncode is None:
                    process.kill()
                await process.wait()
        self.turn += 1

    async def rest(self) -> None:
        """The last turn."""
        async with self.working(last=True) as process:
            await self._hears(process, b"rest", REST_S)
            self.rested_at = self.clock()
            assert await process.wait() == 0

    async def _hears(self, process: asyncio.subprocess.Process, word: bytes, limit_s: float) -> None:
        assert process.stdout is not None
        async with asyncio.timeout(limit_s):
            heard = (await process.stdout.readline()).strip()
        assert heard == word, self._log()

    def _log(self) -> str:
        return (self.folder / f"turn-{self.turn}.log").read_text(errors="replace")[-6000:]

    async def done(self, more: int) -> None:
        """Wait until so much more was acknowledged."""
        wanted = len(self._acknowledged()) + more
        async with asyncio.timeout(120):
            while len(self._acknowledged()) < wanted:
                assert self._process is not None
                assert self._process.returncode is None, self._log()
                await asyncio.sleep(0.05)

    async def often(self) -> None:
        """Go on until everything of `OFTEN` was done."""
        async with asyncio.timeout(120):
            while not set(OFTEN) <= dict(desk_checker.acknowledged(History.read(self.folder / "history.jsonl"))).keys():
                assert self._process is not None
                assert self._process.returncode is None, self._log()
                await asyncio.sleep(0.2)

    def _acknowledged(self) -> list[str]:
        file = self.folder / "history.jsonl"
        return [line for line in file.read_text().splitlines() if '"outcome": "ok"' in line] if file.exists() else []

    async def judged(self, figure: Figure, engine: str) -> None:
        """What the checkers say, and that what had to happen has happened."""
        history = History.read(self.folder / "history.jsonl")
        desk = Desk(open_engine(self.url), Bus(), clock=lambda: self.rested_at)
        try:
            assert check(history, await read_witnesses(self.url), texts_are_final=False) == []
            assert await desk_checker.broken(desk, history, self.cars) == []
        finally:
            await desk.engine.dispose()
        happened = dict(desk_checker.acknowledged(history))
        assert not history.unanswered()
        assert set(OFTEN) <= happened.keys(), happened
        never = sorted({*DEEDS, "photo", "file"} - happened.keys())
        assert not FULL or not never
        print(f"night on {engine}: {sum(happened.values())} deeds {happened}; never: {never}")
        for log in self.folder.glob("turn-*.log"):
            gave_up = [
                line for line in log.read_text(errors="replace").splitlines() if any(word in line for word in GIVEN_UP)
            ]
            assert gave_up == []
        figure("D1", f"deeds of a night that was killed {self.turn - 1} times, {engine}", sum(happened.values()), "")


@pytest.mark.postgres
async def test_a_night_on_postgresql_whose_server_and_desk_are_killed_loses_and_doubles_nothing(
    tmp_path: Path, chance: random.Random, count: Count, figure: Figure
) -> None:
    """C3, D1, H1, H4. Seen failing with a desk that takes back one commit in fifty (an accepted offer is not)."""
    with Cluster.started(**DURABLE) as cluster:
        cluster.create("night")
        migrations.upgrade(cluster.url("night"))
        nights = Nights(cluster.url("night"), tmp_path, tmp_path / "cars", chance)
        await nights.begin()
        for _ in range(count(1, 20)):
            async with nights.working():
                await nights.done(20)
                one_connection(cluster, chance)
                await nights.done(20)
                await the_server(cluster)
                await nights.done(20)
        await nights.rest()
        await nights.judged(figure, "postgresql")


def one_connection(cluster: Cluster, chance: random.Random) -> None:
    """SIGKILL to one of its processes: the server takes them all down, and recovers."""
    with psycopg.connect(host=str(cluster.folder), user="postgres", dbname="night", autocommit=True) as connection:
        rows = connection.execute(
            "select pid from pg_stat_activity where datname = 'night' and pid <> pg_backend_pid()"
        ).fetchall()
    if rows:
        os.kill(chance.choice(rows)[0], signal.SIGKILL)


async def the_server(cluster: Cluster) -> None:
    """kill -9, and a new start."""
    await asyncio.to_thread(cluster.kill)
    await asyncio.to_thread(cluster.start)


async def test_a_night_on_sqlite_whose_disk_runs_full_and_whose_desk_is_killed_loses_and_doubles_nothing(
    tmp_path: Path, sqlite_template: Path, chance: random.Random, count: Count, figure: Figure
) -> None:
    """C1, C4, D1, H1, H4. Rows and photos lie on one small volume."""
    with volume(tmp_path / "disk", count(48, 192)) as disk:
        file = disk.folder / "callboard.db"
        shutil.copyfile(sqlite_template, file)
        nights = Nights(f"sqlite+aiosqlite:///{file}", tmp_path, disk.folder / "cars", chance)
        await nights.begin()
        for _ in range(count(2, 20)):
            async with nights.working():
                await nights.done(20)
                await asyncio.to_thread(hold, file)
                await nights.done(10)
                disk.fill()
                await asyncio.sleep(chance.uniform(0.3, 1.0))
                disk.free()
                await nights.done(20)
        await nights.rest()
        await nights.judged(figure, "sqlite")


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_night_whose_clock_is_set_back_and_forward_does_nothing_twice_and_ends_nothing_before_it_began(
    tmp_path: Path, database_url: str, chance: random.Random, count: Count, figure: Figure
) -> None:
    """H1. Ten minutes back and an hour on, at work and between two starts: offers, promises, reminders, texts, sessions, drafts.

    Seen failing with a SteadyClock that says what the machine says, and with a start that forgets what was written last.
    """
    nights = Nights(database_url, tmp_path, tmp_path / "cars", chance)
    await nights.begin()
    clock = MachineClock(tmp_path / "clock")
    nights.machine = clock.file
    for _ in range(count(1, 10)):
        async with nights.working():
            for step in (timedelta(), BACK, ON, BACK):
                clock.step(step)
                await nights.done(12)
            await nights.often()
        clock.step(BACK - TURN)  # a turn is 25 minutes ahead of the one before
    clock.step(-clock.ahead)
    await nights.rest()
    await nights.judged(figure, "sqlite, its clock set")


class MachineClock:
    """What the machine's clock was set by since the night began."""

    def __init__(self, file: Path) -> None:
        self.ahead = timedelta()
        self.file = file
        self.step(timedelta())

    def step(self, by: timedelta) -> None:
        """Set it so much on, or back."""
        self.ahead += by
        beside = self.file.with_suffix(".new")
        beside.write_text(f"{self.ahead.total_seconds():.0f}")
        beside.replace(self.file)


def hold(file: Path) -> None:
    """Another program writes for a moment."""
    with closing(sqlite3.connect(file, isolation_level=None, timeout=10)) as other:
        other.execute("BEGIN IMMEDIATE")
        time.sleep(0.5)
        other.execute("ROLLBACK")
