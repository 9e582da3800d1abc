"""How the driver is told that a trip is paid: what he collects from the customer, and where he collects nothing."""

from __future__ import annotations

from locales.catalog import Catalog
from models import Order

COLLECTED = frozenset({"cash", "transfer"})
"""Ways to pay in which the money goes from the customer to the driver; the others pay the office, and he has it from there."""


def is_collected(order: Order) -> bool:
    """Whether the driver takes the fare from the customer himself."""
    return order.payment in COLLECTED


def words(order: Order, language: str) -> str:
    """For the text of an order that he has: who collects nothing reads that, too."""
    return Catalog.load(language).text(f"sms.pay.{order.payment}")


def brief(order: Order, language: str) -> str:
    """One word, for the text of an offer."""
    return Catalog.load(language).text(f"sms.pay_brief.{order.payment}")
