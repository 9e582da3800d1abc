"""Files that rows name, in one folder of the state: random names, readable by the owner only, whole or not there.

A file is written before its row and removed after it. What is left between the two by a crash is swept away.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Iterable
from pathlib import Path

from desk.errors import DeskError

_NAME = re.compile(r"[0-9a-f]{40}")
SWEPT_AFTER_S = 3600.0


async def with_row(folder: Path, raw: bytes, keep: Callable[[str], Awaitable[bool]]) -> bool:
    """Write the file, then its row by `keep(name)`, which says whether there is one now; if not, the file goes again.

    It goes too when the desk refuses. After any other error, a cancellation among them, nobody knows whether the row was
    committed: the file stays, and is swept if no row names it.
    """
    name = await asyncio.to_thread(write, folder, raw)
    try:
        kept = await keep(name)
    except DeskError:
        await asyncio.to_thread(drop, folder, [name])
        raise
    if not kept:
        await asyncio.to_thread(drop, folder, [name])
    return kept


def write(folder: Path, raw: bytes) -> str:
    """Keep `raw`; the name that its row shall carry. Raises OSError, and leaves nothing then."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = secrets.token_hex(20)
    beside = folder / f"{name}.part"
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(folder / name)
    except OSError:
        beside.unlink(missing_ok=True)  # a disk that is full has its bytes back
        raise
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return name


def read(folder: Path, name: str) -> bytes | None:
    """What was kept under `name`; None where it is not there. A link is not followed."""
    if not _NAME.fullmatch(name):
        return None
    try:
        handle = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read()


def drop(folder: Path, names: Iterable[str]) -> None:
    """Remove files whose rows name them no more."""
    for name in names:
        if _NAME.fullmatch(name):
            (folder / name).unlink(missing_ok=True)


def sweep(folder: Path, named: Collection[str], now: float | None = None) -> int:
    """Remove what no row names and is older than an hour; how many."""
    if not folder.is_dir():
        return 0
    oldest = (time.time() if now is None else now) - SWEPT_AFTER_S
    gone = 0
    for path in folder.iterdir():
        if path.name not in named and path.is_file() and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
