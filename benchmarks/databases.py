"""Databases to be measured: fresh and taken away again, or kept in a folder, so that what takes long to fill is filled once."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.postgres import DURABLE, Cluster

FILLED = "filled"
"""A file of this name in the folder of a kept database says that it was filled to its end."""


def folder_of(kept: Path | None, what: str, kind: str, customers: int) -> Path | None:
    """Where such a database is kept. None where nothing is kept."""
    if kept is None:
        return None
    kept.mkdir(parents=True, exist_ok=True)
    return kept / f"{what}-{kind.lower()}-{customers}"


@contextmanager
def database(kind: str, kept: Path | None = None) -> Iterator[str]:
    """A database of that kind; its url. Fresh, or the one that lies in `kept`. The one of SQLite lies on a disk."""
    if kind == "SQLite":
        folder = kept or Path(tempfile.mkdtemp(prefix="cb-bench-", dir="/var/tmp"))
        folder.mkdir(exist_ok=True)
        try:
            yield f"sqlite+aiosqlite:///{folder}/bench.db"
        finally:
            if kept is None:
                shutil.rmtree(folder, ignore_errors=True)
    else:
        with Cluster.started(kept, **DURABLE, shared_buffers="256MB") as cluster:
            if kept is None or not (kept / FILLED).exists():
                cluster.create("bench")
            yield cluster.url("bench")
