"""The real panel in a process of its own, on a database that others write to as well: it can be killed, stopped and doubled.

    python -m tests.faults.panel_process DATABASE-URL PORT

serves, says {"port": n} on its standard output, and then does what each line of JSON on its standard input asks for.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from desk.bus import Bus
from desk.call import calls
from desk.call.calls import Target
from desk.events import CallSeen
from desk.work import Desk, open_engine
from web.keys import Outside, Person
from web.server import Panel
from web.settings import Settings

CHECKOUT = Path(__file__).parent.parent.parent
DID = "15880001"
TICK_S = 0.01
LIMIT_S = 60


async def act(desk: Desk, what: str, reference: str, **more: Any) -> dict[str, Any]:
    """Something happens at the PBX: `ring` (number), `rang` or `answered` (extension), `gone`."""
    async with desk.work() as work:
        if what == "ring":
            seen = CallSeen(work.now, "pbx", reference, DID, more["number"], None, linkedid=reference)
            return {"call": (await calls.open_call(work, seen)).id, "at": time.time()}
        if what == "gone":
            await calls.gone(work, reference, "16")
        else:
            await getattr(calls, what)(work, reference, more["extension"])
    return {"at": time.time()}


class PanelProcess:
    """That process, seen from the test."""

    def __init__(self, url: str, port: int) -> None:
        self.url = url
        self.port = port
        self._process: asyncio.subprocess.Process | None = None
        self._talk = asyncio.Lock()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @staticmethod
    @asynccontextmanager
    async def running(url: str, port: int) -> AsyncIterator[PanelProcess]:
        panel = PanelProcess(url, port)
        await panel.start()
        try:
            yield panel
        finally:
            await panel.kill()

    async def start(self) -> None:
        """Serve, on the same port as before."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.faults.panel_process", self.url, str(self.port),
            cwd=CHECKOUT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=2**20,
        )  # fmt: skip
        assert (await self._answer())["port"] == self.port

    async def kill(self) -> None:
        """kill -9."""
        if self.alive:
            assert self._process is not None
            self._process.kill()
            await self._process.wait()

    async def act(self, what: str, reference: str, **more: Any) -> dict[str, Any]:
        """See `act`: it happens in that process."""
        return await self.ask({"what": what, "reference": reference, **more})

    async def late(self) -> list[float]:
        """By how many seconds each tick of its event loop came too late, since this was last asked."""
        return list((await self.ask({"what": "late"}))["late"])

    async def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdin is not None
        async with self._talk:
            self._process.stdin.write(json.dumps(command).encode() + b"\n")
            return await self._answer()

    @property
    def memory(self) -> int:
        """Resident bytes."""
        assert self._process is not None
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGESIZE")

    async def _answer(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        async with asyncio.timeout(LIMIT_S):
            line = await self._process.stdout.readline()
        assert line, "the panel's process has ended"
        return dict(json.loads(line))


class _NoPhone:
    async def answer(self, call_id: int, operator: Person) -> None: ...

    async def hangup(self, call_id: int, operator: Person) -> None: ...

    async def next(self, operator: Person) -> int | None: ...

    async def dial(self, target: Target, operator: Person) -> None: ...


async def _no_test_call() -> None: ...


class _Ticks:
    def __init__(self) -> None:
        self.late: list[float] = []

    async def run(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            due = clock() + TICK_S
            await asyncio.sleep(TICK_S)
            self.late.append(clock() - due)


async def _serve(url: str, port: int) -> None:
    desk = Desk(open_engine(url), Bus())
    outside = Outside(_NoPhone(), _no_test_call, Path(tempfile.gettempdir()), {})
    panel = Panel(Settings(port=port, session_check_s=1.0, test_call_every_s=0), desk, desk.bus, outside)
    serving, ticks = asyncio.create_task(panel.run()), _Ticks()
    ticking = asyncio.create_task(ticks.run())
    await panel.started.wait()
    _say({"port": panel.port})
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        command = json.loads(line)
        if command["what"] == "late":
            _say({"late": ticks.late})
            ticks.late = []
        else:
            _say(await act(desk, **command))
    ticking.cancel()
    serving.cancel()


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the test, which ends us
    import structlog

    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(_serve(sys.argv[1], int(sys.argv[2])))
