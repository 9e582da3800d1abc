"""What the listener, the readings and the texts count stands on the panel's /metrics, as the whole instance is wired."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from callboard import figures
from callboard.config import Settings
from callboard.instance import Instance
from callboard.state import SECRET_NAMES, State
from callboard.wiring import wire
from desk.work import Desk
from models import Message
from tests.ami.peer import StandInPbx, event
from tests.desk.conftest import DID
from tests.site import Site

NAME = "cb5f0c11d2"
ARRIVAL = event(
    "UserEvent", SystemName=NAME, Channel="PJSIP/t-1", Uniqueid="c.1", UserEvent="CallboardArrived", Line=DID
)
FORGED = event("Hangup", Uniqueid="c.1")
STRANGE_LINE = ARRIVAL.replace(b"c.1", b"c.2").replace(DID.encode(), b"0000")

Scrape = Callable[[], Awaitable[dict[str, float]]]


@asynccontextmanager
async def instance(desk: Desk, state: Path, **settings: dict[str, object]) -> AsyncIterator[Scrape]:
    """A wired instance whose panel, readings and listener run; yields a way to read its /metrics."""
    secrets = dict.fromkeys(SECRET_NAMES, "s")
    chosen = Settings(web={"port": 0}, **settings)  # type: ignore[arg-type]
    wired = wire(Instance(State(state), chosen, desk, secrets, None, None))
    tasks = [asyncio.create_task(part.run()) for part in wired.parts if part.name in ("web", "readings", "ami")]
    async with aiohttp.ClientSession() as http:

        async def scrape() -> dict[str, float]:
            async with http.get(f"http://127.0.0.1:{wired.panel.port}/metrics") as answer:
                assert answer.status == 200
                text = await answer.text()
            return {
                sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
                for family in text_string_to_metric_families(text)
                for sample in family.samples
            }

        try:
            await asyncio.wait_for(wired.panel.started.wait(), 20)
            yield scrape
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def until(scrape: Scrape, name: str, value: float) -> dict[str, float]:
    async with asyncio.timeout(20):
        while (found := await scrape()).get(name) != value:
            await asyncio.sleep(0.02)
    return found


async def add_texts(desk: Desk, site: Site, *states: str) -> None:
    async with desk.work() as work:
        fields = {"office_id": site.office_id, "audience": "customer", "recipient": "+821012345678", "sender": DID}
        fields |= {"text_key": "sms.assigned.customer", "language": "ko", "text": "x"}
        times = dict.fromkeys(("next_try_at", "created_at", "updated_at"), work.now)
        work.session.add_all([Message(state=state, **fields, **times) for state in states])


async def test_a_scrape_tells_what_the_listener_the_readings_and_the_texts_count(
    desk: Desk, site: Site, tmp_path: Path
) -> None:
    await add_texts(desk, site, "queued", "delivered", "delivered")
    async with StandInPbx.started() as peer:
        peer.system_name = NAME
        ami = {"port": peer.port, "retry_first_s": 0.05}
        async with instance(desk, tmp_path, site={"asterisk": "system", "demo": False}, ami=ami) as scrape:
            await until(scrape, "callboard_ami_resyncs_total", 1)
            peer.writer.write(ARRIVAL + FORGED + STRANGE_LINE)
            await until(scrape, "callboard_readings_lost_total", 1)
            peer.writer.transport.abort()
            found = await until(scrape, "callboard_ami_reconnects_total", 1)
    assert found["callboard_ami_events_forged_total"] == 1
    assert found["callboard_ami_events_total"] >= 4
    assert found["callboard_ami_events_dropped_total"] == 0
    assert found["callboard_ami_events_untold_total"] == 0
    assert found["callboard_ami_lag_seconds"] >= 0
    assert found["callboard_readings_waiting"] == 0
    assert found["callboard_loop_tasks"] > 1
    assert {name: value for name, value in found.items() if name.startswith("callboard_messages")} == {
        "callboard_messages queued": 1,
        "callboard_messages delivered": 2,
    }
    assert "callboard_live_sockets" in found


async def test_without_an_asterisk_nothing_is_told_of_a_listener(desk: Desk, site: Site, tmp_path: Path) -> None:
    async with instance(desk, tmp_path, site={"asterisk": "none", "demo": False}) as scrape:
        found = await scrape()
    assert "callboard_readings_waiting" in found
    assert not [name for name in found if "_ami_" in name]


@pytest.mark.parametrize("engine_name", ["sqlite"])  # taking a table away would hold up the other tests of a server
async def test_a_database_that_is_away_leaves_out_the_texts_and_nothing_else(
    desk: Desk, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "MESSAGES_EVERY_S", 0.0)
    await add_texts(desk, site, "queued")
    file = sqlite3.connect(desk.engine.url.database or "", isolation_level=None)
    async with instance(desk, tmp_path, site={"asterisk": "none", "demo": False}) as scrape:
        assert (await scrape())["callboard_messages queued"] == 1
        file.execute("ALTER TABLE message RENAME TO away")
        found = await scrape()
        assert "callboard_readings_waiting" in found
        assert "callboard_messages queued" not in found
        file.execute("ALTER TABLE away RENAME TO message")
        assert (await scrape())["callboard_messages queued"] == 1
    file.close()


async def test_many_scrapes_ask_the_database_once(
    desk: Desk, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "MESSAGES_EVERY_S", 3600.0)
    await add_texts(desk, site, "queued")
    async with instance(desk, tmp_path, site={"asterisk": "none", "demo": False}) as scrape:
        assert (await scrape())["callboard_messages queued"] == 1
        await add_texts(desk, site, "queued")
        assert (await scrape())["callboard_messages queued"] == 1
