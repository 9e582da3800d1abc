"""A text from a person as a transport hands it over: bytes, and what says which they are. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desk.keeping.tape import Fact


@dataclass(frozen=True, slots=True)
class TextCame:
    """One text, or one part of a long one (`reference` is null where it is whole; `number` of `total`, from 1).

    `identity` is the same when the network brings the same text again; `session` names the link that brought it. `coding` is one
    of `desk.texts.alphabets`. Numbers as told. `repr` shows neither number nor text.
    """

    identity: str
    session: str
    sender: str
    recipient: str
    octets: bytes
    coding: str
    reference: int | None = None
    total: int = 1
    number: int = 1

    def __repr__(self) -> str:
        return f"TextCame({self.identity[:8]}, {self.number}/{self.total})"

    def as_facts(self) -> dict[str, Fact]:
        """For a tape; the octets go beside them."""
        return {
            "identity": self.identity,
            "session": self.session,
            "sender": self.sender,
            "recipient": self.recipient,
            "coding": self.coding,
            "reference": self.reference,
            "total": self.total,
            "number": self.number,
        }

    @staticmethod
    def of_facts(facts: Mapping[str, Fact], octets: bytes) -> TextCame:
        """What a tape was told."""

        def text(name: str) -> str:
            return str(facts.get(name) or "")

        def whole(name: str) -> int | None:
            found = facts.get(name)
            return found if isinstance(found, int) else None

        return TextCame(
            text("identity"), text("session"), text("sender"), text("recipient"), octets, text("coding"),
            whole("reference"), whole("total") or 1, whole("number") or 1,
        )  # fmt: skip
