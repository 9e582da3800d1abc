"""A private, real Asterisk for a test: our rendered configuration on free ports in a temporary folder, and SIPp to call it.

async def test_a_call_rings(asterisk):
    callers = asterisk.sipp([("01055501234", "first caller")])
    await callers.finished()
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from callboard.pbx import AsteriskProcess, folders_for
from callboard.pbx_engine import Engine
from callboard.pbx_root import choose
from dialplan.settings import Line, Operator, Ports, Secrets, Settings, Site
from tests.sipp_fixture import Callers, Phone, start_callers, start_phone

DID = "15880001"
CHECKOUT = Path(__file__).parent.parent
T = TypeVar("T")


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port that nobody uses right now."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_ports() -> Ports:
    """Ports for an Asterisk that nobody uses right now."""
    return Ports(sip=free_port(socket.SOCK_DGRAM), ami=free_port(), agi=free_port())


class RealAsterisk:
    """A running Asterisk. `ami_port`, `agi_port`, `sip_port`, `secrets` and `state` are what a test needs of it."""

    def __init__(self, engine: Engine, state: Path, *, oneshot: Path | None = None, **settings: Any) -> None:
        chosen = Settings(**{"demo_callers": True, **settings})
        self.state = state
        self.site = Site(
            settings=chosen,
            lines=(Line(did=DID, language="ko"),),
            operators=tuple(Operator(extension=e, sip_password=secrets.token_urlsafe(12)) for e in ("1001", "1002")),
            ports=free_ports(),
            secrets=Secrets(**{name: secrets.token_urlsafe(32) for name in Secrets.model_fields}),
            folders=folders_for(engine, state, chosen),
            system_name="cb0",
            oneshot_script=oneshot,
        )
        self.process = AsteriskProcess(engine, self.site, state)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="asterisk", daemon=True)
        self._thread.start()
        self._started: list[Callers | Phone] = []

    @property
    def sip_port(self) -> int:
        """UDP, 127.0.0.1."""
        return self.site.ports.sip

    @property
    def ami_port(self) -> int:
        """TCP, 127.0.0.1; users callboard-reader and callboard-actor."""
        return self.site.ports.ami

    @property
    def agi_port(self) -> int:
        """TCP, 127.0.0.1: where the dialplan looks for the IVR; free until a test listens there."""
        return self.site.ports.agi

    @property
    def secrets(self) -> dict[str, str]:
        """By name: ami_reader, ami_actor, agi_token."""
        return {name: getattr(self.site.secrets, name).get_secret_value() for name in Secrets.model_fields}

    def start(self) -> None:
        """Returns when it is fully booted."""
        self._do(self.process.start())

    def stop(self) -> None:
        """In order."""
        self._do(self.process.stop())

    def kill(self) -> None:
        """As a crash would."""
        self._do(_kill(self.process))

    def cli(self, command: str) -> str:
        """What the console answers."""
        return self._do(self.process.cli(command))

    def channels(self) -> list[str]:
        """Names of the channels that are up."""
        return [line.split("!")[0] for line in self.cli("core show channels concise").splitlines() if "!" in line]

    def sipp(self, callers: Sequence[tuple[str, str]], **options: Any) -> Callers:
        """Place calls (number, display name); see `start_callers` for the options. Does not wait."""
        return self._known(start_callers(self.sip_port, self.state, callers, **{"did": DID, **options}))

    def phone(self, extension: str, **options: Any) -> Phone:
        """A desk phone that registers as this extension, rings and answers."""
        password = next(o.sip_password.get_secret_value() for o in self.site.operators if o.extension == extension)
        return self._known(start_phone(self.sip_port, self.state, extension, password, **options))

    def close(self) -> None:
        """End everything that was started."""
        for started in self._started:
            started.stop()
        try:
            self.stop()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _known(self, started: Any) -> Any:
        self._started.append(started)
        return started

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(90)


async def _kill(process: AsteriskProcess) -> None:
    inner = process._process
    assert inner is not None
    inner.kill()
    await inner.wait()


@contextmanager
def real_asterisk(engine: Engine, **options: Any) -> Iterator[RealAsterisk]:
    """A running one, with other settings than the fixture's."""
    # A short path: a UNIX socket's may have 107 bytes.
    state = Path(tempfile.mkdtemp(prefix="cb-pbx-"))
    asterisk = RealAsterisk(engine, state, **options)
    try:
        asterisk.start()
        yield asterisk
    finally:
        asterisk.close()
        shutil.rmtree(state, ignore_errors=True)


@pytest.fixture(scope="session")
def pbx_engine() -> Engine:
    """The Asterisk that `scripts/run` would choose here."""
    chosen = choose("auto", CHECKOUT / ".cache", print)
    assert chosen is not None
    return chosen


@pytest.fixture
def asterisk(pbx_engine: Engine) -> Iterator[RealAsterisk]:
    """A real Asterisk of this test's own."""
    with real_asterisk(pbx_engine) as running:
        yield running


async def until(condition: Callable[[], bool], limit_s: float = 20.0) -> None:
    """Wait until a condition holds; a generous limit, so that a slow machine is no failure."""
    end = time.monotonic() + limit_s
    while not await asyncio.to_thread(condition):
        assert time.monotonic() < end, "the condition did not come true"
        await asyncio.sleep(0.05)
