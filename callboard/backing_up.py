"""A backup of a running site: the rows as one moment saw them, then the files that they name, in one file.

Nobody waits for it: SQLite is copied by its own backup API from one read transaction, PostgreSQL by pg_dump. The file is written
beside its place, for its owner only, and gets its name when it is whole.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import io
import os
import sqlite3
import subprocess
import tarfile
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import IO

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from callboard import backup_format as fmt
from callboard import postgresql_tools
from callboard.backup_format import BackupError, Kept, Manifest
from callboard.state import State
from desk.bus import Bus
from desk.database_errors import in_words
from desk.keeping import store
from desk.office import exports
from desk.work import Desk, open_engine
from models import migrations

LOCK_WAIT_S = 30
COMPRESSION = 1  # recordings hardly shrink, and a night's backup shall not cost a core


def make_backup(state: State, url: str, target: Path, *, with_secrets: bool) -> Manifest:
    """Write a backup of the site to `target`. Raises BackupError, and StoreError's kinds for its database."""
    schema = asyncio.run(store.check(url))
    if schema is None:
        raise BackupError(f"There is nothing to back up: the database of the state folder {state.folder} is empty.")
    if target.exists():
        raise BackupError(f"{target} is there already. Give the backup another name; no backup is ever written over.")
    if schema == migrations.head():
        asyncio.run(_on_record(url, target.name))
    try:
        return _make(state, url, target, schema, with_secrets=with_secrets)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"No backup was made: {error}.") from error


async def _on_record(url: str, name: str) -> None:
    """All that is known of all customers leaves the site. (A schema that is older is saved as it is.)"""
    desk = Desk(open_engine(url), Bus())
    try:
        await desk.do(lambda work: exports.taken_away(work, None, name, "backup"))
    except SQLAlchemyError as error:
        raise BackupError(f"No backup was made, because it could not be put on record: {in_words(error)}.") from error
    finally:
        await desk.engine.dispose()


def _make(state: State, url: str, target: Path, schema: str, *, with_secrets: bool) -> Manifest:
    rows, beside = (target.with_name(target.name + end) for end in (".rows", ".part"))
    try:
        kind = _copy_rows(url, rows)
        with _private(beside) as file:
            packed = gzip.GzipFile(filename="", mode="wb", compresslevel=COMPRESSION, fileobj=file)
            with packed, tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive:
                kept = [_add(archive, kind, rows)]
                names = _files(state.folder, (fmt.CONFIG, *(fmt.SECRET if with_secrets else ())))
                kept += [_add(archive, name, state.folder / name) for name in names]
                made_at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
                manifest = Manifest(made_at, _version(), schema, kind, tuple(kept))
                _add_bytes(archive, fmt.MANIFEST, manifest.as_bytes())
                _add_bytes(archive, fmt.SEAL, hashlib.sha256(manifest.as_bytes()).hexdigest().encode())
            file.flush()
            os.fsync(file.fileno())
        os.link(beside, target)  # fails where somebody else has written a file of that name in the meantime
        _keep_names(target.parent)
        return manifest
    finally:
        for leftover in (rows, beside):
            leftover.unlink(missing_ok=True)


def _copy_rows(url: str, rows: Path) -> str:
    """The rows into a file of their own; the name that it has in a backup."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        _copy_sqlite(Path(str(parsed.database)), rows)
        return fmt.SQLITE
    with _private(rows) as file:
        command, environment = postgresql_tools.dump(parsed)
        done = subprocess.run(command, env=environment, stdout=file, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise BackupError(f"pg_dump could not read the database: {postgresql_tools.said(done.stderr)}")
    return fmt.POSTGRESQL


def _copy_sqlite(database: Path, rows: Path) -> None:
    _private(rows).close()
    with (
        contextlib.closing(sqlite3.connect(database, timeout=LOCK_WAIT_S)) as source,
        contextlib.closing(sqlite3.connect(rows)) as copy,
    ):
        # All pages at once, from one read transaction: a copy in steps begins anew with each commit of the running site.
        source.backup(copy, pages=-1)
        copy.execute("pragma journal_mode=delete")  # one file, without a log beside it
        findings = [row[0] for row in copy.execute("pragma quick_check(1)")]
    if findings != ["ok"]:
        raise BackupError(f"{database} is damaged ({findings[0]}); restore an older backup.")


def _files(folder: Path, names: tuple[str, ...]) -> list[str]:
    """Those of `names` that are there, and the plain files of the folders that belong to a backup. Links are not followed."""
    found = [
        Path(where, name).relative_to(folder).as_posix()
        for kept in fmt.FOLDERS
        for where, _, names in os.walk(folder / kept)
        for name in names
        if Path(where, name).is_file() and not Path(where, name).is_symlink()
    ]
    there = [name for name in names if (folder / name).is_file()]
    return there + sorted(name for name in found if fmt.is_allowed(name))


def _add(archive: tarfile.TarFile, name: str, path: Path) -> Kept:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        counting = _Counting(file, size)
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode, entry.mtime = size, 0o600, int(path.stat().st_mtime)
        archive.addfile(entry, counting)
    return Kept(name, size, counting.digest.hexdigest())


class _Counting(io.RawIOBase):
    """Reads what a file had when it was opened (a recording may grow meanwhile), and counts its digest."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        chunk = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(chunk)
        self.digest.update(chunk)
        return chunk


def _add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o600
    archive.addfile(entry, io.BytesIO(content))


def _private(path: Path) -> IO[bytes]:
    path.unlink(missing_ok=True)  # left by a backup that was killed
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


def _keep_names(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _version() -> str:
    try:
        return version("callboard")
    except PackageNotFoundError:
        return "unknown"
