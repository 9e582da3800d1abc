"""A real Asterisk with our own dialplan, prompts and one-shot script, and an AGI server in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import sysconfig
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from agi.launcher import launcher
from agi.sounds import Sounds
from tests.pbx_fixture import RealAsterisk

CHECKOUT = Path(__file__).parents[2]
LIMIT_S = 60.0


class ServerProcess:
    """The AGI server of tests.agi.noted_desk."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def choice(self) -> dict[str, Any]:
        """The next choice that reached the desk."""
        return await self._told()

    async def _told(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        async with asyncio.timeout(LIMIT_S):
            told: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return told

    def hurt(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)


class House:
    """What surrounds one real Asterisk, and what can be seen of its calls."""

    def __init__(self, asterisk: RealAsterisk, sounds: Sounds, script: Path) -> None:
        self.asterisk = asterisk
        self.sounds = sounds
        self._script = script

    @property
    def spool(self) -> Path:
        """Where the one-shot script leaves its notes."""
        return self.asterisk.state / "spool"

    def place_script(self) -> None:
        """Put the one-shot script where the dialplan looks for it."""
        paths = [CHECKOUT, Path(sysconfig.get_paths()["purelib"])]
        self._script.write_text(launcher(Path(sys.executable), paths, self.spool, self.sounds.folder, "ko"))
        self._script.chmod(0o700)

    @contextlib.asynccontextmanager
    async def server(self, *places: str) -> AsyncIterator[ServerProcess]:
        """Our AGI server, up; gone afterwards."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.agi.noted_desk", str(self.asterisk.agi_port), self.asterisk.secrets["agi_token"],
            str(self.sounds.folder), str(self.asterisk.state / "recordings"), *places,
            cwd=CHECKOUT, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        )  # fmt: skip
        server = ServerProcess(process)
        try:
            assert (await server._told())["port"] == self.asterisk.agi_port
            yield server
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def until(self, ready: Callable[[str], bool]) -> None:
        """Wait until the console's list of channels is as `ready` wants it."""
        async with asyncio.timeout(LIMIT_S):
            while not ready(await asyncio.to_thread(self.asterisk.cli, "core show channels concise")):
                await asyncio.sleep(0.03)

    async def until_queued(self) -> None:
        """Wait until the caller stands in the operators' queue."""
        await self.until(lambda channels: "!Queue!" in channels)

    async def until_in_conversation(self) -> None:
        """Wait until the caller has been answered by a conversation."""
        await self.until(lambda channels: "!Up!AGI!" in channels)

    def notes(self) -> list[dict[str, Any]]:
        """What the one-shot script has left."""
        return [json.loads(file.read_text("utf-8")) for file in sorted(self.spool.glob("*.json"))]

    async def noted_choice(self) -> dict[str, Any] | None:
        """Wait until the one-shot script has left its note with a choice; that choice."""
        async with asyncio.timeout(LIMIT_S):
            while not (notes := [note for note in self.notes() if note["choice"]]):
                await asyncio.sleep(0.03)
        choice: dict[str, Any] = notes[0]["choice"]
        return choice
