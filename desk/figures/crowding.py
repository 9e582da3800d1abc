"""Where orders will be asked for in the coming hour: squares of half a kilometre, by the same hour of the office's last weeks.

Only pins that are sure count (desk/customer/squares.py). It is an hour of each of four weeks, found by the index that the board
uses, and read when somebody asks to see it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, func, literal_column, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer import squares
from desk.customer.squares import Square
from desk.views import Json, moment
from models import Order

WEEKS: Final = 4
MOST: Final = 100
"""So many squares are told, the busiest first."""
HOUR: Final = timedelta(hours=1)
WEEK: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Crowd:
    """About so many orders an hour begin in this square; `place` is what most of them called it."""

    key: str
    square: Square
    about: float
    place: str

    def as_json(self) -> Json:
        return {
            "key": self.key,
            "south": self.square.south,
            "west": self.square.west,
            "north": self.square.south + squares.HIGH,
            "east": self.square.west + squares.BROAD,
            "about": self.about,
            "place": self.place,
        }


@dataclass(frozen=True, slots=True)
class Crowding:
    """The hour from `since` on, by that hour of so many `weeks` before; no weeks: there is no history yet."""

    since: datetime
    weeks: int
    crowds: tuple[Crowd, ...]

    def as_json(self) -> Json:
        return {"since": moment(self.since), "weeks": self.weeks, "items": [each.as_json() for each in self.crowds]}


async def coming(session: AsyncSession, office_id: int, now: datetime) -> Crowding:
    """The squares of the coming hour, the busiest first."""
    first = await session.scalar(select(Order.taken_at).where(Order.office_id == office_id).order_by(Order.id).limit(1))
    weeks = 0 if first is None else min(WEEKS, (now - first) // WEEK)
    if not weeks:
        return Crowding(now, 0, ())
    hours = [now - n * WEEK for n in range(1, weeks + 1)]
    key = squares.key(session.get_bind().dialect.name).label("square")
    rows = await session.execute(
        select(key, Order.origin_text, func.count())
        .where(
            Order.office_id == office_id,
            # What was taken since then is open, or was closed since then: the index has it by that.
            or_(Order.closed_at.is_(None), Order.closed_at >= hours[-1]),
            or_(*(and_(Order.taken_at >= hour, Order.taken_at < hour + HOUR) for hour in hours)),
        )
        .group_by(literal_column("square"), Order.origin_text)
    )
    counts: Counter[str] = Counter()
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for square, told, count in rows:
        counts[square] += count
        names[square][told] += count
    found: list[Crowd] = []
    for square, count in sorted(counts.items(), key=lambda one: (-one[1], one[0])):
        place = squares.square_of(square)
        if place is not None and len(found) < MOST:
            called = min(names[square].items(), key=lambda one: (-one[1], one[0]))[0]
            found.append(Crowd(square, place, round(count / weeks, 1), called))
    return Crowding(now, weeks, tuple(found))
