"""Everything that must be there before the parts start: folder, secrets, Asterisk, prompts, database, demo site.

Each step says what it does and how long it took; what cannot be had is told in one sentence, and nothing is left half made.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import select

from agi.launcher import launcher
from agi.sounds import Sounds
from callboard import prompts
from callboard.config import Settings
from callboard.pbx import folders_for, new_system_name
from callboard.pbx_engine import Engine
from callboard.state import State, StateError
from desk.bus import Bus
from desk.clock.written import last_written
from desk.keeping import store
from desk.work import Desk, open_engine, steady
from dialplan.settings import Line as DialplanLine
from dialplan.settings import Operator as DialplanOperator
from dialplan.settings import Ports, Secrets, Site
from models import Line, Operator

CHECKOUT = Path(__file__).resolve().parent.parent
CACHE = CHECKOUT / ".cache"
ROOT = CACHE / "asterisk-root"
LOCALES = CHECKOUT / "locales"
PROMPTS_A_LINE = 10
NO_LINES = (
    "There is no number yet that callers could dial. Make the firm and its numbers:\n"
    "  .venv/bin/python -m callboard office add NAME --sms-sender NUMBER\n"
    "  .venv/bin/python -m callboard office line NUMBER\n"
    "  .venv/bin/python -m callboard user add LOGIN --extension NUMBER"
)


class Progress:
    """Says on the terminal what is being done, how far it is, and how long it took."""

    def __init__(self, say: Callable[[str], None] = print) -> None:
        self._say = say
        self._begun = time.monotonic()

    def line(self, text: str) -> None:
        """One line with the seconds since the start."""
        self._say(f"[{time.monotonic() - self._begun:5.1f} s] {text}")
        sys.stdout.flush()

    @contextlib.contextmanager
    def step(self, text: str) -> Iterator[None]:
        """A step that may take a while."""
        self.line(f"{text} ...")
        begun = time.monotonic()
        yield
        self.line(f"{text}: done in {time.monotonic() - begun:.1f} s")


@dataclass(frozen=True, slots=True)
class Instance:
    """What the parts are built from."""

    state: State
    settings: Settings
    desk: Desk
    secrets: dict[str, str]
    engine: Engine | None
    tools: prompts.Tools | None


async def make_prompts(state: State, progress: Progress) -> prompts.Tools | None:
    """Have every prompt as a sound. Without the two programs that speak, callers hear what there is already, and it is said."""
    try:
        tools = prompts.find_tools(ROOT)
    except prompts.PromptError as error:
        progress.line(f"prompts: {error}")
        return None
    own = state.folder / "sounds-own"
    made = await prompts.make_prompts(LOCALES, Sounds(state.sounds), own, tools, _say_some(progress))
    if made:
        progress.line(f"{made} prompts are spoken")
    return tools


def _say_some(progress: Progress) -> prompts.Progress:
    def say(done: int, of: int, _: str) -> None:
        if done % PROMPTS_A_LINE == 0 and done < of:
            progress.line(f"speaking the prompts: {done} of {of}")

    return say


def write_oneshot(state: State, language: str) -> Path:
    """The script that Asterisk starts when we do not answer."""
    script = state.folder / "callboard-oneshot"
    site_packages = [Path(path) for path in sys.path if path.endswith("site-packages")]
    text = launcher(Path(sys.executable), [CHECKOUT, *site_packages], state.spool, state.sounds, language)
    beside = script.with_suffix(".new")
    beside.write_text(text, encoding="utf-8")
    beside.chmod(0o750)
    os.replace(beside, script)
    return script


async def open_desk(url: str, bus: Bus) -> Desk:
    """The database, at the newest schema. Raises desk.keeping.store.StoreError."""
    await store.prepare(url)
    desk = Desk(open_engine(url), bus)
    async with desk.look() as session:
        if (moment := await last_written(session)) is not None:
            steady.not_before(moment)
    return desk


async def dialplan_site(instance: Instance) -> Site | None:
    """What Asterisk is told, from the rows of lines and operators. None without an Asterisk."""
    if instance.engine is None:
        return None
    async with instance.desk.look() as session:
        lines = (await session.scalars(select(Line).order_by(Line.id))).all()
        people = (
            await session.scalars(
                select(Operator)
                .where(Operator.extension.is_not(None), Operator.disabled_at.is_(None))
                .order_by(Operator.id)
            )
        ).all()
    if not lines:
        raise StateError(NO_LINES)
    settings = instance.settings.dialplan.model_copy(update={"demo_callers": instance.settings.site.demo})
    secrets = instance.state.secrets(*(sip_secret(person.extension or "") for person in people))
    return Site(
        settings=settings,
        lines=tuple(DialplanLine(did=line.did, flow=line.flow, language=line.language) for line in lines),
        operators=tuple(
            DialplanOperator(
                extension=person.extension or "", sip_password=SecretStr(secrets[sip_secret(person.extension or "")])
            )
            for person in people
        ),
        ports=asterisk_ports(instance.settings),
        secrets=Secrets(
            ami_reader=SecretStr(secrets["ami_reader"]),
            ami_actor=SecretStr(secrets["ami_actor"]),
            agi_token=SecretStr(secrets["agi_token"]),
        ),
        folders=folders_for(instance.engine, instance.state.folder, settings),
        system_name=new_system_name(),
        oneshot_script=write_oneshot(instance.state, lines[0].language),
    )


def asterisk_ports(settings: Settings) -> Ports:
    """Where Asterisk listens, and where it finds us."""
    return Ports(
        sip=settings.site.sip_port, ami=settings.dialplan.manager_port or settings.ami.port, agi=settings.agi.port
    )


def sip_secret(extension: str) -> str:
    """The name of a desk phone's password among the instance's secrets."""
    return f"sip_{extension}"
