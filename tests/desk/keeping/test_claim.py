"""One database, one callboard; the claim ends with the process and comes back with the server."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from sqlalchemy import text

from desk.keeping import claim as module
from desk.keeping.claim import Claim, DatabaseInUse
from desk.work import open_engine


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_S", 0.2)
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.05)


async def test_a_second_one_is_refused_in_words_until_the_first_lets_go(database_url: str) -> None:
    """Seen failing without either lock."""
    engines = [open_engine(database_url) for _ in range(2)]
    first, second = (Claim(engine) for engine in engines)
    await first.take()
    with pytest.raises(DatabaseInUse, match="another callboard already works on this database"):
        await second.take()
    await first.release()
    await second.take()
    with pytest.raises(DatabaseInUse):
        await first.take()
    await second.release()
    for engine in engines:
        await engine.dispose()


async def test_the_claim_ends_with_the_process_that_held_it(database_url: str) -> None:
    held, told = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(hold(database_url, told))
        finally:
            os._exit(1)
    os.read(held, 1)
    engine = open_engine(database_url)
    with pytest.raises(DatabaseInUse):
        await Claim(engine).take()
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    module.PATIENCE_S = 20
    claim = Claim(engine)
    await claim.take()
    await claim.release()
    await engine.dispose()


async def hold(url: str, told: int) -> None:
    await Claim(open_engine(url)).take()
    os.write(told, b"x")
    await asyncio.Event().wait()


@pytest.mark.parametrize("engine_name", ["postgres"])
async def test_a_claim_that_the_server_forgot_is_taken_again_or_lost_for_good(database_url: str) -> None:
    engine = open_engine(database_url)
    first, second = Claim(engine), Claim(engine)
    await first.take()
    keeping = asyncio.create_task(first.keep())
    await cut_all(database_url)
    async with asyncio.timeout(20):
        while not await held(database_url):
            await asyncio.sleep(0.01)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    await cut_all(database_url)
    await second.take()
    with pytest.raises(DatabaseInUse):
        async with asyncio.timeout(20):
            await first.keep()
    await second.release()
    await engine.dispose()


async def cut_all(url: str) -> None:
    engine = open_engine(url)
    async with engine.connect() as other:
        await other.execute(text("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"))
    await engine.dispose()


async def held(url: str) -> bool:
    engine = open_engine(url)
    async with engine.connect() as other:
        count = await other.scalar(text("select count(*) from pg_locks where locktype = 'advisory' and granted"))
    await engine.dispose()
    return bool(count)
