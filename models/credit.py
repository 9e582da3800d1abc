"""Firms that ride on account: what they may owe, and whose telephones may order for them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import NEVER_AGAIN, Base, Key


class CreditAccount(Base):
    """A customer who pays by invoice. `credit_limit` (whole minor units of the office's currency) is the most that he may owe,
    open orders counted.

    What he owes is in the books: the account of kind "customer" whose owner is this row's id.
    """

    __tablename__ = "credit_account"
    __table_args__ = (
        UniqueConstraint("office_id", "name"),
        CheckConstraint("credit_limit >= 0", name="credit_limit"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    name: Mapped[str] = mapped_column(String(80))
    business_number: Mapped[str | None] = mapped_column(String(32))
    contact: Mapped[str | None] = mapped_column(Text)
    credit_limit: Mapped[int] = mapped_column(BigInteger)
    needs_cost_centre: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class CreditRider(Base):
    """A telephone (E.164) that may order on an account. One number may ride on several."""

    __tablename__ = "credit_rider"
    __table_args__ = (UniqueConstraint("credit_id", "number"), NEVER_AGAIN)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    credit_id: Mapped[int] = mapped_column(ForeignKey("credit_account.id"))
    number: Mapped[str] = mapped_column(String(20), index=True)
    added_at: Mapped[datetime]
    added_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
