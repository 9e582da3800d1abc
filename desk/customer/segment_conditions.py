"""What a segment asks of a customer, as data, and the SQL that it becomes. All conditions of a segment must be met.

    trips, cancels      [from, to]      how many, both included; null: no end on that side
    last_trip_days      [from, to]      so many whole days ago or more, and so many or fewer
    last_trip           [day, day]      between two days of the office's calendar, both included ("2026-11-01")
    fares               [from, to]      the sum of the fares of all his completed trips, in whole minor units
    grade, language     ["VIP", ...]    one of these
    origin              "강남"           a place with this in its text where he was picked up or taken twice or more
    hours               [21, 2]         most calls are at night: one of his orders was taken from 21:00 to 01:59, office time
    blocked             true | false    whether he is not to be served
    opted_in            true | false    whether he agreed to advertising with one of his numbers, and it holds
    (desk/texts/consents.py)

Whoever has neither of two ends of a span, or a word that nobody knows, is told which condition it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    column,
    exists,
    extract,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from desk.clock import days
from desk.errors import Invalid
from desk.text import plain
from desk.texts import consents
from desk.trades import COMPLETED
from models import AdConsent, Customer, CustomerPhone, CustomerWords, Office, Order, Place
from models.inverted import SUFFIX
from models.words import letters, wanted

Conditions = dict[str, Any]
GATHERED: Final = ("cancels", "fares", "origin", "opted_in")
"""Conditions by which customers are found without an index that begins with the office."""
MOST_COUNT: Final = 1_000_000
MOST_MONEY: Final = 10**12
MOST_DAYS: Final = 36_500
MOST_WORDS: Final = 20
USUAL: Final = 2
"""A place that was used so often is one of his usual ones."""
_SYLLABLES = re.compile(r"[가-힣]{2,}")


def checked(given: Mapping[str, Any]) -> Conditions:
    """The conditions as they are kept. Raises Invalid naming the first that cannot be used."""
    unknown = sorted(set(given) - set(_CHECKS))
    if unknown:
        raise Invalid(f"nobody knows the condition {plain(unknown[0], 40)!r}", field="conditions")
    kept = {}
    for name in _CHECKS:
        if given.get(name) is not None:
            kept[name] = _CHECKS[name](name, given[name])
    if not kept:
        raise Invalid("a segment asks for something", field="conditions")
    return kept


def question(
    conditions: Conditions, office: Office, now: datetime, dialect: str, only: int | None = None
) -> list[ColumnElement[bool]]:
    """What a row of `customer` must meet, the office apart. `dialect` is the database's ("sqlite" or "postgresql").

    `only`: it is asked of this customer alone, and nobody else's orders are read.
    """
    asked: list[ColumnElement[bool]] = []
    for name, value in conditions.items():
        if name in ("trips", "cancels"):
            asked += _between(getattr(Customer, name), *value)
        elif name in ("grade", "language"):
            asked.append(getattr(Customer, name).in_(value))
        elif name == "blocked":
            asked.append(Customer.blocked_reason.is_not(None) if value else Customer.blocked_reason.is_(None))
        elif name == "last_trip_days":
            newest, oldest = (None if end is None else now - timedelta(days=end) for end in value)
            asked += _between(Customer.last_trip_at, oldest, newest)
        elif name == "last_trip":
            asked += _on_days(office, *value)
        elif name == "fares":
            asked.append(Customer.id.in_(_with_fares(only, *value)))
        elif name == "origin":
            asked += [_usual_place(value), *([] if only else _who_has_the_words(value, dialect))]
        elif name == "hours":
            asked.append(_ordered_at(office, now, dialect, *value))
        elif name == "opted_in":
            agreed = Customer.id.in_(_who_agreed(office, now, only))
            asked.append(agreed if value else ~agreed)
    return asked


def _between(column: Any, low: Any, high: Any) -> list[ColumnElement[bool]]:
    ends = [] if low is None else [column >= low]
    return ends if high is None else [*ends, column <= high]


def _on_days(office: Office, first: str | None, last: str | None) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if first is not None:
        day = date.fromisoformat(first)
        asked.append(Customer.last_trip_at >= days.span(office.timezone, day, day).since)
    if last is not None:
        day = date.fromisoformat(last)
        asked.append(Customer.last_trip_at < days.span(office.timezone, day, day).until)
    return asked


def _with_fares(only: int | None, low: int | None, high: int | None) -> Select[Any]:
    # One pass over the orders, whatever the number of customers; whoever never paid has no row and so no sum.
    total = func.sum(Order.fare)
    asked = [total >= (0 if low is None else low), *([] if high is None else [total <= high])]
    # Neither the state as a value nor the office, which the customer has, too: so the index of paid fares answers alone.
    paid = (Order.state == literal_column(f"'{COMPLETED}'"), Order.customer_id.is_not(None))
    of_whom = paid if only is None else (*paid, Order.customer_id == only)
    return select(Order.customer_id).where(*of_whom).group_by(Order.customer_id).having(*asked)


def _usual_place(words: str) -> ColumnElement[bool]:
    return exists().where(
        Place.customer_id == Customer.id,
        Place.uses >= USUAL,
        Place.removed_at.is_(None),
        Place.text.contains(words, autoescape=True),
    )


def _who_has_the_words(words: str, dialect: str) -> list[ColumnElement[bool]]:
    """Whoever has such a place is found by it, and they are few: the others' places need not be looked at.

    Of whole syllables only: what else is typed may be the middle of a word that the index has (desk/keeping/word_index.py).
    """
    every = [word for run in letters(words) if _SYLLABLES.fullmatch(run) for word in wanted(run)]
    if not every:
        return []
    if dialect == "sqlite":
        table = f"customer_words{SUFFIX}"
        found = text(f"select rowid from {table} where {table} match :place_words")  # noqa: S608 -- our own name
        asked = " AND ".join(f'"{word}"' for word in every)
        found = found.bindparams(bindparam("place_words", asked, unique=True))
        return [Customer.id.in_(found.columns(column("rowid", Integer)))]
    have = func.string_to_array(CustomerWords.words, " ").op("@>")(cast(every, ARRAY(Text)))
    return [Customer.id.in_(select(CustomerWords.id).where(have))]


def _who_agreed(office: Office, now: datetime, only: int | None) -> Select[Any]:
    # From what was written down to whose number it is: there are fewer of those than customers.
    his_number = (CustomerPhone.office_id == office.id) & (CustomerPhone.number == AdConsent.number)
    agreed = select(CustomerPhone.customer_id).select_from(AdConsent).join(CustomerPhone, his_number)
    agreed = agreed.where(AdConsent.office_id == office.id, consents.is_agreed(now))
    return agreed if only is None else agreed.where(CustomerPhone.customer_id == only)


def _ordered_at(office: Office, now: datetime, dialect: str, first: int, until: int) -> ColumnElement[bool]:
    hour: ColumnElement[int]
    if dialect == "postgresql":
        hour = cast(extract("hour", func.timezone(office.timezone, Order.taken_at)), Integer)
    else:
        # SQLite knows no zones: the office's present distance from UTC is taken for all of the past.
        offset = now.astimezone(ZoneInfo(office.timezone)).utcoffset() or timedelta()
        local = func.datetime(Order.taken_at, f"{int(offset.total_seconds()) // 60:+d} minutes")
        hour = cast(func.strftime("%H", local), Integer)
    hours = [each % 24 for each in range(first, until if first < until else until + 24)]
    # Not "select *": then the index of his orders would not be enough.
    return select(Order.id).where(Order.customer_id == Customer.id, hour.in_(hours)).exists()


# --- checking -----------------------------------------------------------------------------------------------------------------


def _refuse(name: str, why: str) -> Invalid:
    return Invalid(f"{name}: {why}", field=f"conditions.{name}")


def _pair(name: str, given: Any) -> tuple[Any, Any]:
    if not isinstance(given, (list, tuple)) or len(given) != 2:
        raise _refuse(name, "it is a list of two ends")
    if given[0] is None and given[1] is None:
        raise _refuse(name, "one of the two ends is needed")
    return given[0], given[1]


def _counts(most: int) -> Callable[[str, Any], list[int | None]]:
    def check(name: str, given: Any) -> list[int | None]:
        low, high = _pair(name, given)
        for end in (low, high):
            if end is not None and (type(end) is not int or not 0 <= end <= most):
                raise _refuse(name, f"an end is a whole number from 0 to {most}")
        if low is not None and high is not None and low > high:
            raise _refuse(name, "the first end is not above the second")
        return [low, high]

    return check


def _dates(name: str, given: Any) -> list[str | None]:
    low, high = _pair(name, given)
    found: list[date | None] = []
    for end in (low, high):
        try:
            day = None if end is None else date.fromisoformat(end)
        except (TypeError, ValueError):
            raise _refuse(name, "a day is written 2026-11-01") from None
        if day is not None and not 2000 <= day.year <= 2999:
            raise _refuse(name, "the years are from 2000 to 2999")
        found.append(day)
    if found[0] is not None and found[1] is not None and found[0] > found[1]:
        raise _refuse(name, "the first day is not after the second")
    return [None if day is None else day.isoformat() for day in found]


def _words(name: str, given: Any) -> list[str]:
    if not isinstance(given, (list, tuple)) or not 0 < len(given) <= MOST_WORDS:
        raise _refuse(name, f"it is a list of 1 to {MOST_WORDS} words")
    kept = [plain(each, 16) if isinstance(each, str) else "" for each in given]
    if not all(kept):
        raise _refuse(name, "a word is missing")
    return sorted(set(kept))


def _text(name: str, given: Any) -> str:
    text = plain(given, 80) if isinstance(given, str) else ""
    if len(text) < 2:
        raise _refuse(name, "two letters at least")
    return text


def _hours(name: str, given: Any) -> list[int]:
    first, until = _pair(name, given)
    if type(first) is not int or type(until) is not int or not (0 <= first <= 23 and 0 <= until <= 24):
        raise _refuse(name, "hours are from 0 to 24")
    if first == until:
        raise _refuse(name, "the hours have no length")
    return [first, until]


def _yes_or_no(name: str, given: Any) -> bool:
    if type(given) is not bool:
        raise _refuse(name, "it is true or false")
    return given


_CHECKS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "trips": _counts(MOST_COUNT),
    "cancels": _counts(MOST_COUNT),
    "last_trip_days": _counts(MOST_DAYS),
    "last_trip": _dates,
    "fares": _counts(MOST_MONEY),
    "grade": _words,
    "language": _words,
    "origin": _text,
    "hours": _hours,
    "blocked": _yes_or_no,
    "opted_in": _yes_or_no,
}
NAMES: Final = tuple(_CHECKS)
"""All conditions, in the order in which they are shown."""
