"""D1, D2: killed between an assignment and its texts. D4: many starts at once, and two on one database."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from desk.bus import Bus
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk, open_engine
from models import Assignment, Message
from sms.sender import Sender
from sms.settings import Settings
from tests.faults.checker import check
from tests.faults.conftest import Figure
from tests.faults.history import History
from tests.faults.witnesses import Witnesses, read_witnesses
from tests.path.running import CHECKOUT, free_port, until
from tests.site import Site, make_site
from tests.sms.smsc import Smsc, Submit, running_smsc

Count = Callable[[int, int], int]
ENVIRONMENT = os.environ | {"PYTHONPATH": str(CHECKOUT)}
NEVER_CLAIMED = ("before the assignment is committed", "after the assignment is committed")
POINTS = (
    *NEVER_CLAIMED,
    "after the claim is committed",
    "after the submit is written",
    "after the last answer",
    "after the outcome is committed",
)


@pytest.fixture
async def smsc() -> AsyncIterator[Smsc]:
    async with running_smsc() as running:
        yield running


class Doom:
    """A desk on a file, and processes that give its orders to its drivers and die at a point."""

    def __init__(self, file: Path, smsc: Smsc) -> None:
        self.url = f"sqlite+aiosqlite:///{file}"
        self._file = file
        self._smsc = smsc
        self.desk = Desk(open_engine(self.url), Bus())
        self._process: asyncio.subprocess.Process | None = None

    async def die(self, point: str, order_id: int, driver_id: int, operator_id: int) -> None:
        """One process, from its first statement to its SIGKILL."""
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, str(CHECKOUT / "tests/faults/doomed_dispatch.py"), str(self._file), str(self._smsc.port),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=CHECKOUT, env=ENVIRONMENT,
            )  # fmt: skip
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{point}|{order_id}|{driver_id}|{operator_id}\n".encode())
        async with asyncio.timeout(90):
            while not (line := await self._process.stdout.readline()).startswith(b"end "):
                assert line, "the processes cannot be started"  # else a line of its log
        assert int(line.split()[1]) == signal.SIGKILL, f"it outlived {point!r}"

    async def given(self, order_id: int) -> bool:
        """Whether a driver has the order."""
        async with self.desk.look() as session:
            return await session.scalar(select(Assignment.id).where(Assignment.order_id == order_id)) is not None

    async def states(self, order_id: int) -> list[str]:
        async with self.desk.look() as session:
            found = select(Message.state).where(Message.order_id == order_id).order_by(Message.id)
            return list(await session.scalars(found))

    async def sent_by_the_next_start(self, order_id: int) -> tuple[list[str], float]:
        """Start the real sender; the states that the texts end in, and how long it took."""
        keys = {"host": "127.0.0.1", "port": self._smsc.port, "system_id": "callboard", "password": "secret"}
        settings = Settings(provider="smpp", providers={"smpp": keys}, rate_per_s=1000, stop_grace_s=2)
        bus = Bus()
        desk = Desk(open_engine(self.url), bus)
        began = time.monotonic()
        sending = asyncio.create_task(Sender(settings, desk, settings.open_provider(), bus).run())
        try:
            async with asyncio.timeout(60):
                while not set(states := await self.states(order_id)) <= {"sent", "unknown"}:
                    await asyncio.sleep(0.01)
                return states, time.monotonic() - began
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            await desk.engine.dispose()

    async def close(self) -> None:
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()
            await self._process.wait()
        await self.desk.engine.dispose()


@pytest.fixture
async def doom(tmp_path: Path, sqlite_template: Path, smsc: Smsc) -> AsyncIterator[Doom]:
    file = tmp_path / "callboard.db"
    shutil.copyfile(sqlite_template, file)
    doom = Doom(file, smsc)
    yield doom
    await doom.close()


def wholes(submits: list[Submit]) -> list[Submit]:
    """Texts, not parts: the first part of each stands for it."""
    return [submit for submit in submits if not submit.esm_class & 0x40 or submit.octets[5] == 1]


async def doomed(doom: Doom, site: Site, history: History, point: str, n: int) -> tuple[bool, list[str], float]:
    """One order, one death, one new start: whether the texts were there, their last states, and the seconds of the start."""
    form = TakeOrder(PlaceText("강남역"), number=f"0105558{n:04}")
    taken = await doom.desk.do(lambda work: orders.take(work, site.operator_id, form))
    with history.doing("operator", "order") as operation:
        operation.ok(order_id=taken.id)
    driver_id = site.drivers[n]
    with history.doing("operator", "assign", order_id=taken.id, driver_id=driver_id) as operation:
        await doom.die(point, taken.id, driver_id, site.operator_id)
        operation.unknown("killed") if point in NEVER_CLAIMED[:1] else operation.ok()
    left = await doom.states(taken.id)
    assert await doom.given(taken.id) is bool(left), f"{point}: the one without the other"
    states, seconds = await doom.sent_by_the_next_start(taken.id)
    # What had been claimed and was not finished may have reached the network: a person decides. Nothing else is in doubt.
    assert [state == "unknown" for state in states] == [state in ("sending", "unknown") for state in left], (
        point,
        left,
    )
    return bool(left), states, seconds


async def test_killed_between_an_assignment_and_its_texts_nothing_is_lost_and_nothing_sent_twice(
    doom: Doom, smsc: Smsc, history: History, count: Count, figure: Figure
) -> None:
    """D1, D2. Six points. D1 was seen failing with a commit between the assignment and its texts (desk/dispatching/dispatch.py),
    D2 with `recover_claims` putting claimed rows back to `queued`."""
    runs = count(2, 50)
    site = await make_site(doom.desk, drivers=runs * len(POINTS))
    slowest = 0.0
    for n in range(runs * len(POINTS)):
        point = POINTS[n % len(POINTS)]
        there, states, seconds = await doomed(doom, site, history, point, n)
        assert there is (point != NEVER_CLAIMED[0])
        if point == NEVER_CLAIMED[1]:
            assert states == ["sent", "sent"]
            slowest = max(slowest, seconds)
    left = await read_witnesses(doom.url)
    assert len(left.messages) == runs * (len(POINTS) - 1) * 2
    assert check(history, Witnesses(**{**vars(left), "submits": wholes(smsc.submits)})) == []
    figure("D1", "deaths", runs * len(POINTS), "")
    figure("D1", "texts on their way after the next start, at most", slowest, "s", promise=30)
    figure("D2", "texts in doubt, shown to a person", sum(one["state"] == "unknown" for one in left.messages), "")


def test_of_many_starts_at_once_one_runs_and_the_others_say_why_not(count: Count, figure: Figure) -> None:
    """D4. On one state folder. Seen failing without the lock in `State.claim`: they met in the database."""
    copies = count(5, 50)
    state = Path(tempfile.mkdtemp(prefix="cb-many-"))
    try:
        started = [launch("run", state, free_port()) for _ in range(copies)]
        deadline = time.monotonic() + 280
        while sum(one.poll() is None for one in started) > 1:
            assert time.monotonic() < deadline, "more than one of them runs"
            time.sleep(0.1)
        refused = [one for one in started if one.poll() is not None]
        for one in refused:
            assert one.returncode == 1
            assert "Another callboard is already running" in one.communicate()[1]
        (winner,) = (one for one in started if one.poll() is None)
        winner.send_signal(signal.SIGTERM)
        assert winner.wait(60) == 0
        figure("D4", "starts at once", copies, "")
    finally:
        for one in started:
            if one.poll() is None:
                os.killpg(one.pid, signal.SIGKILL)
        shutil.rmtree(state, ignore_errors=True)


def launch(command: str, state: Path, port: int, *more: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "callboard", command, "--state", str(state), "--http-port", str(port), *more]
    return subprocess.Popen(
        [*words, "--asterisk", "none"], cwd=CHECKOUT, start_new_session=True, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.postgres
@pytest.mark.parametrize("engine_name", ["postgres"])  # SQLite's claim: tests/desk/keeping/test_claim.py
async def test_two_state_folders_on_one_database_never_send_both_and_the_second_takes_over(
    database_url: str, smsc: Smsc, tmp_path: Path, figure: Figure
) -> None:
    """D4. Seen failing without the advisory lock of desk/keeping/claim.py: the second one runs."""
    site_of = Desk(open_engine(database_url), Bus())
    await make_site(site_of)
    await site_of.engine.dispose()
    config = tmp_path / "site.toml"
    config.write_text(
        f'[site]\ndemo = false\n[desk]\ndatabase_url = "{database_url}"\n[sms]\nprovider = "smpp"\n[sms.providers.smpp]\n'
        f'host = "127.0.0.1"\nport = {smsc.port}\nsystem_id = "callboard"\npassword = "secret"\n'
    )
    ports = [free_port(), free_port()]
    first = launch("serve", tmp_path / "one", ports[0], "--config", str(config))
    try:
        await until(lambda: well(ports[0]), 60, "the first one's health")
        second = await asyncio.to_thread(launch, "serve", tmp_path / "two", ports[1], "--config", str(config))
        _, said = await asyncio.to_thread(second.communicate, None, 60)
        assert second.returncode == 1
        assert "another callboard already works on this database" in said
        assert "Traceback" not in said
        assert len(smsc.binds) == 1
        first.kill()
        began = time.monotonic()
        first.wait()
        first = await asyncio.to_thread(launch, "serve", tmp_path / "two", ports[1], "--config", str(config))
        await until(lambda: well(ports[1]), 60, "the second one's health")
        figure("D4", "another copy works after the first was killed", time.monotonic() - began, "s")
        assert len(smsc.binds) == 2
    finally:
        first.kill()
        first.wait()


async def well(port: int) -> bool:
    try:
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as answer:
            health: dict[str, Any] = await answer.json()
            return bool(health["parts"]["sms"]["ok"])
    except aiohttp.ClientError:
        return False
