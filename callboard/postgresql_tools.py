"""PostgreSQL's own programs: which ones there are, and how they are told of a database without a password in their arguments."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from sqlalchemy import URL

from callboard.backup_format import BackupError

ASIDE = "before_restore_"
"""How the schemas begin into which a restore has moved what was there; they are in no further backup."""
_ENVIRONMENT = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "sslmode": "PGSSLMODE"}


def dump(url: URL) -> tuple[list[str], dict[str, str]]:
    """The command that writes every row of ours, as one moment saw them, as SQL; and its environment. Raises BackupError."""
    program = _find("pg_dump", "make a backup")
    return [program, "--no-owner", "--no-privileges", f"--exclude-schema={ASIDE}*"], _environment(url)


def load(url: URL, *files: Path) -> tuple[list[str], dict[str, str]]:
    """The command that runs these files in one transaction: all of them, or nothing. Raises BackupError."""
    program = _find("psql", "restore one")
    options = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--output=/dev/null"]
    return [program, *options, *(f"--file={file}" for file in files)], _environment(url)


def said(errors: bytes) -> str:
    """What a program said at its end, in one line."""
    return " ".join(errors.decode(errors="replace").split())[:400]


def _find(name: str, to_do: str) -> str:
    installed = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"),  # where Debian keeps them
        key=lambda path: int(path.parts[4]) if path.parts[4].isdigit() else 0,
    )
    program = str(installed[-1]) if installed else shutil.which(name)
    if program is None:
        raise BackupError(
            f"The rows are in PostgreSQL and its program {name} is not installed here, without which callboard cannot "
            f"{to_do}. Install postgresql-client, of the server's version or newer."
        )
    return program


def _environment(url: URL) -> dict[str, str]:
    given: dict[str, str] = {"user": url.username or "", "password": str(url.password or ""), "host": url.host or ""}
    given["port"] = str(url.port or "")
    given.update({key: value for key, value in url.query.items() if isinstance(value, str)})
    told = {_ENVIRONMENT[key]: value for key, value in given.items() if value and key in _ENVIRONMENT}
    return {**os.environ, "PGDATABASE": url.database or "", "PGCONNECT_TIMEOUT": "10", **told}
