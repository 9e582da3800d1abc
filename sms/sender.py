"""Sends what is queued: claims (committed) before it submits, and writes down what became of it.

Killed anywhere, it loses no text and repeats none: a row claimed by a dead process may have been sent and becomes `unknown`
at the next start; one that was not claimed is still queued. A lost event costs a second, never a message.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from time import monotonic

import structlog

from desk.bus import Bus
from desk.errors import DeskError
from desk.events import MessageChanged, OrderAssigned, PartChanged
from desk.keeping.tape import Tape, silent
from desk.message import incoming_texts, messages
from desk.numbers import masked
from desk.texts import receipts
from desk.texts.text_came import TextCame
from desk.work import Desk, Work
from models import Message
from sms.outcome import Accepted, Ambiguous, NotSent, Outcome, Outgoing, Provider, Receipt, Refused
from sms.pace import Pace
from sms.retry import next_try
from sms.settings import Settings

PART = "sms"
POLL_S = 1.0
DATABASE_RETRY_S = 1.0
TIDY_EVERY_S = 3600.0

Act = Callable[[Work], Awaitable[object]]

log = structlog.get_logger(__name__)


class Sender:
    """One to a database: a second one would take the first one's claims for those of a dead process.

    `tape` is told what the network answered to each text ("outcome"), what it reported later ("receipt"), and what people
    sent us ("text").
    """

    def __init__(self, settings: Settings, desk: Desk, provider: Provider, bus: Bus, tape: Tape = silent) -> None:
        self._settings = settings
        self._desk = desk
        self._provider = provider
        self._bus = bus
        self._tape = tape
        self.pace = Pace(settings.rate_per_s, monotonic())
        self._chance = random.SystemRandom()
        self._wake = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()
        self._overdue: set[asyncio.Task[None]] = set()
        self._told: tuple[bool, str] | None = None
        self._stopping = False
        self._tidy_at = 0.0

    async def run(self) -> None:
        """Send until cancelled; then wait a little for answers that are due, and say good-bye to the network."""
        await self._insist(messages.recover_claims, "settle the claims of the last run")
        with self._woken_by_the_desk():
            way = asyncio.create_task(self._provider.run(self._take_receipt, self._tell, self._take_text))
            pump = asyncio.create_task(self._pump())
            try:
                await asyncio.wait((way, pump), return_when=asyncio.FIRST_COMPLETED)
            finally:
                await self._stop(pump, way)
        for task in (way, pump):
            if not task.cancelled():
                task.result()

    async def _stop(self, pump: asyncio.Task[None], way: asyncio.Task[None]) -> None:
        self._stopping = True
        self._wake.set()
        # The pump is not cancelled: in the middle of a claim it would leave texts claimed that were never handed over.
        await asyncio.wait((pump, *self._under_way), timeout=self._settings.stop_grace_s)
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=self._settings.stop_grace_s)
        ending = (pump, way, *self._under_way, *self._overdue)
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    @contextmanager
    def _woken_by_the_desk(self) -> Iterator[None]:
        def on_changed(event: MessageChanged) -> None:
            if event.state == "queued":
                self._wake.set()

        stops = (self._bus.on(OrderAssigned, lambda _: self._wake.set()), self._bus.on(MessageChanged, on_changed))
        try:
            yield
        finally:
            for stop in stops:
                stop()

    async def _pump(self) -> None:
        while not self._stopping:
            self._wake.clear()
            if monotonic() >= self._tidy_at:
                self._tidy_at = monotonic() + TIDY_EVERY_S
                await self._insist(receipts.drop_parked, "forget receipts whose text never turned up")
            if (nap_s := await self._hand_over_what_is_due()) and not self._stopping:
                await self._nap(nap_s)

    async def _nap(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def _hand_over_what_is_due(self) -> float:
        """Claim as many as may leave at once, not one more: a claimed text is `unknown` if we die. Returns how long to rest."""
        free = self._provider.window - len(self._under_way)
        limit = min(free, self.pace.allowance(monotonic()))
        if limit < 1:
            return self.pace.wait_s(monotonic()) if free > 0 else POLL_S
        if not self._provider.ready():
            return POLL_S
        try:
            async with self._desk.work() as work:
                claimed = await messages.claim_due(work, limit)
        except Exception:
            log.exception("no text could be claimed; it is tried again")
            return DATABASE_RETRY_S
        self.pace.spend(len(claimed))
        for message in claimed:
            task = asyncio.create_task(self._send(message))
            self._under_way.add(task)
            task.add_done_callback(self._sent)
        return 0.0 if len(claimed) == limit else POLL_S

    def _sent(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._wake.set()

    async def _send(self, message: Message) -> None:
        outcome = await self._submit(message)
        self._note(message, outcome)
        log.info(
            "a text was handed to the provider",
            message_id=message.id,
            provider=self._provider.name,
            number=masked(message.recipient),
            outcome=type(outcome).__name__.lower(),
            detail=getattr(outcome, "detail", None),
        )
        if isinstance(outcome, Refused) and outcome.throttled:
            self.pace.slow_down(monotonic())
        await self._write_down(message, outcome)
        if isinstance(outcome, Ambiguous) and outcome.later:
            task = asyncio.create_task(self._hear_late(message, outcome.later))
            self._overdue.add(task)
            task.add_done_callback(self._overdue.discard)

    async def _hear_late(self, message: Message, later: Callable[[], Awaitable[Outcome]]) -> None:
        """An answer that comes after all takes the doubt away. (Cancelled when the session ends without it.)"""
        outcome = await later()
        log.info("an overdue answer came", message_id=message.id, outcome=type(outcome).__name__.lower())
        if not isinstance(outcome, Ambiguous):
            self._note(message, outcome)
            await self._write_down(message, outcome)

    async def _submit(self, message: Message) -> Outcome:
        outgoing = Outgoing(message.id, message.recipient, message.sender, message.text)
        try:
            return await self._provider.send(outgoing)
        except Exception:
            log.exception("the provider failed in the middle of a text", message_id=message.id)
            return Ambiguous("the sender failed in the middle of this text")

    async def _write_down(self, message: Message, outcome: Outcome) -> None:
        provider = self._provider.name
        match outcome:
            case Accepted(provider_ids):
                await self._insist(
                    lambda work: messages.submitted(work, message.id, provider, provider_ids), "note a text"
                )
            case Ambiguous(detail):
                await self._insist(lambda work: messages.ambiguous(work, message.id, detail), "note an unknown outcome")
            case NotSent(detail):
                await self._refuse(message, Refused(detail, permanent=False, throttled=True))
            case Refused():
                await self._refuse(message, outcome)

    async def _refuse(self, message: Message, refused: Refused) -> None:
        retry_at = next_try(refused, message.attempts, self._desk.clock(), self._chance)
        await self._insist(
            lambda work: messages.refused(work, message.id, refused.detail, retry_at is None, retry_at),
            "note a refusal",
        )

    async def _insist(self, act: Act, purpose: str) -> None:
        """Do this one piece of desk work, again and again: what became of a text must not be forgotten."""
        while True:
            try:
                async with self._desk.work() as work:
                    await act(work)
            except DeskError as error:
                log.error("the desk refuses what became of a text", purpose=purpose, reason=str(error))
                return
            except Exception:
                log.exception("the database does not answer; it is tried again", purpose=purpose)
                await asyncio.sleep(DATABASE_RETRY_S)
            else:
                return

    def _note(self, message: Message, outcome: Outcome) -> None:
        match outcome:
            case Accepted(provider_ids):
                self._tape("outcome", message=message.id, outcome="accepted", provider_ids=list(provider_ids))
            case Refused(detail, permanent):
                self._tape("outcome", message=message.id, outcome="refused", detail=detail, permanent=int(permanent))
            case Ambiguous(detail) | NotSent(detail):
                self._tape("outcome", message=message.id, outcome=type(outcome).__name__.lower(), detail=detail)

    async def _take_receipt(self, receipt: Receipt) -> None:
        self._tape("receipt", provider_id=receipt.provider_id, state=receipt.state, detail=receipt.detail)
        async with self._desk.work() as work:
            await messages.receipt(work, self._provider.name, receipt.provider_id, receipt.state, receipt.detail)

    async def _take_text(self, came: TextCame) -> None:
        self._tape("text", came.octets, **came.as_facts())
        async with self._desk.work() as work:
            text = await incoming_texts.take(work, self._provider.name, came)
        log.info("a text came in", number=masked(came.sender), text_id=text.id if text else None)

    def _tell(self, ok: bool, reason: str) -> None:
        if self._told == (ok, reason):
            return
        self._told = (ok, reason)
        log.log(20 if ok else 30, "sms: " + reason, provider=self._provider.name)
        self._bus.tell(PartChanged(self._desk.clock(), PART, ok, reason))
        self._wake.set()
