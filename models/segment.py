"""Segments of customers: saved questions, or lists by hand, and how their members are treated."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_AGAIN, Base, Key

KINDS = ("query", "list")


class Segment(Base):
    """Customers who are alike. `kind` "query": whoever meets `conditions` now (desk/customer/segments.py); "list": a group by
    hand.

    `greeting` is a sentence for whoever speaks to a member, `hint` what to say about the price, `priority` how much sooner his
    call comes to an operator (0: as everybody, at most 10). The voice menu greets him with the sound named `sound`, else with
    the words `said`, else as everybody. Where a customer is in several, the highest priority speaks.
    """

    __tablename__ = "segment"
    __table_args__ = (
        UniqueConstraint("office_id", "name"),
        CheckConstraint("kind in ('query', 'list')", name="kind"),
        CheckConstraint("priority between 0 and 10", name="priority"),
        NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(8))
    conditions: Mapped[Any] = mapped_column(JSON)
    greeting: Mapped[str | None] = mapped_column(String(200))
    hint: Mapped[str | None] = mapped_column(String(200))
    sound: Mapped[str | None] = mapped_column(String(40))
    said: Mapped[str | None] = mapped_column(String(200))
    priority: Mapped[int] = mapped_column(default=0)
    made_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    made_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 -- SQLAlchemy reads it from the class


class SegmentMember(Base):
    """A customer who was put into a group by hand."""

    __tablename__ = "segment_member"

    segment_id: Mapped[int] = mapped_column(ForeignKey("segment.id"), primary_key=True, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(
        ForeignKey("customer.id"), primary_key=True, autoincrement=False, index=True
    )
    added_at: Mapped[datetime]
