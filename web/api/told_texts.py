"""What the API of texts to many answers, and of who agreed to advertising."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from web.api.shapes import Id, Moment, Told

Audience = Literal["customer", "driver", "other"]
LeftOutWhy = Literal["no_number", "twice", "refused", "no_consent", "consent_old", "too_long"]


class AddressedTold(Told):
    """One person's text. `size` is SMS or LMS, as Korean networks count; `held_until`: it waits for the morning."""

    audience: Audience
    id: int
    name: str
    number: str
    text: str
    octets: int
    size: Literal["SMS", "LMS"]
    parts: int
    held_until: Moment | None


class LeftOutTold(Told):
    """Somebody who was picked and is not written to, and why. `id` is 0 where nobody knows him."""

    audience: Audience
    id: int
    name: str
    number: str | None
    why: LeftOutWhy


class LookTold(Told):
    """What would be sent. With `faults` nothing can be; `seen` is given back to send it. The lists have the first 200 each."""

    picked: int
    texts: int
    left_out: int
    faults: list[str]
    lost: str
    seen: str
    first: list[AddressedTold]
    first_left_out: list[LeftOutTold]


class ConsentLookTold(LookTold):
    """What each would be told. Of `over` the two years are over; `beyond` are more than are written to at once."""

    over: int
    beyond: int


class DueConsentTold(Told):
    """A consent that is to be confirmed. After `last_day` it is too late; `tried`: what became of the last text about it."""

    audience: Audience
    id: int
    name: str
    number: str | None
    language: str
    agreed_at: Moment
    confirmed_at: Moment | None
    last_day: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    is_over: bool
    tried: str | None
    tried_at: Moment | None


class DueConsentsTold(Told):
    """Who is due, the oldest first; how many all are, of how many it is `over`; a text is `on_its_way` to more, or may have left.

    `next` goes back as `cursor`; null: no more.
    """

    items: list[DueConsentTold]
    next: str | None
    due: int
    over: int
    on_its_way: int
    unsure: int


class ConsentTextsTold(Told):
    """By language."""

    ko: str
    en: str


class ConsentWordsTold(Told):
    """What the office said last to whoever was to be told of his consent, or what is ready-made."""

    texts: ConsentTextsTold
    refusal: str


class CampaignTold(Told):
    """A text to many, and how many of its texts stand in which state; `waiting` have not left.

    `standing_run_id`: a standing send wrote it.
    """

    id: Id
    kind: Literal["notice", "ad"]
    template: str
    language: str
    picked: int
    left_out: int
    created_at: Moment
    by: str
    standing_run_id: Id | None
    send_at: Moment
    cancelled_at: Moment | None
    states: dict[str, int]
    total: int
    waiting: int


class ResultTold(Told):
    """What became of one text."""

    id: Id
    name: str
    number: str
    text: str
    state: str
    detail: str | None


class ConsentTold(Told):
    """What is known of a number: `standing` is whether an advertisement may be sent there now."""

    number: str
    standing: Literal["agreed", "refused", "no_consent", "consent_old"]
    agreed_at: Moment | None
    confirmed_at: Moment | None
    night_at: Moment | None
    refused_at: Moment | None
    holds_until: Moment | None
    source: str
