"""The search of customers and the suggestions of places, at the server, as an operator types; SQLite and PostgreSQL.

Each figure is one call of what the panel calls for a key stroke, database included, socket not. The floor is the same engine and
the same driver reading one customer by primary key. Kinds of what is typed: four digits anywhere in a number, a name as it grows,
first consonants, a place, several of them, what nobody is found by, and what everybody is found by.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import bindparam, create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks import chain, people
from benchmarks.databases import FILLED, database, folder_of
from benchmarks.filling import fill
from benchmarks.machine import described
from benchmarks.report import Report, options, percentile, progress, times
from desk.bus import Bus
from desk.customer import customer_search
from desk.keeping import customer_words, store
from desk.work import Desk, open_engine
from models import Customer
from models.words import initials

AT_A_TIME = 20_000
SHOWN = 8
WARM = 5


@dataclass(frozen=True, slots=True)
class Person:
    """One customer of the database, from whom what is typed is drawn."""

    name: str
    number: str
    place: str


def _typed(chance: random.Random, person: Person) -> dict[str, str]:
    digits = "0" + person.number[3:]
    at = chance.randint(0, len(digits) - 4)
    return {
        "four digits anywhere": digits[at : at + 4],
        "last four digits": digits[-4:],
        "name, first letter": person.name[0],
        "name, two letters": person.name[:2],
        "name, whole": person.name,
        "name, the last two letters": person.name[-2:],
        "first consonants": initials(person.name),
        "mixed (김ㅁㅅ)": person.name[0] + initials(person.name[1:]),
        "place": person.place,
        "place, its beginning": person.place.split()[0],
        "name and four digits": f"{person.name} {digits[-4:]}",
        "nobody": chance.choice(("뷁쀍", "쀍뷁뷁", "zqx", "뷁 쀍")),
    }


def vary(url: str, seed: int) -> None:
    """Names, numbers and places as of real people, in place of the rows' running numbers; then the words are written."""
    engine = create_engine(url.replace("+aiosqlite", ""))
    chance = random.Random(seed)
    with engine.begin() as connection:
        ids = connection.scalars(text("select id from customer order by id")).all()
        numbers = chance.sample(range(20_000_000, 99_999_999), len(ids))
        for at in range(0, len(ids), AT_A_TIME):
            rows = [
                {"customer": each, "name": people.name(chance), "place": people.place(chance),
                 "number": f"+8210{number}", "last": f"2026-{chance.randint(1, 10):02}-{chance.randint(1, 28):02} 12:00:00"}
                for each, number in zip(ids[at : at + AT_A_TIME], numbers[at : at + AT_A_TIME], strict=True)
            ]  # fmt: skip
            moment = "cast(:last as timestamptz)" if engine.dialect.name == "postgresql" else ":last || '.000000'"
            change = f"update customer set name = :name, last_trip_at = {moment} where id = :customer"
            connection.execute(text(change), rows)
            connection.execute(text("update customer_phone set number = :number where customer_id = :customer"), rows)
            connection.execute(text("update place set text = :place where customer_id = :customer"), rows)
    engine.dispose()


def write_words(url: str) -> tuple[float, int, int]:
    """Seconds to write all words, how many bytes the database grew by, and how many words are wrong then."""
    engine = create_engine(url.replace("+aiosqlite", ""))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("delete from customer_words"))
        if engine.dialect.name == "sqlite":
            connection.execute(text("vacuum"))
        else:
            connection.execute(text("vacuum full"))
        before, begun = _bytes(connection), time.monotonic()
        connection.execute(text("begin"))  # not a commit for each row
        customer_words.repair(connection)
        connection.execute(text("commit"))
        took = time.monotonic() - begun
        connection.execute(text("analyze"))
        if engine.dialect.name == "postgresql":
            connection.execute(text("vacuum customer_words"))
        grown = _bytes(connection) - before
        found = customer_words.differences(connection)
    engine.dispose()
    return took, grown, found.wrong + found.left_over


def _bytes(connection) -> int:  # type: ignore[no-untyped-def]
    if connection.dialect.name == "sqlite":
        pages = connection.execute(text("pragma page_count")).scalar_one()
        return int(pages * connection.execute(text("pragma page_size")).scalar_one())
    return int(connection.execute(text("select pg_database_size(current_database())")).scalar_one())


async def _drawn(desk: Desk, count: int, seed: int) -> list[Person]:
    chance = random.Random(seed)
    async with desk.look() as session:
        last = (await session.execute(text("select max(id) from customer"))).scalar_one()
        query = text(
            "select c.name, p.number, l.text as place from customer c join customer_phone p on p.customer_id = c.id "
            "join place l on l.customer_id = c.id where c.id in :ids"
        ).bindparams(bindparam("ids", expanding=True))
        rows = await session.execute(query, {"ids": chance.sample(range(1, last + 1), min(3 * count, last))})
        return [Person(row.name, row.number, row.place) for row in rows][:count]


async def _timed(desk: Desk, act: Callable[[AsyncSession], Awaitable[object]]) -> float:
    begun = time.perf_counter()
    async with desk.look() as session:
        await act(session)
    return 1000 * (time.perf_counter() - begun)


async def filled(kind: str, url: str, customers: int, kept: Path | None) -> str:
    """See to it that the database has so many customers and their words; a sentence about what the index costs."""
    if kept is not None and (kept / FILLED).exists():
        await store.prepare(url)
        return (kept / FILLED).read_text()
    await chain.prepare(url)
    await asyncio.to_thread(fill, url, customers, words=False)
    await asyncio.to_thread(vary, url, customers)
    took, grown, wrong = await asyncio.to_thread(write_words, url)
    progress(f"{kind}: the words of {customers:,} customers in {took:.0f} s")
    cost = f"{kind}, {customers:,} customers: the index takes {grown / 1e6:,.0f} MB ({grown / customers:,.0f} bytes a customer)"
    right = f"{kind}: {wrong} of {customers:,} customers are found by other words than theirs."
    said = f"{cost} and is written in {took:.0f} s. {right}"
    if kept is not None:
        (kept / FILLED).write_text(said)
    return said


async def at_size(kind: str, url: str, customers: int, repeats: int) -> list[tuple[str, ...]]:
    """The rows of one engine and size."""
    desk = Desk(open_engine(url), Bus())
    waits: dict[str, list[float]] = {}
    floor: list[float] = []
    try:
        persons = await _drawn(desk, repeats + WARM, customers)
        chance = random.Random(customers)
        for turn, person in enumerate(persons):
            typed = list(_typed(chance, person).items())
            chance.shuffle(typed)
            customer_id = chance.randint(1, customers)
            once = await _timed(desk, lambda session, each=customer_id: session.get(Customer, each))  # type: ignore[misc]
            for what, q in typed:
                wait = await _timed(
                    desk,
                    lambda session, q=q: customer_search.search(session, q, office_id=1, limit=SHOWN),  # type: ignore[misc]
                )
                if turn >= WARM:
                    waits.setdefault(what, []).append(wait)
            if turn >= WARM:
                floor.append(once)
    finally:
        await desk.engine.dispose()
    rows = [_row(kind, customers, "floor: a customer by primary key", floor, floor)]
    rows += [_row(kind, customers, what, found, floor) for what, found in waits.items()]
    everything = [wait for found in waits.values() for wait in found]
    rows.append(_row(kind, customers, "**all of these**", everything, floor))
    return rows


def _row(kind: str, customers: int, what: str, waits: Sequence[float], floor: Sequence[float]) -> tuple[str, ...]:
    figures = (f"{percentile(waits, share):.2f}" for share in (0.5, 0.95, 0.99))
    return (f"{kind}, {customers:,}: {what}", *figures, times(statistics.median(waits) / statistics.median(floor)))


async def fill_only(sizes: Sequence[int], kinds: Sequence[str], kept: Path) -> None:
    """Make the databases, to be measured at a quieter time."""
    for kind in kinds:
        for customers in sizes:
            folder = folder_of(kept, "search", kind, customers)
            with database(kind, folder) as url:
                await filled(kind, url, customers, folder)


async def measure(sizes: Sequence[int], kinds: Sequence[str], repeats: int, kept: Path | None = None) -> Report:
    """Everything."""
    report = Report("search", described())
    rows: list[tuple[str, ...]] = []
    costs: list[str] = []
    for kind in kinds:
        for customers in sizes:
            folder = folder_of(kept, "search", kind, customers)
            with database(kind, folder) as url:
                costs.append(await filled(kind, url, customers, folder))
                rows += await at_size(kind, url, customers, repeats)
    report.table(("what is typed", "ms: p50", "p95", "p99", "p50 to the floor"), rows)
    for cost in costs:
        report.line(cost)
    return report


def main() -> None:
    """Measure and report."""
    parser = options("search", __doc__, rounds=1)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 1_000_000])
    parser.add_argument("--kinds", nargs="+", default=["SQLite", "PostgreSQL"], choices=["SQLite", "PostgreSQL"])
    parser.add_argument(
        "--repeats", type=int, default=200, help="people from whom what is typed is drawn (%(default)s)"
    )
    parser.add_argument("--kept", type=Path, help="a folder in which the filled databases stay, and are found again")
    parser.add_argument("--fill-only", action="store_true", help="only make the databases, in --kept")
    chosen = parser.parse_args()
    if chosen.fill_only:
        if chosen.kept is None:
            parser.error("--fill-only needs --kept: where shall they stay?")
        asyncio.run(fill_only(chosen.sizes, chosen.kinds, chosen.kept))
        return
    many = (chosen.sizes, chosen.kinds, chosen.repeats, chosen.kept)
    report = asyncio.run(measure(*(([200], chosen.kinds, 5) if chosen.small else many)))
    report.finish(chosen.write)


if __name__ == "__main__":
    main()
