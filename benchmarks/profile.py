"""Where the processor time of a call goes: cProfile over the chain, own time added up by package."""

from __future__ import annotations

import cProfile
import pstats
from collections import Counter
from pathlib import Path

GROUPS = {
    "/sqlalchemy/": "sqlalchemy",
    "/aiosqlite/": "aiosqlite",
    "/asyncio/": "asyncio",
    "/pydantic": "pydantic",
    "/ami/": "callboard: ami",
    "/callboard/": "callboard: wiring, readings",
    "/desk/": "callboard: desk",
    "/web/": "callboard: web",
    "/models/": "callboard: models",
}
WAITING = ("select.epoll", "select.poll", "_queue.SimpleQueue", "lock.acquire")


def shares(profile: cProfile.Profile) -> list[tuple[str, float]]:
    """(package, share of the time in which the main thread worked), the largest first."""
    found: Counter[str] = Counter()
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    for (file, _, name), (_, _, own, _, _) in stats.items():
        if not any(wait in name for wait in WAITING):
            found[_group(file, name)] += own
    whole = sum(found.values()) or 1.0
    return [(name, own / whole) for name, own in found.most_common()]


def _group(file: str, name: str) -> str:
    if file == "~":
        return "sqlite3, and other C" if "sqlite" in name else "built-in functions"
    path = Path(file).as_posix()
    return next((group for part, group in GROUPS.items() if part in path), "the rest of Python")
