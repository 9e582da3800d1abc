"""The words by which customers are found are written in the flush that writes the customer, his number or his place.

Whoever writes through a session need not know of it. What is written past it (the demo, an import) calls `repair` or `write`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, delete, event, insert, inspect, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, UOWTransaction

from models import Customer, CustomerPhone, CustomerWords, Place
from models.words import PLACES, words_of_customer

AT_A_TIME = 2_000
MANY = 50
_LOOKED_AT: dict[type, tuple[str, ...]] = {
    Customer: ("id", "name"),
    CustomerPhone: ("customer_id", "number"),
    Place: ("customer_id", "text", "removed_at"),
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
    """Compare every customer's words with what they should be. Only reads."""
    wrong = sum(len(_differing(connection, ids)) for ids in slices(connection))
    return Differences(wrong, len(left_over(connection)))


def left_over(connection: Connection) -> Sequence[int]:
    """Whose words are there though he is not."""
    return connection.scalars(select(CustomerWords.id).where(_nobodys()).order_by(CustomerWords.id)).all()


def drop_left_over(connection: Connection, ids: Sequence[int]) -> None:
    """Take away the words of those of `ids` (in order) who are still not there."""
    connection.execute(delete(CustomerWords).where(_nobodys(), CustomerWords.id.in_(ids)))


def mend(connection: Connection, first: int, last: int) -> int:
    """Write the words of customers `first` to `last` that are wrong or missing; returns of how many."""
    ids = connection.scalars(select(Customer.id).where(Customer.id.between(first, last)).order_by(Customer.id)).all()
    wrong = _differing(connection, ids) if ids else []
    write(connection, wrong)
    return len(wrong)


def repair(connection: Connection) -> int:
    """`mend` for all customers in this one transaction, where nobody else is at work; returns of how many."""
    return sum(mend(connection, ids[0], ids[-1]) for ids in slices(connection))


def _nobodys() -> ColumnElement[bool]:
    return ~select(Customer.id).where(Customer.id == CustomerWords.id).exists()


def slices(connection: Connection) -> Iterator[Sequence[int]]:
    """Ids of all customers, in order, some thousands at a time."""
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
    if table is Place:
        query = query.where(Place.removed_at.is_(None))
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
