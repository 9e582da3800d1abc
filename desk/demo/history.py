"""The demo's past: customers with their numbers, the orders that they gave, and the places that follow from those orders.

Everything is plain rows (one dict each) and consistent: trips, cancels, last trip and places are counted from the orders.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from desk import trades
from desk.demo import trades as demo_trades
from desk.demo.people import People
from desk.demo.places import Places, Spot, beeline_m
from desk.trades import CANCELLED, COMPLETED, Tariff

Row = dict[str, Any]

DAYS = 180
MOST_TRIPS = 60
MEAN_TRIPS = 3.2
SHARE_CANCELLED = 0.06
SHARE_ENGLISH = 0.03
VIP_TRIPS = 15
# The hours (local) at which people in the evening ask for a driver, with their shares.
_HOURS = (18, 19, 20, 21, 22, 23, 0, 1, 2, 3)
_HOUR_SHARES = (3, 5, 8, 12, 15, 16, 12, 9, 5, 2)


@dataclass(slots=True)
class History:
    """Rows of four tables, keyed from 1 on and ready to insert."""

    customers: list[Row] = field(default_factory=list)
    phones: list[Row] = field(default_factory=list)
    places: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Firm:
    """What the past needs to know of the firm."""

    office_id: int
    trade: str
    currency: str
    timezone: str
    operators: Sequence[int]


def make_history(
    firm: Firm, people: People, places: Places, count: int, now: datetime, chance: random.Random
) -> History:
    """The past of `count` customers up to `now` (aware), the same for the same seed and moment."""
    past = _Past(firm, now, chance)
    history = History()
    for customer_id in range(1, count + 1):
        orders = past.orders(customer_id, number := people.mobile(), places)
        history.phones.append({"office_id": firm.office_id, "customer_id": customer_id, "number": number})
        history.customers.append(past.customer(customer_id, people, orders))
        history.places += _places_of(customer_id, orders)
        history.orders += orders
    history.orders.sort(key=lambda order: order["taken_at"])
    for order_id, order in enumerate(history.orders, 1):
        order["id"] = order_id
    return history


class _Past:
    """Draws one customer's orders."""

    def __init__(self, firm: Firm, now: datetime, chance: random.Random) -> None:
        self._firm = firm
        self._now = now
        self._chance = chance
        self._zone = ZoneInfo(firm.timezone)
        self._trade = trades.load(firm.trade)
        self._tariff: Tariff = self._trade.tariffs[firm.currency]
        self._today = now.astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def customer(self, customer_id: int, people: People, orders: Sequence[Row]) -> Row:
        trips = [order["closed_at"] for order in orders if order["state"] == COMPLETED]
        english = self._chance.random() < SHARE_ENGLISH
        return {
            "id": customer_id,
            "office_id": self._firm.office_id,
            "name": people.english_name() if english else people.name(),
            "grade": "VIP" if len(trips) >= VIP_TRIPS else None,
            "note": people.note(),
            "language": "en" if english else None,
            "trips": len(trips),
            "cancels": len(orders) - len(trips),
            "last_trip_at": max(trips, default=None),
            "created_at": self._now - timedelta(days=DAYS + 2),
        }

    def orders(self, customer_id: int, number: str, places: Places) -> list[Row]:
        chance = self._chance
        count = min(1 + int(chance.expovariate(1 / (MEAN_TRIPS - 0.5))), MOST_TRIPS)
        home = places.home()
        # A habit, a second one, and whatever the evening brings.
        usual, second = (places.out(), home), (places.out(), home)
        found = []
        for at in sorted(self._evening() for _ in range(count)):
            draw = chance.random()
            if draw < 0.55:
                trip = usual
            elif draw < 0.8:
                trip = second
            else:
                trip = (places.out(), home if chance.random() < 0.7 else places.home())
            found.append(self._order(customer_id, number, at, *trip))
        return found

    def _evening(self) -> datetime:
        """A moment before now, in one of the last nights."""
        chance = self._chance
        hour = chance.choices(_HOURS, _HOUR_SHARES)[0]
        at = (
            self._today
            - timedelta(days=chance.randint(2, DAYS))
            + timedelta(hours=hour, seconds=chance.randrange(3600))
        )
        return at + timedelta(days=1) if hour < 12 else at

    def _order(self, customer_id: int, number: str, at: datetime, origin: Spot, destination: Spot) -> Row:
        chance = self._chance
        cancelled = chance.random() < SHARE_CANCELLED
        way_m = round(beeline_m(origin, destination) * 1.35)
        taken = timedelta(minutes=3 + chance.randrange(9) if cancelled else 35 + way_m // 500)
        return {
            "office_id": self._firm.office_id,
            "trade": self._firm.trade,
            "state": CANCELLED if cancelled else COMPLETED,
            "customer_id": customer_id,
            "number": number,
            "origin_text": origin.text,
            "origin_lat": origin.lat,
            "origin_lon": origin.lon,
            "origin_accuracy_m": origin.accuracy_m,
            "origin_source": "operator",
            **(_end(destination) if self._trade.asks("destination") else {}),
            "details": demo_trades.details(self._trade, chance),
            "fare": self._tariff.quote(way_m, at.time()),
            "currency": self._firm.currency,
            "taken_by": chance.choice(self._firm.operators),
            "taken_at": at,
            "closed_at": at + taken,
        }


def _end(destination: Spot) -> Row:
    return {
        "destination_text": destination.text,
        "destination_lat": destination.lat,
        "destination_lon": destination.lon,
        "destination_source": "operator",
    }


def _places_of(customer_id: int, orders: Sequence[Row]) -> list[Row]:
    """The places that a customer's orders have left behind, as the desk itself would have counted them."""
    found: dict[str, Row] = {}
    for order in orders:
        for end in ("origin", "destination"):
            if f"{end}_text" not in order:
                continue
            place = found.setdefault(order[f"{end}_text"], _place(customer_id, order, end))
            place["uses"] += 1
            place["last_used_at"] = order["taken_at"]
    return list(found.values())


def _place(customer_id: int, order: Mapping[str, Any], end: str) -> Row:
    return {
        "customer_id": customer_id,
        "text": order[f"{end}_text"],
        "lat": order[f"{end}_lat"],
        "lon": order[f"{end}_lon"],
        "accuracy_m": order.get(f"{end}_accuracy_m"),
        "source": "operator",
        "uses": 0,
        "last_used_at": order["taken_at"],
    }
