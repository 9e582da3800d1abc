"""The two ends of an order: written in one place, with where each is known from, how sure, and since when."""

from __future__ import annotations

from datetime import datetime

from desk.order.order_customer import PlaceText
from desk.views import Json, moment
from models import Order


def set_origin(order: Order, place: PlaceText, now: datetime) -> None:
    """Where the order begins, as it is known from `now` on (or since when `place` itself says)."""
    order.origin_text, order.origin_lat, order.origin_lon = place.text, place.lat, place.lon
    order.origin_accuracy_m, order.origin_source = place.accuracy_m, place.source
    order.origin_at = place.at or now
    order.origin_area = None  # desk.figures.districts looks again


def set_destination(order: Order, place: PlaceText | None, now: datetime) -> None:
    """Where it ends; None: it is not known."""
    order.destination_text = place.text if place else None
    order.destination_lat, order.destination_lon = (place.lat, place.lon) if place else (None, None)
    order.destination_accuracy_m = place.accuracy_m if place else None
    order.destination_source = place.source if place else None
    order.destination_at = (place.at or now) if place else None
    order.origin_area = None


def origin_json(order: Order) -> Json:
    """Where it begins, as the outside sees it."""
    return {
        "text": order.origin_text,
        "lat": order.origin_lat,
        "lon": order.origin_lon,
        "accuracy_m": order.origin_accuracy_m,
        "source": order.origin_source,
        "at": moment(order.origin_at),
    }


def destination_json(order: Order) -> Json | None:
    """Where it ends, as the outside sees it; None where nobody knows."""
    if order.destination_text is None:
        return None
    return {
        "text": order.destination_text,
        "lat": order.destination_lat,
        "lon": order.destination_lon,
        "accuracy_m": order.destination_accuracy_m,
        "source": order.destination_source,
        "at": moment(order.destination_at),
    }


def pin_words(order: Order) -> str | None:
    """The pin of its origin in words of no language, for the record of what was changed; None without a pin."""
    if order.origin_lat is None or order.origin_lon is None:
        return None
    sure = "" if order.origin_accuracy_m is None else f" ±{order.origin_accuracy_m} m"
    return f"{order.origin_lat:.5f}, {order.origin_lon:.5f}{sure} ({order.origin_source})"
