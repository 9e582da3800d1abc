"""The firm, its numbers, the people who sign in, and what is kept about their sessions and repeated requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

ROLES = ("operator", "dispatcher", "accountant", "admin", "auditor")
"""Of who signs in to the panel. Drivers have a page and a log-in of their own. What each may do: desk/office/roles.py."""


class Office(Base):
    """One dispatch firm. Country (ISO 3166), currency (ISO 4217) and time zone decide how numbers, money and days read.

    `fare_texts`: whether a fare is put in writing to the customer by a text of its own at once ("always"), only once it is fixed
    or changed later than the order was taken ("changes"), or never; the text that says who comes names it with the first two.
    `given_back_texts`: whether a customer is told that his driver has given the order back and another one is looked for.
    `remind_desk_s`, `remind_customer_s` and `search_ahead_s` are how long before
    a reserved time the desk is reminded, the customer is, and drivers are looked for; null: as the trade has it.
    `ad_refusal` is the number by which advertising is refused free of charge, as it is dialled; null: none was ever named.
    `wrap_up_codes` are by what its operators say what a call was about (null: the trade's), `wrap_up_required` whether they must.
    """

    __tablename__ = "office"
    __table_args__ = (CheckConstraint("fare_texts in ('always', 'changes', 'never')", name="fare_texts"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    country: Mapped[str] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(String(3))
    timezone: Mapped[str] = mapped_column(String(64))
    trade: Mapped[str] = mapped_column(String(32))
    sms_sender: Mapped[str] = mapped_column(String(20))
    fare_texts: Mapped[str] = mapped_column(String(8), default="changes", server_default="changes")
    given_back_texts: Mapped[bool] = mapped_column(default=True, server_default=true())
    remind_desk_s: Mapped[int | None]
    remind_customer_s: Mapped[int | None]
    search_ahead_s: Mapped[int | None]
    ad_refusal: Mapped[str | None] = mapped_column(String(20))
    wrap_up_codes: Mapped[list[str] | None] = mapped_column(JSON)
    wrap_up_required: Mapped[bool] = mapped_column(default=False, server_default=false())


class Line(Base):
    """A number that callers dial (DID, as the trunk or the box spells it), with the language and the flow that greet them."""

    __tablename__ = "line"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    did: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    language: Mapped[str] = mapped_column(String(8))
    flow: Mapped[str] = mapped_column(String(32))


class Operator(Base):
    """A person (or a program, by token) who signs in. `extension` is the desk phone, where there is one."""

    __tablename__ = "operator"
    __table_args__ = (
        CheckConstraint("role in ('operator', 'dispatcher', 'accountant', 'admin', 'auditor')", name="role"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    login: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    password_hash: Mapped[str | None] = mapped_column(Text)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    extension: Mapped[str | None] = mapped_column(String(16), unique=True)
    locale: Mapped[str] = mapped_column(String(8))
    disabled_at: Mapped[datetime | None]


class WebSession(Base):
    """A signed-in browser. Only the SHA-256 of its cookie is kept, so that a copy of the database opens no session.

    `factor_at` is when a second factor was shown; null without one.
    """

    __tablename__ = "web_session"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    factor_at: Mapped[datetime | None]


class IdempotencyKey(Base):
    """The saved answer to a POST: the same key by the same person gives the same answer again, never a second row."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("operator_id", "key"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    key: Mapped[str] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    answer: Mapped[Any] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(index=True)


class AuditEntry(Base):
    """Who did what to whom, and when. Rows are only ever added, each chained to the one before (models/chain.py)."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    what: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(120))
    detail: Mapped[Any] = mapped_column(JSON)
    previous: Mapped[str] = mapped_column(String(64), unique=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
