"""Reads what the one-shot script left while the server was away. A file goes only when it is merged; a bad one is kept aside."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

SETTLED_SECONDS = 5.0
"""A younger file may still be rewritten with the caller's choice."""
MAX_BYTES = 65536
ASIDE = "unreadable"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Spooled:
    """One record as it was written, and its file."""

    path: Path
    record: dict[str, Any]


def read_spool(folder: Path, settled_seconds: float = SETTLED_SECONDS) -> list[Spooled]:
    """The records that are complete, oldest first. What is no record is moved to `unreadable/`, and said."""
    spooled = []
    for path in sorted(folder.glob("*.json"), key=lambda file: file.name):
        try:
            status = path.stat()
            if time.time() - status.st_mtime < settled_seconds:
                continue
            record = _record(path, status.st_size)
        except FileNotFoundError:
            continue
        except (OSError, ValueError, RecursionError) as error:
            set_aside(path, str(error))
        else:
            spooled.append(Spooled(path, record))
    return sorted(spooled, key=lambda one: str(one.record.get("at", "")))


def _record(path: Path, size: int) -> dict[str, Any]:
    if size > MAX_BYTES:
        raise ValueError(f"{size} bytes are too many for one call")
    record = json.loads(path.read_text("utf-8"))
    if not isinstance(record, dict):
        raise ValueError("it holds no object")
    return record


def merged(path: Path) -> None:
    """This record is in the database: its file may go."""
    path.unlink(missing_ok=True)


def set_aside(path: Path, reason: str) -> None:
    """This file cannot be merged: keep it, out of the way, for a person to look at."""
    aside = path.parent / ASIDE
    aside.mkdir(exist_ok=True)
    path.replace(aside / path.name)
    log.error("a note of the one-shot script cannot be read; it is kept", file=str(aside / path.name), reason=reason)
