"""What the doctor looks at: one small function a part, each with a finding and, where it is bad, what to do."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from sqlalchemy.exc import SQLAlchemyError

from agi.sounds import Sounds
from callboard import prompts
from callboard.commands.options import database_url, settings_for
from callboard.config import ConfigError, Settings
from callboard.instance import CHECKOUT, LOCALES, ROOT
from callboard.pbx_engine import PbxError, Root, engine_in, find_system
from callboard.state import State, StateError, read_private
from desk.bus import Bus
from desk.errors import DeskError
from desk.keeping import store
from desk.office import second_factor
from desk.work import Desk, open_engine

LEAST_FREE_BYTES = 1_000_000_000
ASK_LIMIT_S = 3.0


@dataclass(frozen=True, slots=True)
class Finding:
    """How one part is. `mend` is empty where there is nothing to do."""

    part: str
    ok: bool
    says: str
    mend: str = ""


async def examine(state: State, config: Path | None, http_port: int | None) -> list[Finding]:
    """Look at everything that can be looked at without starting anything."""
    findings = [_python(), _disk(state), _front_end()]
    try:
        settings = settings_for(state, config)
    except ConfigError as error:
        return [
            *findings,
            Finding(
                "configuration",
                False,
                str(error),
                "Mend the file; `.venv/bin/python -m callboard check` tells when it is good.",
            ),
        ]
    findings.append(Finding("configuration", True, "it is good"))
    findings += [
        _asterisk(settings),
        _prompts(state),
        await _second_factor(state, settings),
        await _database(state, settings),
        *_boxes(settings),
        _sms(settings),
    ]
    findings.append(await _running(state, settings.web.host, http_port or settings.web.port))
    return findings


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    inside = sys.prefix != sys.base_prefix
    return Finding(
        "python",
        inside,
        f"Python {version}{'' if inside else ', outside a virtual environment'}",
        "" if inside else "Start it by scripts/run, which makes the virtual environment.",
    )


def _disk(state: State) -> Finding:
    folder = next(path for path in (state.folder.absolute(), *state.folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(folder).free
    enough = free > LEAST_FREE_BYTES and os.access(folder, os.W_OK)
    return Finding(
        "disk",
        enough,
        f"{free / 1e9:.1f} GB free for {state.folder}",
        "" if enough else "Free some space, or choose another folder with --state.",
    )


def _front_end() -> Finding:
    there = (CHECKOUT / "web" / "static" / "vendor" / ".installed").exists()
    return Finding(
        "browser files",
        there,
        "they are installed" if there else "they are missing",
        "" if there else "Run scripts/run once.",
    )


def _asterisk(settings: Settings) -> Finding:
    mode = settings.site.asterisk
    if mode == "none":
        return Finding("asterisk", True, "none is wanted (site.asterisk = none)")
    try:
        engine = (find_system() if mode in ("auto", "system") else None) or engine_in(Root(ROOT))
    except PbxError as error:
        return Finding("asterisk", False, str(error), "Run scripts/run once: it fetches Asterisk without root rights.")
    if engine.warning:
        return Finding(
            "asterisk", False, engine.warning, "Update Asterisk, or use the private one: site.asterisk = private."
        )
    return Finding("asterisk", True, engine.name)


def _prompts(state: State) -> Finding:
    missing = prompts.missing(LOCALES, Sounds(state.sounds), state.folder / "sounds-own")
    return Finding(
        "prompts",
        not missing,
        "all are spoken" if not missing else f"{len(missing)} are missing or old",
        "" if not missing else f"Run `.venv/bin/python -m callboard prompts --state {state.folder}`.",
    )


async def _second_factor(state: State, settings: Settings) -> Finding:
    """Whoever administers or pays out is a person of the demo, or has to show more than a password."""
    part, asked = "second factor", settings.web.totp
    if asked == "required":
        return Finding(part, True, "it is required of who administers or pays out")
    people = await _paying(state, settings)
    if not people:
        return Finding(part, True, f"{asked}: nobody pays out but the demo's own log-ins")
    return Finding(
        part,
        False,
        f"{asked}: {', '.join(people)} may administer or pay out with a password alone",
        'Put `totp = "required"` under `[web]` into the configuration and start callboard anew. At the next log-in each of them '
        "is led to setting it up (docs/roles.md).",
    )


async def _paying(state: State, settings: Settings) -> list[str]:
    """The log-ins of administrators and accountants that the demo has not made; none where the database cannot be asked."""
    engine = open_engine(database_url(state, settings))
    try:
        demo = read_private(state.logins).get("admin", {}).get("user") if settings.site.demo else None
        if await store.check(database_url(state, settings)) is None:
            return []
        async with Desk(engine, Bus()).look() as session:
            found = await second_factor.without_one(session, counted=settings.web.totp != "off")
    except (DeskError, StateError, SQLAlchemyError):
        return []  # what is wrong stands in a finding of its own
    finally:
        await engine.dispose()
    return [login for login in found if login != demo]


async def _database(state: State, settings: Settings) -> Finding:
    try:
        schema = await store.check(database_url(state, settings))
    except DeskError as error:
        return Finding("database", False, str(error))  # its sentence says what to do
    return Finding("database", True, f"schema {schema}" if schema else "empty: it is made at the first start")


def _boxes(settings: Settings) -> list[Finding]:
    return [_box(box.name, box.port) for box in settings.callerid.boxes]


def _box(name: str, port: str) -> Finding:
    if "://" in port:
        return Finding(f"box {name}", True, f"on the network at {port}; not tried")
    tests: tuple[tuple[Callable[[], bool], str, str], ...] = (
        (
            lambda: os.path.exists(port),
            f"{port} does not exist",
            "Plug the box in; look into /dev/serial/by-id for its name.",
        ),
        (
            lambda: os.access(port, os.R_OK | os.W_OK),
            f"{port} may not be opened",
            "Add this user to the group dialout, and log in anew.",
        ),
    )
    for good, says, mend in tests:
        if not good():
            return Finding(f"box {name}", False, says, mend)
    return Finding(f"box {name}", True, f"{port} can be opened")


def _sms(settings: Settings) -> Finding:
    real = settings.sms.provider != "console"
    return Finding(
        "sms",
        True,
        f"provider {settings.sms.provider}"
        + ("" if real else " (texts are shown in the panel, none leaves the house)"),
    )


def _reached_at(host: str) -> str:
    """Where a panel that listens on `host` is reached from this machine."""
    if host in ("", "0.0.0.0", "::"):  # noqa: S104 -- compared, not listened on
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


async def _running(state: State, host: str, port: int) -> Finding:
    url = f"http://{_reached_at(host)}:{port}/healthz"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=ASK_LIMIT_S)) as session,
            session.get(url) as answer,
        ):
            health = await answer.json()
    except (aiohttp.ClientError, TimeoutError, json.JSONDecodeError):
        return Finding(
            "running", True, f"no panel answers on port {port} (that is fine while callboard is not started)"
        )
    bad = {name: part["reason"] for name, part in health.get("parts", {}).items() if not part["ok"]}
    if not bad:
        return Finding("running", True, f"the panel on port {port} says that every part works")
    said = "; ".join(f"{name}: {reason}" for name, reason in bad.items())
    return Finding(
        "running",
        False,
        f"the panel on port {port} says: {said}",
        f"The log, {state.log / 'callboard.log'}, says more.",
    )
