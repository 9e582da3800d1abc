"""Looking for a driver by itself: the search for one order, whom it asked, and why it asked him and not another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

SEARCHES = ("running", "assigned", "unassigned", "stopped")
OFFERS = ("open", "accepted", "declined", "expired", "withdrawn")
_SEARCHES_SQL = ", ".join(f"'{state}'" for state in SEARCHES)
_OFFERS_SQL = ", ".join(f"'{state}'" for state in OFFERS)


class Search(Base):
    """One search for a driver. `ring` counts the rings of the trade's plan that were asked; `due_at` is when it goes on.

    At most one search of an order is running.
    """

    __tablename__ = "search"
    __table_args__ = (
        CheckConstraint(f"state in ({_SEARCHES_SQL})", name="state"),
        Index("ix_search_due", "state", "due_at"),
        Index(
            "uq_search_running",
            "order_id",
            unique=True,
            sqlite_where=text("state = 'running'"),
            postgresql_where=text("state = 'running'"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    ring: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    started_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Offer(Base):
    """An order offered to a driver until `expires_at`. The same order is offered to him once in one search."""

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint(f"state in ({_OFFERS_SQL})", name="state"),
        UniqueConstraint("search_id", "driver_id"),
        Index("ix_offer_driver", "driver_id", "state"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    search_id: Mapped[int] = mapped_column(ForeignKey("search.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), index=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"))
    ring: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(200))


class Weighing(Base):
    """Why a driver was asked, or was not, when a ring was drawn. `reason_key` with `reason_args` is a text in `panel.toml`."""

    __tablename__ = "weighing"
    __table_args__ = (Index("ix_weighing_driver", "driver_id", "at"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    search_id: Mapped[int] = mapped_column(ForeignKey("search.id"), index=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"))
    at: Mapped[datetime]
    ring: Mapped[int]
    asked: Mapped[bool]
    reason_key: Mapped[str] = mapped_column(String(64))
    reason_args: Mapped[Any] = mapped_column(JSON)
