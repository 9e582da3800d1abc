"""The house of a Friday night: the demo's firm with more operators, a link for each driver, and what its processes hold."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from benchmarks.processes import cpu_s
from benchmarks.running import asterisk_pid
from benchmarks.soak_samples import Held, held_by
from callboard import demo
from callboard.commands.options import database_url
from callboard.config import load
from callboard.instance import Instance, Progress, make_prompts, open_desk
from callboard.state import State
from desk.bus import Bus
from desk.driver import driver_access, shifts
from desk.office import people
from desk.work import Work
from models import CustomerPhone, Driver, Office
from tests.path.running import RunningSite

FIRST_EXTENSION = 1003
SAMPLE_S = 10.0
CONFIG = '[dialplan]\nring_s = 5\nstrategy = "leastrecent"\n'
"""The queue looks as often as it can who has become free: at twenty times, its usual round is five minutes. And it rings
several callers' calls at once, each at one phone: of "ringall" Asterisk rings one caller at a time, about one a second.
"""
Login = dict[str, str]
Phone = tuple[str, tuple[float, float]]


@dataclass
class House:
    """Everything that is made before the night begins."""

    state: Path
    office_id: int
    operators: list[Login]
    owner: Login
    phones: list[Phone]
    known: list[str]

    @property
    def file(self) -> Path:
        """The database."""
        return self.state / "callboard.db"

    @property
    def url(self) -> str:
        """The same, as a url."""
        return f"sqlite+aiosqlite:///{self.file}"


async def build(operators: int, drivers: int) -> House:
    """A firm on a disk of its own: so many people who answer, and so many drivers on duty (the demo's others have gone home)."""
    # Not the folder for temporary files, which may lie in memory: a commit must cost here what it costs on a disk.
    folder = Path(tempfile.mkdtemp(prefix="cb-friday-", dir="/var/tmp"))
    state, settings = State(folder), load(None, {})
    state.make()
    (folder / "friday.toml").write_text(CONFIG, encoding="utf-8")
    desk = await open_desk(database_url(state, settings), Bus())
    try:
        instance = Instance(state, settings, desk, state.secrets(), None, None)
        await demo.fill_demo(instance, Progress(lambda _: None))
        await make_prompts(state, Progress(lambda _: None))
        logins = json.loads((folder / "demo-logins.json").read_text())
        async with desk.work() as work:
            office = (await work.session.scalars(select(Office))).one()
            more = [await _operator(work, office.id, number) for number in range(operators - len(logins["operators"]))]
        async with desk.work() as work:
            phones = await _phones(work, drivers)
            known = await work.session.scalars(select(CustomerPhone.number).order_by(CustomerPhone.id).limit(4_000))
            numbers = [number.replace("+82", "0") for number in known]
        everybody = [*logins["operators"][:operators], *more]
        return House(folder, office.id, everybody, logins["admin"], phones, numbers)
    finally:
        await desk.engine.dispose()


async def _operator(work: Work, office_id: int, number: int) -> Login:
    extension, password = str(FIRST_EXTENSION + number), secrets.token_urlsafe(12)
    login = f"op{extension}"
    await people.add_operator(
        work, office_id, login, name=f"상담원 {extension}", password=password, extension=extension, locale="ko"
    )
    return {"user": login, "password": password, "extension": extension}


async def _phones(work: Work, count: int) -> list[Phone]:
    everybody = list(await work.session.scalars(select(Driver).order_by(Driver.id)))
    for driver in everybody[count:]:
        await shifts.end(work, driver.id)
    return [
        (await driver_access.new_link(work, driver, None), (driver.lat or 37.5, driver.lon or 127.0))
        for driver in everybody[:count]
    ]


@dataclass
class Watch:
    """What the processes held and used, every ten seconds. `samples` are (seconds, callboard, Asterisk, tasks, held up in s)."""

    site: RunningSite
    samples: list[tuple[float, Held, Held, float, float]] = field(default_factory=list)
    pids: set[int] = field(default_factory=set)
    cpu: dict[str, float] = field(default_factory=dict)
    _begun: float = 0.0
    _cpu_before: dict[str, float] = field(default_factory=dict)

    async def run(self) -> None:
        """Until cancelled."""
        self._begun, self._cpu_before = time.monotonic(), self._cpu()
        while True:
            await asyncio.sleep(SAMPLE_S)
            with contextlib.suppress(TimeoutError):
                await self._sample()

    async def _sample(self) -> None:
        core, engine = self.site.core_pid(), asterisk_pid(self.site.state)
        self.pids |= {core, engine}
        _, metrics = await self.site.call("GET", "/metrics")
        figures = dict(line.rsplit(" ", 1) for line in metrics.splitlines() if not line.startswith("#"))
        tasks, held_up = float(figures["callboard_loop_tasks"]), float(figures["callboard_loop_held_up_seconds"])
        now = time.monotonic() - self._begun
        self.samples.append((now, held_by(core), held_by(engine), tasks, held_up))
        self.cpu = {name: (used - self._cpu_before[name]) / now for name, used in self._cpu().items()}

    def _cpu(self) -> dict[str, float]:
        return {"callboard": cpu_s(self.site.core_pid()), "Asterisk": cpu_s(asterisk_pid(self.site.state))}

    @property
    def started_anew(self) -> int:
        """How many processes died and came back."""
        return max(0, len(self.pids) - 2)


def complaints(state: Path) -> Counter[str]:
    """What callboard's own log warned of or called an error, by sentence."""
    found: Counter[str] = Counter()
    for file in sorted((state / "log").glob("callboard.log*")):
        for line in file.read_text(errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                told = json.loads(line)
                if told.get("level") in ("warning", "error", "critical"):
                    found[f"{told['level']}: {told['event']}"] += 1
    return found
