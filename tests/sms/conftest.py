"""A real SQLite file, a desk on it, queued texts, and the simulated SMSC."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select

from desk.bus import Bus
from desk.events import Event
from desk.work import Desk, open_engine
from models import Base, Message, Office
from sms.outcome import Provider
from sms.sender import Sender
from sms.settings import Settings
from tests.sms.smsc import Smsc, running_smsc

HANDSET = "+821012345678"
KOREAN = "박기사 #117 기사님이 10분 후 도착합니다. 출발: 강남역 10번 출구"


@pytest.fixture(autouse=True)
def plain_log() -> None:
    """Whatever an earlier test of this process made of the log, e.g. a command that shows errors only."""
    structlog.reset_defaults()


class Site:
    """The rows of one office, and what was told about them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bus = Bus()
        self.desk = Desk(open_engine(f"sqlite+aiosqlite:///{path}"), self.bus)
        self.told: list[Event] = []
        self.bus.on(Event, self.told.append)

    async def make(self) -> None:
        async with self.desk.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with self.desk.work() as work:
            office = Office(
                name="Night desk",
                country="KR",
                currency="KRW",
                timezone="Asia/Seoul",
                trade="proxy",
                sms_sender="15880001",
            )
            work.session.add(office)

    async def queue(self, *texts: str, recipients: Sequence[str] = ()) -> list[int]:
        """Texts that are due now, to one handset or each to its own; returns their ids."""
        now = datetime.now(UTC)
        async with self.desk.work() as work:
            rows = [
                Message(
                    office_id=1, audience="customer", recipient=recipient, sender="15880001", text_key="assigned.customer",
                    language="ko", text=text, state="queued", next_try_at=now, created_at=now, updated_at=now,
                )
                for text, recipient in zip(texts, recipients or [HANDSET] * len(texts), strict=True)
            ]  # fmt: skip
            work.session.add_all(rows)
            await work.session.flush()
            return [row.id for row in rows]

    async def rows(self) -> list[Message]:
        async with self.desk.look() as session:
            rows = list((await session.execute(select(Message).order_by(Message.id))).scalars())
            session.expunge_all()  # or the end of the look would empty them
            return rows

    async def states(self) -> list[str]:
        return [row.state for row in await self.rows()]

    async def until(self, condition: Callable[[list[Message]], bool]) -> list[Message]:
        """The rows, once `condition` holds for them."""
        async with asyncio.timeout(60):
            while not condition(rows := await self.rows()):
                await asyncio.sleep(0.05)
        return rows

    async def until_states(self, *states: str) -> list[Message]:
        return await self.until(lambda rows: [row.state for row in rows] == list(states))


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    made = Site(tmp_path / "callboard.db")
    await made.make()
    yield made
    await made.desk.engine.dispose()


@pytest.fixture
async def smsc() -> AsyncIterator[Smsc]:
    async with running_smsc() as running:
        yield running


def smpp_keys(smsc: Smsc, **keys: Any) -> dict[str, Any]:
    return {"host": "127.0.0.1", "port": smsc.port, "system_id": "callboard", "password": "secret"} | keys


def smpp_settings(smsc: Smsc, rate_per_s: float = 1000, **keys: Any) -> Settings:
    return Settings(provider="smpp", providers={"smpp": smpp_keys(smsc, **keys)}, rate_per_s=rate_per_s, stop_grace_s=2)


@asynccontextmanager
async def sending(site: Site, settings: Settings, provider: Provider | None = None) -> AsyncIterator[Sender]:
    """The sender at work until the block is left."""
    sender = Sender(settings, site.desk, provider or settings.open_provider(), site.bus)
    task = asyncio.create_task(sender.run())
    try:
        yield sender
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
