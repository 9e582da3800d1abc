"""A whole instance with many customers, made once and copied for each run; a manager user hears where calls begin and queue."""

from __future__ import annotations

import asyncio
import json
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from benchmarks.filling import fill
from benchmarks.machine import CHECKOUT
from benchmarks.report import progress
from benchmarks.search import vary, write_words
from callboard import demo
from callboard.commands.options import database_url
from callboard.config import load
from callboard.instance import Instance, Progress, make_prompts, open_desk
from callboard.pbx_root import choose
from callboard.state import State
from desk.bus import Bus
from tests.path.running import RunningSite, oldest
from tests.sipp_fixture import Callers

CACHE = CHECKOUT / ".cache" / "bench-sites"
KEPT = ("callboard.db", "callboard.toml", "secrets.json", "demo-logins.json", "sounds")
WATCHER = "bench"
ASTERISK = ("asterisk", "ld-linux-x86-64", "ld-linux-aarch6")
"""What the process is called: its own name, or that of the loader that it runs through."""
DEMO_CUSTOMERS = 50
HEARS = "".join(f"eventfilter(action(include),name({name})) =\n" for name in ("Newchannel", "QueueCallerJoin"))
"""What the watcher is told: no more than it looks for, as every event more costs the Asterisk that is measured."""


class Site(RunningSite):
    """See RunningSite. `watch_secret` is the secret of the manager user `bench`."""

    def __init__(self, *options: str, config: str = "", state: Path | None = None) -> None:
        super().__init__(*options, config=config, state=state)
        self.watch_secret = secrets.token_hex(20)

    def console(self, command: str) -> str:
        """What the console of its Asterisk answers."""
        engine = choose("auto", CHECKOUT / ".cache", lambda _: None)
        assert engine is not None
        words = [*engine.program, "-C", str(self.state / "asterisk" / "etc" / "asterisk.conf"), "-rx", command]
        return subprocess.run(words, capture_output=True, text=True, timeout=20, check=True).stdout

    def admit_watcher(self) -> None:
        """Let the manager user `bench` in, beside the two that callboard has."""
        admit(self.state / "asterisk" / "etc", self.watch_secret)
        self.console("manager reload")

    def asterisk_pid(self) -> int:
        """The process id of its Asterisk."""
        return asterisk_pid(self.state)


async def finished(placed: Callers, limit_s: float) -> int:
    """SIPp's exit code (0: every call went as planned); callers who are still there after `limit_s` seconds are stopped."""
    try:
        return await placed.finished(limit_s)
    except subprocess.TimeoutExpired:
        placed.stop()
        return -1


def asterisk_pid(state: Path) -> int:
    """The process id of the Asterisk of this state folder itself (not of the cage around it)."""
    wanted = f"{state}/asterisk/etc/asterisk.conf\0-f".encode()
    return oldest(one for one in Path("/proc").glob("[0-9]*") if wanted in _words(one) and _program(one) in ASTERISK)


def _program(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return ""


def admit(etc: Path, secret: str) -> None:
    """Write the manager user `bench` into the configuration in `etc`; Asterisk has to be told to read it."""
    conf = etc / "manager.conf"
    conf.write_text(
        f"{conf.read_text(encoding='utf-8')}\n[{WATCHER}]\nsecret = {secret}\ndeny = 0.0.0.0/0.0.0.0\n"
        f"permit = 127.0.0.1/255.255.255.255\nread = call,agent,user\nwritetimeout = 5000\n{HEARS}",
        encoding="utf-8",
    )


def _words(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


@asynccontextmanager
async def site_with(
    customers: int, *options: str, config: str = "", watched: bool = True, named: bool = False
) -> AsyncIterator[Site]:
    """A running site with at least so many customers, without demo callers; stopped and removed afterwards.

    Not `watched`: without the manager user `bench`, as where there is no Asterisk. `named`: with names, numbers and places as of
    real people, to be searched for.
    """
    kept = await kept_site(customers, named)
    # Not the folder for temporary files, which may lie in memory: a commit must cost here what it costs on a disk.
    state = Path(tempfile.mkdtemp(prefix="cb-bench-", dir="/var/tmp"))
    try:
        _copy(kept, state)
        site = Site("--no-calls", *options, config=config, state=state)
        try:
            await site.start()
            if watched:
                site.admit_watcher()
            yield site
        finally:
            if site.process is not None:
                await site.stop()
    finally:
        shutil.rmtree(state, ignore_errors=True)


async def kept_site(customers: int, named: bool = False) -> Path:
    """The state folder to copy: the demo site, with customers added. Made again when the tables have changed."""
    place = CACHE / f"{customers}-{_schema()}{'-named' if named else ''}"
    if (place / "done").exists():
        return place
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    begun = time.monotonic()
    progress(f"making a site with {customers:,} customers (kept in {CACHE.relative_to(CHECKOUT)})")
    state, settings = State(place), load(None, {})
    state.make()
    desk = await open_desk(database_url(state, settings), Bus())
    try:
        # The demo's own twenty thousand have long histories, which take their time to invent.
        instance = Instance(state, settings, desk, state.secrets(), None, None)
        await demo.fill_demo(instance, Progress(lambda _: None), customers=DEMO_CUSTOMERS)
        await make_prompts(state, Progress(lambda _: None))
    finally:
        await desk.engine.dispose()
    url = f"sqlite:///{place / 'callboard.db'}"
    await asyncio.to_thread(fill, url, customers, words=not named)
    if named:
        await asyncio.to_thread(vary, url, customers)
        await asyncio.to_thread(write_words, url)
    (place / "done").write_text(json.dumps({"customers": customers}), encoding="utf-8")
    progress(f"made in {time.monotonic() - begun:.0f} s")
    return place


def _schema() -> str:
    versions = sorted((CHECKOUT / "models" / "migrations" / "versions").glob("[0-9]*.py"))
    return versions[-1].stem.split("_")[0]


def _copy(source: Path, target: Path) -> None:
    for name in KEPT:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, dirs_exist_ok=True)
        elif (source / name).exists():
            subprocess.run(["cp", "--reflink=auto", "--preserve=mode", source / name, target / name], check=True)
