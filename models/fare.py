"""What a trip costs: the office's own tables, and for each order what was fixed when, with the explanation it was quoted with."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_AGAIN, Base, Key


class TariffTable(Base):
    """One version of a table of the office's own: fares from zone to zone, its own days, its price by distance, its hours.

    Of each kind that version counts which holds since the latest moment. With `holds_from` null it is a draft: looked through and
    not taken. `content` has the small tables ("distance", "hours") whole. What a version says is written once: what an order was
    quoted by can be read for ever.
    """

    __tablename__ = "tariff_table"
    __table_args__ = (
        CheckConstraint("kind in ('zones', 'days', 'distance', 'hours')", name="kind"),
        Index("ix_tariff_table_newest", "office_id", "kind", "id"),
        NEVER_AGAIN,
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    kind: Mapped[str] = mapped_column(String(8))
    at: Mapped[datetime]
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    rows: Mapped[int]
    holds_from: Mapped[datetime | None]
    file_name: Mapped[str | None] = mapped_column(String(200))
    content: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)


class ZoneFare(Base):
    """What a trip from one zone to another costs, in whole minor units.

    A zone is a district of the place book, or how a place's text begins.
    """

    __tablename__ = "zone_fare"
    __table_args__ = (UniqueConstraint("table_id", "from_zone", "to_zone"), CheckConstraint("fare >= 0", name="fare"))

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    table_id: Mapped[int] = mapped_column(ForeignKey("tariff_table.id"))
    from_zone: Mapped[str] = mapped_column(String(80))
    to_zone: Mapped[str] = mapped_column(String(80))
    fare: Mapped[int]


class OwnDay(Base):
    """A day that is a holiday for this office, or (`working`) a public holiday that is none for it."""

    __tablename__ = "own_day"
    __table_args__ = (UniqueConstraint("table_id", "day"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    table_id: Mapped[int] = mapped_column(ForeignKey("tariff_table.id"))
    day: Mapped[date]
    name: Mapped[str] = mapped_column(String(80))
    working: Mapped[bool]


class FixedFare(Base):
    """A fare as it was fixed for an order: how much, why so, by whom. Rows are only ever added.

    `parts` are the lines of the explanation, each with its amount; they sum to `quoted`, what the tariff asks, by the versions
    of the office's tables that are named (null: none was needed). `basis`: "tariff" (as quoted), "history" (as the same trip cost
    last time), "hand" (somebody said so, for `reason`). `told`: it was put in writing.
    """

    __tablename__ = "fixed_fare"
    __table_args__ = (CheckConstraint("basis in ('tariff', 'history', 'hand')", name="basis"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), index=True)
    version: Mapped[int]
    at: Mapped[datetime]
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    amount: Mapped[int | None]
    basis: Mapped[str] = mapped_column(String(8))
    parts: Mapped[Any] = mapped_column(JSON)
    quoted: Mapped[int | None]
    zones_id: Mapped[int | None] = mapped_column(ForeignKey("tariff_table.id"))
    days_id: Mapped[int | None] = mapped_column(ForeignKey("tariff_table.id"))
    distance_id: Mapped[int | None] = mapped_column(ForeignKey("tariff_table.id"))
    hours_id: Mapped[int | None] = mapped_column(ForeignKey("tariff_table.id"))
    reason: Mapped[str | None] = mapped_column(String(200))
    told: Mapped[bool]
