"""Squares of about half a kilometre, by the pin of where an order begins: where in a district orders crowd.

    row.column      row = floor((latitude + 90) / 0.0045), column = floor((longitude + 180) / 0.0056)
    wide            a pin whose radius is wider than its trade takes for sure: it would be put where it may not be
    (empty)         no pin

A row is 500 metres high everywhere; a column is 495 metres wide at Seoul, 523 at Jeju, and narrower farther from the equator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, String, case, cast, func

from desk import trades
from models import Order

HIGH: Final = 0.0045
BROAD: Final = 0.0056
WIDE: Final = "wide"


@dataclass(frozen=True, slots=True)
class Square:
    """Its south-western corner, in degrees."""

    south: float
    west: float

    @property
    def centre(self) -> tuple[float, float]:
        """Latitude and longitude of its middle, to about a metre."""
        return round(self.south + HIGH / 2, 5), round(self.west + BROAD / 2, 5)


def square_of(key: str) -> Square | None:
    """The square that a key names; null for the orders that are in none. Pure."""
    row, dot, column = key.partition(".")
    if not dot or not all(part.isascii() and part.isdigit() and len(part) < 7 for part in (row, column)):
        return None
    return Square(int(row) * HIGH - 90, int(column) * BROAD - 180)


def key(dialect: str) -> ColumnElement[str]:
    """The key of an order's square, as SQL."""
    row = _floor(dialect, (Order.origin_lat + 90) / HIGH)
    column = _floor(dialect, (Order.origin_lon + 180) / BROAD)
    sure = case({name: trades.load(name).sure_within_m for name in trades.names()}, value=Order.trade, else_=0)
    return case(
        (Order.origin_lat.is_(None) | Order.origin_lon.is_(None), ""),
        (Order.origin_accuracy_m > sure, WIDE),
        else_=cast(row, String) + "." + cast(column, String),
    )


def _floor(dialect: str, number: ColumnElement[Any]) -> ColumnElement[int]:
    """PostgreSQL rounds what it casts; SQLite cuts, and may be built without `floor`. None of these numbers is negative."""
    return cast(number if dialect == "sqlite" else func.floor(number), Integer)
