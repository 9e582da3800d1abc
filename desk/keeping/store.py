"""The database is made ready before anything else starts: looked at, brought to this code's schema, or refused in words.

What is refused is never touched: no repair, no new file in place of a broken one. Restoring a backup is a person's decision.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import threading
from pathlib import Path

import structlog
from sqlalchemy import URL, Connection, inspect, make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from desk.errors import DeskError
from models import Base, migrations

log = structlog.get_logger(__name__)

LOOK_S = 1.5
"""How long a file is looked at before the start, at most. A million customers take 3 s from memory and 20 s from a disk."""
# What our own schema has had since its first revision: a database with tables, but without these, is another program's.
_OURS = "alembic_version"
_LONG_BUSY = ("locked", "busy")
_POSTGRESQL_LOCKED = "55P03"


class StoreError(DeskError):
    """The database cannot be used. `str()` says why and what to do, without any password."""

    code = "store"


class DatabaseNewer(StoreError):
    """The schema comes from a newer callboard."""

    code = "database_newer"


class DatabaseDamaged(StoreError):
    """The file is not what SQLite wrote."""

    code = "database_damaged"


class DatabaseForeign(StoreError):
    """There are tables, and none of them is ours."""

    code = "database_foreign"


class DatabaseMixed(StoreError):
    """The schema says which version it is, and is not that."""

    code = "database_mixed"


class DatabaseLocked(StoreError):
    """Another program holds the database and did not let go in time."""

    code = "database_locked"


class DatabaseUnreachable(StoreError):
    """No connection: no server, no such database, wrong password, no right to the file."""

    code = "database_unreachable"


async def prepare(url: str) -> None:
    """Make the database at `url` ready for this code: checked, and migrated up. Raises StoreError's kinds."""
    await asyncio.to_thread(_prepare, make_url(url))


async def check(url: str) -> str | None:
    """Look only: the revision that the database is at (None: empty). Raises StoreError's kinds."""
    return await asyncio.to_thread(_check, make_url(url))


def _prepare(url: URL) -> None:
    if _check(url) == migrations.head():
        return
    _make_private(url)
    try:
        migrations.upgrade(url)
    except DBAPIError as error:
        raise _in_words(url, error) from error


def _make_private(url: URL) -> None:
    """A new file is its owner's only: it holds who called and where he lives. (SQLite gives its log the same rights.)"""
    file = _file_of(url)
    if file is not None:
        with contextlib.suppress(OSError):  # a folder that is not there is told by the upgrade
            os.close(os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))


def _check(url: URL) -> str | None:
    if url.get_backend_name() == "sqlite" and (file := _file_of(url)) is not None:
        if not file.exists():
            return None
        _look_at_file(file)
    try:
        revision, tables, missing = _state_of(url)
    except DBAPIError as error:
        raise _in_words(url, error) from error
    except UnicodeDecodeError as error:  # a name or a definition in the file is no text any more
        raise _damaged(Path(str(url.database)), str(error)) from error
    if revision is not None and not migrations.knows(revision):
        raise DatabaseNewer(
            f"{_shown(url)} was made by a newer callboard (schema {revision}, this one knows up to {migrations.head()}); "
            "start the newer version, or restore a backup made with this one",
            revision=revision,
            head=migrations.head(),
        )
    if revision is None and tables - {_OURS}:
        raise DatabaseForeign(f"{_shown(url)} holds another program's tables; give callboard a database of its own")
    if missing:
        raise DatabaseMixed(
            f"{_shown(url)} says that it has schema {revision} and lacks {', '.join(missing[:5])}: something else has changed "
            "it; nothing was touched, restore the last backup",
            revision=revision,
        )
    return revision


def _state_of(url: URL) -> tuple[str | None, set[str], list[str]]:
    """The revision, the tables, and what a database at our newest revision should have and this one has not."""
    engine = migrations.open_engine(url)
    with engine.connect().execution_options(read_only=True) as connection:
        tables = set(inspect(connection).get_table_names())
        if _OURS not in tables:
            return None, tables, []
        rows = connection.exec_driver_sql(f"select version_num from {_OURS}").all()  # noqa: S608 -- our own constant
        if len(rows) > 1:
            return str(rows[0][0]), tables, ["one version (it has several)"]
        revision = str(rows[0][0]) if rows else None
        return revision, tables, _missing(connection) if revision == migrations.head() else []


def _missing(connection: Connection) -> list[str]:
    there = inspect(connection).get_multi_columns()
    columns = {name: {column["name"] for column in found} for (_, name), found in there.items()}
    return [
        f"the table {table.name}" if table.name not in columns else f"the column {table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in (table.columns if table.name in columns else list(table.columns)[:1])
        if column.name not in columns.get(table.name, ())
    ]


def _look_at_file(file: Path) -> None:
    """SQLite's own examination (`PRAGMA quick_check`), reading only; a large file's is broken off, as callers wait.

    Whatever the start did not get to is looked at by each backup, which examines its copy whole.
    """
    try:
        connection = sqlite3.connect(
            f"{file.resolve().as_uri()}?mode=ro", uri=True, timeout=migrations.LOCK_WAIT_S, check_same_thread=False
        )
        try:
            findings = _quick_check(connection)
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        raise _sqlite_in_words(file, error) from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        raise _damaged(file, str(error)) from error
    if findings != ["ok"]:
        raise _damaged(file, "; ".join(findings).replace("\n", " "))


def _quick_check(connection: sqlite3.Connection) -> list[str]:
    connection.execute(
        "PRAGMA schema_version"
    ).fetchone()  # whoever holds the file is waited for before the time begins
    enough = threading.Timer(LOOK_S, connection.interrupt)
    enough.start()
    try:
        return [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
    except sqlite3.OperationalError as error:
        if str(error) != "interrupted":
            raise
        log.info("the database file is large: its first part was found well, each backup examines the whole")
        return ["ok"]
    finally:
        enough.cancel()
        enough.join()  # it must not interrupt what comes after


def _sqlite_in_words(file: Path, error: BaseException) -> StoreError:
    if any(word in str(error) for word in _LONG_BUSY):
        return DatabaseLocked(
            f"{file} is locked by another program; stop whatever has it open (another callboard, a database tool) and "
            "start again"
        )
    return DatabaseUnreachable(f"{file} cannot be opened ({error}); see to its folder, its rights and the free space")


def _damaged(file: Path, finding: str) -> DatabaseDamaged:
    return DatabaseDamaged(
        f"{file} is damaged ({finding[:200]}) and was left as it is; put a copy of it aside and restore the last backup in "
        "its place"
    )


def _in_words(url: URL, error: DBAPIError) -> StoreError:
    cause = error.orig or error
    file = _file_of(url)
    if file is not None:
        if isinstance(error, OperationalError):
            return _sqlite_in_words(file, cause)
        return _damaged(file, str(cause))
    if getattr(cause, "sqlstate", None) == _POSTGRESQL_LOCKED:
        return DatabaseLocked(f"{_shown(url)} is locked by another program; end its transaction and start again")
    reason = " ".join(str(cause).split())
    return DatabaseUnreachable(
        f"{_shown(url)} cannot be used ({reason[:300]}); see that the server runs and that desk.database_url is right"
    )


def _file_of(url: URL) -> Path | None:
    """The SQLite file; None for PostgreSQL and for a database in memory."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return Path(str(url.database))


def _shown(url: URL) -> str:
    """The database as it may be written down: a file, or an address without the password."""
    file = _file_of(url)
    return str(file) if file is not None else f"the database {url.render_as_string(hide_password=True)}"
