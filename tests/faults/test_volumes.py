"""C1, C4: the whole site on SQLite, whose file another program locks, and whose disks run full one after the other."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from locales.catalog import Catalog
from tests.faults.asking import Reply, ask
from tests.faults.checker import check
from tests.faults.conftest import Figure
from tests.faults.history import History
from tests.faults.small_site import fill_small
from tests.faults.volume import Volume, volume
from tests.faults.whole_site import figures, strangers
from tests.faults.witnesses import cdr_of, read_witnesses
from tests.path.running import RunningSite, until

Count = Callable[[int, int], int]
pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]
HOLD_MS = 1500
ALARM_S = 30.0
HELD_AT_MOST_S = 25.0
MANY = 2000


@dataclass
class Disks:
    """A site whose rows, log and recordings lie on small volumes."""

    site: RunningSite
    file: Path
    database: Volume
    log: Volume
    recordings: Volume


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def disks() -> AsyncIterator[Disks]:
    state = Path(tempfile.mkdtemp(prefix="cb-disks-"))
    with ExitStack() as mounts:
        volumes = [
            mounts.enter_context(volume(state / name, megabytes))
            for name, megabytes in (("rows", 24), ("log", 4), ("recordings", 4))
        ]
        file = state / "rows" / "callboard.db"
        config = f'[desk]\ndatabase_url = "sqlite+aiosqlite:///{file}"\n'
        site = RunningSite("--no-calls", config=config, state=state)
        try:
            await fill_small(site, f"sqlite+aiosqlite:///{file}")
            await site.start()
            yield Disks(site, file, *volumes)
        finally:
            await site.stop()
    shutil.rmtree(state, ignore_errors=True)


async def take(site: RunningSite, history: History, who: str = "operator") -> Reply:
    """One order, as an operator saves it."""
    with history.doing(who, "order") as operation:
        reply = await ask(site, "POST", "/api/v1/orders", {"number": strangers(1)[0], "origin": {"text": "강남역"}})
        if reply.status == 201:
            operation.ok(order_id=reply.body["id"])
        else:
            operation.fail(reply.body["code"])
    return reply


def words(reply: Reply) -> tuple[str, ...]:
    """What the panel says of a refusal, in each language."""
    return tuple(Catalog.load(locale).text(f"panel.errors.{reply.body['code']}") for locale in ("en", "ko"))


async def part(site: RunningSite, name: str) -> dict[str, Any]:
    _, health = await site.call("GET", "/healthz")
    return health["parts"].get(name, {"ok": True, "reason": ""})  # type: ignore[no-any-return]


async def alarm(site: RunningSite, name: str) -> str:
    async def told() -> str | None:
        now = await part(site, name)
        return None if now["ok"] else now["reason"]

    return str(await until(told, ALARM_S, f"the alarm of {name}"))


async def calls_go_on(site: RunningSite, numbers: list[str]) -> None:
    assert await site.dial([(number, "손님") for number in numbers], hold_ms=HOLD_MS).finished() == 0


async def over(site: RunningSite, numbers: list[str]) -> bool:
    rows = [await site.calls(number) for number in numbers]
    return all(len(found) == 1 and found[0]["state"] == "ended" for found in rows)


async def broken(disks: Disks, history: History, numbers: list[str]) -> list[str]:
    await until(disks.site.healthy, 60, "health")
    await until(lambda: over(disks.site, numbers), 60, "one ended row for each call")
    left = await read_witnesses(f"sqlite+aiosqlite:///{disks.file}", cdr_of(disks.site.state))
    return check(history, left)


async def test_while_another_program_holds_the_file_every_save_ends_in_time_and_nothing_stands_still(
    disks: Disks, history: History, count: Count, figure: Figure
) -> None:
    """C1. `BEGIN IMMEDIATE` from outside, until every save has ended. Seen failing with TURN_LIMIT_S of desk/work.py at
    ten minutes (they wait) and without `is_away` (a save that had no turn is told as a fault of ours)."""
    site = disks.site
    numbers: list[str] = []
    saving: list[asyncio.Task[Reply]] = []
    ticks: list[float] = []
    for _ in range(count(1, 3)):
        with closing(sqlite3.connect(disks.file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            until_s = time.monotonic() + HELD_AT_MOST_S
            saving += [asyncio.create_task(take(site, history, f"operator {n}")) for n in range(6)]
            callers = strangers(2)
            numbers += callers
            calling = asyncio.create_task(calls_go_on(site, callers))
            while not all(one.done() for one in saving):
                assert time.monotonic() < until_s, "a save waits for the other program"
                ticks.append((await ask(site, "GET", "/healthz")).seconds)
                await asyncio.sleep(0.1)
            other.execute("ROLLBACK")
        await calling
    replies = await asyncio.gather(*saving)
    assert {reply.status for reply in replies} <= {201, 503}
    assert {reply.body["code"] for reply in replies if reply.status == 503} <= {"database_unavailable"}
    figure("C1", "a save is answered after, at most", max(reply.seconds for reply in replies), "s", promise=15)
    figure("C1", "longest answer of /healthz meanwhile", max(ticks), "s")
    figure("C1", "longest hold-up of the event loop", (await figures(site))["loop_held_up_seconds"], "s", promise=0.1)
    assert (await take(site, history)).status == 201
    assert await broken(disks, history, numbers) == []


async def test_a_full_disk_of_the_rows_is_told_orders_are_refused_in_words_and_calls_go_on(
    disks: Disks, history: History, figure: Figure
) -> None:
    """C4. Seen failing without `DiskWatch` in wiring.py (no alarm) and without `is_full` (the refusal says "does not answer")."""
    site, numbers = disks.site, strangers(3)
    await until(site.healthy, 60, "a healthy begin")
    pid = site.core_pid()
    disks.database.fill()
    began = time.monotonic()
    assert "is full" in await alarm(site, "disk:database")
    figure("C4", "alarm of a full disk (rows)", time.monotonic() - began, "s", promise=ALARM_S)
    for _ in range(MANY):  # the log of SQLite has room for some more
        if (refusal := await take(site, history)).status != 201:
            break
    assert (refusal.status, refusal.body["code"]) == (503, "database_full")
    assert all(words(refusal))
    await calls_go_on(site, numbers)
    disks.database.free()
    began = time.monotonic()
    await until(site.healthy, 60, "health")
    figure("C4", "healthy again after room was made (rows)", time.monotonic() - began, "s")
    assert (await take(site, history)).status == 201
    assert site.core_pid() == pid, "it was restarted"
    assert await broken(disks, history, numbers) == []


async def test_full_disks_of_the_log_and_of_recordings_are_told_and_cost_nothing_else(
    disks: Disks, history: History, figure: Figure
) -> None:
    """C4. Seen failing without `DiskWatch` in wiring.py and, for the log, `handleError` in callboard/logs.py (in
    tests/callboard/test_logs.py: a traceback on the terminal for each line)."""
    site, numbers = disks.site, strangers(3)
    await until(site.healthy, 60, "a healthy begin")
    pid, said = site.core_pid(), len(site.said)
    for name, full in (("log", disks.log), ("recordings", disks.recordings)):
        full.fill()
        began = time.monotonic()
        assert "is full" in await alarm(site, f"disk:{name}")
        figure("C4", f"alarm of a full disk ({name})", time.monotonic() - began, "s", promise=ALARM_S)
    speaker = strangers(1)  # he would leave a word after the tone
    speaking = site.dial([(speaker[0], "손님")], hold_ms=6000, dtmf="2", dtmf_after_ms=1500)
    await calls_go_on(site, numbers)
    assert (await take(site, history)).status == 201
    assert await speaking.finished() == 0
    disks.log.free()
    disks.recordings.free()
    await until(site.healthy, 60, "health")
    assert site.core_pid() == pid, "it was restarted"
    assert "Traceback" not in site.said[said:]
    assert await broken(disks, history, numbers + speaker) == []
