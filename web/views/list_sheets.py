"""Customers and drivers as tables to take away, with headings that the import knows: brought again, they change nothing."""

from __future__ import annotations

from collections.abc import Sequence

from desk import numbers
from desk.keeping.whole_lists import CustomerRow, DriverRow
from locales.catalog import Catalog
from models import BookPlace
from web.views.sheets import Cell, Kind, Sheet


def customers(words: Catalog, country: str, rows: Sequence[CustomerRow]) -> Sheet:
    """One line a customer; numbers as people in `country` write them."""
    heads = _heads(words, "name", "number", "grade", "note", "language", "place")
    lines: list[Sequence[Cell]] = [
        (
            row.name,
            " / ".join(numbers.display(number, country) for number in row.numbers),
            row.grade,
            row.note,
            row.language,
            "; ".join(row.places),
        )
        for row in rows
    ]
    return Sheet(words.text("import.kind.customers"), (), heads, lines)


def drivers(words: Catalog, country: str, rows: Sequence[DriverRow]) -> Sheet:
    """One line a driver."""
    heads = _heads(words, "driver_number", "name", "phone", "language")
    lines: list[Sequence[Cell]] = [
        (row.number, row.name, numbers.display(row.phone, country), row.language) for row in rows
    ]
    return Sheet(words.text("import.kind.drivers"), (), heads, lines)


def places(words: Catalog, rows: Sequence[BookPlace]) -> Sheet:
    """One line a place of the office's book."""
    heads = _heads(words, "place_name", "district", "alias", "lat", "lon", "accuracy_m", "source")
    lines: list[Sequence[Cell]] = [
        (
            row.name,
            row.district,
            "; ".join(row.aliases.split("\n")),
            *map(_plain, (row.lat, row.lon, row.accuracy_m)),
            row.source,
        )
        for row in rows
    ]
    return Sheet(words.text("import.kind.places"), (), heads, lines)


def _plain(value: float | None) -> str | None:
    return None if value is None else f"{value:g}" if isinstance(value, int) else f"{value:.7f}".rstrip("0").rstrip(".")


def _heads(words: Catalog, *fields: str) -> list[tuple[str, Kind]]:
    return [(words.text(f"import.field.{name}"), "text") for name in fields]
