"""What can become of a text: the words that every provider speaks and the sender understands. Pure.

The one promise of this package stands here: a text that may have reached the network is never sent again unasked. So a
provider answers `NotSent` only when surely no byte left, `Refused` only when the other side said no, `Accepted` only with
the other side's own id, and `Ambiguous` for everything else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from desk.texts.text_came import TextCame

ReceiptState = Literal["sent", "delivered", "failed", "expired", "unknown"]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A claimed text: `recipient` is E.164, `sender` as registered with the provider. `repr` shows neither number nor text."""

    message_id: int
    recipient: str
    sender: str
    text: str

    def __repr__(self) -> str:
        return f"Outgoing(message_id={self.message_id})"


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it. One id for each part of a long text, in order; never empty."""

    provider_ids: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.provider_ids or not all(self.provider_ids):
            raise ValueError("a text was called accepted without an id from the provider")


@dataclass(frozen=True, slots=True)
class Refused:
    """The provider said no. `throttled`: it asks the whole link to slow down. `tries`: give up after that many, if sooner."""

    detail: str
    permanent: bool
    throttled: bool = False
    tries: int | None = None


@dataclass(frozen=True, slots=True)
class NotSent:
    """Surely not one byte of it left, for example because the link had just gone; it may go again."""

    detail: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """It may have been sent: written, and no answer. A person decides whether it is sent again.

    `later`, where there is one, waits for the overdue answer; what is refused then is refused for good.
    """

    detail: str
    later: Callable[[], Awaitable[Outcome]] | None = None


Outcome = Accepted | Refused | NotSent | Ambiguous


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the provider heard from the handset about one part, by the id that it gave to that part."""

    provider_id: str
    state: ReceiptState
    detail: str | None = None


TakeReceipt = Callable[[Receipt], Awaitable[None]]
"""Commits a receipt, or raises: the provider acknowledges a receipt only after this returned."""

TakeText = Callable[[TextCame], Awaitable[None]]
"""Commits a text that somebody sent us, or raises: the provider acknowledges it only after this returned."""

TellState = Callable[[bool, str], None]
"""Told whenever the provider can send or can no longer, with a sentence."""


class Provider(Protocol):
    """One way to the handsets. `name` is the file name, and what stands in the message row."""

    name: str
    window: int
    """How many texts may be under way at a time."""

    def ready(self) -> bool:
        """Whether a text handed over now would leave at once."""
        ...

    async def run(self, take_receipt: TakeReceipt, tell: TellState, take_text: TakeText) -> None:
        """Keep the way open until cancelled; hand each receipt to `take_receipt`, each text from a person to `take_text`."""
        ...

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Send once. Never raises for what the network does, never repeats what may have been sent."""
        ...
