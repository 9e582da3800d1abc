"""What the figures were measured on: processor, memory, kernel, load and versions, one line each."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from callboard.pbx_root import choose

CHECKOUT = Path(__file__).resolve().parent.parent
PACKAGES = ("aiohttp", "aiosqlite", "panoramisk", "psycopg", "pydantic", "pyst2", "sqlalchemy")


def asterisk_version() -> str:
    """The Asterisk that `scripts/run` would take here."""
    engine = choose("auto", CHECKOUT / ".cache", lambda _: None)
    return engine.name if engine else "no Asterisk"


def described(*programs: str, asterisk: bool = False) -> list[str]:
    """Lines about this machine, and the versions of Python, our packages and `programs` (a command line each)."""
    lines = [
        f"{_processor()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB, Linux {platform.release()}",
        f"measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; load when it began: {os.getloadavg()[0]:.1f}",
        f"Python {platform.python_version()}; " + ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    ]
    others = [*([asterisk_version()] if asterisk else []), *_answers(programs)]
    return [*lines, *(["; ".join(others)] if others else [])]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30


def _answers(programs: Iterable[str]) -> list[str]:
    found = []
    for program in programs:
        told = subprocess.run(program.split(), capture_output=True, text=True, check=False)
        words = [line.strip() for line in (told.stdout + told.stderr).splitlines() if line.strip()]
        found.append(f"{program.split()[0]} {words[0]}" if words else f"{program.split()[0]}: no answer")
    return found
