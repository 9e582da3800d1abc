"""The words by which customers are found are written in the flush that writes the customer, his number or his place.

Whoever writes through a session need not know of it. What is written past it (the demo, an import) calls `repair` or `write`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, event, func, insert, inspect, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, UOWTransaction

from models import Customer, CustomerPhone, CustomerWords, Place
from models.inverted import SUFFIX
from models.words import PLACES, words_of_customer

AT_A_TIME = 2_000
MANY = 50
_LOOKED_AT: dict[type, tuple[str, str]] = {
    Customer: ("id", "name"),
    CustomerPhone: ("customer_id", "number"),
    Place: ("customer_id", "text"),
}


@dataclass(frozen=True, slots=True)
class Differences:
    """How many customers are found by other words than theirs, or by none, and how many words belong to nobody."""

    wrong: int
    left_over: int

    @property
    def none(self) -> bool:
        """Whether all is as it should be."""
        return not self.wrong and not self.left_over


@event.listens_for(Session, "after_flush")
def _keep_up(session: Session, _context: UOWTransaction) -> None:
    ids = sorted(set(_touched(session)))
    if ids:
        write(session.connection(), ids)


def _touched(session: Session) -> Iterator[int]:
    """The customers whose words may have changed in this flush."""
    for row in session.new:
        if type(row) in _LOOKED_AT:
            yield getattr(row, _LOOKED_AT[type(row)][0])
    for row in session.dirty:
        if type(row) not in _LOOKED_AT:
            continue
        for name in _LOOKED_AT[type(row)]:
            history = inspect(row).attrs[name].history
            if history.has_changes():
                yield from (*history.deleted, *history.added) if name == "customer_id" else ()
                yield getattr(row, _LOOKED_AT[type(row)][0])
    for row in session.deleted:
        if type(row) in _LOOKED_AT:
            yield getattr(row, _LOOKED_AT[type(row)][0])


def differences(connection: Connection) -> Differences:
    """Compare every customer's words with what they should be; the engine's own index is examined as well.

    Raises SQLAlchemy's DatabaseError when SQLite finds its index out of step.
    """
    wrong = sum(len(_differing(connection, ids)) for ids in _batches(connection))
    left_over = connection.scalar(select(func.count()).select_from(CustomerWords).where(_nobodys())) or 0
    if connection.dialect.name == "sqlite":
        index = f"{CustomerWords.__tablename__}{SUFFIX}"
        # Rank 1: against the table as well, not only within itself.
        connection.exec_driver_sql(f"insert into {index}({index}, rank) values ('integrity-check', 1)")  # noqa: S608
    return Differences(wrong, left_over)


def repair(connection: Connection) -> int:
    """Write the words of every customer whose words are wrong or missing; returns of how many. Some thousands at a time."""
    connection.execute(delete(CustomerWords).where(_nobodys()))
    if connection.dialect.name == "sqlite":
        index = f"{CustomerWords.__tablename__}{SUFFIX}"
        connection.exec_driver_sql(f"insert into {index}({index}) values ('rebuild')")  # noqa: S608 -- our own name
    changed = 0
    for ids in _batches(connection):
        wrong = _differing(connection, ids)
        if wrong:
            write(connection, wrong)
        changed += len(wrong)
    return changed


def _nobodys() -> ColumnElement[bool]:
    return ~select(Customer.id).where(Customer.id == CustomerWords.id).exists()


def _batches(connection: Connection) -> Iterator[Sequence[int]]:
    last = 0
    while ids := connection.scalars(
        select(Customer.id).where(Customer.id > last).order_by(Customer.id).limit(AT_A_TIME)
    ).all():
        yield ids
        last = ids[-1]


def _among(column: InstrumentedAttribute[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """Rows of `ids`, which are in order; of many, the whole stretch that they lie in."""
    return column.in_(ids) if len(ids) <= MANY else column.between(ids[0], ids[-1])


def _differing(connection: Connection, ids: Sequence[int]) -> list[int]:
    there = _there(connection, ids)
    return [customer_id for customer_id, words in _words(connection, ids).items() if there.get(customer_id) != words]


def _there(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    rows = connection.execute(select(CustomerWords.id, CustomerWords.words).where(_among(CustomerWords.id, ids)))
    return {row.id: row.words for row in rows}


def _words(connection: Connection, ids: Sequence[int]) -> dict[int, str]:
    """What should stand, of those customers that exist."""
    numbers, places = _grouped(connection, CustomerPhone, ids), _grouped(connection, Place, ids)
    customers = connection.execute(
        select(Customer.id, Customer.office_id, Customer.name).where(_among(Customer.id, ids))
    )
    return {
        customer_id: words_of_customer(office_id, name, numbers[customer_id], places[customer_id][:PLACES])
        for customer_id, office_id, name in customers
    }


def _grouped(connection: Connection, table: type[CustomerPhone | Place], ids: Sequence[int]) -> dict[int, list[str]]:
    text = CustomerPhone.number if table is CustomerPhone else Place.text
    found: dict[int, list[str]] = defaultdict(list)
    query = select(table.customer_id, text).where(_among(table.customer_id, ids)).order_by(table.id.desc())
    for customer_id, value in connection.execute(query):
        found[customer_id].append(value)
    return found


def write(connection: Connection, ids: Sequence[int]) -> None:
    """Write the words of `ids`, which are in order, anew. More than `MANY` must lie close together: what is between is read."""
    if not ids:
        return
    there, meant, found = _there(connection, ids), set(ids), _words(connection, ids)
    right = {customer_id: words for customer_id, words in found.items() if customer_id in meant}
    new = [{"id": customer_id, "words": words} for customer_id, words in right.items() if customer_id not in there]
    if new:
        connection.execute(insert(CustomerWords), new)
    for customer_id, words in right.items():
        if there.get(customer_id, words) != words:
            connection.execute(update(CustomerWords).where(CustomerWords.id == customer_id).values(words=words))
