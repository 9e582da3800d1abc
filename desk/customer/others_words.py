"""Where somebody stands in what other people wrote, elsewhere than around himself.

An erasure takes him out of the words around his own calls, orders and trips. What else was written, of another customer, in a
task, an article or a text to many, nobody rewrites for those who wrote it, and somebody else of his name may be meant there. So
it is shown, with where it stands, to whoever erases him, before he does.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import JSON, ColumnElement, RowMapping, Select, String, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer import person_rows
from desk.keeping.row_images import table_of
from desk.views import Json

MOST: Final = 100
"""So many are shown; who reads those knows what to do with the others."""
AT_ONCE: Final = 200_000
"""Rows that one statement looks through, so that none takes long."""
IN_HAND: Final = 500
"""Rows that are held at a time, however many have the name."""
AROUND: Final = 40
"""Signs shown before and after him."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table's columns in which people write sentences; `page` is where one reads them, by the row's own columns.

    `of` is the column that leads to the row's office, in the table of that name; none: the row says so itself.
    """

    columns: tuple[str, ...]
    page: str
    of: tuple[str, str] | None = None


_ORDER: Final = ("order_id", "order")
SOURCES: Final[Mapping[str, Source]] = {
    "customer": Source(("note", "blocked_reason"), "/customers/{id}"),
    "customer_deed": Source(("words",), "/customers/{customer_id}"),
    "place": Source(("text", "label", "former"), "/customers/{customer_id}", ("customer_id", "customer")),
    "order": Source(("note", "cost_centre", "origin_text", "destination_text", "details"), "/#order-{id}"),
    "order_step": Source(("reason",), "/#order-{order_id}", _ORDER),
    "order_change": Source(("before", "after"), "/#order-{order_id}", _ORDER),
    "assignment": Source(("reason",), "/#order-{order_id}", _ORDER),
    "next_order": Source(("reason",), "/#order-{order_id}", _ORDER),
    "fixed_fare": Source(("reason",), "/#order-{order_id}", _ORDER),
    "car_skip": Source(("reason",), "/#order-{order_id}", _ORDER),
    "way_point": Source(("text",), "/#order-{order_id}", _ORDER),
    "task": Source(("body",), "/tasks?whose={whose}#task-{id}"),
    "task_try": Source(("note",), "/tasks?whose={whose}#task-{task_id}", ("task_id", "task")),
    "task_rule": Source(("name", "body"), "/tasks/rules/{id}"),
    "call": Source(("caller_name", "choice_text", "heard"), "/customers/{customer_id}"),
    "article": Source(("title", "text", "keywords"), "/articles/{id}"),
    "driver": Source(("note",), "/drivers/{id}"),
    "driver_grade": Source(("reason",), "/drivers/{driver_id}", ("driver_id", "driver")),
    "driver_block": Source(("reason",), "/drivers/{driver_id}", ("driver_id", "driver")),
    "appeal": Source(("reason", "answer"), "/money/appeals"),
    "message": Source(("text",), "/#order-{order_id}"),
    "incoming_text": Source(("text",), "/texts/inbox"),
    "campaign": Source(("template",), "/texts/sent/{id}"),
    "standing_send": Source(("name", "body"), "/texts/standing/{id}"),
    "text_template": Source(("name", "body"), "/texts"),
    "segment": Source(("name", "greeting", "hint", "said"), "/segments/{id}"),
    "credit_account": Source(("name", "contact"), "/money/credit/{id}"),
    "book_place": Source(("name", "aliases"), ""),
}
"""By table. What is written once (the books, the record) is none of them: an erasure says of how many reasons of the books."""


@dataclass(frozen=True, slots=True)
class Mention:
    """One text that names him: of which table and row, where one reads it ("": nowhere of its own), and the words around him."""

    what: str
    id: int
    page: str
    words: str

    def as_json(self) -> Json:
        """For programs."""
        return {"what": self.what, "id": self.id, "page": self.page or None, "words": self.words}


@dataclass(frozen=True, slots=True)
class Mentions:
    """Those that are shown; `more`: there are others."""

    items: tuple[Mention, ...] = ()
    more: bool = False

    @property
    def mark(self) -> str:
        """What was looked at, so that nobody is erased after something else was shown; empty where there is nothing to read."""
        told = repr([(one.what, one.id, one.words) for one in self.items]).encode("utf-8", "surrogatepass")
        return hashlib.sha256(told).hexdigest()[:32] if self.items else ""

    def as_json(self) -> Json:
        """For programs."""
        return {"items": [one.as_json() for one in self.items], "more": self.more}


async def naming(
    session: AsyncSession,
    office_id: int,
    numbers: Sequence[str],
    names: Sequence[str],
    but: Mapping[str, Collection[int]],
    most: int = MOST,
) -> Mentions:
    """What has one of the numbers, however it is written, or one of the names; `but`: rows (ids by table) that change anyhow."""
    pattern = person_rows.spelled(numbers, names)
    if pattern is None:
        return Mentions()
    found: list[Mention] = []
    for table, source in SOURCES.items():
        known = but.get(table, ())
        async for row in _rows(session, office_id, table, source, numbers, [name for name in names if len(name) > 1]):
            words = None if row["id"] in known else _around(row, source.columns, pattern)
            if words is None:
                continue
            if len(found) == most:
                return Mentions(tuple(found), more=True)
            found.append(Mention(table, row["id"], _page(source, row), words))
    return Mentions(tuple(found))


async def _rows(
    session: AsyncSession, office_id: int, name: str, source: Source, numbers: Sequence[str], names: Sequence[str]
) -> AsyncIterator[RowMapping]:
    """What may mention him, by the database's own search for a text."""
    table = table_of(name)
    where: list[ColumnElement[bool]] = []
    for column in source.columns:
        is_json = isinstance(table.c[column].type, JSON)
        text = cast(table.c[column], String) if is_json else table.c[column]
        written = [*names, *(json.dumps(each)[1:-1] for each in names)] if is_json else names
        where += [text.contains(each, autoescape=True) for each in written]
        where += person_rows.mentions([text], numbers)
    query: Select[Any] = select(table).where(or_(*where))
    if source.of is None:
        query = query.where(table.c.office_id == office_id)
    else:
        by, owner = source.of[0], table_of(source.of[1])
        query = query.join(owner, owner.c.id == table.c[by]).where(owner.c.office_id == office_id)
    if name == "message":
        query = query.where(table.c.campaign_id.is_(None))  # its text is the campaign's
    low, last = 0, await session.scalar(select(func.max(table.c.id))) or 0
    while low <= last:
        some = query.where(table.c.id >= low, table.c.id < low + AT_ONCE).order_by(table.c.id).limit(IN_HAND)
        rows = (await session.execute(some)).mappings().all()
        for row in rows:
            yield row
        low = rows[-1]["id"] + 1 if len(rows) == IN_HAND else low + AT_ONCE


def _around(row: RowMapping, columns: Sequence[str], pattern: re.Pattern[str]) -> str | None:
    """The words around him, of the first column that has him."""
    for column in columns:
        value = row[column]
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) if value else ""
        if there := pattern.search(text):
            low, high = max(there.start() - AROUND, 0), there.end() + AROUND
            cut = " ".join(text[low:high].split())
            return f"{'…' if low else ''}{cut}{'…' if high < len(text) else ''}"
    return None


def _page(source: Source, row: RowMapping) -> str:
    is_done = row.get("done_at") is not None or row.get("outcome") in ("reached", "not_needed")
    known = {**row, "whose": "done" if is_done else "all"}  # the list of tasks shows those that are done apart
    values = {name: known[name] for name in re.findall(r"{(\w+)}", source.page)}
    return "" if any(value is None for value in values.values()) else source.page.format(**values)
