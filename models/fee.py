"""Fee rules of the office's own, by which one a fee was booked, and what a driver gets when nobody came out.

Rows are only ever added; the database sees to it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

SORTS = ("all", "grade", "group")
_SORTS_SQL = ", ".join(f"'{sort}'" for sort in SORTS)


class FeeRuleRow(Base):
    """What the office takes of a fare from `holds_from` on: of all its drivers, of those of a grade, or of a group.

    The columns from `basis_points` to `most` are those of desk.fees.FeeRule, in whole minor units of `currency`. Of a class the
    newest row that holds counts; `ended` says that the class has no rule of its own from then on.
    """

    __tablename__ = "fee_rule"
    __table_args__ = (
        CheckConstraint(f"sort in ({_SORTS_SQL})", name="sort"),
        CheckConstraint("(sort = 'all') = (class_name = '')", name="class_name"),
        Index("ix_fee_rule_office", "office_id", "trade", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    trade: Mapped[str] = mapped_column(String(32))
    currency: Mapped[str] = mapped_column(String(3))
    sort: Mapped[str] = mapped_column(String(8))
    class_name: Mapped[str] = mapped_column(String(40))
    ended: Mapped[bool]
    basis_points: Mapped[int]
    fixed: Mapped[int]
    unit: Mapped[int]
    least: Mapped[int]
    most: Mapped[int | None]
    holds_from: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))


class EntryFee(Base):
    """Why a call fee is what it is: the rule as it was when it was booked, and of which fare.

    `sort` "trade" with no `rule_id`: the trade's own rule, where the office had none.
    """

    __tablename__ = "entry_fee"
    __table_args__ = (CheckConstraint(f"sort in ('trade', {_SORTS_SQL})", name="sort"),)

    entry_id: Mapped[int] = mapped_column(Key, ForeignKey("entry.id"), primary_key=True, autoincrement=False)
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("fee_rule.id"))
    sort: Mapped[str] = mapped_column(String(8))
    class_name: Mapped[str] = mapped_column(String(40))
    fare: Mapped[int]
    basis_points: Mapped[int]
    fixed: Mapped[int]
    unit: Mapped[int]
    least: Mapped[int]
    most: Mapped[int | None]


class DeadRunRule(Base):
    """What a driver gets for an order to which nobody came out, from `holds_from` on; `amount` 0: nothing.

    Whole minor units of `currency`. Of the rows of a trade the newest that holds counts.
    """

    __tablename__ = "dead_run_rule"
    __table_args__ = (
        CheckConstraint("amount >= 0", name="amount"),
        Index("ix_dead_run_rule_office", "office_id", "trade", "id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    trade: Mapped[str] = mapped_column(String(32))
    currency: Mapped[str] = mapped_column(String(3))
    amount: Mapped[int]
    holds_from: Mapped[datetime]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
