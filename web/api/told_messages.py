"""What the JSON API answers about texts to one person, and from one."""

from __future__ import annotations

from typing import Literal

from web.api.shapes import Id, Moment, Told


class MessageTold(Told):
    """A text message and what became of it."""

    id: Id
    order_id: Id | None
    audience: Literal["customer", "driver", "other"]
    recipient: str | None
    sender: str
    text: str
    language: str
    state: Literal["queued", "sending", "sent", "delivered", "failed", "expired", "unknown"]
    attempts: int
    provider: str | None
    detail: str | None
    created_at: Moment
    updated_at: Moment


class TextTold(Told):
    """A text that somebody sent us. `meaning` and `outcome` are null until it was read; "inbox" waits for a person.

    `sender` is E.164 where it is a number; `name` whose number that is, as far as the desk knows.
    """

    id: Id
    sender: str
    name: str | None
    text: str
    whole: bool
    meaning: (
        Literal[
            "accept", "decline", "opt_out", "automatic", "other", "on_duty", "off_duty", "arrived", "leaving", "done"
        ]
        | None
    )
    outcome: Literal["accepted", "declined", "refused", "opted_out", "ignored", "inbox", "done"] | None
    offer_id: Id | None
    received_at: Moment
    handled_at: Moment | None
    handled_by: str | None


class SizeTold(Told):
    """How long a text is: bytes and kind as Korean networks count them, parts as SMPP sends it. `lost` they cannot carry."""

    octets: int
    kind: Literal["SMS", "LMS", "too long"]
    lost: str
    parts: int
