"""The state folder: where everything of one instance lies, who may read it, and that only one instance uses it."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECRET_NAMES = ("ami_reader", "ami_actor", "agi_token", "second_factor")
SECRET_BYTES = 32


class StateError(Exception):
    """The state folder cannot be used; `str()` says why and what to do."""


@dataclass(slots=True)
class State:
    """Paths of one instance. `claim()` first: nothing may be written before it."""

    folder: Path
    _lock: int | None = field(default=None, repr=False)

    @property
    def config(self) -> Path:
        """The site's own configuration, if it has one."""
        return self.folder / "callboard.toml"

    @property
    def database_url(self) -> str:
        """SQLite in the state folder."""
        return f"sqlite+aiosqlite:///{self.folder / 'callboard.db'}"

    @property
    def logins(self) -> Path:
        """The demo's log-ins (0600)."""
        return self.folder / "demo-logins.json"

    @property
    def recordings(self) -> Path:
        """What callers said after the tone."""
        return self.folder / "recordings"

    @property
    def files(self) -> Path:
        """Files that rows name: photos of cars, documents of drivers."""
        return self.folder / "files"

    @property
    def spool(self) -> Path:
        """Where the one-shot AGI script leaves callers for us while we are away."""
        return self.folder / "spool"

    @property
    def unstored(self) -> Path:
        """What transports saw while the database was away."""
        return self.folder / "unstored.readings"

    @property
    def sounds(self) -> Path:
        """Prompts: <language>/callboard/<key>.wav."""
        return self.folder / "sounds"

    @property
    def asterisk(self) -> Path:
        """Everything of our Asterisk that belongs to this instance."""
        return self.folder / "asterisk"

    @property
    def cdr(self) -> Path:
        """Our Asterisk's own account of its calls."""
        return self.asterisk / "log" / "cdr-custom" / "Master.csv"

    @property
    def cdr_position(self) -> Path:
        """How far that account has been read."""
        return self.folder / "cdr-position.json"

    @property
    def log(self) -> Path:
        """Our own log."""
        return self.folder / "log"

    def claim(self, name: str = "run.lock") -> None:
        """Make the folder and keep any second start away from it. Raises StateError."""
        self.make()
        try:
            self._lock = os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StateError(
                f"Another callboard is already running with the state folder {self.folder}. "
                "Stop it first, or start this one with another --state and other ports."
            ) from error

    def make(self) -> None:
        """Make the folder and what every instance has in it. Raises StateError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for part in (self.recordings, self.files, self.spool, self.sounds, self.asterisk, self.log):
                part.mkdir(exist_ok=True, mode=0o750)
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> StateError:
        return StateError(
            f"The state folder {self.folder} cannot be written ({error.strerror}). Choose another with --state."
        )

    def secrets(self, *more: str) -> dict[str, str]:
        """The random secrets of this instance (0600), made when they are first asked for."""
        path = self.folder / "secrets.json"
        known: dict[str, str] = read_private(path)
        wanted = [name for name in (*SECRET_NAMES, *more) if name not in known]
        if wanted:
            known.update({name: secrets.token_urlsafe(SECRET_BYTES) for name in wanted})
            write_private(path, known)
        return known


def read_private(path: Path) -> dict[str, Any]:
    """What `write_private` wrote; nothing where there is no file. Raises StateError where it holds something else."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StateError(f"{path} cannot be read ({error}). Restore it from a backup, or move it away.") from error
    if not isinstance(content, dict):
        raise StateError(f"{path} is damaged. Restore it from a backup, or move it away.")
    return content


def write_private(path: Path, content: Any) -> None:
    """Write JSON so that only the owner reads it, whole or not at all."""
    beside = path.with_suffix(".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False, indent=2)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
