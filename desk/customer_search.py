"""Customers by any part of a name, any four digits of a number, first consonants, or a place; several of these at once.

Exact number first, then who has a live order, then who travelled last. The cost is bounded whatever is asked: what few are found
by is read from the inverted index and ranked whole; what many are found by is looked for among those who travelled last, where
it is soon found, because many have it. (Where it is not, because the many have not travelled for long, some of them are ranked.)
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from desk import customers, numbers, word_index
from desk.text import plain
from desk.views import CustomerView, Page
from models import Customer, CustomerPhone, Office, Place
from models.words import DIGITS, dialled, holds, is_open, letters

FEW = 2_000
RECENT = 5_000
DEEPEST = 1_000
"""No page begins beyond this many customers: who needs them types one letter more."""
MOST_RUNS = 6
LONGEST_RUN = 24
# Of those who have the words, hardly any lacks the text: so many times what is shown is enough to look at.
_MARGIN = 2
_OF_A_NUMBER = re.compile(r"[\d\s+().\-/]*")
_LIVE = '(select customer_id from "order" where office_id = :office and closed_at is null and customer_id is not null)'
_FEW = """with found as ({matching})
select c.id from found join customer c on c.id = found.id where c.office_id = :office
order by case when c.id in {live} then 0 else 1 end, case when c.last_trip_at is null then 1 else 0 end,
    c.last_trip_at desc, c.id desc"""
_AMONG_LIVE = """select c.id from customer c
where c.id in {live} and (select {has} from customer_words w where w.id = c.id)
order by case when c.last_trip_at is null then 1 else 0 end, c.last_trip_at desc, c.id desc limit :most"""
_AMONG_RECENT = """select r.id from (
    select c.id, c.last_trip_at from customer c where c.office_id = :office and c.last_trip_at is not null
    order by c.last_trip_at desc, c.id desc limit :recent) r
where (select {has} from customer_words w where w.id = r.id) order by r.last_trip_at desc, r.id desc limit :most"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was typed: runs of letters or digits, which all must be found. With `unfinished` the last syllable may grow."""

    runs: tuple[str, ...]
    unfinished: bool = False

    @property
    def words(self) -> list[str]:
        """The words of the index that are with everyone who is meant."""
        last = len(self.runs) - 1
        found = [
            word for at, run in enumerate(self.runs) for word in word_index.wanted(run, self.unfinished and at == last)
        ]
        return list(dict.fromkeys(found))

    def meets(self, texts: Iterable[str], digits: Iterable[str]) -> bool:
        """Whether every run is in one of `texts`, or of the numbers' `digits`."""
        whole, last = ["".join(letters(each)) for each in texts], len(self.runs) - 1
        known = list(digits)
        return all(
            any(holds(each, run, unfinished=self.unfinished and at == last) for each in whole)
            or (run.isdecimal() and len(run) >= DIGITS and any(run in each for each in known))
            for at, run in enumerate(self.runs)
        )


def understood(q: str) -> Wanted:
    """What is meant by `q`; nothing, where it has no letter and no digit. Never raises."""
    typed = plain(q)
    runs = letters(typed)
    if runs and _OF_A_NUMBER.fullmatch(typed):
        digits = "".join(runs)
        runs = [dialled(f"+{digits}") if typed.startswith("+") else digits]
    return Wanted(tuple(run[:LONGEST_RUN] for run in runs[:MOST_RUNS]))


async def search(
    session: AsyncSession, q: str, *, office_id: int | None = None, limit: int = 20, cursor: int | None = None
) -> Page[CustomerView]:
    """The cards of those found. `cursor` is the `next` of the page before. Without `office_id`, of the first office."""
    offices = select(Office).order_by(Office.id).limit(1)
    office = await session.scalar(offices if office_id is None else offices.where(Office.id == office_id))
    wanted, start = understood(q), min(cursor or 0, DEEPEST)
    if office is None or not wanted.runs:
        return Page((), None)
    first = await _owner(session, office, q)
    found = await _found(session, office.id, wanted, start + limit + 1)
    if not found and is_open(wanted.runs[-1][-1]):
        found = await _found(session, office.id, Wanted(wanted.runs, unfinished=True), start + limit + 1)
    ids = list(dict.fromkeys([*first, *found]))
    shown = ids[start : start + limit]
    cards = await customers.cards(session, shown)
    more = len(ids) > start + limit and start + limit <= DEEPEST
    return Page(tuple(cards[each] for each in shown), start + limit if more else None)


async def _owner(session: AsyncSession, office: Office, q: str) -> list[int]:
    owner = await customers.by_number(session, office.id, numbers.normalise(q, office.country).e164)
    return [owner.id] if owner else []


async def _found(session: AsyncSession, office_id: int, wanted: Wanted, count: int) -> list[int]:
    """The first `count` ids in the order of their rank; all of them looked at letter by letter."""
    crowd = await _is_crowd(session, office_id, wanted)
    ids = await _many(session, office_id, wanted, _MARGIN * count) if crowd else []
    kept = await _first_that_meet(session, wanted, ids, count)
    if len(kept) < count:
        rest = await _few(session, office_id, wanted)
        looked_at = set(ids)
        more = [each for each in rest if each not in looked_at]
        kept += await _first_that_meet(session, wanted, more, count - len(kept))
    return kept


async def _first_that_meet(session: AsyncSession, wanted: Wanted, ids: Sequence[int], count: int) -> list[int]:
    kept: list[int] = []
    for at in range(0, len(ids), _MARGIN * count):
        some = ids[at : at + _MARGIN * count]
        met = await _meeting(session, wanted, some)
        kept += [each for each in some if each in met]
        if len(kept) >= count:
            break
    return kept[:count]


async def _is_crowd(session: AsyncSession, office_id: int, wanted: Wanted) -> bool:
    """Whether more have the words than are read and ranked whole."""
    matching, values = word_index.matching(session, "customer_words", office_id, wanted.words, FEW + 1)
    found = await session.scalar(text(f"select count(*) from ({matching}) as found"), values)  # noqa: S608 -- our own words
    return bool(found and found > FEW)


async def _few(session: AsyncSession, office_id: int, wanted: Wanted) -> Sequence[int]:
    """Everyone who has the words (of a crowd, some), in the order of rank."""
    matching, values = word_index.matching(session, "customer_words", office_id, wanted.words, FEW)
    query = text(_FEW.format(matching=matching, live=_LIVE))
    return (await session.scalars(query, values | {"office": office_id})).all()


async def _many(session: AsyncSession, office_id: int, wanted: Wanted, most: int) -> list[int]:
    """Of a crowd: those with a live order, then those who travelled last; at most so many of each."""
    has = " and ".join(f"w.words like :word{at}" for at in range(len(wanted.words)))
    values: dict[str, object] = {f"word{at}": f"% {word} %" for at, word in enumerate(wanted.words)}
    values |= {"office": office_id, "most": most}
    live = await session.scalars(text(_AMONG_LIVE.format(has=has, live=_LIVE)), values)
    recent = await session.scalars(text(_AMONG_RECENT.format(has=has)), values | {"recent": RECENT})
    return list(dict.fromkeys([*live, *recent]))


async def _meeting(session: AsyncSession, wanted: Wanted, ids: Sequence[int]) -> set[int]:
    """Those of `ids` in whose own texts everything that was typed really stands."""
    names = (await session.execute(select(Customer.id, Customer.name).where(Customer.id.in_(ids)))).all()
    texts: dict[int, list[str]] = defaultdict(list)
    digits: dict[int, list[str]] = defaultdict(list)
    for customer_id, name in names:
        texts[customer_id].append(name)
    for customer_id, place in await session.execute(
        select(Place.customer_id, Place.text).where(Place.customer_id.in_(ids))
    ):
        texts[customer_id].append(place)
    phones = select(CustomerPhone.customer_id, CustomerPhone.number).where(CustomerPhone.customer_id.in_(ids))
    for customer_id, number in await session.execute(phones):
        digits[customer_id].append(dialled(number))
    return {each for each in ids if wanted.meets(texts[each], digits[each])}
