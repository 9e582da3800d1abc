"""One bound session with an SMSC, from connect to loss. It is never mended: who needs another opens another.

    link = await open_link(settings)
    answer = await link.submit(submit_sm)      raises NotWritten, NoAnswer
    await link.serve(on_deliver)               until the session is over; returns why

Nothing is queued here and nothing is ever written twice. aiosmpplib's message classes write the PDUs; why its ESME does not
drive the session stands in docs/adr/0008-smpp-link.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog
from aiosmpplib import BindTransceiver, EnquireLink, SmppMessage, SubmitSm, Unbind

from sms import smpp_pdu, smpp_status
from sms.smpp_pdu import BadPdu, Deliver, Header
from sms.smpp_settings import Settings

MAX_SEQUENCE = 0x7FFFFFFF
RECEIPTS_WAITING = 100

OnDeliver = Callable[[Deliver], Awaitable[int]]
"""Deals with a deliver_sm for good and returns the command_status of its answer."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """The status of an answer, and the message id if it brought one."""

    status: int
    message_id: str = ""


class LinkError(Exception):
    """The session is over or never began; `str()` is a sentence."""


class LoginRefused(LinkError):
    """The SMSC answered our bind with `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(smpp_status.login_refusal(status))
        self.status = status


class NotWritten(LinkError):
    """Surely no byte of the submit left."""


class NoAnswer(LinkError):
    """The submit was written and the answer is overdue. `late` resolves if it comes yet, and is cancelled with the session."""

    def __init__(self, sentence: str, late: asyncio.Future[Answer] | None = None) -> None:
        super().__init__(sentence)
        self.late = late


class Link:
    """See the module. Made by `open_link`."""

    def __init__(self, settings: Settings, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        self._settings = settings
        self._reader, self._writer = streams
        self._sequence = itertools.cycle(range(1, MAX_SEQUENCE + 1))
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._late: dict[int, asyncio.Future[Answer]] = {}
        self._delivers: asyncio.Queue[tuple[int, Deliver]] = asyncio.Queue(RECEIPTS_WAITING)
        self._heard = asyncio.Event()
        self._over: str | None = None

    @property
    def up(self) -> bool:
        """Whether a submit would be written now."""
        return self._over is None and not self._writer.transport.is_closing()

    async def bind(self) -> None:
        """Log in. Raises LoginRefused, LinkError."""
        settings = self._settings
        request = BindTransceiver(
            system_id=settings.system_id,
            password=settings.password.get_secret_value(),
            system_type=settings.system_type,
        )
        self._write(request, next(self._sequence))
        try:
            async with asyncio.timeout(settings.answer_timeout_s):
                head, _body = await self._read()
        except TimeoutError:
            raise LinkError("the SMSC does not answer our log-in") from None
        if head.status != smpp_status.OK:
            raise LoginRefused(head.status)
        if head.command != smpp_pdu.BIND_TRANSCEIVER | smpp_pdu.RESPONSE:
            raise LinkError("what answers our log-in does not speak SMPP")

    async def submit(self, message: SubmitSm) -> Answer:
        """Write one submit_sm and wait for its answer. Raises NotWritten or NoAnswer."""
        return await self._ask(message)

    async def serve(self, on_deliver: OnDeliver) -> str:
        """Read, answer and keep alive until the session is over; returns why."""
        tasks = [asyncio.create_task(self._read_all()), asyncio.create_task(self._keep_alive())]
        tasks.append(asyncio.create_task(self._answer_delivers(on_deliver)))
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for error in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(error, Exception):
                    self._end(str(error) if isinstance(error, LinkError | BadPdu) else f"the link failed: {error!r}")
            self._end("we closed the connection")
        return self._over or ""

    async def unbind(self) -> None:
        """Say good-bye while the session is still served, and wait for the answer (not for long)."""
        with contextlib.suppress(LinkError):
            await self._ask(Unbind(), min(2.0, self._settings.answer_timeout_s))
        self._end("we closed the connection")

    async def _ask(self, message: SmppMessage, timeout_s: float | None = None) -> Answer:
        if not self.up:
            raise NotWritten(self._over or "the link is closing")
        sequence = next(self._sequence)
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[sequence] = answer
        try:
            self._write(message, sequence)
            async with asyncio.timeout(timeout_s or self._settings.answer_timeout_s):
                return await asyncio.shield(answer)
        except TimeoutError:
            self._late[sequence] = answer
            raise NoAnswer("the SMSC did not answer in time", answer) from None
        finally:
            self._waiting.pop(sequence, None)

    def _write(self, message: SmppMessage, sequence: int) -> None:
        message.sequence_num = sequence
        self._writer.write(message.pdu())

    def _respond(self, request: Header, status: int, body: bytes = b"") -> None:
        length = smpp_pdu.HEADER.size + len(body)
        command = (
            smpp_pdu.GENERIC_NACK if status == smpp_status.INVALID_COMMAND else request.command | smpp_pdu.RESPONSE
        )
        if self.up:
            self._writer.write(smpp_pdu.HEADER.pack(length, command, status, request.sequence) + body)

    async def _read(self) -> tuple[Header, bytes]:
        try:
            head = smpp_pdu.header(await self._reader.readexactly(smpp_pdu.HEADER.size))
            return head, await self._reader.readexactly(head.length - smpp_pdu.HEADER.size)
        except (asyncio.IncompleteReadError, OSError) as error:
            raise LinkError("the SMSC closed the connection") from error

    async def _read_all(self) -> None:
        while True:
            head, body = await self._read()
            self._heard.set()
            if head.is_response:
                self._hand_over(head, body)
            elif head.command == smpp_pdu.UNBIND:
                self._respond(head, smpp_status.OK)
                self._end("the SMSC ended the session")
                return
            else:
                self._take_request(head, body)

    def _hand_over(self, head: Header, body: bytes) -> None:
        answer = self._waiting.get(head.sequence) or self._late.pop(head.sequence, None)
        if answer is None or answer.done():
            log.warning("an answer came to a question that we do not wait for", sequence=head.sequence)
            return
        answer.set_result(Answer(head.status or _nack(head), smpp_pdu.message_id(body)))

    def _take_request(self, head: Header, body: bytes) -> None:
        if head.command == smpp_pdu.ENQUIRE_LINK:
            self._respond(head, smpp_status.OK)
        elif head.command == smpp_pdu.DELIVER_SM:
            self._take_deliver(head, body)
        elif head.command != smpp_pdu.ALERT_NOTIFICATION:
            self._respond(head, smpp_status.INVALID_COMMAND)

    def _take_deliver(self, head: Header, body: bytes) -> None:
        try:
            self._delivers.put_nowait((head.sequence, smpp_pdu.deliver(body)))
        except BadPdu as error:
            log.warning("a receipt could not be read", reason=str(error))
            self._respond(head, smpp_status.REJECTED, b"\0")
        except asyncio.QueueFull:
            # The database is behind. The SMSC keeps the receipt and brings it again.
            self._respond(head, smpp_status.TRY_LATER, b"\0")

    async def _answer_delivers(self, on_deliver: OnDeliver) -> None:
        while True:
            sequence, deliver = await self._delivers.get()
            status = await on_deliver(deliver)
            self._respond(Header(0, smpp_pdu.DELIVER_SM, 0, sequence), status, b"\0")

    async def _keep_alive(self) -> None:
        while True:
            self._heard.clear()
            try:
                async with asyncio.timeout(self._settings.enquire_link_s):
                    await self._heard.wait()
            except TimeoutError:
                try:
                    await self._ask(EnquireLink())
                except NoAnswer:
                    raise LinkError("the SMSC does not answer any more") from None

    def _end(self, reason: str) -> None:
        if self._over is None:
            self._over = reason
        self._writer.close()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(NoAnswer(self._over))
        for late in self._late.values():
            late.cancel()


def _nack(head: Header) -> int:
    """A generic_nack with status 0 is still no yes."""
    return smpp_status.INVALID_COMMAND if head.command == smpp_pdu.GENERIC_NACK else smpp_status.OK


def _why(error: OSError) -> str:
    """In words; asyncio's own text names every address that it tried."""
    if isinstance(error, socket.gaierror):
        return "its name cannot be found"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS on this port"
    return os.strerror(error.errno) if error.errno else "none of its addresses answers"


async def open_link(settings: Settings) -> Link:
    """Connect and log in. Raises LoginRefused, LinkError."""
    try:
        async with asyncio.timeout(settings.answer_timeout_s):
            streams = await asyncio.open_connection(settings.host, settings.port, ssl=settings.tls or None)
    except TimeoutError:
        raise LinkError(f"no connection to the SMSC at {settings.host}:{settings.port} in time") from None
    except OSError as error:
        raise LinkError(f"no connection to the SMSC at {settings.host}:{settings.port}: {_why(error)}") from None
    link = Link(settings, streams)
    try:
        await link.bind()
    except BaseException:
        streams[1].close()
        raise
    return link


def wait_before_next(failures: int, error: LinkError, chance: random.Random) -> float:
    """Seconds before another try: 1, 2, 4 ... 60 with jitter, and never under 60 after a refused log-in (accounts get locked)."""
    if isinstance(error, LoginRefused) and smpp_status.is_bad_login(error.status):
        return chance.uniform(60, 90)
    return float(min(60.0, 2.0 ** min(failures, 6)) * chance.uniform(0.5, 1.0))
