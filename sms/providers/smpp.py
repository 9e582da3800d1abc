"""SMPP 3.4: texts over a lasting session with a network or an aggregator, receipts on the same session.

A text is written at most once. What was written and not answered is ambiguous, also when only one part of it was.
Numbers go out as digits; Korean and other texts outside GSM 7-bit as UCS-2, long ones in parts with a header.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from collections.abc import Awaitable, Callable
from datetime import timedelta

import structlog
from aiosmpplib import NPI, TON, PhoneNumber, SubmitSm

from desk.numbers import masked
from desk.texts.text_size import Segments, TooLong, segment
from sms import incoming, receipts, smpp_status
from sms.outcome import Accepted, Ambiguous, NotSent, Outcome, Outgoing, Refused, TakeReceipt, TakeText, TellState
from sms.smpp_link import Answer, Link, LinkError, NoAnswer, NotWritten, open_link, wait_before_next
from sms.smpp_pdu import Deliver
from sms.smpp_settings import Settings

__all__ = ["NAME", "Settings", "Smpp", "open_provider"]

NAME = "smpp"
UDH_PRESENT = 0x40
FINAL_RECEIPT = 1
NO_ID = "the SMSC took the text and gave it no id"
PART_PAUSES_S = (1.0, 2.0, 4.0)

log = structlog.get_logger(__name__)


def open_provider(settings: Settings) -> Smpp:
    """An SMPP session that is opened by `run`."""
    return Smpp(settings)


class Smpp:
    """See the module. `sleep` and `chance` are handed in by tests."""

    name = NAME

    def __init__(
        self,
        settings: Settings,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: random.Random | None = None,
    ) -> None:
        self.window = settings.window
        self._settings = settings
        self._sleep = sleep
        self._chance = chance or random.SystemRandom()
        self._link: Link | None = None
        # Begun at random: a phone joins parts by reference, and must not join today's text with last night's.
        self.reference = self._chance.randrange(256)

    def ready(self) -> bool:
        return self._link is not None and self._link.up

    async def run(self, take_receipt: TakeReceipt, tell: TellState, take_text: TakeText) -> None:
        """Open a session, again and again; told once when it works and once for each new reason why not."""
        failures = 0

        while True:
            on_deliver = self._listening(take_receipt, take_text)
            try:
                link = await open_link(self._settings)
                failures = 0
                tell(True, "the SMSC accepted our log-in")
                raise LinkError(await self._serve(link, on_deliver))
            except LinkError as error:
                tell(False, str(error))
                pause = wait_before_next(failures, error, self._chance)
                failures += 1
            await self._sleep(pause)

    async def _serve(self, link: Link, on_deliver: Callable[[Deliver], Awaitable[int]]) -> str:
        self._link = link
        serving = asyncio.create_task(link.serve(on_deliver))
        try:
            return await asyncio.shield(serving)
        except asyncio.CancelledError:
            await link.unbind()
            raise
        finally:
            self._link = None
            serving.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await serving

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Submit each part once, in order."""
        link = self._link
        if link is None:
            return NotSent("there is no session with the SMSC")
        try:
            segments = segment(outgoing.text, None if self._settings.alphabet == "auto" else "ucs2")
            messages = self._submits(outgoing, segments)
        except TooLong as error:
            return Refused(str(error), permanent=True)
        except ValueError:
            return Refused("the sender's or the receiver's number cannot be put into SMPP", permanent=True)
        ids: list[str] = []
        for message in messages:
            try:
                answer = await self._submit_part(link, message, first=not ids)
            except NotWritten as error:
                return _part_of(ids, messages, str(error)) if ids else NotSent(str(error))
            except NoAnswer as error:
                is_last = len(ids) == len(messages) - 1
                return Ambiguous(str(error), _answer_to_come(error.late, ids) if is_last and error.late else None)
            if answer.status != smpp_status.OK:
                refused = smpp_status.refusal(answer.status)
                return _part_of(ids, messages, refused.detail) if ids else refused
            if not answer.message_id:
                return Ambiguous(NO_ID)
            ids.append(answer.message_id)
        return Accepted(tuple(ids))

    async def _submit_part(self, link: Link, message: SubmitSm, first: bool) -> Answer:
        """A later part that is refused for now is tried a few times more: the parts before it are out already."""
        answer = await link.submit(message)
        if first:
            return answer
        for pause in PART_PAUSES_S:
            if answer.status == smpp_status.OK or smpp_status.refusal(answer.status).permanent:
                break
            await self._sleep(pause)
            answer = await link.submit(message)
        return answer

    def _submits(self, outgoing: Outgoing, segments: Segments) -> list[SubmitSm]:
        self.reference = (self.reference + 1) % 256
        parts = segments.with_headers(self.reference)
        return [self._submit_sm(outgoing, segments, part, len(parts) > 1) for part in parts]

    def _submit_sm(self, outgoing: Outgoing, segments: Segments, octets: bytes, has_header: bool) -> SubmitSm:
        settings = self._settings
        message = SubmitSm(
            short_message=outgoing.text,
            source=PhoneNumber(_digits(outgoing.sender), TON(settings.source_ton), NPI(settings.source_npi)),
            destination=self._receiver(outgoing.recipient),
            esm_class=UDH_PRESENT if has_header else 0,
            registered_delivery=FINAL_RECEIPT,
            validity_period=timedelta(minutes=settings.validity_minutes),
            encoding="ucs2" if segments.alphabet == "ucs2" else None,
        )
        message.set_encoded_message(octets)
        message.pdu()  # raises here what it would raise, and not after the text counts as written
        return message

    def _receiver(self, number: str) -> PhoneNumber:
        """An E.164 number by the account's settings; a short code is of no kind."""
        if number.startswith("+"):
            return PhoneNumber(_digits(number), TON(self._settings.dest_ton), NPI(self._settings.dest_npi))
        return PhoneNumber(number, TON.UNKNOWN, NPI.UNKNOWN)

    def _listening(self, take_receipt: TakeReceipt, take_text: TakeText) -> Callable[[Deliver], Awaitable[int]]:
        """What is done with a deliver_sm of one session, which gets a name: what it brings twice, it means twice."""
        session = secrets.token_hex(8)

        async def on_deliver(deliver: Deliver) -> int:
            if receipts.is_receipt(deliver.esm_class, deliver.tlvs):
                return await self._on_receipt(deliver, take_receipt)
            return await _on_text(deliver, session, take_text)

        return on_deliver

    async def _on_receipt(self, deliver: Deliver, take_receipt: TakeReceipt) -> int:
        receipt = receipts.parse(deliver.short_message, deliver.tlvs, self._settings.receipt_ids)
        if receipt is None:
            log.warning("a receipt does not say of which text it tells", number=masked(deliver.source))
            return smpp_status.REJECTED
        try:
            await take_receipt(receipt)
        except Exception:
            log.exception("a receipt could not be stored; the SMSC is asked to bring it again")
            return smpp_status.TRY_LATER
        return smpp_status.OK


async def _on_text(deliver: Deliver, session: str, take_text: TakeText) -> int:
    """Only what is a row is acknowledged; the SMSC keeps the rest and brings it again."""
    try:
        await take_text(incoming.read(deliver, session))
    except Exception:
        log.exception("a text from a person could not be stored; the SMSC is asked to bring it again")
        return smpp_status.TRY_LATER
    return smpp_status.OK


def _answer_to_come(late: asyncio.Future[Answer], ids: list[str]) -> Callable[[], Awaitable[Outcome]]:
    async def later() -> Outcome:
        answer = await late
        if answer.status != smpp_status.OK:
            return Refused(smpp_status.refusal(answer.status).detail, permanent=True)
        return Accepted((*ids, answer.message_id)) if answer.message_id else Ambiguous(NO_ID)

    return later


def _part_of(ids: list[str], messages: list[SubmitSm], detail: str) -> Ambiguous:
    return Ambiguous(f"only {len(ids)} of {len(messages)} parts were taken: {detail}")


def _digits(number: str) -> str:
    return number.removeprefix("+")
