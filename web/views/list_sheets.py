"""Customers and drivers as tables to take away, with headings that the import knows: brought again, they change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from desk import numbers
from desk.keeping.whole_lists import CustomerRow, DriverRow
from desk.rules import banks
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
    """One line a driver, with the whole of his record; days, hours and skills in words that the import reads again."""
    heads = _heads(
        words, "driver_number", "name", "phone", "phones", "language", "licence_number", "licence_until",
        "insurance_number", "insurance_until", "skills", "groups", "base_area", "works_days", "works_hours", "note",
        "bank", "bank_account", "bank_holder",
    )  # fmt: skip
    lines: list[Sequence[Cell]] = [
        (
            row.number,
            row.name,
            numbers.display(row.phone, country),
            " / ".join(numbers.display(number, country) for number in row.phones),
            row.language,
            row.licence_number,
            _day(row.licence_until),
            row.insurance_number,
            _day(row.insurance_until),
            ", ".join(words.text(f"panel.skill.{skill}") for skill in row.skills),
            ", ".join(row.groups),
            row.base_area,
            row.works_days,
            None if row.works_from is None else f"{row.works_from:%H:%M}-{row.works_until or row.works_from:%H:%M}",
            row.note,
            None if row.bank is None else banks.whole(row.bank, words.tag),
            row.bank_account,
            row.bank_holder,
        )
        for row in rows
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


def _day(at: date | None) -> str | None:
    return None if at is None else at.isoformat()


def _plain(value: float | None) -> str | None:
    return None if value is None else f"{value:g}" if isinstance(value, int) else f"{value:.7f}".rstrip("0").rstrip(".")


def _heads(words: Catalog, *fields: str) -> list[tuple[str, Kind]]:
    return [(words.text(f"import.field.{name}"), "text") for name in fields]
