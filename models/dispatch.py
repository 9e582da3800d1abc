"""How an order finds its driver: by which mode, the search and whom it asked and why, and who takes it as his next one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

SEARCHES = ("running", "assigned", "unassigned", "stopped")
OFFERS = ("open", "accepted", "declined", "expired", "withdrawn")
MODES = ("automatic", "semi", "manual")
"""automatic: the search begins when an order is taken; semi: the desk proposes, an operator gives; manual: operators do it."""
HELD = "held"
_MODES_SQL = ", ".join(f"'{mode}'" for mode in MODES)
_SEARCHES_SQL = ", ".join(f"'{state}'" for state in SEARCHES)
_OFFERS_SQL = ", ".join(f"'{state}'" for state in OFFERS)


class DispatchHours(Base):
    """In which mode orders are dispatched: on one line (null: on all of an office that have no row of their own), on some days,
    between two minutes of the day, by the office's clock. Over midnight where `to_minute` is not after `from_minute`.

    `days` is a sum: Monday 1, Tuesday 2, ... Sunday 64; a night belongs to the day on which it begins.
    """

    __tablename__ = "dispatch_hours"
    __table_args__ = (
        CheckConstraint(f"mode in ({_MODES_SQL})", name="mode"),
        CheckConstraint("days between 1 and 127", name="days"),
        CheckConstraint("from_minute between 0 and 1439 and to_minute between 0 and 1439", name="minutes"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), index=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("line.id"))
    days: Mapped[int]
    from_minute: Mapped[int]
    to_minute: Mapped[int]
    mode: Mapped[str] = mapped_column(String(16))


class Search(Base):
    """One search for a driver. `ring` counts the rings of the trade's plan that were asked; `due_at` is when it goes on.

    At most one search of an order is running. One that `proposes` asks nobody: it names the driver whom it would ask. In a peak
    it waits until `match_at` for others, so that all of them are matched at once. One that was made `by_hand` has asked nobody
    either: an operator (`started_by`) gave the order to a driver, and its weighings are those whom he could have chosen.
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
        Index("ix_search_by_hand", "started_at", sqlite_where=text("by_hand = 1"), postgresql_where=text("by_hand")),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    ring: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime]
    started_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None] = mapped_column(String(16))
    proposes: Mapped[bool] = mapped_column(default=False)
    proposed_driver_id: Mapped[int | None] = mapped_column(ForeignKey("driver.id"))
    match_at: Mapped[datetime | None]
    by_hand: Mapped[bool] = mapped_column(default=False)


class Offer(Base):
    """An order offered to a driver until `expires_at`. The same order is offered to him once in one search.

    `code` is what he answers with who was asked by text, by `message_id`; no driver sees the same code twice in a day.
    """

    __tablename__ = "offer"
    __table_args__ = (
        CheckConstraint(f"state in ({_OFFERS_SQL})", name="state"),
        UniqueConstraint("search_id", "driver_id"),
        Index("ix_offer_driver", "driver_id", "state"),
        Index(
            "ix_offer_expiry",
            "expires_at",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
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
    code: Mapped[str | None] = mapped_column(String(4))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id"))


class Weighing(Base):
    """Why a driver was asked, or was not, when a ring was drawn (ring 0: when an operator chose).

    `reason_key` with `reason_args` is a text in `panel.toml`.
    """

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


class NextOrder(Base):
    """The order that a driver begins when he has finished the one that he has. At most one held a driver, and one an order.

    `expected_at` is when he was expected to be done, as it was known when he took it. It ends as "begun" or "released".
    """

    __tablename__ = "next_order"
    __table_args__ = (
        CheckConstraint("state in ('held', 'begun', 'released')", name="state"),
        Index(
            "uq_next_order_held_order",
            "order_id",
            unique=True,
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
        Index(
            "uq_next_order_held_driver",
            "driver_id",
            unique=True,
            sqlite_where=text("state = 'held'"),
            postgresql_where=text("state = 'held'"),
        ),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("order.id"), index=True)
    driver_id: Mapped[int] = mapped_column(ForeignKey("driver.id"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    expected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)


class MatchingRound(Base):
    """Several searches that were matched with drivers at once. Seconds are the ways to the customers: summed, and the worst.

    `greedy_*` is what taking the nearest one by one would have come to with the same orders and drivers; `took_ms` the solving.
    """

    __tablename__ = "matching_round"
    __table_args__ = (
        CheckConstraint("method in ('optimal', 'greedy')", name="method"),
        Index("ix_matching_round_office", "office_id", "at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    at: Mapped[datetime]
    orders: Mapped[int]
    drivers: Mapped[int]
    matched: Mapped[int]
    method: Mapped[str] = mapped_column(String(16))
    total_s: Mapped[int]
    worst_s: Mapped[int]
    greedy_matched: Mapped[int]
    greedy_total_s: Mapped[int]
    greedy_worst_s: Mapped[int]
    took_ms: Mapped[int]
