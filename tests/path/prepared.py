"""The demo site as its first start leaves it: made once in a run of the tests, by a real start, and copied for whoever needs one.

Twenty thousand customers and thirty prompts take a first start many seconds of a core; what a first start does is the subject
of tests/path/test_start_and_stop.py, which lets sites begin with nothing. The folder is shared by all workers of one run.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.path.running import RunningSite

ROOM = "CALLBOARD_PREPARED"
ROWS = ("callboard.db", "callboard.toml", "secrets.json", "demo-logins.json")
SOUNDS = "sounds"
START_LIMIT_S = 240.0


def open_room() -> Path:
    """Where what is prepared lies, for this process and the workers that it starts; whoever opens it calls `close_room`."""
    os.environ[ROOM] = tempfile.mkdtemp(prefix="cb-prepared-")
    return Path(os.environ[ROOM])


def close_room() -> None:
    """Nothing of it is left."""
    shutil.rmtree(os.environ.pop(ROOM), ignore_errors=True)


async def furnish(site: RunningSite) -> RunningSite:
    """Before `site.start()`: the demo's rows, log-ins and prompts are there already, which then is no first start."""
    await furnish_sounds(site)
    for name in ROWS:
        if (source := await _prepared() / name).exists():
            await _copy(source, site.state / name)
    return site


async def furnish_sounds(site: RunningSite) -> None:
    """The prompts alone, for a site with rows of its own."""
    await _copy(await _prepared() / SOUNDS, site.state / SOUNDS)


async def _prepared() -> Path:
    return await asyncio.to_thread(_prepared_by_whoever_comes_first)


def _prepared_by_whoever_comes_first() -> Path:
    room = Path(os.environ[ROOM])
    with (room / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (room / "done").exists():
            asyncio.run(_start_once(room / "state"))
            (room / "done").touch()
    return room / "state"


async def _start_once(state: Path) -> None:
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    site = RunningSite("--no-calls", state=state)
    try:
        await site.start(START_LIMIT_S)
    finally:
        code = await site.stop()
    assert code == 0, site.said
    assert not (state / "callboard.db-wal").exists()


async def _copy(source: Path, target: Path) -> None:
    words = ["cp", "--recursive", "--no-target-directory", "--reflink=auto", "--preserve=mode", source, target]
    await asyncio.to_thread(subprocess.run, words, check=True)
