"""callboard as its users have it: started by `python -m callboard run`, reached over SIP, HTTP and its terminal only."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from tests.sipp_fixture import Callers, start_callers

CHECKOUT = Path(__file__).parent.parent.parent
DID = "15880001"
START_LIMIT_S = 240.0
STOP_LIMIT_S = 120.0
WAIT_LIMIT_S = 120.0
"""Long: on a busy machine a test shall fail because something does not happen, and not because it takes its time."""


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody uses right now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def oldest(processes: Iterable[Path]) -> int:
    """The process, of folders of /proc, that began first: a child that is not yet another program has its parent's words."""
    began: dict[int, int] = {}
    for folder in processes:
        with contextlib.suppress(OSError):
            began[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[19])
    assert began, "that process is not there"
    return min(began, key=lambda pid: began[pid])


async def until(true: Callable[[], Awaitable[Any]], limit_s: float = WAIT_LIMIT_S, what: str = "it") -> Any:
    """Wait until `true()` gives something, and return that."""
    try:
        async with asyncio.timeout(limit_s):
            while not (found := await true()):
                await asyncio.sleep(0.1)
            return found
    except TimeoutError:
        raise AssertionError(f"{what} did not happen within {limit_s} s") from None


class RunningSite:
    """One instance in a state folder of its own."""

    def __init__(self, *options: str, config: str = "", state: Path | None = None) -> None:
        self.state = state or Path(tempfile.mkdtemp(prefix="cb-path-"))
        self.http, self.ami, self.agi = free_port(), free_port(), free_port()
        self.sip = free_port(socket.SOCK_DGRAM)
        self.options = list(options)
        if config:
            (self.state / "site.toml").write_text(config, encoding="utf-8")
            self.options += ["--config", str(self.state / "site.toml")]
        self.process: subprocess.Popen[bytes] | None = None
        self._session: aiohttp.ClientSession | None = None
        self._callers: list[Callers] = []

    @property
    def base(self) -> str:
        """Where the panel is."""
        return f"http://127.0.0.1:{self.http}"

    @property
    def logins(self) -> dict[str, Any]:
        """The demo's log-ins."""
        return json.loads((self.state / "demo-logins.json").read_text())  # type: ignore[no-any-return]

    @property
    def said(self) -> str:
        """What stood on the terminal."""
        return (self.state / "terminal.txt").read_text(errors="replace")

    def launch(self) -> subprocess.Popen[bytes]:
        """Start it; does not wait."""
        ports = ("--http-port", self.http, "--sip-port", self.sip, "--ami-port", self.ami, "--agi-port", self.agi)
        words = [sys.executable, "-m", "callboard", "run", "--state", str(self.state), *map(str, ports), *self.options]
        with (self.state / "terminal.txt").open("wb") as terminal:
            self.process = subprocess.Popen(
                words, cwd=CHECKOUT, stdout=terminal, stderr=terminal, stdin=subprocess.DEVNULL, start_new_session=True
            )
        return self.process

    def begin(self) -> None:
        """Start it and be ready to ask it; does not wait."""
        self.launch()
        self._session = aiohttp.ClientSession()

    async def start(self, limit_s: float = START_LIMIT_S) -> None:
        """Start it and wait until every part works; what does not is stopped."""
        self.begin()
        try:
            await until(self.healthy, limit_s, "a healthy start")
        except AssertionError as error:
            await self.stop()
            raise AssertionError(f"{error}; the terminal says:\n{self.said[-3000:]}") from None

    async def healthy(self) -> bool:
        """Whether every part works."""
        assert self.process is not None
        assert self.process.poll() is None, f"it ended by itself:\n{self.said[-3000:]}"
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            status, health = await self.call("GET", "/healthz")
            return status == 200 and health["status"] == "ok"
        return False

    async def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """One request with the demo's token; the status and the JSON answer."""
        assert self._session is not None
        token = {"Authorization": f"Bearer {self.logins['api_token']}"} if path.startswith("/api") else {}
        async with self._session.request(
            method, self.base + path, json=body, headers={**token, **headers}, timeout=aiohttp.ClientTimeout(total=60)
        ) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if "json" in answer.content_type else text

    async def calls(self, number: str) -> list[dict[str, Any]]:
        """The call rows with this number."""
        status, answer = await self.call("GET", f"/api/v1/calls?number={number.replace('+', '%2B')}")
        assert status == 200, answer
        return list(answer["items"])

    def dial(self, callers: Sequence[tuple[str, str]], **options: Any) -> Callers:
        """Real SIP calls to the line; see `start_callers`."""
        placed = start_callers(self.sip, self.state, callers, **{"did": DID, **options})
        self._callers.append(placed)
        return placed

    def core_pid(self) -> int:
        """The process id of callboard's own process."""
        wanted = f"callboard\0serve\0--state\0{self.state}\0".encode()
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if wanted in (folder / "cmdline").read_bytes():
                    found.append(folder)
        return oldest(found)

    def processes(self) -> list[str]:
        """Command lines of all processes that mention the state folder, but not SIPp's."""
        found = []
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                words = (folder / "cmdline").read_bytes()
                if str(self.state).encode() in words and b"sipp" not in words:
                    found.append(words.replace(b"\0", b" ").decode(errors="replace"))
        return found

    async def stop(self, how: int = signal.SIGINT) -> int:
        """Ctrl-C (or another signal) to the starter; its exit code."""
        for callers in self._callers:
            callers.stop()
        if self._session is not None:
            await self._session.close()
            self._session = None
        assert self.process is not None
        if self.process.poll() is None:
            os.kill(self.process.pid, how)
        try:
            return await asyncio.to_thread(self.process.wait, STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise AssertionError(f"it did not stop:\n{self.said[-2000:]}") from None
