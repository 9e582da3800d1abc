"""What the application carries, by typed key, and the shapes of the callables that are handed in."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import web

from desk.call.dialling import Target
from desk.driver.driver_access import DriverPerson
from desk.importing import reading
from desk.importing.table import Table
from desk.keeping.tape import Tape, silent
from desk.office import roles
from desk.place.geocoding import Geocoder, NoGeocoder
from desk.work import Desk
from models import Operator
from web.counting import Counting
from web.settings import Settings

if TYPE_CHECKING:
    from web.access.throttle import Pace, Paces, Throttle
    from web.live.driver_news import DriverNews
    from web.live.popups import Hub
    from web.live.record_walk import RecordWalk
    from web.live.wall import Walls
    from web.live.whereabouts import Whereabouts
    from web.metrics import Metrics
    from web.parts import Parts
    from web.pdf import Press
    from web.render import Renderer


@dataclass(frozen=True, slots=True)
class Person:
    """An operator as he was when he was looked up; free of the database."""

    id: int
    office_id: int
    login: str
    name: str
    role: str
    extension: str | None
    locale: str

    @classmethod
    def of(cls, operator: Operator) -> Person:
        """The person in this row."""
        return cls(
            operator.id,
            operator.office_id,
            operator.login,
            operator.name,
            operator.role,
            operator.extension,
            operator.locale,
        )


class Phone(Protocol):
    """The operator's own phone. What it does raises a DeskError when it cannot be done, for example because the call is over."""

    async def next(self, operator: Person) -> int | None:
        """The call that the operator is to answer next: one that rings at his phone, else one that nobody has asked for."""

    async def answer(self, call_id: int, operator: Person) -> None:
        """Have the operator's ringing phone pick up."""

    async def hangup(self, call_id: int, operator: Person) -> None:
        """End the call."""

    async def dial(self, target: Target, operator: Person) -> None:
        """Ring the operator's phone, then whom he means."""


TestCall = Callable[[], Awaitable[None]]
"""Places a call from an invented caller through the real PBX. Raises a DeskError when this site does not offer it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """What another part counts, for /metrics: `name` without our prefix, `help` as a sentence, and how it stands.

    `grows` tells a count since the start from a state. With `label`, `value` has a number for each value of that label; no
    label carries a number, a name or an id.
    """

    name: str
    help: str
    value: float | Mapping[str, float]
    grows: bool = False
    label: str = ""


Figures = Callable[[], Awaitable[Sequence[Figure]]]
"""Asked at each scrape; never raises, and leaves out what cannot be had now."""


async def no_figures() -> Sequence[Figure]:
    """Nobody else counts anything."""
    return ()


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: the operator, and the session (None for a program with a token).

    `unproven`: the site requires a second factor of him, and this session has shown none.
    """

    operator: Person
    session_id: int | None
    unproven: bool = False

    @property
    def may(self) -> frozenset[str]:
        """What this visitor may do (desk/office/roles.py)."""
        may = roles.may(self.operator.role)
        return may & {"own.session"} if self.unproven else may


ReadTable = Callable[[bytes], Awaitable[Table]]
"""Reads a file's bytes as a table. Raises desk.importing.table.BadTable."""


async def read_here(raw: bytes) -> Table:
    """In this process: for files of one's own, not for those of strangers."""
    return await asyncio.to_thread(reading.read, raw)


NO_GEOCODER: Geocoder = NoGeocoder()


@dataclass(frozen=True, slots=True)
class Outside:
    """What the panel reaches beyond the desk; handed in by whoever wires the parts together."""

    phone: Phone
    test_call: TestCall
    recordings: Path
    parts: Mapping[str, str]
    """Parts that the site runs, by name, with the sentence to show until they have told how they are."""
    figures: Figures = no_figures
    factor_key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    """What second factors are derived with (desk/office/second_factor.py); by itself one that nobody knows."""
    tape: Tape = silent
    """Told of every change that was asked for ("request"), with the answer's status; never of sign-ins."""
    read_table: ReadTable = read_here
    geocoder: Geocoder = NO_GEOCODER
    """Who finds places on the network; nobody, unless configured."""
    sounds: Callable[[], Sequence[str]] = tuple
    """The names of the site's own sounds that a segment's members may be greeted with."""

    @property
    def files(self) -> Path:
        """Files that rows name, beside the recordings: photos of cars, documents of drivers."""
        return self.recordings.parent / "files"


CAR_PHOTOS, DOCUMENTS = "cars", "documents"
"""Folders of `Outside.files`."""

SETTINGS = web.AppKey("SETTINGS", Settings)
DESK = web.AppKey("DESK", Desk)
COUNTING = web.AppKey("COUNTING", Counting)
"""For finding out who is in a segment, or what names somebody, one at a time: it may read every order; connections are few."""
OUTSIDE = web.AppKey("OUTSIDE", Outside)
HUB: web.AppKey[Hub] = web.AppKey("HUB")
PARTS: web.AppKey[Parts] = web.AppKey("PARTS")
METRICS: web.AppKey[Metrics] = web.AppKey("METRICS")
RENDERER: web.AppKey[Renderer] = web.AppKey("RENDERER")
PRESS: web.AppKey[Press] = web.AppKey("PRESS")
THROTTLE: web.AppKey[Throttle] = web.AppKey("THROTTLE")
DRIVER_NEWS: web.AppKey[DriverNews] = web.AppKey("DRIVER_NEWS")
DRIVER_THROTTLE: web.AppKey[Throttle] = web.AppKey("DRIVER_THROTTLE")
WALLS: web.AppKey[Walls] = web.AppKey("WALLS")
WHEREABOUTS: web.AppKey[Whereabouts] = web.AppKey("WHEREABOUTS")
RECORD_WALK: web.AppKey[RecordWalk] = web.AppKey("RECORD_WALK")
PLACE_THROTTLE: web.AppKey[Throttle] = web.AppKey("PLACE_THROTTLE")
"""Apart from the operators': a driver who mistypes keeps no operator out who shares his address."""
PACE: web.AppKey[Pace] = web.AppKey("PACE")
DIAL_PACE: web.AppKey[Paces] = web.AppKey("DIAL_PACE")
DOCUMENT: web.AppKey[Callable[[], dict[str, Any]]] = web.AppKey("DOCUMENT")

NONCE = web.RequestKey("NONCE", str)
"""This answer's CSP nonce."""
VISITOR: web.RequestKey[Visitor | None] = web.RequestKey("VISITOR")
"""Set once the request's cookie or token has been looked up."""
DRIVER: web.RequestKey[DriverPerson | None] = web.RequestKey("DRIVER")
"""Set once the request's driver cookie has been looked up."""
SHOWN = web.RequestKey("SHOWN", bool)
"""Set by a handler that shows a telephone number whole, and has put that on record."""
BODY = web.RequestKey("BODY", bytes)
"""The JSON body of a change, once it was read."""
