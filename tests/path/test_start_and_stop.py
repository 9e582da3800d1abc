"""One command starts everything, Ctrl-C stops all of it and nothing else, and what cannot work is said in a sentence."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.path.conftest import Start
from tests.path.running import CHECKOUT, RunningSite, free_port, until


async def test_ctrl_c_stops_everything_that_was_started_and_a_second_start_keeps_the_log_ins(start_site: Start) -> None:
    site = await start_site("--no-calls", first=True)
    assert any("asterisk" in words for words in site.processes())
    logins = site.logins
    assert await site.stop() == 0
    assert site.processes() == []
    for port in (site.http, site.ami, site.agi):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
    await site.start()
    assert site.logins == logins


async def test_log_ins_are_random_and_only_their_owner_reads_them(start_site: Start) -> None:
    one = await start_site("--no-calls", first=True)
    other = await start_site("--no-calls")  # its log-ins are those of another first start
    for site in (one, other):
        for name in ("demo-logins.json", "secrets.json"):
            assert stat.S_IMODE((site.state / name).stat().st_mode) == 0o600
    assert set(one.logins) == {"url", "api_token", "admin", "operators"}
    assert set(one.logins["operators"][0]) == {"user", "password", "extension", "sip_password"}
    assert set(one.logins["admin"]) == {"user", "password"}
    words = [json.dumps(site.logins) for site in (one, other)]
    for secret in (one.logins["api_token"], one.logins["admin"]["password"], one.logins["operators"][0]["password"]):
        assert len(secret) >= 12
        assert secret in words[0]
        assert secret not in words[1]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_however_the_starter_ends_nothing_of_it_stays_behind(start_site: Start, how: signal.Signals) -> None:
    site = await start_site("--no-calls")
    await site.stop(how)

    async def gone() -> bool:
        return site.processes() == []

    await until(gone, what="the end of every process")


async def test_a_second_start_on_the_same_state_folder_is_refused_in_words(start_site: Start) -> None:
    site = await start_site("--no-calls")
    second = RunningSite("--no-calls", state=site.state)
    again = subprocess.run(
        [sys.executable, "-m", "callboard", "run", "--state", str(site.state), "--http-port", str(second.http)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert again.returncode == 1
    assert "already running" in again.stderr
    assert "--state" in again.stderr
    assert await site.healthy()


def run_and_fail(tmp_path: Path, *options: str) -> str:
    """The sentence with which a start is refused."""
    ended = subprocess.run(
        [sys.executable, "-m", "callboard", "run", "--state", str(tmp_path / "state"), *options],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ended.returncode == 1, ended.stdout
    assert "Traceback" not in ended.stderr
    return ended.stderr


@pytest.mark.parametrize(
    ("option", "kind"),
    [
        ("--http-port", socket.SOCK_STREAM),
        ("--agi-port", socket.SOCK_STREAM),
        ("--ami-port", socket.SOCK_STREAM),
        ("--sip-port", socket.SOCK_DGRAM),
    ],
)
def test_a_port_in_use_is_named_with_the_option_that_changes_it(
    tmp_path: Path, option: str, kind: socket.SocketKind
) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = str(taken.getsockname()[1])
        others = {
            name: str(free_port(free))
            for name, free in (
                ("--http-port", socket.SOCK_STREAM),
                ("--agi-port", socket.SOCK_STREAM),
                ("--ami-port", socket.SOCK_STREAM),
                ("--sip-port", socket.SOCK_DGRAM),
            )
        }
        words = [word for pair in {**others, option: port}.items() for word in pair]
        sentence = run_and_fail(tmp_path, "--no-calls", *words)
    assert port in sentence
    assert option in sentence


def test_every_mistake_in_a_configuration_is_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text('[web]\nport = "many"\n[agi]\nprot = 1\n[site]\nasterisk = "maybe"\n')
    sentence = run_and_fail(tmp_path, "--config", str(file))
    for word in ("web.port", "agi.prot", "there is no such setting", "site.asterisk"):
        assert word in sentence


def test_a_missing_configuration_file_is_named(tmp_path: Path) -> None:
    assert "nowhere.toml" in run_and_fail(tmp_path, "--config", str(tmp_path / "nowhere.toml"))


def test_a_damaged_database_is_left_as_it_is_and_told(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    damaged = b"SQLite format 3\0" + os.urandom(8192)
    (state / "callboard.db").write_bytes(damaged)
    sentence = run_and_fail(tmp_path, "--asterisk", "none", "--http-port", str(free_port()))
    assert "damaged" in sentence
    assert (state / "callboard.db").read_bytes() == damaged


@pytest.mark.parametrize(
    "command", ["run", "check", "migrate", "dialplan", "simulate", "prompts", "user", "doctor", "serve"]
)
def test_every_command_has_help(command: str) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "callboard", command, "--help"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=240,
        check=True,
    )
    assert "Usage" in told.stdout


async def test_our_own_process_runs_under_a_service_manager_too(tmp_path: Path) -> None:
    """Without a starter: standard input is /dev/null, and SIGTERM is the end."""
    port = free_port()
    with (tmp_path / "said.txt").open("wb") as said:
        service = subprocess.Popen(
            [
                *(sys.executable, "-m", "callboard", "serve", "--state", str(tmp_path / "state")),
                *("--asterisk", "none", "--http-port", str(port)),
            ],
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )

    async def answers() -> bool:
        assert service.poll() is None, (tmp_path / "said.txt").read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    try:
        await until(answers, what="the panel")
        await asyncio.sleep(1)  # the end of /dev/null would have been met by now
        assert service.poll() is None
        service.terminate()
        assert await asyncio.to_thread(service.wait, 30) == 0
        assert "Traceback" not in (tmp_path / "state" / "log" / "callboard.log").read_text()
    finally:
        service.kill()
        service.wait()


async def test_a_site_without_the_demo_is_made_by_commands_and_takes_its_first_call() -> None:
    """The start says what is missing; what it says is done; then a real call comes in."""
    first = RunningSite("--no-calls", config="[site]\ndemo = false\n")
    refused = await asyncio.to_thread(first.launch().wait, 90)
    assert refused == 1
    assert "callboard office add" in first.said
    assert "Traceback" not in first.said
    for words in (
        ["office", "add", "A firm", "--sms-sender", "15880001"],
        ["office", "line", "15880001", "--language", "en"],
        ["user", "add", "desk1", "--extension", "1001"],
    ):
        done = subprocess.run(
            [sys.executable, "-m", "callboard", *words, "--state", str(first.state)],
            cwd=CHECKOUT,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    site = first
    await site.start()
    try:
        site.dial([("01055506001", "x")], hold_ms=3000)

        async def arrived() -> bool:
            with sqlite3.connect(site.state / "callboard.db") as rows:
                return rows.execute("select number from call").fetchall() == [("+821055506001",)]

        await until(arrived, what="the call's row")
    finally:
        await site.stop()
        shutil.rmtree(site.state, ignore_errors=True)
