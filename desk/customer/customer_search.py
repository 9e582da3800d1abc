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

from desk import numbers
from desk.customer import customers
from desk.keeping import word_index
from desk.text import plain
from desk.views import CustomerView, Page
from models import Customer, CustomerPhone, Office, Place
from models.words import DIGITS, dialled, holds, initials, is_open, is_plain, letters

FEW = 2_000
RECENT = 3_000
DEEPEST = 1_000
"""No page begins beyond this many customers: who needs them types one letter more."""
# Of those who have the words, hardly any lacks the text: so many times what is shown is enough to look at.
_MARGIN = 2
_OF_A_NUMBER = re.compile(r"[\d\s+().\-/]*")
_LIVE = '(select customer_id from "order" where office_id = :office and closed_at is null and customer_id is not null)'
# `+ 0`: SQLite without statistics would go through all customers of the office for the few that are listed.
_RANKED = """select c.id from customer c where c.id in {listed} and c.office_id + 0 = :office
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

    @property
    def tries(self) -> list[list[str]]:
        """Words to search with, one list after the other: of 김ㅁㅅ first those whose name begins with 김, who are far fewer."""
        words, last = self.words, len(self.runs) - 1
        begun = [
            run[0] for at, run in enumerate(self.runs) if len(run) > 1 and initials(run) != run and not is_plain(run)
        ]
        if self.unfinished and len(self.runs[last]) > 1:
            begun.append(self.runs[last][0])
        narrow = [word for word in dict.fromkeys(begun) if word not in words and initials(word) != word]
        return [[*narrow, *words], words] if narrow else [words]

    @property
    def exact(self) -> bool:
        """Whether each run is itself a word, so that nobody who has the words can lack the text."""
        return not self.unfinished and all(word_index.wanted(run) == [run] for run in self.runs)

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
    """What is meant by the beginning of `q`; nothing, where it has no letter and no digit. Never raises."""
    typed = plain(q)
    runs = letters(typed)
    if runs and _OF_A_NUMBER.fullmatch(typed):
        digits = "".join(runs)
        runs = [dialled(f"+{digits}") if typed.startswith("+") else digits]
    return Wanted(tuple(runs))


async def search(
    session: AsyncSession,
    q: str,
    *,
    office_id: int | None = None,
    limit: int = 20,
    cursor: int | None = None,
    whole_numbers: bool = True,
) -> Page[CustomerView]:
    """The cards of those found. `cursor` is the `next` of the page before. Without `office_id`, of the first office.

    Who does not see `whole_numbers` finds nobody by digits that are hidden from him: only by the last four, or by all.
    """
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
    found_cards = tuple(cards[each] for each in shown if whole_numbers or _seen_masked(cards[each], wanted))
    return Page(found_cards, start + limit if more else None)


def _seen_masked(card: CustomerView, wanted: Wanted) -> bool:
    """Whether what was typed is found in what a masked card shows."""
    texts = ["".join(letters(each)) for each in (card.name, *(place.text for place in card.places))]
    return all(
        any(run in each for each in texts)
        or any(dialled(number) == run or number[-DIGITS:] == run for number in card.numbers)
        for run in wanted.runs
        if run.isdecimal() and len(run) >= DIGITS
    )


async def _owner(session: AsyncSession, office: Office, q: str) -> list[int]:
    owner = await customers.by_number(session, office.id, numbers.normalise(q, office.country).e164)
    return [owner.id] if owner else []


async def _found(session: AsyncSession, office_id: int, wanted: Wanted, count: int) -> list[int]:
    """The first `count` ids in the order of their rank; all of them looked at letter by letter."""
    kept_apart = None if await word_index.only_office(session) else office_id
    kept: list[int] = []
    for words in wanted.tries:
        some = await word_index.matching(session, "customer_words", kept_apart, words, FEW + 1)
        first = await _many(session, office_id, words, _MARGIN * count) if len(some) > FEW else []
        found = await _first_that_meet(session, wanted, first, count)
        if len(found) < count:
            known = set(first)
            rest = [each for each in await _ranked(session, office_id, some[:FEW]) if each not in known]
            found += await _first_that_meet(session, wanted, rest, count - len(found))
        kept = list(dict.fromkeys([*kept, *found]))[:count]
        if len(kept) == count:
            break
    return kept


async def _first_that_meet(session: AsyncSession, wanted: Wanted, ids: Sequence[int], count: int) -> list[int]:
    if wanted.exact:
        return list(ids[:count])
    kept: list[int] = []
    at, size = 0, _MARGIN * count
    while at < len(ids) and len(kept) < count:
        some = ids[at : at + size]
        met = await _meeting(session, wanted, some)
        kept += [each for each in some if each in met]
        at, size = at + size, 4 * size
    return kept[:count]


async def _ranked(session: AsyncSession, office_id: int, ids: Sequence[int]) -> Sequence[int]:
    listed, value = word_index.listed(session, ids)
    query = text(_RANKED.format(listed=listed, live=_LIVE))
    return (await session.scalars(query, {"ids": value, "office": office_id})).all()


async def _many(session: AsyncSession, office_id: int, words: Sequence[str], most: int) -> list[int]:
    """Of a crowd: those with a live order, then those who travelled last; at most so many of each."""
    has = " and ".join(f"w.words like :word{at}" for at in range(len(words)))
    values: dict[str, object] = {f"word{at}": f"% {word} %" for at, word in enumerate(words)}
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
        select(Place.customer_id, Place.text).where(Place.customer_id.in_(ids), Place.removed_at.is_(None))
    ):
        texts[customer_id].append(place)
    phones = select(CustomerPhone.customer_id, CustomerPhone.number).where(CustomerPhone.customer_id.in_(ids))
    for customer_id, number in await session.execute(phones):
        digits[customer_id].append(dialled(number))
    return {each for each in ids if wanted.meets(texts[each], digits[each])}
