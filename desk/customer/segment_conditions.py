"""What a segment asks of a customer, as data, and the SQL that it becomes. All conditions of a segment must be met.

    trips, cancels      [from, to]      how many, both included; null: no end on that side
    cancel_rate         [from, to]      of a hundred of his orders so many were cancelled (cancels / (trips + cancels))
    last_trip_days      [from, to]      so many whole days ago or more, and so many or fewer
    last_trip           [day, day]      between two days of the office's calendar, both included ("2026-11-01")
    fares               [from, to]      the sum of the fares of all his completed trips, in whole minor units
    grade, language     ["VIP", ...]    one of these
    origin              "강남"           a place with this in its text where he was picked up or taken twice or more
    hours               [21, 2]         most calls are at night: one of his orders was taken from 21:00 to 01:59, office time
    blocked             true | false    whether he is not to be served
    opted_in            true | false    whether he agreed to advertising with one of his numbers, and it holds
    (desk/texts/consents.py)
    cohort              [month, month]  his very first trip was in the first month ("2026-11"), and he rode in the other as well,
                                        if there is one
    cell                {"from": day, "to": day, side: key, ...}
                                        one of his orders that were closed in these days is in that cell of the analysis
                                        (desk/customer/order_sides.py)
    member_of           id              he is in that group, which was made by hand

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
from desk.clock.days import Span
from desk.customer import order_sides
from desk.errors import Invalid
from desk.text import plain
from desk.texts import consents
from desk.trades import COMPLETED
from models import AdConsent, Customer, CustomerPhone, CustomerWords, Office, Order, Place, SegmentMember
from models.inverted import SUFFIX
from models.words import letters, wanted

Conditions = dict[str, Any]
GATHERED: Final = ("cancels", "cancel_rate", "fares", "origin", "opted_in", "cohort", "cell", "member_of")
"""Conditions by which customers are found without an index that begins with the office."""
MOST_COUNT: Final = 1_000_000
MOST_MONEY: Final = 10**12
MOST_DAYS: Final = 36_500
MOST_WORDS: Final = 20
USUAL: Final = 2
"""A place that was used so often is one of his usual ones."""
LONGEST_KEY: Final = 200
_MONTH = re.compile(r"2\d{3}-(?:0[1-9]|1[0-2])")
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
        elif name == "cancel_rate":
            asked += _rate(*value)
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
        elif name == "cohort":
            first, then = (None if month is None else _month(office, month) for month in value)
            assert first is not None
            asked.append(Customer.id.in_(order_sides.of_cohort(office, first, then, only)))
        elif name == "cell":
            asked.append(Customer.id.in_(order_sides.of_cell(dialect, office, *_cell_of(office, value), only)))
        elif name == "member_of":
            group = select(SegmentMember.customer_id).where(SegmentMember.segment_id == value)
            asked.append(Customer.id.in_(group))
    return asked


def _between(column: Any, low: Any, high: Any) -> list[ColumnElement[bool]]:
    ends = [] if low is None else [column >= low]
    return ends if high is None else [*ends, column <= high]


def _rate(low: int | None, high: int | None) -> list[ColumnElement[bool]]:
    """Who never ordered has no rate."""
    orders = Customer.trips + Customer.cancels
    asked: list[ColumnElement[bool]] = [orders > 0]
    if low:
        # Whoever has a rate has cancelled: by that he is found.
        asked += [Customer.cancels > 0, Customer.cancels * 100 >= orders * low]
    return asked if high is None else [*asked, Customer.cancels * 100 <= orders * high]


def _month(office: Office, month: str) -> Span:
    return days.month_of(office.timezone, date.fromisoformat(f"{month}-01"))


def _cell_of(office: Office, told: Mapping[str, str]) -> tuple[Span, dict[str, str]]:
    first, last = date.fromisoformat(told["from"]), date.fromisoformat(told["to"])
    return days.span(office.timezone, first, last), {by: told[by] for by in order_sides.OF_AN_ORDER if by in told}


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
    agreed = agreed.where(AdConsent.office_id == office.id, consents.is_agreed(now, office.timezone))
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


def _months(name: str, given: Any) -> list[str | None]:
    first, then = _pair(name, given)
    if first is None:
        raise _refuse(name, "the month of the first trip is needed")
    for month in (first, then):
        if month is not None and not (isinstance(month, str) and _MONTH.fullmatch(month)):
            raise _refuse(name, "a month is written 2026-11")
    if then is not None and then < first:
        raise _refuse(name, "he came again after his first trip")
    return [first, then]


def _cell(name: str, given: Any) -> dict[str, str]:
    """The days and the sides, in one order. A cell without a side is all orders of the days."""
    if not isinstance(given, Mapping) or not all(isinstance(each, str) for pair in given.items() for each in pair):
        raise _refuse(name, "it has days, and keys of sides")
    if unknown := sorted(set(given) - {"from", "to", *order_sides.OF_AN_ORDER}):
        raise _refuse(name, f"nobody knows the side {plain(unknown[0], 40)!r}")
    first, last = _dates(name, [given.get("from"), given.get("to")])
    if first is None or last is None:
        raise _refuse(name, "both days are needed")
    cells = {by: given[by][:LONGEST_KEY] for by in order_sides.OF_AN_ORDER if by in given}
    if any("\x00" in key or any("\ud800" <= sign <= "\udfff" for sign in key) for key in cells.values()):
        raise _refuse(name, "that is no key")
    for by in order_sides.CLOCKS:
        try:
            order_sides.check_hour(by, cells.get(by, "0"))
        except Invalid:
            raise _refuse(name, "that is no hour") from None
    return {"from": first, "to": last, **cells}


def _id(name: str, given: Any) -> int:
    if type(given) is not int or not 0 < given < 2**63:
        raise _refuse(name, "it is the id of a group")
    return given


def _yes_or_no(name: str, given: Any) -> bool:
    if type(given) is not bool:
        raise _refuse(name, "it is true or false")
    return given


_CHECKS: Final[Mapping[str, Callable[[str, Any], Any]]] = {
    "trips": _counts(MOST_COUNT),
    "cancels": _counts(MOST_COUNT),
    "cancel_rate": _counts(100),
    "last_trip_days": _counts(MOST_DAYS),
    "last_trip": _dates,
    "fares": _counts(MOST_MONEY),
    "grade": _words,
    "language": _words,
    "origin": _text,
    "hours": _hours,
    "blocked": _yes_or_no,
    "opted_in": _yes_or_no,
    "cohort": _months,
    "cell": _cell,
    "member_of": _id,
}
NAMES: Final = tuple(_CHECKS)
"""All conditions, in the order in which they are shown."""
