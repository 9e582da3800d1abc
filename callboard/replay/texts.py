"""Plays the SMS network: every text gets the answer that was recorded for it, at its time, and the recorded receipts."""

from __future__ import annotations

import asyncio

from desk.keeping.tape import Fact
from desk.texts.text_came import TextCame
from sms.outcome import (
    Accepted,
    Ambiguous,
    NotSent,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptState,
    Refused,
    TakeReceipt,
    TakeText,
    TellState,
)

_STATES: dict[str, ReceiptState] = {
    "sent": "sent",
    "delivered": "delivered",
    "failed": "failed",
    "expired": "expired",
}


class PlayedNetwork:
    """A provider. What it has no recorded answer for stays under way until the end of the replay."""

    name = "replay"
    window = 1000

    def __init__(self) -> None:
        self._asked: dict[int, asyncio.Future[Outcome]] = {}
        self._take_receipt: TakeReceipt | None = None
        self._take_text: TakeText | None = None

    def ready(self) -> bool:
        """See Provider."""
        return True

    async def run(self, take_receipt: TakeReceipt, tell: TellState, take_text: TakeText) -> None:
        """See Provider."""
        self._take_receipt, self._take_text = take_receipt, take_text
        tell(True, "recorded answers are played; no network is connected")
        await asyncio.Event().wait()

    async def send(self, outgoing: Outgoing) -> Outcome:
        """See Provider."""
        return await self._asked.setdefault(outgoing.message_id, asyncio.get_running_loop().create_future())

    def is_asked(self, message_id: int) -> bool:
        """Whether this text waits for its answer."""
        future = self._asked.get(message_id)
        return future is not None and not future.done()

    def answer(self, message_id: int, facts: dict[str, Fact]) -> None:
        """The network's answer to a text that waits."""
        self._asked.pop(message_id).set_result(_outcome(facts))

    async def receipt(self, facts: dict[str, Fact]) -> None:
        """The network's report on a text that it took."""
        assert self._take_receipt is not None
        state = _STATES.get(str(facts.get("state")), "unknown")
        detail = facts.get("detail")
        await self._take_receipt(
            Receipt(str(facts.get("provider_id", "")), state, None if detail is None else str(detail))
        )

    async def text(self, facts: dict[str, Fact], octets: bytes) -> None:
        """A text that somebody sent us."""
        assert self._take_text is not None
        await self._take_text(TextCame.of_facts(facts, octets))


def _outcome(facts: dict[str, Fact]) -> Outcome:
    detail = str(facts.get("detail") or "")
    ids = facts.get("provider_ids")
    match facts.get("outcome"):
        case "accepted" if isinstance(ids, list) and ids:
            return Accepted(tuple(map(str, ids)))
        case "refused":
            return Refused(detail, permanent=bool(facts.get("permanent")))
        case "notsent":
            return NotSent(detail)
    return Ambiguous(detail)
