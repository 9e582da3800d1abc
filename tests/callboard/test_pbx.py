"""Asterisk as a part: started, supervised and stopped as a whole; ports; what is left behind."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from callboard.commands.run import first_try
from callboard.pbx import AsteriskProcess, folders_for
from callboard.pbx_engine import Engine, PbxError, find_system
from callboard.pbx_root import choose
from callboard.supervisor import Supervisor
from desk.bus import Bus
from desk.events import PartChanged
from dialplan.settings import Settings
from tests.dialplan.sites import site
from tests.pbx_fixture import CHECKOUT, RealAsterisk, free_port, free_ports, real_asterisk, until


def alive(marker: str) -> list[int]:
    """Processes whose command line holds this text."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and entry.name != str(os.getpid()):
            try:
                if marker.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def inner(asterisk: RealAsterisk) -> list[int]:
    """The processes of this Asterisk."""
    return alive(f"{asterisk.site.folders.etc}/asterisk.conf")


async def test_stopping_leaves_no_process_and_no_port(asterisk: RealAsterisk) -> None:
    assert inner(asterisk)
    asterisk.stop()
    assert not inner(asterisk)
    with socket.create_server(("127.0.0.1", asterisk.ami_port)):
        pass


async def test_each_start_has_a_system_name_of_its_own(asterisk: RealAsterisk) -> None:
    first = asterisk.process.site.system_name
    asterisk.stop()
    asterisk.start()
    assert asterisk.process.site.system_name != first
    while "No such command" in (told := asterisk.cli("core show settings")):  # it answers before all of it is loaded
        await asyncio.sleep(0.1)
    assert asterisk.process.site.system_name in told


async def test_asterisk_has_no_capability_and_cannot_write_outside(asterisk: RealAsterisk) -> None:
    pid = max(inner(asterisk))
    status = Path(f"/proc/{pid}/status").read_text()
    capabilities = {line.split()[0]: line.split()[1] for line in status.splitlines() if line.startswith("Cap")}
    assert {capabilities[name] for name in ("CapPrm:", "CapEff:", "CapInh:", "CapAmb:")} == {"0" * 16}
    mounts = [line.split() for line in Path(f"/proc/{pid}/mounts").read_text().splitlines()]
    root = [options for _, where, _, options, *_ in mounts if where == "/"][-1]
    assert "ro" in root.split(",")
    state = asterisk.state
    assert {
        where for _, where, _, options, *_ in mounts if where.startswith(str(state)) and "rw" in options.split(",")
    } == {str(state), *(str(state / name) for name in ("asterisk", "recordings", "spool"))}
    assert [kind for _, where, kind, *_ in mounts if where == str(state)] == ["tmpfs"], (
        "the instance's own secrets are hidden"
    )


async def test_the_ends_of_asterisk_are_told_in_a_sentence(asterisk: RealAsterisk) -> None:
    asterisk.stop()
    process = AsteriskProcess(asterisk.process.engine, asterisk.site, asterisk.state)
    running = asyncio.create_task(process.run())
    await process.ready.wait()
    os.kill(max(inner(asterisk)), signal.SIGKILL)
    with pytest.raises(PbxError, match="ended by itself"):
        await running
    assert not process.ready.is_set()
    again = asyncio.create_task(process.run())
    await process.ready.wait()
    again.cancel()
    with pytest.raises(asyncio.CancelledError):
        await again
    assert not inner(asterisk)


@pytest.mark.parametrize(("what", "option"), [("sip", "--sip-port"), ("ami", "--ami-port")])
async def test_a_port_in_use_is_told_before_anything_starts(what: str, option: str, asterisk: RealAsterisk) -> None:
    asterisk.stop()
    kind = socket.SOCK_DGRAM if what == "sip" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", getattr(asterisk.site.ports, what)))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        with pytest.raises(PbxError, match=f"already in use.*{option}"):
            asterisk.start()
    asterisk.start()


async def test_two_run_side_by_side(asterisk: RealAsterisk, pbx_engine: Engine) -> None:
    with real_asterisk(pbx_engine) as other:
        assert other.cli("core show uptime") != ""
        other.stop()
        assert "callboard-trunk" in asterisk.cli("pjsip show endpoints")


async def test_the_one_shot_script_in_the_state_folder_can_be_run_from_within_the_cage(pbx_engine: Engine) -> None:
    state = Path(tempfile.mkdtemp(prefix="cb-pbx-"))
    script, ran = state / "callboard-oneshot", state / "spool" / "ran"
    script.write_text(f"#!/bin/sh\ntouch {ran}\n")
    script.chmod(0o750)
    asterisk = RealAsterisk(pbx_engine, state, oneshot=script)
    try:
        asterisk.start()
        asterisk.sipp([("01055501234", "x")])
        await until(ran.exists)
    finally:
        asterisk.close()
        shutil.rmtree(state, ignore_errors=True)


PARENT = """
import asyncio, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # tests that a shell began in the background ignore Ctrl-C
sys.path.insert(0, {checkout!r})
from pathlib import Path
from callboard.pbx import AsteriskProcess, folders_for
from callboard.pbx_root import choose
from dialplan.settings import Settings
from tests.dialplan.sites import site
from dialplan.settings import Ports
engine = choose("auto", Path({checkout!r}) / ".cache", print)
state = Path({state!r})
made = site(settings=Settings(), folders=folders_for(engine, state, Settings()), oneshot_script=None,
            ports=Ports(sip={sip}, ami={ami}, agi={agi}))
async def main():
    process = AsteriskProcess(engine, made, state)
    running = asyncio.create_task(process.run())
    await process.ready.wait()
    print("up", flush=True)
    await running
asyncio.run(main())
"""


def can_listen(port: int) -> bool:
    """Whether the port is free again."""
    try:
        with socket.create_server(("127.0.0.1", port)):
            return True
    except OSError:
        return False


@pytest.mark.parametrize("fault", [signal.SIGINT, signal.SIGKILL])
async def test_nothing_is_left_behind_when_callboard_ends_by(fault: signal.Signals, tmp_path: Path) -> None:
    ami = free_port()
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            PARENT.format(
                checkout=str(CHECKOUT), state=str(tmp_path), sip=free_port(socket.SOCK_DGRAM), ami=ami, agi=free_port()
            ),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert parent.stdout is not None
        while (line := await asyncio.to_thread(parent.stdout.readline)) != b"up\n":
            assert line, "it did not start"
        assert alive(f"{tmp_path}/asterisk/etc")
        parent.send_signal(fault)
        await asyncio.to_thread(parent.wait, 20)
        await until(lambda: not alive(f"{tmp_path}/asterisk/etc"))
        await until(lambda: can_listen(ami))
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()


async def test_a_state_folder_with_a_path_too_long_is_told(pbx_engine: Engine, tmp_path: Path) -> None:
    state = tmp_path / ("x" * 100)
    process = AsteriskProcess(pbx_engine, site(folders=folders_for(pbx_engine, state, Settings())), state)
    with pytest.raises(PbxError, match="too long"):
        await process.start()


def test_none_means_no_asterisk(tmp_path: Path) -> None:
    assert choose("none", tmp_path, print) is None


@pytest.mark.parametrize(("version", "found"), [("18.10.0", False), ("20.6.0", True), ("22.10.1", True)])
def test_a_system_asterisk_counts_from_version_20(version: str, found: bool, tmp_path: Path) -> None:
    for folder in ("sbin", "lib/asterisk/modules", "share/asterisk/sounds"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "lib/asterisk/modules/chan_pjsip.so").touch()
    program = tmp_path / "sbin" / "asterisk"
    program.write_text(f"#!/bin/sh\necho Asterisk {version}~dfsg\n")
    program.chmod(0o755)
    engine = find_system(str(program.parent), (tmp_path,))
    assert (engine is not None) == found
    assert engine is None or engine.name == f"Asterisk {version} (system)"


async def test_an_asterisk_that_does_not_start_keeps_the_panel_from_nobody(pbx_engine: Engine, tmp_path: Path) -> None:
    broken = dataclasses.replace(pbx_engine, program=("/bin/false",))
    bus, told = Bus(), list[PartChanged]()
    bus.on(PartChanged, told.append)
    supervisor = Supervisor(bus)
    made = site(folders=folders_for(broken, tmp_path, Settings()), ports=free_ports())
    process = AsteriskProcess(broken, made, tmp_path)
    try:
        async with asyncio.timeout(60):
            await first_try(process, bus, supervisor)
    finally:
        await supervisor.stop()
    assert not process.ready.is_set()
    assert [(event.part, event.ok) for event in told] == [("asterisk", False)]
    assert "did not start" in told[0].reason
