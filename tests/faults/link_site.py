"""A whole site whose link to its Asterisk's manager runs over our wire, callers in its history, and what it says of the link."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.ami.wire import Wire
from tests.faults.history import History
from tests.faults.proxy import Proxy
from tests.faults.small_site import fill_small
from tests.faults.whole_site import promises, strangers
from tests.path.running import RunningSite, free_port
from tests.path.test_always_through import console
from tests.sipp_fixture import Callers

Count = Callable[[int, int], int]

# Each channel there tells `burst` events of the site's own, twenty times a second.
STORM = """
[test-storm]
exten => {burst},1,Answer()
 same => n(again),Wait(0.05)
 same => n,Set(n={burst})
 same => n(one),UserEvent(Storm,Number: ${{n}},Text: 010-5555-0000 is what nobody here asked for{pad})
 same => n,Set(n=$[${{n}} - 1])
 same => n,GotoIf($[${{n}} > 0]?one)
 same => n,Goto(again)
exten => hold,1,Wait(3600)
"""


@asynccontextmanager
async def linked_site(config: str = "") -> AsyncIterator[tuple[RunningSite, Proxy]]:
    """The demo site without demo callers; it connects to Asterisk's manager through the wire, and restarts by itself."""
    manager = free_port()
    # A short path: a UNIX socket's may have 107 bytes.
    state = Path(tempfile.mkdtemp(prefix="cb-link-"))
    async with Proxy(manager) as wire:
        site = RunningSite("--no-calls", config=f"[dialplan]\nmanager_port = {manager}\n{config}", state=state)
        site.ami = wire.port
        try:
            await fill_small(site, f"sqlite+aiosqlite:///{state}/callboard.db")
            await site.start(limit_s=240)
            yield site, wire
        finally:
            wire.thaw()
            await site.stop()
            shutil.rmtree(site.state, ignore_errors=True)


class CallsIn:
    """Real calls of one test, each in its history; `whole()` is the end of the test."""

    def __init__(self, site: RunningSite, history: History) -> None:
        self.site = site
        self.history = history
        self.numbers: list[str] = []
        self._placed: list[tuple[Callers, list[str]]] = []

    def dial(self, count: int, **options: Any) -> Callers:
        """So many callers; does not wait."""
        numbers = strangers(count)
        self.numbers += numbers
        placed = self.site.dial([(number, "손님") for number in numbers], **{"hold_ms": 2000, "dtmf": "0", **options})
        self._placed.append((placed, numbers))
        return placed

    def stop(self) -> None:
        """Their phones are gone without a word."""
        for placed, _ in self._placed:
            placed.stop()
        self._placed = []

    async def over(self) -> None:
        """Every call is over, as its caller saw it."""
        for placed, numbers in self._placed:
            with self.history.doing("callers", "call", numbers=numbers) as call:
                code = await placed.finished(600)
                if code:
                    call.fail(f"SIPp ended with {code}")
        self._placed = []

    async def whole(self) -> float:
        """Nothing is broken, at the latest when N1 allows no more; how many seconds it took."""
        begun = time.monotonic()
        broken = await promises(self.site, self.history, self.numbers)
        assert broken == [], "\n".join(broken)
        for number in self.numbers:
            assert len(await self.site.calls(number)) == 1, f"{number} is not one row"
        return time.monotonic() - begun


def asterisk_pid(site: RunningSite) -> int:
    """The site's Asterisk itself, not its cage and not its console."""
    wanted = [b"-C", str(site.state / "asterisk" / "etc" / "asterisk.conf").encode(), b"-f"]
    found = []
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if all(word in words for word in wanted) and b"bwrap" not in words[0] and b"--ro-bind" not in words:
                found.append(int(folder.name))
    assert found, "Asterisk is not there"
    return max(found)


async def ami_part(site: RunningSite) -> dict[str, Any]:
    """What /healthz says of the link."""
    _, health = await site.call("GET", "/healthz")
    return dict(health["parts"]["ami"])


async def seconds_until(site: RunningSite, ok: bool, limit_s: float = 60.0) -> float:
    """How long it takes from now until /healthz tells the link as working, or as lost."""
    begun = time.monotonic()
    while (await ami_part(site))["ok"] is not ok:
        assert time.monotonic() - begun < limit_s, f"the link is not told as {'up' if ok else 'lost'}"
        await asyncio.sleep(0.02)
    return time.monotonic() - begun


def secret(site: RunningSite, name: str) -> str:
    """With which callboard logs in at Asterisk."""
    return str(json.loads((site.state / "secrets.json").read_text())[name])


async def storm(site: RunningSite, wire: Proxy, burst: int, channels: int = 1, pad: int = 0) -> None:
    """`burst` events of no interest, twenty times a second and for each channel, until `calm()`; each `pad` bytes longer."""
    custom = site.state / "asterisk" / "custom" / "extensions-custom.conf"
    custom.write_text(STORM.format(burst=burst, pad="x" * pad))
    await console(site, "dialplan reload")
    actor = await Wire.open(wire.to_port, "callboard-actor", secret(site, "ami_actor"))
    for n in range(channels):
        where = {"Channel": f"Local/{burst}@test-storm/n", "Context": "test-storm", "Exten": "hold", "Priority": 1}
        await actor.act(Action="Originate", Async="true", ActionID=f"storm-{n}", **where)
    await actor.until(rb"Response: Success\r\nActionID: storm", count=channels)
    await actor.close()


async def calm(site: RunningSite) -> None:
    """No more of it."""
    told = await console(site, "core show channels concise")
    for name in [line.split("!")[0] for line in told.splitlines() if "@test-storm" in line]:
        await console(site, f"channel request hangup {name}")


def p99(values: Sequence[float]) -> float:
    """The 99th of a hundred; of fewer, the largest."""
    return sorted(values)[min(len(values) - 1, int(len(values) * 0.99))]
