"""A real PostgreSQL server for one test run: in a temporary folder, reached by a unix socket, never as root."""

from __future__ import annotations

import functools
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from tests.memory import in_memory

DURABLE = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "recovery_init_sync_method": "syncfs",
}
"""For tests that kill the server: what it said is committed must be on the disk."""
# Otherwise nothing in a test run outlives the machine's power, so the server need not wait for its disk.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "max_wal_size": "64MB",
    "min_wal_size": "32MB",
    "shared_buffers": "32MB",
    "log_min_messages": "panic",
    "timezone": "Asia/Seoul",  # not UTC: a moment that loses its zone on the way shows
}
START_LIMIT_S = 60
FILE_COPY_SINCE = 15
"""The version that can be told how to copy; older ones copy so anyway."""
# A server dies with the thread that started it (see _dies_with_us), and a test may start it from a short-lived one.
_STARTER = ThreadPoolExecutor(1)


class Cluster:
    """A running server, which may be stopped, killed and started again."""

    def __init__(self, folder: Path, user: str | None, settings: dict[str, str]) -> None:
        self.folder = folder
        self._user = user
        self._settings = settings
        self._server: subprocess.Popen[bytes] | None = None

    @staticmethod
    @contextmanager
    def started(kept: Path | None = None, **settings: str) -> Iterator[Cluster]:
        """Make a cluster, run it, and take it away again. `settings` override SETTINGS.

        With `kept` it lies in that folder, is found there the next time, and stays.
        """
        settings = {**SETTINGS, **settings}
        # One that waits for its disk shall have a disk.
        place = in_memory() if settings["fsync"] == "off" else None
        folder = kept or Path(tempfile.mkdtemp(prefix="callboard-pg-", dir=place))
        folder.mkdir(exist_ok=True)
        user = "nobody" if os.geteuid() == 0 else None
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        try:
            if not (folder / "data").exists():
                _call(user, "initdb", "--pgdata", folder / "data", "--username=postgres", "--auth=trust",
                      "--encoding=UTF8", "--locale=C", "--no-sync")  # fmt: skip
            cluster = Cluster(folder, user, settings)
            try:
                cluster.start()
                yield cluster
            finally:
                cluster.stop(signal.SIGINT)
        finally:
            if kept is None:
                shutil.rmtree(folder, ignore_errors=True)

    def start(self) -> None:
        """Run the server, and come back when it answers."""
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        command = _dies_with_us(
            [_program("postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), *options]
        )
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            self._server = _STARTER.submit(self._popen, command).result()
            try:
                return self._wait(self._server)
            except psycopg.OperationalError:
                # After kill -9 the last run's processes hold its shared memory for a moment longer.
                if time.monotonic() > deadline:
                    raise
                self._server.wait()
                time.sleep(0.05)

    def _popen(self, command: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            command, user=self._user, cwd=self.folder, start_new_session=True, stderr=subprocess.DEVNULL
        )

    def stop(self, how: int = signal.SIGINT) -> None:
        """SIGINT ends what runs and writes everything; SIGQUIT is PostgreSQL's `immediate`: recovery at the next start."""
        if self._server is not None:
            self._server.send_signal(how)
            self._server.wait(timeout=START_LIMIT_S)
            self._server = None

    def start_if_down(self) -> None:
        """Whatever a test left."""
        if self._server is None:
            self.start()

    def kill(self) -> None:
        """kill -9 to the postmaster alone, as the kernel does it when memory runs out."""
        self.stop(signal.SIGKILL)

    def url(self, database: str) -> str:
        """The address that the desk is given."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def create(self, database: str, template: str = "template1") -> None:
        """A new database, a copy of `template`."""
        statement = sql.SQL("create database {} template {}").format(sql.Identifier(database), sql.Identifier(template))
        if _newest() >= FILE_COPY_SINCE:
            statement += sql.SQL(" strategy file_copy")  # without a disk to wait for, in two thirds of the time
        self._execute(statement)

    def drop(self, database: str) -> None:
        """Away with a database, whoever is connected."""
        self._execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(database)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(host=str(self.folder), user="postgres", dbname="postgres", autocommit=True) as connection:
            connection.execute(statement)

    def _wait(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        while True:
            try:
                return self._execute(sql.SQL("select {}").format(sql.Literal(1)))
            except psycopg.OperationalError:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


@functools.cache
def _newest() -> int:
    """The major version of the server that is started."""
    told = subprocess.run([_program("postgres"), "--version"], check=True, capture_output=True, text=True).stdout
    version = re.search(r"\d+", told)
    assert version is not None, told
    return int(version[0])


def _program(name: str) -> str:
    """The newest installed server's program (Debian keeps them outside PATH)."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[4]))
    program = str(found[-1]) if found else shutil.which(name)
    if program is None:
        raise RuntimeError(f"the tests need PostgreSQL's {name}: install the package 'postgresql'")
    return program


def _call(user: str | None, name: str, *arguments: str | Path) -> None:
    done = subprocess.run(
        [_program(name), *map(str, arguments)], user=user, cwd="/", check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{name} failed: {done.stderr}")


def _dies_with_us(command: list[str]) -> list[str]:
    """A test run that is killed must not leave its server behind."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "QUIT", *command] if setpriv else command
