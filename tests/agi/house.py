"""A real Asterisk with our own dialplan and prompts, and an AGI server in a process of its own that may be hurt."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import sysconfig
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from agi.launcher import launcher
from agi.sounds import Sounds
from callboard.pbx import AsteriskProcess, folders_for
from callboard.pbx_engine import Engine
from callboard.prompts import find_tools, make_prompts
from dialplan.settings import Line, Operator, Ports, Secrets, Settings, Site

ROOT = Path(__file__).parents[2]
DID = "15880001"
TOKEN = "t" * 40
LIMIT_S = 40.0


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody has at this moment."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Helper:
    """The AGI server of tests.agi.noted_desk as a process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def choice(self) -> dict[str, Any]:
        """The next choice that reached the desk."""
        assert self.process.stdout is not None
        async with asyncio.timeout(LIMIT_S):
            told: dict[str, Any] = json.loads(await self.process.stdout.readline())
        return told

    def send(self, number: signal.Signals) -> None:
        """Hurt it."""
        self.process.send_signal(number)


class House:
    """One Asterisk in one state folder; calls come in over a Local channel that behaves like a caller."""

    def __init__(self, engine: Engine, state: Path, language: str = "ko") -> None:
        self.state = state
        self.language = language
        self.agi_port = free_port()
        settings = Settings(demo_callers=True)
        self.script = state / "asterisk" / "oneshot"
        self.site = Site(
            settings=settings,
            lines=(Line(did=DID, language=language),),
            operators=(Operator(extension="1001", sip_password="p" * 20),),
            ports=Ports(sip=free_port(socket.SOCK_DGRAM), ami=free_port(), agi=self.agi_port),
            secrets=Secrets(ami_reader="r" * 40, ami_actor="a" * 40, agi_token=TOKEN),
            folders=folders_for(engine, state, settings),
            system_name="cbtest",
            oneshot_script=self.script,
        )
        self.asterisk = AsteriskProcess(engine, self.site, state)

    @property
    def sounds(self) -> Sounds:
        """The prompts of this house."""
        return Sounds(self.state / "sounds")

    async def open(self) -> None:
        """Make prompts and the one-shot script, boot Asterisk."""
        await make_prompts(ROOT / "locales", self.sounds, self.state / "sounds-own", find_tools(), lambda *_: None)
        self.script.parent.mkdir(parents=True, exist_ok=True)
        paths = [ROOT, Path(sysconfig.get_paths()["purelib"])]
        python = Path(sys.executable)
        self.script.write_text(launcher(python, paths, self.state / "spool", self.sounds.folder, self.language))
        self.script.chmod(0o700)
        await self.asterisk.start()
        await self.asterisk.cli("module load res_clioriginate.so")

    @contextlib.asynccontextmanager
    async def server(self, *places: str) -> AsyncIterator[Helper]:
        """Our AGI server, in a process of its own."""
        command = (sys.executable, "-m", "tests.agi.noted_desk", str(self.agi_port), TOKEN)
        process = await asyncio.create_subprocess_exec(
            *command, str(self.sounds.folder), str(self.state / "recordings"), *places,
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        helper = Helper(process)
        try:
            assert process.stdout is not None
            async with asyncio.timeout(LIMIT_S):
                assert json.loads(await process.stdout.readline())["port"] == self.agi_port
            yield helper
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def call(self, behaviour: str = "0") -> None:
        """A caller rings the line; `behaviour` is the extension of `callboard-demo-caller` that he follows."""
        await self.asterisk.cli(f"channel originate Local/{DID}@callboard-incoming/n extension {behaviour}@callboard-demo-caller")

    async def until(self, ready: Callable[[str], bool]) -> str:
        """Wait until the list of channels (`core show channels concise`) is as `ready` wants it; that list."""
        async with asyncio.timeout(LIMIT_S):
            while not ready(channels := await self.asterisk.cli("core show channels concise")):
                await asyncio.sleep(0.02)
        return channels

    async def until_queued(self) -> str:
        """Wait until the caller stands in the operators' queue."""
        return await self.until(lambda channels: "!Queue!" in channels)

    async def until_agi(self) -> str:
        """Wait until the caller is in a conversation."""
        return await self.until(lambda channels: "!AGI!" in channels)

    async def notes(self) -> list[dict[str, Any]]:
        """What the one-shot script has spooled."""
        files = sorted((self.state / "spool").glob("*.json"))
        return [json.loads(file.read_text("utf-8")) for file in files]
