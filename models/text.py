"""Texts that come in, and texts that the desk sends to many: what was said, to whom it may be sent, and what came of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, validates

from models.base import Base, Key

MEANINGS = (
    "accept", "decline", "opt_out", "automatic", "other", "on_duty", "off_duty", "arrived", "leaving", "done",
)  # fmt: skip
OUTCOMES = ("accepted", "declined", "refused", "opted_out", "ignored", "inbox", "done")
_MEANINGS_SQL = ", ".join(f"'{meaning}'" for meaning in MEANINGS)
_OUTCOMES_SQL = ", ".join(f"'{outcome}'" for outcome in OUTCOMES)


class IncomingText(Base):
    """One text that somebody sent us, written before the network is told that we have it.

    `identity` with `occurrence` is what makes it this text and no other for its provider: brought again, it is the same row; the
    same words, sent once more, are the next occurrence. `sender` is E.164, a short code, or as it was told. `session` names the
    link that heard it first. `whole` is false where parts of a long text never came. `meaning` and `outcome` are null until it
    was read; `outcome` "inbox" waits for a person until `handled_at`.
    """

    __tablename__ = "incoming_text"
    __table_args__ = (
        UniqueConstraint("provider", "identity", "occurrence"),
        CheckConstraint(f"meaning in ({_MEANINGS_SQL})", name="meaning"),
        CheckConstraint(f"outcome in ({_OUTCOMES_SQL})", name="outcome"),
        Index("ix_incoming_text_office", "office_id", "outcome", "id"),
        Index("ix_incoming_text_sender", "office_id", "sender", "received_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    provider: Mapped[str] = mapped_column(String(32))
    identity: Mapped[str] = mapped_column(String(40))
    occurrence: Mapped[int] = mapped_column(default=1)
    session: Mapped[str] = mapped_column(String(32))
    sender: Mapped[str] = mapped_column(String(20))
    recipient: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(Text)
    whole: Mapped[bool] = mapped_column(default=True)
    received_at: Mapped[datetime]
    meaning: Mapped[str | None] = mapped_column(String(16))
    outcome: Mapped[str | None] = mapped_column(String(16))
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"))
    read_at: Mapped[datetime | None] = mapped_column(index=True)
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))


class IncomingPart(Base):
    """One part of a long text as it came; `text_id` once its text is a row. `octets` are in `alphabet`
    (desk/texts/alphabets.py)."""

    __tablename__ = "incoming_part"
    __table_args__ = (
        UniqueConstraint("provider", "identity", "occurrence"),
        Index("ix_incoming_part_joint", "provider", "joint", "received_at"),
        Index("ix_incoming_part_waiting", "text_id", "received_at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    provider: Mapped[str] = mapped_column(String(32))
    identity: Mapped[str] = mapped_column(String(40))
    occurrence: Mapped[int] = mapped_column(default=1)
    session: Mapped[str] = mapped_column(String(32))
    joint: Mapped[str] = mapped_column(String(80))
    number: Mapped[int]
    total: Mapped[int]
    sender: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(40))
    alphabet: Mapped[str] = mapped_column(String(8))
    octets: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime]
    text_id: Mapped[int | None] = mapped_column(ForeignKey("incoming_text.id"))


class AdConsent(Base):
    """What a number's owner said of advertising: `agreed_at` he wants it, `refused_at` he wants none, `night_at` also by night.

    `confirmed_at` is when he was last told of his consent and left it (desk/texts/consents.py: two years). `source` is where he
    said so: "text", or the words of the operator who wrote it down. `held_since` is from when the two years run: the later of
    `agreed_at` and `confirmed_at`, null where there is no consent that stands. It follows from the others.
    """

    __tablename__ = "ad_consent"
    __table_args__ = (
        UniqueConstraint("office_id", "number"),
        Index("ix_ad_consent_held", "office_id", "held_since", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    number: Mapped[str] = mapped_column(String(20))
    refused_at: Mapped[datetime | None]
    night_at: Mapped[datetime | None]
    agreed_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    held_since: Mapped[datetime | None]
    source: Mapped[str] = mapped_column(String(120))
    text_id: Mapped[int | None] = mapped_column(ForeignKey("incoming_text.id"))
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))

    @validates("agreed_at", "confirmed_at", "refused_at")
    def _runs_anew(self, name: str, at: datetime | None) -> datetime | None:
        said = {each: getattr(self, each) for each in ("agreed_at", "confirmed_at", "refused_at")} | {name: at}
        agreed, stands = said["agreed_at"], said["refused_at"] is None
        self.held_since = max(agreed, said["confirmed_at"] or agreed) if agreed is not None and stands else None
        return at


class ConsentNotice(Base):
    """That the owner of a number is told of his consent to advertising, written with the text that tells him.

    `agreed_at` is the consent that the text is about, and `confirmed_before` when he had last been told of it. `told_at` is when
    the text was sent; null before that, and again where it turned out that it did not get there.
    """

    __tablename__ = "consent_notice"
    __table_args__ = (
        Index("ix_consent_notice_number", "office_id", "number", "id"),
        Index(
            "ix_consent_notice_open",
            "office_id",
            sqlite_where=text("told_at is null"),
            postgresql_where=text("told_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    number: Mapped[str] = mapped_column(String(20))
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), unique=True)
    operator_id: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    agreed_at: Mapped[datetime]
    confirmed_before: Mapped[datetime | None]
    written_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class Campaign(Base):
    """One text to many, from `send_at` on. Each receiver is a row of `message` with this `campaign_id`.

    `template` is what was written, with its `{name}` places; `left_out` counts those who were picked and are not written to.
    """

    __tablename__ = "campaign"
    __table_args__ = (
        CheckConstraint("kind in ('notice', 'ad')", name="kind"),
        Index("ix_campaign_office", "office_id", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    kind: Mapped[str] = mapped_column(String(8))
    template: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(8))
    picked: Mapped[int]
    left_out: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    send_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))


class CampaignLeftOut(Base):
    """Somebody who was picked for a text to many and was sent none: `why` is a key of desk/message/campaigns.py.

    He is a customer, a driver, or nobody whom we know; `number` (E.164) is the one that would have been written to.
    """

    __tablename__ = "campaign_left_out"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"), index=True)
    why: Mapped[str] = mapped_column(String(16))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"), index=True)
    driver_id: Mapped[int | None] = mapped_column(ForeignKey("driver.id"))
    number: Mapped[str | None] = mapped_column(String(20))


class TextTemplate(Base):
    """A text that is sent again and again, by trade and language; of the kind "consent" the one that tells of a consent."""

    __tablename__ = "text_template"
    __table_args__ = (
        UniqueConstraint("office_id", "trade", "language", "name"),
        CheckConstraint("kind in ('notice', 'ad', 'consent')", name="kind"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    trade: Mapped[str] = mapped_column(String(32))
    language: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(8))
    body: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
