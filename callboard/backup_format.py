"""What a backup is: one gzipped tar that says itself whether it is whole.

    database.sqlite | database.sql     the rows, as one moment saw them
    callboard.toml                     if the site has one
    recordings/...  sounds-own/...     files of the state folder
    files/...                          photos of cars, documents of drivers
    secrets.json  demo-logins.json     only when they were asked for
    manifest.json                      name, size and SHA-256 of each of these, the schema, when, by which callboard
    manifest.sha256                    of manifest.json; the last member: a file that was cut off lacks it

Nothing in it is trusted: a name that is not of this list is refused, and so is everything but plain files.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

FORMAT = 1
SQLITE, POSTGRESQL = "database.sqlite", "database.sql"
CONFIG = "callboard.toml"
SECRET = ("secrets.json", "demo-logins.json")
FOLDERS = ("recordings", "sounds-own", "files")
MANIFEST, SEAL = "manifest.json", "manifest.sha256"
CHUNK = 1 << 20
LARGEST_MANIFEST = 256 << 20

_PART = r"(?!\.{1,2}(?:/|$))[^/\0]{1,255}"
_NAME = re.compile(
    rf"(?:{'|'.join(map(re.escape, (SQLITE, POSTGRESQL, CONFIG, *SECRET)))}|(?:{'|'.join(FOLDERS)})(?:/{_PART}){{1,8}})"
)


class BackupError(Exception):
    """A backup cannot be made or used; `str()` says why and what to do."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of a backup; `size` in bytes, `sha256` in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds. `schema` is the revision of its database; `made_at` is RFC 3339."""

    made_at: str
    callboard: str
    schema: str
    database: str
    files: tuple[Kept, ...]

    def as_bytes(self) -> bytes:
        """Canonical JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, sort_keys=True, indent=1).encode()


def read_manifest(raw: bytes) -> Manifest:
    """The other way round. Raises BackupError."""
    try:
        told: dict[str, Any] = json.loads(raw)
        version = told.pop("format")
        if version != FORMAT:
            raise BackupError(
                f"The backup has format {version}; this callboard reads {FORMAT}. Use the one that made it."
            )
        told["files"] = tuple(Kept(**one) for one in told["files"])
        manifest = Manifest(**told)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BackupError(
            "The backup's list of contents cannot be read: it is damaged, or no backup of callboard."
        ) from error
    if manifest.database not in (SQLITE, POSTGRESQL):
        raise BackupError("The backup names a database of a kind that this callboard does not know.")
    return manifest


def is_allowed(name: str) -> bool:
    """Whether a backup may hold a file of this name."""
    return _NAME.fullmatch(name) is not None


def copied(source: IO[bytes], target: IO[bytes] | None) -> Kept:
    """Read `source` to its end, into `target` where there is one; what it was (without a name)."""
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
        if target is not None:
            target.write(chunk)
    return Kept("", size, digest.hexdigest())


@contextlib.contextmanager
def told_in_words(file: Path) -> Iterator[None]:
    """Whatever can be wrong with a file that is no whole backup, as a BackupError."""
    try:
        yield
    except FileNotFoundError as error:
        raise BackupError(f"There is no file {file}.") from error
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError) as error:
        raise BackupError(
            f"{file} is damaged or no backup ({error}); nothing was restored. Take an older one."
        ) from error


def members(file: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """The plain files of a backup, each to be read before the next. Raises BackupError, and whatever tarfile raises."""
    with tarfile.open(file, "r|gz") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isreg() else None
            if content is None or not (is_allowed(member.name) or member.name in (MANIFEST, SEAL)):
                raise BackupError(
                    f"{file} holds {member.name!r}, which no backup of callboard does; nothing was restored."
                )
            yield member.name, content
