"""Our Asterisk as a part: configured anew, started in its cage, waited for until it is fully booted, stopped in order.

`AsteriskProcess.run` works until it is cancelled and raises `PbxError` when Asterisk ends by itself, so that the
supervisor starts it again. Nothing outside the state folder is written, and only what was started here is stopped.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import structlog

from callboard.pbx_cage import Cage, bubblewraps, cage
from callboard.pbx_engine import Engine, PbxError, Root
from callboard.pbx_files import prepare_folders
from callboard.ports import refusal
from dialplan.publish import publish
from dialplan.render import render_all
from dialplan.settings import Folders, Ports, Settings, Site

BOOT_LIMIT_S = 60.0
STOP_LIMIT_S = 5.0
CLI_LIMIT_S = 10.0
_CONTROL_PATH_LIMIT = 107  # bytes of a UNIX socket's path, sockaddr_un(7)

log = structlog.get_logger(__name__)


def new_system_name() -> str:
    """A name that no earlier start had: it begins every Uniqueid and Linkedid."""
    return f"cb{secrets.token_hex(4)}"


def folders_for(engine: Engine, state: Path, settings: Settings) -> Folders:
    """Where the instance with this state folder keeps what belongs to its Asterisk."""
    return Folders.under(state.resolve(), modules=engine.modules, sbin=engine.sbin, custom=settings.custom_folder)


def ports_in_use(sip_address: str, ports: Ports) -> list[str]:
    """A sentence for each port that Asterisk needs and cannot have."""
    wanted = (
        (socket.SOCK_DGRAM, sip_address, ports.sip, "SIP", "--sip-port"),
        (socket.SOCK_STREAM, "127.0.0.1", ports.ami, "AMI", "--ami-port"),
    )
    return [sentence for port in wanted if (sentence := refusal(*port))]


class AsteriskProcess:
    """One Asterisk of ours. `site.system_name` is set anew at each start; `warn` is told a sentence where the cage is weak."""

    def __init__(self, engine: Engine, site: Site, state: Path, warn: Callable[[str], None] = lambda _: None) -> None:
        self.engine = engine
        self.site = site
        self.ready = asyncio.Event()
        self._state = state.resolve()
        self._warn = warn
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The process that we started, while it lives (the cage, where there is one)."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def run(self) -> None:
        """Keep Asterisk up until cancelled. Raises PbxError when it cannot start or ends by itself."""
        await self.start()
        try:
            assert self._process is not None
            code = await self._process.wait()
            raise PbxError(f"Asterisk ended by itself ({_ending(code)}). Its last words are in {self._console}.")
        finally:
            self.ready.clear()
            await asyncio.shield(self.stop())

    async def start(self) -> None:
        """Configure and start; returns when Asterisk is fully booted. Raises PbxError."""
        self._refuse_what_cannot_work()
        self.site = self.site.model_copy(update={"system_name": new_system_name()})
        prepare_folders(self.site.folders, self._state, self.engine.data, {line.language for line in self.site.lines})
        publish(render_all(self.site))
        chosen = self._cage()
        if chosen.warning:
            self._warn(chosen.warning)
        with self._console.open("ab") as console:
            self._process = await asyncio.create_subprocess_exec(
                *chosen.prefix,
                *self.engine.program,
                "-C",
                str(self._conf),
                "-f",
                "-n",
                stdin=asyncio.subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                umask=0o077,
                env={**os.environ, **chosen.environment},
                start_new_session=True,
            )
        try:
            await self._booted()
        except BaseException:
            await asyncio.shield(self.stop())
            raise
        self.ready.set()
        log.info("asterisk is up", version=self.engine.name, system_name=self.site.system_name)
        if self.engine.warning:
            log.warning("the Asterisk is old", reason=self.engine.warning)

    async def stop(self) -> None:
        """Stop what `start` started, politely first."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(PbxError, TimeoutError):
            await self.cli("core stop now", limit_s=STOP_LIMIT_S)
            async with asyncio.timeout(STOP_LIMIT_S):
                await process.wait()
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    async def cli(self, command: str, limit_s: float = CLI_LIMIT_S) -> str:
        """What Asterisk's console answers to one command of ours. Raises PbxError."""
        process = await asyncio.create_subprocess_exec(
            *self.engine.program,
            "-C",
            str(self._conf),
            "-rx",
            command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            async with asyncio.timeout(limit_s):
                told, _ = await process.communicate()
        except BaseException as error:
            if process.returncode is None:
                process.kill()
                await process.wait()
            if isinstance(error, TimeoutError):
                raise PbxError(f"Asterisk's console did not answer within {limit_s:.0f} s.") from error
            raise
        if process.returncode:
            raise PbxError("Asterisk's console does not answer.")
        return told.decode(errors="replace")

    @property
    def _conf(self) -> Path:
        return self.site.folders.etc / "asterisk.conf"

    @property
    def _console(self) -> Path:
        return self.site.folders.log / "console.log"

    def _refuse_what_cannot_work(self) -> None:
        control = os.fsencode(self.site.folders.run / "asterisk.ctl")
        if len(control) > _CONTROL_PATH_LIMIT:
            raise PbxError(
                f"The state folder's path is too long for Asterisk's control socket: {self._state}. Choose a shorter one."
            )
        if sentences := ports_in_use(self.site.settings.sip_address, self.site.ports):
            raise PbxError(" ".join(sentences))

    def _cage(self) -> Cage:
        private = None
        if self.engine.private:
            with contextlib.suppress(PbxError):
                private = Root(self.engine.sbin.parent.parent).program("usr/bin/bwrap")
        writable = tuple(self._state / name for name in ("asterisk", "recordings", "spool"))
        readable = [self._state / "sounds"]
        script = self.site.oneshot_script.resolve() if self.site.oneshot_script else None
        if script is not None and script.is_relative_to(self._state):
            readable.append(script)
        return cage(self._state, writable, tuple(readable), bubblewraps(private))

    async def _booted(self) -> None:
        assert self._process is not None
        try:
            async with asyncio.timeout(BOOT_LIMIT_S):
                while self._process.returncode is None:
                    with contextlib.suppress(PbxError):
                        if "fully booted" in await self.cli("core waitfullybooted"):
                            return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise PbxError(f"Asterisk did not boot within {BOOT_LIMIT_S:.0f} s. See {self._console}.") from None
        raise PbxError(f"Asterisk did not start ({_ending(self._process.returncode)}). See {self._console}.")


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
