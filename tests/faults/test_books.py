"""H4: a month's close and a batch of settlements, killed after each of their statements, begun again, and asked for twice."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from desk.books import batch_views, batches, cashier, ledger, periods
from desk.books.cashier import AlreadyDecided
from desk.work import Desk
from models import Base, Message, Period, PeriodBalance
from tests.desk.conftest import Clock
from tests.desk.conftest import clock as clock
from tests.faults.conftest import Figure
from tests.path.running import CHECKOUT
from tests.site import Site, make_site

Count = Callable[[int, int], int]
NOVEMBER = datetime(2026, 11, 12, 3, 0, tzinfo=UTC)
LATER = datetime(2026, 12, 2, 3, 0, tzinfo=UTC)
DRIVERS = 12
MOST_STATEMENTS = 200


class Doomed:
    """Processes that do a deed at `LATER`, and die in it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @staticmethod
    @asynccontextmanager
    async def ready(url: str) -> AsyncIterator[Doomed]:
        """Stays until the end of the block."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.doomed_books", url, LATER.isoformat(), stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, cwd=CHECKOUT, env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        )  # fmt: skip
        assert process.stdin is not None
        try:
            yield Doomed(process)
        finally:
            process.stdin.close()
            await process.wait()

    async def dies(self, told: dict[str, Any]) -> bool:
        """Whether it was killed; False: it got through."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(told).encode() + b"\n")
        async with asyncio.timeout(60):
            line = await self._process.stdout.readline()
        assert line in (b"end 0\n", f"end {signal.SIGKILL:d}\n".encode()), line
        return line != b"end 0\n"


@pytest.fixture
async def books(desk: Desk, clock: Clock) -> Site:
    """November: drivers who paid in and were penalised, on the 12th."""
    clock.now = NOVEMBER
    site = await make_site(desk, drivers=DRIVERS)
    for n, driver in enumerate(site.drivers):
        async with desk.work() as work:
            await cashier.take_in(work, site.operator_id, driver, 20_000 + 7_000 * n, f"입금 {n}")
            await cashier.penalise(work, site.operator_id, driver, 35_000, "약속", f"벌금 {n}")
    clock.now = LATER
    return site


async def everything(desk: Desk) -> dict[str, str]:
    """What each table holds."""
    async with desk.look() as session:
        return {
            table.name: hashlib.sha256(
                repr(sorted(map(repr, await session.execute(select(table))))).encode()
            ).hexdigest()
            for table in Base.metadata.sorted_tables
        }


async def killed_at_each(desk: Desk, doomed: Doomed, told: dict[str, Any], chance: random.Random, count: Count) -> int:
    """Kill the deed until it is there, which is after its commit only, and look after each death. How often it was killed."""
    before, at, deaths = await everything(desk), 0, 0
    while at < MOST_STATEMENTS:
        at += chance.randint(1, count(9, 1))
        died = await doomed.dies(told | {"at": at})
        deaths += died
        if await everything(desk) != before:
            return deaths
        assert died, "it got through, and nothing is there"
    raise AssertionError("it was never through")


async def test_a_month_whose_close_is_killed_is_open_or_closed_whole_and_closes_to_the_same_bytes(
    desk: Desk, database_url: str, books: Site, chance: random.Random, count: Count, figure: Figure
) -> None:
    """H4. Seen failing with a close that commits the period before the balances that it leaves."""
    close = {"what": "close", "by": books.operator_id, "year": 2026, "month": 11}
    since, until = periods.month("Asia/Seoul", 2026, 11)
    async with desk.look() as session:
        expected = await periods.statement(session, books.office_id, since, until)
    async with Doomed.ready(database_url) as doomed:
        deaths = await killed_at_each(desk, doomed, close, chance, count)
        closed = await everything(desk)
        async with desk.look() as session:
            [period] = await periods.closed(session, books.office_id)
            kept = (await session.scalars(select(PeriodBalance.balance).order_by(PeriodBalance.account_id))).all()
        assert period.digest == hashlib.sha256(expected).hexdigest()
        assert sorted(kept) == sorted(json.loads(line)["after"] for line in expected.splitlines()[1:])
        assert sum(kept) == 0
        assert not await doomed.dies(close | {"at": 0})
    again = await everything(desk)
    assert {name for name in closed if closed[name] != again[name]} == {
        "audit_entry"
    }  # who asked once more is on record
    await late(desk, books)
    async with desk.look() as session:
        assert await periods.is_unchanged(session, await session.get_one(Period, period.id))
        assert await periods.statement(session, books.office_id, since, until) == expected
    figure("H4", f"deaths in the close of a month, {desk.engine.dialect.name}", deaths, "")


async def late(desk: Desk, books: Site) -> None:
    """Money that comes in after the close."""
    async with desk.work() as work:
        await cashier.take_in(work, books.operator_id, books.drivers[0], 9_000, "늦은 입금")


async def test_a_batch_that_is_killed_is_made_and_posted_whole_or_not_at_all_and_once(
    desk: Desk, database_url: str, books: Site, chance: random.Random, count: Count, figure: Figure
) -> None:
    """H4. Seen failing with an approval that commits the entries before it says that the batch is posted."""
    propose = {"what": "propose", "by": books.operator_id, "first": "2026-11-01", "last": "2026-11-30"}
    async with Doomed.ready(database_url) as doomed:
        deaths = await killed_at_each(desk, doomed, propose, chance, count)
        async with desk.look() as session:
            [batch] = await batch_views.listed(session, books.office_id)
            lines = (await batch_views.told(session, books.office_id, batch.id)).lines
            before = await ledger.balances(session, books.office_id, "driver")
        assert len(lines) == DRIVERS
        ticked = [line.id for line in lines if line.included]
        approve = {"what": "approve", "by": books.colleague_id, "batch": batch.id, "lines": ticked}
        more = await killed_at_each(desk, doomed, approve, chance, count)
    posted = await everything(desk)
    async with desk.look() as session:
        told = await batch_views.told(session, books.office_id, batch.id)
        after = await ledger.balances(session, books.office_id, "driver")
        texts = (await session.scalars(select(Message))).all()
    assert told.state == "posted"
    assert {line.id for line in told.lines if line.entry_id is not None} == set(ticked)
    paid = {line.driver.id: line.amount for line in told.lines if line.included and line.kind == "pay"}
    assert paid
    assert {who: debit - before[who] for who, debit in after.items() if debit != before[who]} == paid
    assert len(texts) == len(ticked)
    with pytest.raises(AlreadyDecided):
        async with desk.work() as work:
            await batches.approve(work, books.colleague_id, batch.id, ticked)
    assert await everything(desk) == posted
    figure("H4", f"deaths in a batch, {desk.engine.dialect.name}", deaths + more, "")
