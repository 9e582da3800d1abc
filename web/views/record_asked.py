"""Which rows of the record somebody asks for: the same words in an address, in the API and at the command."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final

from desk.clock import days
from desk.errors import Invalid
from desk.office import record
from desk.office.record import Asked
from desk.text import plain

FIELDS: Final = ("from", "to", "who", "what", "about", "which")
LONGEST: Final = 64


def words(told: Mapping[str, str]) -> dict[str, str]:
    """The fields as they are understood; empty where nothing is asked."""
    return {name: plain(told.get(name, ""), LONGEST) for name in FIELDS}


def asked(told: Mapping[str, str], timezone: str) -> Asked:
    """From `from` to `to` (days of the office), by `who` (an operator's id, or "nobody"), of a kind or matter (`what`), about one
    thing (`about` and `which`). Empty ones ask for nothing. Raises Invalid with the field."""
    found = words(told)
    first, last = _day(found["from"], "from"), _day(found["to"], "to")
    if first is not None and last is not None and first > last:
        raise Invalid("the first day is not after the last", field="to")
    return Asked(
        None if first is None else _span(timezone, first, "from").since,
        None if last is None else _span(timezone, last, "to").until,
        _who(found["who"]),
        found["what"] or None,
        found["about"] or None,
        found["which"],
    )


def _span(timezone: str, day: date, field: str) -> days.Span:
    try:
        return days.span(timezone, day, day)
    except (Invalid, OverflowError) as error:
        raise Invalid("the years are from 2000 to 2999", field=field) from error


def _day(told: str, field: str) -> date | None:
    if not told:
        return None
    try:
        return datetime.strptime(told, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise Invalid("a day is written 2026-11-23", field=field) from error


def _who(told: str) -> int | str | None:
    if told in ("", record.NOBODY):
        return told or None
    if not (told.isascii() and told.isdigit() and len(told) < 19):
        raise Invalid(f"an operator's id, or {record.NOBODY}", field="who")
    return int(told)
