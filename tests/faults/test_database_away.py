"""C2, C5, D3: the whole site on a PostgreSQL that stops, comes back, and does not answer; and a new start at work."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import psycopg
import pytest
import pytest_asyncio

from tests.faults.checker import check
from tests.faults.conftest import Figure
from tests.faults.history import History
from tests.faults.small_site import fill_small
from tests.faults.whole_site import figures, hang_all_up, strangers
from tests.faults.witnesses import cdr_of, read_witnesses
from tests.path.running import RunningSite, until
from tests.path.test_always_through import console
from tests.postgres import DURABLE, Cluster

Count = Callable[[int, int], int]
pytestmark = [pytest.mark.pbx, pytest.mark.postgres, pytest.mark.asyncio(loop_scope="module")]
ORDER = {"number": "01055512345", "origin": {"text": "강남역"}}
HOLD_MS = 1500


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster.started(**DURABLE) as cluster:
        cluster.create("callboard")
        yield cluster


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(cluster: Cluster) -> AsyncIterator[RunningSite]:
    site = RunningSite("--no-calls", config=f'[desk]\ndatabase_url = "{cluster.url("callboard")}"\n')
    try:
        await fill_small(site, cluster.url("callboard"))
        await site.start()
        yield site
    finally:
        cluster.start_if_down()
        await site.stop()
        shutil.rmtree(site.state, ignore_errors=True)


@asynccontextmanager
async def listening(site: RunningSite) -> AsyncIterator[list[dict[str, Any]]]:
    """What a console's socket hears meanwhile."""
    heard: list[dict[str, Any]] = []
    token = {"Authorization": f"Bearer {site.logins['api_token']}"}
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{site.base}/live", headers=token) as socket:
        heard.append(await socket.receive_json())  # the snapshot: from here on it needs no database

        async def hear() -> None:
            while True:
                heard.append(await socket.receive_json())

        hearing = asyncio.create_task(hear())
        yield heard
        hearing.cancel()


async def database(site: RunningSite) -> dict[str, Any]:
    _, health = await site.call("GET", "/healthz")
    return health["parts"]["database"]  # type: ignore[no-any-return]


async def away(site: RunningSite) -> bool:
    return not (await database(site))["ok"]


async def refused(site: RunningSite, history: History) -> tuple[int, Any]:
    with history.doing("operator", "order") as operation:
        status, answer = await site.call("POST", "/api/v1/orders", ORDER)
        operation.fail(answer["code"]) if status >= 400 else operation.ok(order_id=answer["id"])
    return status, answer


async def over(site: RunningSite, numbers: list[str]) -> bool:
    rows = [await site.calls(number) for number in numbers]
    return all(len(found) == 1 and found[0]["state"] == "ended" for found in rows)


async def drained(site: RunningSite) -> bool:
    return await site.healthy() and (await figures(site))["readings_waiting"] == 0


async def broken(site: RunningSite, cluster: Cluster, history: History) -> list[str]:
    return check(history, await read_witnesses(cluster.url("callboard"), cdr_of(site.state)))


async def test_calls_ring_and_nothing_is_lost_while_the_database_is_stopped(
    site: RunningSite, cluster: Cluster, history: History, count: Count, figure: Figure
) -> None:
    """C2. Seen failing without `Readings._put_by` (nothing waits, nothing is on the disk) and with a `DatabaseWatch` that never
    tells (no alarm). That what waits stays in order was seen failing in tests/callboard/test_readings.py."""
    outage_s, rate = count(6, 60), count(2, 5)
    numbers = strangers(outage_s * rate)
    async with listening(site) as heard:
        await asyncio.to_thread(cluster.stop)
        stopped = time.monotonic()
        callers = site.dial([(number, "손님") for number in numbers], hold_ms=HOLD_MS, rate=rate)
        await until(lambda: away(site), 30, "the alarm")
        figure("C2", "alarm after the stop", time.monotonic() - stopped, "s")
        status, answer = await refused(site, history)
        assert (status, answer["code"]) == (503, "database_unavailable")
        assert await callers.finished(outage_s + 60) == 0, "a call did not go as planned"
        told = [one for one in heard if one["type"] == "part.changed" and one["part"] == "database"]
        assert [one["ok"] for one in told] == [False]
        waiting = (await figures(site))["readings_put_by"]
        assert waiting >= len(numbers)
        assert (site.state / "unstored.readings").stat().st_size > 0
        await asyncio.sleep(max(0.0, outage_s - (time.monotonic() - stopped)))
        await asyncio.to_thread(cluster.start)
        back = time.monotonic()
        await until(lambda: drained(site), 60, "the end of the spool")
        figure("C2", f"{waiting:.0f} readings stored after the return", time.monotonic() - back, "s", promise=30)
    await until(lambda: over(site, numbers), 60, "one ended row for each call")
    assert (await refused(site, history))[0] == 201
    assert (site.state / "unstored.readings").stat().st_size == 0
    assert (await figures(site))["readings_lost_total"] == 0
    assert await broken(site, cluster, history) == []


async def test_what_waits_for_the_database_outlives_a_kill_of_ours(
    site: RunningSite, cluster: Cluster, history: History, figure: Figure
) -> None:
    """C2. kill -9 of callboard while the database is away. Seen failing with a file that nothing stays in
    (callboard/unstored.py: append)."""
    numbers = strangers(4)
    await until(site.healthy, 60, "a healthy begin")
    await asyncio.to_thread(cluster.stop)
    assert await site.dial([(number, "손님") for number in numbers], hold_ms=HOLD_MS).finished() == 0

    async def all_put_by() -> bool:
        lines = (site.state / "unstored.readings").read_bytes()
        return lines.count(b'"CallSeen"') >= len(numbers) and lines.count(b'"CallGone"') >= len(numbers)

    await until(all_put_by, 30, "every call on the disk")
    os.kill(site.core_pid(), signal.SIGKILL)
    await asyncio.to_thread(cluster.start)
    back = time.monotonic()
    await until(lambda: drained(site), 60, "the end of the spool")
    figure("C2", "stored after the return and our own restart", time.monotonic() - back, "s")
    await until(lambda: over(site, numbers), 60, "one ended row for each call")
    assert await broken(site, cluster, history) == []


async def test_a_database_that_does_not_answer_is_told_and_given_up_in_time(
    site: RunningSite, cluster: Cluster, history: History, count: Count, figure: Figure
) -> None:
    """C5. A table is locked: its statements and then the whole pool are stuck. Seen failing without the
    limits of `open_engine` for a statement and a lock: nobody is answered."""
    await until(site.healthy, 60, "a healthy begin")
    _, order = await refused(site, history)
    with psycopg.connect(host=str(cluster.folder), user="postgres", dbname="callboard") as other:
        other.execute("lock table message in access exclusive mode")
        stuck = [asyncio.create_task(timed(site, "/api/v1/messages")) for _ in range(3)]
        pages = [await timed(site, f"/api/v1/orders/{order['id']}/candidates") for _ in range(count(20, 200))]
        assert {status for status, _ in pages} == {200}
        worst = sorted(seconds for _, seconds in pages)[int(len(pages) * 0.99) - 1]
        figure("C5", "candidates while three statements are stuck, p99", worst, "s", promise=1)
        stuck += [asyncio.create_task(timed(site, "/api/v1/messages")) for _ in range(30)]
        number = strangers(1)
        callers = site.dial([(number[0], "손님")], hold_ms=HOLD_MS)

        async def away_though_more_ask() -> bool:
            stuck.extend(asyncio.create_task(timed(site, "/api/v1/messages")) for _ in range(2))
            return await away(site)

        await until(away_though_more_ask, 30, "degraded health")
        answers = await asyncio.gather(*stuck)
        assert {status for status, _ in answers} == {503}
        figure(
            "C5", "a stuck request is refused after, at most", max(seconds for _, seconds in answers), "s", promise=10
        )
        assert await callers.finished() == 0
        other.rollback()
    await until(site.healthy, 60, "health")
    assert (await timed(site, "/api/v1/messages"))[0] == 200
    await until(lambda: over(site, number), 60, "the call's row")
    assert await broken(site, cluster, history) == []


async def test_told_to_stop_at_work_callers_and_screens_lose_nothing(
    site: RunningSite, cluster: Cluster, history: History, figure: Figure
) -> None:
    """D3. SIGTERM with ten callers at the voice menu and ten browsers' sockets; `run` starts it again. Seen failing with
    callers cut off in place of `Application.drain` (their calls have the time of the return) and without the restart by `run`."""
    await until(site.healthy, 60, "a healthy begin")
    numbers, late = strangers(10), strangers(2)
    site.dial([(number, "손님") for number in numbers], hold_ms=60_000)
    await until(lambda: at_the_menu(site, len(numbers)), 30, "ten callers at the menu")
    screens = [asyncio.create_task(resumed(site)) for _ in range(10)]
    await asyncio.sleep(0.5)
    os.kill(site.core_pid(), signal.SIGTERM)
    began = time.monotonic()
    site.dial([(number, "늦은 손님") for number in late], hold_ms=60_000)
    await until(lambda: in_the_queue(site, len(numbers + late)), 30, "everybody in the queue")
    figure("D3", "every caller finished or fell back", time.monotonic() - began, "s", promise=20)
    gaps = await asyncio.gather(*screens)
    figure("D3", "a screen is whole again after, at most", max(gaps), "s", promise=5)
    await hang_all_up(site)
    await until(site.healthy, 60, "health")
    await until(lambda: over(site, numbers + late), 60, "one ended row for each call")
    assert await broken(site, cluster, history) == []


async def at_the_menu(site: RunningSite, count: int) -> bool:
    return (await console(site, "core show channels concise")).count("!AGI!") >= count


async def in_the_queue(site: RunningSite, count: int) -> bool:
    return (await console(site, "core show channels concise")).count("!Queue!") >= count


async def resumed(site: RunningSite) -> float:
    """A console as it behaves: listens until it is sent away, comes back until it has a snapshot. The seconds between."""
    token = {"Authorization": f"Bearer {site.logins['api_token']}"}
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{site.base}/live", headers=token) as socket:
            async for _ in socket:
                pass
        cut = time.monotonic()
        while True:
            try:
                async with session.ws_connect(f"{site.base}/live", headers=token) as socket:
                    if (await socket.receive_json())["type"] == "snapshot":
                        return time.monotonic() - cut
            except (aiohttp.ClientError, TypeError):
                await asyncio.sleep(0.1)


async def timed(site: RunningSite, path: str) -> tuple[int, float]:
    began = time.monotonic()
    assert site._session is not None
    token = {"Authorization": f"Bearer {site.logins['api_token']}"}
    async with site._session.get(site.base + path, headers=token, timeout=aiohttp.ClientTimeout(total=60)) as answer:
        await answer.read()
        return answer.status, time.monotonic() - began
