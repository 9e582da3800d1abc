"""A whole callboard for the length of a replay: every real part, between played neighbours, on free ports."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from agi.sounds import Sound, Sounds, Spoken
from callboard.config import Settings, load
from callboard.demo import fill_rows
from callboard.instance import Instance
from callboard.replay.cables import Cable
from callboard.replay.clock import ReplayClock
from callboard.replay.pbx import PlayedPbx
from callboard.replay.requests import Requests
from callboard.replay.texts import PlayedNetwork
from callboard.replay.voices import Voices
from callboard.replay.waiting import until
from callboard.state import State
from callboard.supervisor import Supervisor
from callboard.tape_format import Header
from callboard.wiring import Wired, World, wire
from callerid.settings import Box
from desk.bus import Bus
from desk.events import PartChanged
from desk.keeping import store
from desk.keeping.tape import Fact, Tape
from desk.work import Desk, open_engine
from models import Line, Office

CUSTOMERS, DRIVERS = 200, 20
NEVER_S = 1e9


class Heard:
    """Counts what the real parts were told: how a replay knows that something has reached them."""

    def __init__(self) -> None:
        self.bytes: dict[str, int] = {}

    def source(self, name: str) -> Tape:
        """See callboard.wiring.Recorder."""

        def take(what: str, data: bytes = b"", **facts: Fact) -> None:
            self.bytes[name] = self.bytes.get(name, 0) + len(data)

        return take


class EverySound(Sounds):
    """Every prompt has a sound, as on the site that was recorded; nobody listens."""

    def find(self, language: str, prompt: str | Spoken) -> Sound | None:
        """See Sounds."""
        return Sound(f"callboard/{getattr(prompt, 'text', prompt)}", 1.0)


@dataclass(frozen=True, slots=True)
class PlayedSite:
    """The real parts and their played neighbours."""

    desk: Desk
    wired: Wired
    clock: ReplayClock
    heard: Heard
    pbx: PlayedPbx
    voices: Voices
    cables: dict[str, Cable]
    requests: Requests
    network: PlayedNetwork
    parts_ok: dict[str, bool]


@asynccontextmanager
async def played_site(state: State, header: Header) -> AsyncIterator[PlayedSite]:
    """Build and start a site in `state`; its rows are those that are there, else the demo's."""
    clock = ReplayClock(header.started_at)
    bus = Bus()
    desk = await _desk(state, bus, clock, header)
    parts_ok: dict[str, bool] = {}
    bus.on(PartChanged, lambda event: parts_ok.update({event.part: event.ok}))
    supervisor = Supervisor(bus)
    cables = {str(box["name"]): Cable(state.folder, str(box["name"])) for box in header.boxes}
    pbx = PlayedPbx(load(None, {}).ami)
    await pbx.open()
    heard, network = Heard(), PlayedNetwork()
    instance = Instance(state, _settings(header, pbx.port, cables), desk, state.secrets(), None, None)
    wired = wire(instance, World(clock, heard, network, EverySound(state.sounds), checks_callers=False))
    pbx.cut()
    requests = None
    try:
        for cable in cables.values():
            cable.plug()
        for part in wired.parts:
            supervisor.start(part)
        voices_at = await _listening(wired)
        await until(lambda: all(parts_ok.get(port.name) for port in wired.ports), "the boxes' ports")
        voices = Voices("127.0.0.1", voices_at, instance.secrets["agi_token"])
        requests = Requests(instance.settings.web, desk, wired.panel.port)
        yield PlayedSite(desk, wired, clock, heard, pbx, voices, cables, requests, network, parts_ok)
        await voices.end_all()
    finally:
        if requests is not None:
            await requests.close()
        pbx.cut()
        await supervisor.stop()
        for cable in cables.values():
            cable.pull()
        await desk.engine.dispose()


async def _desk(state: State, bus: Bus, clock: ReplayClock, header: Header) -> Desk:
    await store.prepare(state.database_url)
    desk = Desk(open_engine(state.database_url), bus, clock)
    await fill_rows(desk, customers=CUSTOMERS, drivers=DRIVERS)
    async with desk.work() as work:
        office_id = (await work.session.execute(select(Office.id).order_by(Office.id).limit(1))).scalar_one()
        for did in header.lines:
            if not await work.session.scalar(select(func.count(Line.id)).where(Line.did == did)):
                work.session.add(Line(office_id=office_id, did=did, name=did, language="ko", flow="welcome"))
    return desk


def _settings(header: Header, ami_port: int, cables: dict[str, Cable]) -> Settings:
    boxes = [Box(**{**box, "port": str(cables[str(box["name"])].path)}) for box in header.boxes]
    patient: dict[str, dict[str, Any]] = {
        "site": {"asterisk": "system", "demo": False, "demo_calls": False},
        # Requests come in sessions that nobody has signed in: no second factor was shown in them.
        "web": {"port": 0, "host": "127.0.0.1", "totp": "off"},
        # Lists are read when the recording says so, and at each log-in.
        "ami": {"port": ami_port, "retry_first_s": 0.02, "retry_most_s": 0.05, "resync_every_s": NEVER_S},
        "agi": {"port": 0, "desk_seconds": 15.0, "drain_seconds": 1.0},
        "callerid": {"boxes": boxes},
        "sms": {"stop_grace_s": 0.0, "rate_per_s": 1000.0},
    }
    return load(None, patient)


async def _listening(wired: Wired) -> int:
    assert wired.conversations is not None
    async with asyncio.timeout(30):
        await wired.conversations.listening.wait()
        await wired.panel.started.wait()
    assert wired.conversations.port is not None
    return wired.conversations.port
