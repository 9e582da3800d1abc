"""A real PostgreSQL server for one test run: in a temporary folder, reached by a unix socket, never as root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

# Nothing in a test run outlives the machine's power, so the server need not wait for its disk.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "log_min_messages": "panic",
    "timezone": "Asia/Seoul",  # not UTC: a moment that loses its zone on the way shows
}
START_LIMIT_S = 60


class Cluster:
    """A running server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    @contextmanager
    def started() -> Iterator[Cluster]:
        """Make a cluster, run it, and take it away again."""
        folder = Path(tempfile.mkdtemp(prefix="callboard-pg-"))
        user = "nobody" if os.geteuid() == 0 else None
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        try:
            _call(user, "initdb", "--pgdata", folder / "data", "--username=postgres", "--auth=trust", "--encoding=UTF8",
                  "--locale=C", "--no-sync")  # fmt: skip
            options = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
            command = [_program("postgres"), "-D", str(folder / "data"), "-k", str(folder), *options]
            server = subprocess.Popen(_dies_with_us(command), user=user, cwd=folder)
            try:
                cluster = Cluster(folder)
                cluster._wait(server)
                yield cluster
            finally:
                server.send_signal(signal.SIGINT)
                server.wait(timeout=START_LIMIT_S)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """The address that the desk is given."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def create(self, database: str, template: str = "template1") -> None:
        """A new database, a copy of `template`."""
        self._execute(
            sql.SQL("create database {} template {}").format(sql.Identifier(database), sql.Identifier(template))
        )

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
