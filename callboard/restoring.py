"""A backup becomes a site again: everything is read and compared first, and only then, in one step, put in the old state's place.

    FILE --every checksum, the schema--> STATE.restored-<when>/ --one rename, both ways--> STATE/
                                         what was there before  --> STATE.before-<when>/

Until that one step the old state is untouched, after it the new one is whole; nothing is ever deleted. In PostgreSQL the step is
one transaction: the old tables move into a schema `before_restore_<when>`.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from sqlalchemy import URL, make_url

from callboard import backup_format as fmt
from callboard import postgresql_tools
from callboard.backup_format import BackupError, Manifest
from callboard.state import State, StateError
from desk.keeping import store
from desk.keeping.claim import Claim
from desk.work import open_engine
from models import migrations

RENAME_EXCHANGE = 2  # linux/fs.h; renameat2(2)
AT_FDCWD = -100
LOCKS = ("run.lock", "serve.lock")
TAKEN_OVER = ("secrets.json", "demo-logins.json")
"""Where the backup has none, those of the old state go on: telephones know their passwords, second factors their key."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done. `aside` is where the old state is now; None where there was none."""

    manifest: Manifest
    aside: str | None


def restore(
    state: State, file: Path, url_of: Callable[[Path], str], *, replace: bool, now: datetime | None = None
) -> Restored:
    """Put the backup `file` in the place of `state`. `url_of` tells where the rows live, by the state folder's configuration.

    Raises BackupError, StateError (a running site), and StoreError's kinds.
    """
    when = f"{now or datetime.now(UTC):%Y%m%dT%H%M%S}"
    folder = state.folder
    staged = folder.with_name(f"{folder.name}.restored-{when}")
    with _stopped(folder):
        if _holds_something(folder) and not replace:
            raise BackupError(
                f"{folder} holds a site already. With --replace it is moved aside, and nothing of it is deleted."
            )
        _make(staged)
        try:
            with fmt.told_in_words(file):
                manifest = _unpack(file, staged)
            aside = _put_in_place(folder, staged, manifest, url_of, when, replace=replace)
        except OSError as error:
            raise BackupError(f"Nothing was restored: {error}.") from error
        finally:
            _take_away(staged)
    return Restored(manifest, aside)


def _make(staged: Path) -> None:
    try:
        staged.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise BackupError(
            f"Nothing was restored: {error}. The folder beside the state folder must be writable."
        ) from error


def _put_in_place(
    folder: Path, staged: Path, manifest: Manifest, url_of: Callable[[Path], str], when: str, *, replace: bool
) -> str | None:
    default = State(staged).database_url
    url = url_of(staged)
    _same_kind(manifest, url, default)
    if manifest.database == fmt.SQLITE:
        (staged / fmt.SQLITE).rename(staged / "callboard.db")
        asyncio.run(store.check(default))  # is it whole, and is it ours to read?
    elif not migrations.knows(manifest.schema):
        raise BackupError(
            f"The backup was made by a newer callboard (schema {manifest.schema}, this one knows up to "
            f"{migrations.head()}). Restore it with that one."
        )
    for name in TAKEN_OVER:
        if (folder / name).is_file() and not (staged / name).exists():
            shutil.copy2(folder / name, staged / name)
    asyncio.run(_claimed(url if manifest.database == fmt.POSTGRESQL else State(folder).database_url, folder))
    told = []
    if manifest.database == fmt.POSTGRESQL:
        told += _into_postgresql(make_url(url), staged / fmt.POSTGRESQL, when, replace=replace)
        (staged / fmt.POSTGRESQL).unlink()
    for name in (*fmt.FOLDERS, "."):
        _keep(staged / name)
    told += _exchange(folder, staged, when)
    return " and ".join(told) or None


def _same_kind(manifest: Manifest, url: str, default: str) -> None:
    """The rows go where the site's own settings will look for them. Raises BackupError."""
    is_postgresql = make_url(url).get_backend_name() == "postgresql"
    if is_postgresql != (manifest.database == fmt.POSTGRESQL):
        kinds = ("PostgreSQL", "SQLite") if manifest.database == fmt.POSTGRESQL else ("SQLite", "PostgreSQL")
        raise BackupError(
            f"The backup's rows are {kinds[0]}'s and desk.database_url names {kinds[1]}. Set it for this restore, in the file "
            "that --config names or as CALLBOARD_DESK__DATABASE_URL."
        )
    if not is_postgresql and url != default:
        raise BackupError(
            "desk.database_url names a SQLite file of its own. Restore with a --config that names none, then move callboard.db."
        )


def _unpack(file: Path, staged: Path) -> Manifest:
    """Every file of the backup into `staged`, each compared with the list of contents. Raises BackupError."""
    found, raw, seal = {}, b"", b""
    for name, content in fmt.members(file):
        if name in (fmt.MANIFEST, fmt.SEAL):
            bytes_read = content.read(fmt.LARGEST_MANIFEST)
            raw, seal = (bytes_read, seal) if name == fmt.MANIFEST else (raw, bytes_read)
            continue
        target = staged / name
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        with _new(target) as written:
            one = fmt.copied(content, written)
            os.fsync(written.fileno())
        found[name] = (one.size, one.sha256)
    if not seal or hashlib.sha256(raw).hexdigest().encode() != seal:
        raise BackupError(
            f"{file} is not whole (its seal is missing or broken); nothing was restored. Take an older one."
        )
    manifest = fmt.read_manifest(raw)
    wrong = [one.name for one in manifest.files if found.pop(one.name, None) != (one.size, one.sha256)]
    if wrong or found or manifest.database not in {one.name for one in manifest.files}:
        raise BackupError(
            f"{file} is damaged ({', '.join([*wrong, *found][:5]) or 'no rows'}): what is in it is not what was put into it. "
            "Nothing was restored; take an older one."
        )
    return manifest


def _new(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")


@contextlib.contextmanager
def _stopped(folder: Path) -> Iterator[None]:
    """No start may begin meanwhile, and none may be there. Raises StateError. A folder that is not there is not made."""
    with contextlib.ExitStack() as held:
        for name in LOCKS:
            try:
                lock = os.open(folder / name, os.O_RDWR | os.O_CLOEXEC | (os.O_CREAT if folder.is_dir() else 0), 0o600)
            except FileNotFoundError:
                continue
            held.callback(os.close, lock)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise StateError(f"The site of {folder} is running. Stop it first, then restore.") from error
        yield


async def _claimed(url: str, folder: Path) -> None:
    """Nobody works on the database, from this state folder or another one. Raises DatabaseInUse."""
    if make_url(url).get_backend_name() == "sqlite" and not (folder / "callboard.db").exists():
        return
    engine = open_engine(url)
    claim = Claim(engine)
    try:
        await claim.take()
        await claim.release()
    finally:
        await engine.dispose()


def _holds_something(folder: Path) -> bool:
    names = ("callboard.db", fmt.CONFIG, *fmt.SECRET)
    return any((folder / name).exists() for name in names) or any(
        path.is_file() for kept in fmt.FOLDERS for path in (folder / kept).rglob("*")
    )


def _schema_there(url: URL) -> str | None:
    """What the database holds. A broken site, or a newer callboard's, can be moved aside as well; another program's cannot."""
    try:
        return asyncio.run(store.check(url.render_as_string(hide_password=False)))
    except (store.DatabaseMixed, store.DatabaseNewer) as error:
        return str(error)


def _into_postgresql(url: URL, rows: Path, when: str, *, replace: bool) -> list[str]:
    there = _schema_there(url)
    if there is not None and not replace:
        raise BackupError("The database holds a site already. With --replace its tables are moved aside, not deleted.")
    schema = f"{postgresql_tools.ASIDE}{when.lower()}"
    before = rows.with_name("aside.sql")
    move = f"alter schema public rename to {schema};\ncreate schema public;\n" if there is not None else ""
    before.write_text(move, encoding="utf-8")
    command, environment = postgresql_tools.load(url, before, rows)
    done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    before.unlink()
    if done.returncode:
        raise BackupError(
            f"PostgreSQL refused the backup's rows and kept its own: {postgresql_tools.said(done.stderr)}"
        )
    return [f"the schema {schema}"] if there is not None else []


def _exchange(folder: Path, staged: Path, when: str) -> list[str]:
    """`staged` gets the name `folder`, in one step also where something has that name."""
    if not folder.exists():
        staged.rename(folder)
        _keep(folder.parent)
        return []
    aside = folder.with_name(f"{folder.name}.before-{when}")
    if _renameat2(staged, folder):
        _keep(folder.parent)
        staged.rename(aside)  # it is the old state now
    else:
        folder.rename(aside)
        staged.rename(folder)
    _keep(folder.parent)
    return [str(aside)]


def _renameat2(one: Path, other: Path) -> bool:
    """Exchange two names at once. False where the file system or the C library cannot."""
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except AttributeError:
        return False
    failed: int = call(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE)
    return failed == 0


def _take_away(staged: Path) -> None:
    # Only what was unpacked here: after the exchange this name is gone.
    if staged.exists() and not (staged / LOCKS[0]).exists():
        shutil.rmtree(staged, ignore_errors=True)


def _keep(folder: Path) -> None:
    """What was named in this folder stays named through a loss of power."""
    if not folder.is_dir():
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
