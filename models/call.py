"""A call as the desk knows it, every sighting that told of it, and what the caller said after the tone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

PRESENTATIONS = ("allowed", "withheld", "unavailable")
STATES = ("arrived", "ringing", "answered", "ended")
OPEN_STATES = STATES[:-1]


class Call(Base):
    """One call, whatever saw it and however many phones it rang.

    `number` is E.164, or null with `presentation` withheld or unavailable. `choice_*` is the caller's answer to the IVR.
    `disposition`: "answered"; "abandoned", nobody of ours had it; "pbx_restart", the PBX died under it and left no account;
    "lost", nobody saw how it ended, until the PBX's account says it; of a call of ours, "no_answer".
    `direction` "out" is a call that an operator had placed: `number` is whom he called, "arrived" that it is being dialled,
    "ringing" that it rings there, "answered" that the two talk. Nobody waits in it.
    `priority` is how much sooner than others he is answered (0: as everybody, to 10), `heard` how his segment greeted him.
    `recovered` marks a row whose times were rebuilt after a gap: details that nobody saw are absent, never invented.
    """

    __tablename__ = "call"
    __table_args__ = (
        CheckConstraint("state in ('arrived', 'ringing', 'answered', 'ended')", name="state"),
        CheckConstraint("presentation in ('allowed', 'withheld', 'unavailable')", name="presentation"),
        CheckConstraint("number is null or presentation = 'allowed'", name="number"),
        Index("ix_call_office_arrived", "office_id", "arrived_at"),
        Index("ix_call_number_arrived", "number", "arrived_at"),
        Index("ix_call_open", "state", "line_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    line_id: Mapped[int] = mapped_column(ForeignKey("line.id"))
    source: Mapped[str] = mapped_column(String(16))
    linkedid: Mapped[str | None] = mapped_column(String(80), index=True)
    number: Mapped[str | None] = mapped_column(String(20))
    presentation: Mapped[str] = mapped_column(String(16))
    caller_name: Mapped[str | None] = mapped_column(String(80))
    state: Mapped[str] = mapped_column(String(16))
    disposition: Mapped[str | None] = mapped_column(String(16))
    arrived_at: Mapped[datetime]
    ringing_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    choice_kind: Mapped[str | None] = mapped_column(String(16))
    choice_place_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    choice_text: Mapped[str | None] = mapped_column(String(200))
    recovered: Mapped[bool] = mapped_column(default=False)
    priority: Mapped[int] = mapped_column(default=0, server_default="0")
    heard: Mapped[str | None] = mapped_column(String(200))
    direction: Mapped[str] = mapped_column(String(3), default="in", server_default="in")


class CallSighting(Base):
    """One report of a call: a PBX channel by Linkedid, a box by its reading, a spool file. The same report twice is harmless."""

    __tablename__ = "call_sighting"
    __table_args__ = (UniqueConstraint("source", "reference"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    source: Mapped[str] = mapped_column(String(16))
    reference: Mapped[str] = mapped_column(String(120))
    seen_at: Mapped[datetime]


class Recording(Base):
    """A sound that the caller left. `token` is what the outside may ask for; `path` is relative to the recordings folder."""

    __tablename__ = "recording"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("call.id"), index=True)
    token: Mapped[str] = mapped_column(String(64), unique=True)
    path: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime]
