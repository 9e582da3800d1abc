"""Why it is uncertain where an order begins."""

from __future__ import annotations

from desk import trades
from models import Order

NO_PIN, WIDE = "no_pin", "wide"


def doubt(order: Order) -> str | None:
    """Why its origin is uncertain: it has no pin, or a radius wider than its trade takes for sure; None when it is certain."""
    if order.origin_lat is None or order.origin_lon is None:
        return NO_PIN
    wide = order.origin_accuracy_m is not None and order.origin_accuracy_m > trades.load(order.trade).sure_within_m
    return WIDE if wide else None
