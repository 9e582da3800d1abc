"""One probe, two subjects: the stock panoramisk.Manager and our link, at the same stand-in."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Protocol

import panoramisk

from ami.framing import FieldValue
from ami.link import Link
from ami.message import Message
from ami.settings import Settings
from tests.ami.peer import StandInPbx


class Subject(Protocol):
    """What a probe needs of either."""

    heard: list[tuple[str, str]]

    def ask(self, fields: Mapping[str, FieldValue]) -> asyncio.Future[Any]:
        """Send an action."""

    def waiting(self) -> int:
        """Entries kept for answers that have not come."""


class Stock:
    """panoramisk.Manager 1.4 as it comes."""

    def __init__(self, peer: StandInPbx, **more: object) -> None:
        self.heard: list[tuple[str, str]] = []
        self.manager = panoramisk.Manager(
            **{
                "host": "127.0.0.1",
                "port": peer.port,
                "username": "u",
                "secret": peer.secret,
                "reconnect_timeout": 1,
                **more,
            }
        )
        self.manager.register_event("Test*", lambda _manager, found: self.note(found.event, found.n))

    def note(self, name: str, number: str) -> None:
        """An event came."""
        self.heard.append((name, number))

    def ask(self, fields: Mapping[str, FieldValue]) -> asyncio.Future[Any]:
        sent: asyncio.Future[Any] = self.manager.send_action(dict(fields))
        return sent

    def waiting(self) -> int:
        return len(self.manager.protocol.responses)


class Ours:
    """ami.link.Link, kept up in a task."""

    def __init__(self, link: Link) -> None:
        self.heard: list[tuple[str, str]] = []
        self.link = link
        link.on_event = lambda name, raw: self.note(name, Message(raw).text("N") or "")

    def note(self, name: str, number: str) -> None:
        """An event came."""
        self.heard.append((name, number))

    def ask(self, fields: Mapping[str, FieldValue]) -> asyncio.Future[Any]:
        return asyncio.ensure_future(self.link.ask(fields))

    def waiting(self) -> int:
        """Actions without an answer; between two connections there are none."""
        return len(self.link.protocol.responses) if self.link.protocol is not None else 0


@asynccontextmanager
async def stock(peer: StandInPbx, **more: object) -> AsyncIterator[Stock]:
    """A logged-in stock manager."""
    subject = Stock(peer, **more)
    await subject.manager.connect()
    await peer.until(lambda: bool(subject.manager.authenticated))
    try:
        yield subject
    finally:
        subject.manager.loop = _Closed()  # or its timers would connect again after the test
        subject.manager.close()


class _Closed:
    """A loop that starts nothing more."""

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **more: None


@asynccontextmanager
async def ours(peer: StandInPbx, **settings: Any) -> AsyncIterator[Ours]:
    """A link of ours that is up."""
    quick = {"retry_first_s": 0.05, **settings}
    link = Link(Settings(port=peer.port, **quick), "u", peer.secret, events=frozenset({"TestX", "Newchannel"}))
    subject = Ours(link)

    async def settle() -> None:
        link.settled = True
        await asyncio.get_running_loop().create_future()

    kept = asyncio.ensure_future(link.keep(settle))
    await peer.until(lambda: link.connected)
    try:
        yield subject
    finally:
        kept.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await kept
