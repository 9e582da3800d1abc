"""An order, each step that it took, and which driver has it. The database itself refuses a second active assignment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

PAYMENTS = ("cash", "card", "transfer", "account")
"""How a fare is paid: to the driver in cash or by transfer; to the office by card; by the invoice of a credit account."""
_PAYMENTS_SQL = ", ".join(f"'{kind}'" for kind in PAYMENTS)


class Order(Base):
    """What a caller wants. `fare` is in whole minor units of `currency` (won have none), null until it is fixed.

    `state` is one of the trade's table. Places carry where they are known from (`*_source`), how sure (`*_accuracy_m`, a radius
    in metres) and since when the order says so (`*_at`).
    `credit_id` is the credit account that pays, `cost_centre` what its owner wants to read beside the trip.
    `wanted_at` is when the customer wants to be picked up, null: as soon as can be.
    `details` is what only the trade asks: {name of the field: text}.
    `origin_area` and `destination_area` are the districts for the analysis, "" where unknown; null: not looked up yet.
    `wants` lists the skills, by the trade's data, that its driver must have.
    """

    __tablename__ = "order"
    __table_args__ = (
        CheckConstraint("fare is null or fare >= 0", name="fare"),
        CheckConstraint(f"payment in ({_PAYMENTS_SQL})", name="payment"),
        CheckConstraint("(payment = 'account') = (credit_id is not null)", name="credit"),
        Index(
            "ix_order_credit",
            "credit_id",
            "closed_at",
            sqlite_where=text("credit_id is not null"),
            postgresql_where=text("credit_id is not null"),
        ),
        Index(
            "ix_order_no_area",
            "id",
            sqlite_where=text("origin_area is null"),
            postgresql_where=text("origin_area is null"),
        ),
        Index(
            "ix_order_open_fare",
            "office_id",
            "closed_at",
            sqlite_where=text("state = 'completed' and fare is null"),
            postgresql_where=text("state = 'completed' and fare is null"),
        ),
        Index("ix_order_board", "office_id", "closed_at", "taken_at"),
        # A customer's orders in their order, and when they were taken without a look at the rows
        # (desk/customer/segment_conditions.py).
        Index("ix_order_customer", "customer_id", "id", "taken_at"),
        Index(
            "ix_order_paid",
            "customer_id",
            "fare",
            "state",
            sqlite_where=text("state = 'completed'"),
            postgresql_where=text("state = 'completed'"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    trade: Mapped[str] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(16))
    call_id: Mapped[int | None] = mapped_column(ForeignKey("call.id"), index=True)
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    number: Mapped[str | None] = mapped_column(String(20))
    origin_text: Mapped[str] = mapped_column(String(200))
    origin_lat: Mapped[float | None]
    origin_lon: Mapped[float | None]
    origin_accuracy_m: Mapped[int | None]
    origin_source: Mapped[str] = mapped_column(String(16))
    origin_at: Mapped[datetime | None]
    destination_text: Mapped[str | None] = mapped_column(String(200))
    destination_lat: Mapped[float | None]
    destination_lon: Mapped[float | None]
    destination_accuracy_m: Mapped[int | None]
    destination_source: Mapped[str | None] = mapped_column(String(16))
    destination_at: Mapped[datetime | None]
    origin_area: Mapped[str | None] = mapped_column(String(40))
    destination_area: Mapped[str | None] = mapped_column(String(40))
    fare: Mapped[int | None]
    currency: Mapped[str] = mapped_column(String(3))
    note: Mapped[str | None] = mapped_column(Text)
    payment: Mapped[str] = mapped_column(String(16), default="cash", server_default="cash")
    credit_id: Mapped[int | None] = mapped_column(ForeignKey("credit_account.id"))
    cost_centre: Mapped[str | None] = mapped_column(String(80))
    details: Mapped[Any] = mapped_column(JSON, default=dict)
    wants: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    taken_at: Mapped[datetime]
    wanted_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 -- SQLAlchemy reads it from the class


class WayPoint(Base):
    """A stop between where an order begins and where it ends; `position` counts from 0 in the order in which they are passed."""

    __tablename__ = "way_point"
    __table_args__ = (UniqueConstraint("order_id", "position"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(String(200))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    accuracy_m: Mapped[int | None]
    source: Mapped[str] = mapped_column(String(16))


class OrderStep(Base):
    """One change of state: who (operator or driver), when, from what to what, and why. Rows are only ever added."""

    __tablename__ = "order_step"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), index=True)
    at: Mapped[datetime]
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    before: Mapped[str | None] = mapped_column(String(16))
    after: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(Text)
    driver_id: Mapped[int | None] = mapped_column(ForeignKey("driver.id"))


class OrderChange(Base):
    """One field that an operator changed after the order was taken: who, when, from what to what. Rows are only ever added.

    `version` is that of the order with this change. A place is kept by its text, an amount as a number.
    """

    __tablename__ = "order_change"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), index=True)
    version: Mapped[int]
    at: Mapped[datetime]
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    field: Mapped[str] = mapped_column(String(16))
    before: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[Any | None] = mapped_column(JSON(none_as_null=True))


class Assignment(Base):
    """A driver has an order. At most one active row an order and one a driver, held by partial unique indexes.

    `fee_rule_id` is the office's rule that held for him when he got it (null: the trade's own); a later one does not touch it.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("state in ('active', 'released', 'completed')", name="state"),
        Index(
            "uq_assignment_active_order",
            "order_id",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
        Index(
            "uq_assignment_active_driver",
            "driver_id",
            unique=True,
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), index=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    assigned_at: Mapped[datetime]
    assigned_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)
    fee_rule_id: Mapped[int | None] = mapped_column(ForeignKey("fee_rule.id"))
