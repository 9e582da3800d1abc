"""panoramisk.Manager, repaired: connect, log in, notice a dead peer, say why the link was lost, come back, replay nothing.

The stock class decodes each read alone, sends unanswered actions again after reconnecting, never looks at the answers to
its pings, keeps quiet about a refused log-in and drops the link when a callback raises. Everything here happens at its own
extension points: a protocol factory and overridden methods.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

import panoramisk
import structlog

from ami.errors import LinkLost, LinkSilent, LoginRefused, NotConnected, PbxAbsent, PbxRestarting
from ami.framing import FieldValue
from ami.message import Message
from ami.protocol import LinkProtocol
from ami.settings import Settings
from desk.keeping.tape import Tape, silent

log = structlog.get_logger(__name__)

PATIENCE = 6
"""So many times the time of an action an answer may take while other things come."""

EventCallback = Callable[[str, bytes], None]


class Link(panoramisk.Manager):  # type: ignore[misc]
    """One connection to Asterisk's manager, kept up by `keep()`.

    `events` are the names to hear of, exactly as Asterisk spells them; each is handed, unparsed, to `on_event`, which must
    return at once. `connected` is true from the accepted log-in until the link is lost; `reason` tells of the last loss.
    """

    def __init__(
        self,
        settings: Settings,
        user: str,
        secret: str,
        *,
        events: frozenset[str] = frozenset(),
        on_event: EventCallback | None = None,
        on_fresh: Callable[[], None] | None = None,
        tape: Tape = silent,
    ) -> None:
        super().__init__(
            host=settings.host,
            port=settings.port,
            protocol_factory=partial(LinkProtocol, self),
            ping_delay=1,
            loop=asyncio.get_running_loop(),
        )
        self.pinger: asyncio.TimerHandle | None = None
        self._look_due = 0.0
        self.settings = settings
        self.user = user
        self._secret = secret
        self.wanted = {name.encode(): name for name in events}
        self.on_event = on_event
        self.on_fresh = on_fresh
        self.tape = tape
        self.reason = ""
        self.events_in = 0
        self.connects = 0
        self.failures = 0
        self._unread = 0
        self.settled = False
        self.protocol: LinkProtocol | None = None
        self.lost: asyncio.Future[LinkLost] = self.loop.create_future()

    # --- one connection --------------------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """Logged in, and nothing has told us otherwise."""
        return bool(self.authenticated) and self.protocol is not None and not self.protocol.closed

    @property
    def unread(self) -> int:
        """Messages of all connections that were passed over."""
        return self._unread + (self.protocol.unread if self.protocol else 0)

    async def open(self) -> None:
        """Connect and log in. Raises LinkLost (or one of its kinds)."""
        self._unread, self.protocol = self.unread, None
        self.lost = self.loop.create_future()
        self.authenticated = False
        if self.on_fresh is not None:
            self.on_fresh()
        try:
            async with asyncio.timeout(self.settings.connect_timeout_s):
                await self.connect()
        except TimeoutError:
            raise PbxAbsent(f"no connection to {self._where()} within {self.settings.connect_timeout_s:g} s") from None
        except OSError as error:
            raise PbxAbsent(f"Asterisk does not listen on {self._where()} ({_words(error)})") from None
        self._watch()
        try:
            async with asyncio.timeout(self.settings.login_timeout_s):
                await self._log_in()
        except TimeoutError:
            raise LinkSilent(f"Asterisk on {self._where()} did not answer the log-in") from None
        self.authenticated = True
        self.connects += 1

    async def _log_in(self) -> None:
        """By challenge, so that the secret itself never crosses the wire (main/manager.c, authenticate)."""
        challenge = await self._ask_login({"Action": "Challenge", "AuthType": "MD5"})
        key = hashlib.md5(((challenge.text("Challenge") or "") + self._secret).encode(), usedforsecurity=False)
        await self._ask_login(
            {
                "Action": "Login",
                "AuthType": "MD5",
                "Username": self.user,
                "Key": key.hexdigest(),
                "Events": "on" if self.wanted else "off",
            }
        )

    async def _ask_login(self, fields: Mapping[str, FieldValue]) -> Message:
        assert self.protocol is not None
        answer = (await self.protocol.send(fields))[0]
        if answer.text("Response") != "Success":
            words = answer.text("Message") or "no reason given"
            raise LoginRefused(f"Asterisk refuses the user {self.user!r} or its secret ({words})")
        return answer

    def shut(self) -> None:
        """Close the connection; whoever waits for an answer is told that the link is gone."""
        self.authenticated = False
        self.close()

    def connection_made(self, future: asyncio.Future[Any]) -> None:
        """panoramisk's hand-over of a fresh connection; failures are `open()`'s business."""
        if not future.cancelled() and future.exception() is None:
            super().connection_made(future)

    def connection_lost(self, exc: Exception | None) -> None:
        """Told by the protocol, once. The stock class would start a timer of its own here."""
        self._connected = False
        self.authenticated = False
        if self.pinger:
            self.pinger.cancel()
            self.pinger = None
        if not self.lost.done():
            self.lost.set_result(exc if isinstance(exc, LinkLost) else LinkLost("the link to Asterisk was cut"))

    # --- the dead-peer watch ---------------------------------------------------------------------------------------

    def _watch(self) -> None:
        if self.pinger:
            self.pinger.cancel()
        self._look_due = self.loop.time() + self.settings.silent_after_s / 8
        self.pinger = self.loop.call_at(self._look_due, self.ping)

    def ping(self) -> None:
        """Panoramisk's timer: ask after half of the allowed silence, give up after all of it."""
        protocol = self.protocol
        if protocol is None or protocol.closed:
            return
        now = self.loop.time()
        silence = now - protocol.heard_at
        # Who comes late to look has been frozen himself, and what came meanwhile is not read yet: the next look judges.
        in_time = now - self._look_due < self.settings.silent_after_s / 4
        if silence >= self.settings.silent_after_s and in_time:
            protocol.drop(LinkSilent(f"Asterisk does not answer: nothing has come from it for {silence:.0f} s"))
            return
        if silence >= self.settings.silent_after_s / 2:
            protocol.ask_for_a_sign()
        self._watch()

    # --- for the owner ---------------------------------------------------------------------------------------------

    async def ask(
        self, fields: Mapping[str, FieldValue], timeout_s: float | None = None, *, while_heard: bool = False
    ) -> list[Message]:
        """Send one action and return its answer, followed by the items of a list.

        `while_heard`: the answer may stand behind events that are still coming; as long as anything comes it is waited for, up
        to PATIENCE times as long. Giving up then would have the same list asked for again, behind the same events.

        Raises NotConnected, UnsafeAction (nothing was sent), LinkLost or TimeoutError (it may have been carried out).
        """
        if not self.connected:
            raise NotConnected(f"there is no link to Asterisk ({self.reason or 'not connected yet'})")
        patience = timeout_s or self.settings.action_timeout_s
        answer = self.send_action(dict(fields))
        begun = self.loop.time()
        until = begun + patience
        try:
            while until > (now := self.loop.time()):
                await asyncio.wait((answer,), timeout=until - now)
                if answer.done():
                    return list(answer.result())
                if while_heard and self.protocol is not None:
                    until = min(self.protocol.heard_at + patience, begun + PATIENCE * patience)
            raise TimeoutError
        finally:
            if not answer.done():
                answer.cancel()
                await asyncio.sleep(0)  # nobody waits for it any more: it is taken off the list

    def hear(self, name: str, raw: bytes) -> None:
        """Told by the protocol for each event that is wanted."""
        self.events_in += 1
        if self.on_event is not None:
            self.on_event(name, raw)

    def blame(self, cause: LinkLost) -> None:
        """When this connection ends, it ends for `cause`."""
        if self.protocol is not None:
            self.protocol.cause = cause

    async def keep(
        self, while_up: Callable[[], Awaitable[None]], on_lost: Callable[[LinkLost], None] = lambda lost: None
    ) -> None:
        """Keep the link up until cancelled. `while_up` runs on each fresh link and is cancelled by its loss.

        It sets `settled` once the link has proved itself; until then the waits between tries go on growing.
        """
        tries = 0
        while True:
            self.settled = False
            try:
                await self.open()
                await self._live(while_up)
            except LinkLost as lost:
                self.reason = str(lost)
                self.failures += 1
                tries = 0 if self.settled else tries
                wait = self.retry_wait(lost, tries)
                on_lost(lost)
                log.info(
                    "ami link is down", user=self.user, code=lost.code, reason=str(lost), next_try_s=round(wait, 1)
                )
            finally:
                self.shut()
            tries += 1
            await asyncio.sleep(wait)

    async def _live(self, while_up: Callable[[], Awaitable[None]]) -> None:
        """Run `while_up` until it fails or the link is lost. Always raises."""
        life: asyncio.Future[None] = asyncio.ensure_future(while_up())
        try:
            waiting: set[asyncio.Future[Any]] = {life, self.lost}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            life.cancel()
            await asyncio.wait({life})
        if self.lost.done():
            raise self.lost.result()
        await life
        raise LinkLost("the link to Asterisk was given up")

    def retry_wait(self, lost: LinkLost, tries: int) -> float:
        """Seconds until the next try: doubling, with jitter so that many sites do not knock in step."""
        settings = self.settings
        wait: float = min(settings.retry_most_s, settings.retry_first_s * 2.0 ** min(tries, 16))
        if isinstance(lost, PbxAbsent | PbxRestarting):
            wait = min(wait, settings.retry_absent_s)
        wait *= random.uniform(0.75, 1.25)  # noqa: S311 -- jitter, not a secret
        if isinstance(lost, LoginRefused):
            wait = max(settings.retry_secret_s, wait)
        return wait

    def _where(self) -> str:
        return f"{self.settings.host}:{self.settings.port}"


def _words(error: OSError) -> str:
    """What the system calls it; asyncio puts addresses there instead."""
    return os.strerror(error.errno) if error.errno else type(error).__name__
