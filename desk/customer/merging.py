"""Two rows of one person become one, and two again where that was wrong.

    merge_id = await merging.merge(work, operator_id, one_id, other_id, name_of=one_id)
    await merging.undo(work, operator_id, merge_id)

Every table that names a customer is found by its foreign key, so that one added later is merged as well. Each row that is
changed is kept as it was and as it became (MergedRow): the undo writes back what it was, byte for byte, and refuses where
somebody has changed it since. What only grew since (trips, uses of a place) keeps what it grew by.

The row with the greater id stays, whosever name it gets. Ids that are gone wait for the undo: they are never given to anybody
else (models.base.NEVER_AGAIN). Money is not touched: accounts in the books belong to firms on account, not to customers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Row,
    RowMapping,
    Table,
    UniqueConstraint,
    and_,
    delete,
    insert,
    or_,
    select,
    update,
)

from desk import events
from desk.customer.customer_deeds import held, not_forgotten, note
from desk.errors import Conflict, Invalid, NotFound
from desk.keeping import customer_words
from desk.keeping.row_images import Image, by_key, image, key_of, table_of, values
from desk.office.people import operator_of
from desk.work import Work
from models import Base, Call, Customer, CustomerMerge, CustomerWords, MergedRow, Order, Place

GROWS = {"customer": ("trips", "cancels"), "place": ("uses",)}
"""What is counted: later counts are kept by an undo."""
LATEST = {"customer": ("last_trip_at", "version"), "place": ("last_used_at",)}
"""What later facts overwrite: an undo leaves what they said."""
_CUSTOMER, _PLACE = (table_of(model.__tablename__) for model in (Customer, Place))


class CannotUndo(Conflict):
    """Later facts rest on the merge. `details["because"]` is "ordered", "changed", "merged" or "forgotten"."""

    code = "merge_not_undone"


@dataclass(slots=True)
class _Merge:
    """One merge under way: what it writes, it notes."""

    connection: Connection
    merge_id: int
    kept: int
    gone: int

    def change(self, table: Table, row: RowMapping, changes: Image) -> None:
        """Change columns of a row, and keep what they were before this merge."""
        really = {name: value for name, value in changes.items() if row[name] != value}
        if not really:
            return
        before, after = image({name: row[name] for name in really}), image(really)
        known = self._known(table, key_of(table, row))
        self.connection.execute(update(table).where(*by_key(table, key_of(table, row))).values(**really))
        key = key_of(table, {**row, **really})
        if known is None:
            self._keep(table, key, before, after)
        else:
            both = {"key": key, "before": {**before, **known.before}, "after": {**known.after, **after}}
            self.connection.execute(update(MergedRow).where(MergedRow.id == known.id).values(**both))

    def take_out(self, table: Table, row: RowMapping) -> None:
        """Delete a row, and keep it."""
        key = key_of(table, row)
        self._keep(table, key, image(dict(row)), None)
        self.connection.execute(delete(table).where(*by_key(table, key)))

    def _known(self, table: Table, key: str) -> Row[Any] | None:
        mine = select(MergedRow.id, MergedRow.before, MergedRow.after).where(
            MergedRow.merge_id == self.merge_id, MergedRow.table == table.name, MergedRow.key == key
        )
        return self.connection.execute(mine).one_or_none()

    def _keep(self, table: Table, key: str, before: Image, after: Image | None) -> None:
        kept = {"merge_id": self.merge_id, "table": table.name, "key": key, "before": before, "after": after}
        self.connection.execute(insert(MergedRow).values(**kept))


async def merge(work: Work, operator_id: int, one_id: int, other_id: int, name_of: int) -> int:
    """Make one customer of two; the name is that of `name_of`. Returns the id of the merge, which undoes it.

    Raises NotFound, Forgotten, and Invalid where the two are one already or `name_of` is neither.
    """
    if one_id == other_id or name_of not in (one_id, other_id):
        raise Invalid("two different customers, and the name of one of them", field="other")
    gone, kept = [(await held(work, operator_id, each))[0] for each in sorted((one_id, other_id))]
    for each in (gone, kept):
        await not_forgotten(work, each)
    row = CustomerMerge(
        office_id=kept.office_id, kept_id=kept.id, gone_id=gone.id, at=work.now, operator_id=operator_id
    )
    work.session.add(row)
    await work.session.flush()
    open_orders = select(Order.id).where(Order.customer_id == gone.id, Order.closed_at.is_(None))
    for order_id in (await work.session.scalars(open_orders)).all():
        work.tell(events.OrderChanged(work.now, order_id, operator_id))
    gone_id, kept_id, merge_id = gone.id, kept.id, row.id
    connection = await work.session.connection()
    await connection.run_sync(lambda sync: _merge(_Merge(sync, merge_id, kept_id, gone_id), name_of))
    work.session.expunge_all()
    note(work, await work.session.get_one(Customer, kept_id), operator_id, "merged")
    await work.session.flush()
    return merge_id


async def undo(work: Work, operator_id: int, merge_id: int) -> int:
    """Make two customers of one again. Returns the id that is back. Raises NotFound, CannotUndo, and Conflict done twice."""
    office_id = (await operator_of(work, operator_id)).office_id
    row = await work.session.get(CustomerMerge, merge_id, with_for_update=True)
    if row is None or row.office_id != office_id:
        raise NotFound(f"there is no merge {merge_id}", merge_id=merge_id)
    if row.undone_at is not None:
        raise Conflict("it has been undone already", merge_id=merge_id)
    if row.forgotten_at is not None:
        raise CannotUndo("the person was erased since", because="forgotten")
    if await _merged_again(work, row):
        raise CannotUndo("the customer was merged again since; undo that first", because="merged")
    await held(work, operator_id, row.kept_id)
    connection = await work.session.connection()
    gone_id, at, kept_id = row.gone_id, row.at, row.kept_id
    await connection.run_sync(lambda sync: _undo(sync, merge_id, kept_id, gone_id, at))
    work.session.expunge_all()
    row = await work.session.get_one(CustomerMerge, merge_id)
    row.undone_at, row.undone_by = work.now, operator_id
    for each in (kept_id, gone_id):
        note(work, await work.session.get_one(Customer, each), operator_id, "merge_undone")
    await work.session.flush()
    return gone_id


async def merges_of(work_or_session: Any, customer_id: int) -> Sequence[CustomerMerge]:
    """The merges that made this customer what he is and were not undone, the newest first."""
    query = select(CustomerMerge).where(CustomerMerge.kept_id == customer_id, CustomerMerge.undone_at.is_(None))
    found: Sequence[CustomerMerge] = (await work_or_session.scalars(query.order_by(CustomerMerge.id.desc()))).all()
    return found


async def _merged_again(work: Work, row: CustomerMerge) -> bool:
    """Whether another merge stands upon this one: they are undone in the order of a stack."""
    later = select(CustomerMerge.id).where(
        CustomerMerge.id > row.id,
        CustomerMerge.undone_at.is_(None),
        or_(CustomerMerge.kept_id == row.kept_id, CustomerMerge.gone_id == row.kept_id),
    )
    return await work.session.scalar(later.limit(1)) is not None


# --- merging --------------------------------------------------------------------------------------------------------------


def _merge(merge: _Merge, name_of: int) -> None:
    _merge_places(merge)
    for table, column in _referring(_CUSTOMER):
        if table.name not in (_PLACE.name, CustomerWords.__tablename__):
            _move(merge, table, column, merge.gone, merge.kept)
    gone, kept = (_row(merge.connection, _CUSTOMER, each) for each in (merge.gone, merge.kept))
    merge.change(_CUSTOMER, kept, _one_of_two(kept, gone, name_of))
    merge.take_out(_CUSTOMER, gone)
    customer_words.write(merge.connection, [merge.kept])


def _merge_places(merge: _Merge) -> None:
    """A place that both have is one with the uses of both; the others go over as they are."""
    every = select(_PLACE).where(_PLACE.c.customer_id.in_((merge.kept, merge.gone))).order_by(_PLACE.c.id)
    rows = merge.connection.execute(every).mappings().all()
    known = {row["text"]: row for row in reversed(rows) if row["customer_id"] == merge.kept}
    for row in rows:
        if row["customer_id"] != merge.gone:
            continue
        same = known.get(row["text"])
        if same is None:
            merge.change(_PLACE, row, {"customer_id": merge.kept})
            continue
        for table, column in _referring(_PLACE):
            _move(merge, table, column, row["id"], same["id"])
        same = _row(merge.connection, _PLACE, same["id"])
        counted = {"uses": same["uses"] + row["uses"], "last_used_at": max(same["last_used_at"], row["last_used_at"])}
        merge.change(_PLACE, same, {**_pin_of_two(same, row), **_words_of_two(same, row), **counted})
        merge.take_out(_PLACE, row)


def _pin_of_two(same: RowMapping, row: RowMapping) -> Image:
    """The pin that somebody set right, else that of a place that is still his, else the one that there is."""

    def sure(one: RowMapping) -> tuple[bool, bool, bool]:
        return one["removed_at"] is None, one["corrected_at"] is not None, one["lat"] is not None

    if sure(row) <= sure(same):
        return {}
    return {each: row[each] for each in ("lat", "lon", "accuracy_m", "corrected_at")}


def _words_of_two(same: RowMapping, row: RowMapping) -> Image:
    former = dict.fromkeys([*same["former"].splitlines(), *row["former"].splitlines()])
    gone = None if None in (same["removed_at"], row["removed_at"]) else same["removed_at"]
    return {"label": same["label"] or row["label"], "former": "\n".join(former), "removed_at": gone}


def _move(merge: _Merge, table: Table, column: Column[Any], old: int, new: int) -> None:
    """Rows that name `old` name `new`; one that would then stand there twice goes."""
    for row in merge.connection.execute(select(table).where(column == old)).mappings().all():
        moved = {**row, column.name: new}
        if _stands_already(merge.connection, table, column, moved):
            merge.take_out(table, row)
        else:
            merge.change(table, row, {column.name: new})


def _stands_already(connection: Connection, table: Table, column: Column[Any], row: Image) -> bool:
    keys = [tuple(table.primary_key)]
    keys += [tuple(each.columns) for each in table.constraints if isinstance(each, UniqueConstraint)]
    keys += [tuple(each.columns) for each in table.indexes if each.unique]
    for key in keys:
        if column in key:
            same = select(1).select_from(table).where(and_(*(each == row[each.name] for each in key)))
            if connection.execute(same.limit(1)).first() is not None:
                return True
    return False


def _referring(to: Table) -> list[tuple[Table, Column[Any]]]:
    """The columns of all tables that name a row of `to`."""
    return [
        (table, each.parent)
        for table in Base.metadata.sorted_tables
        for each in sorted(table.foreign_keys, key=lambda one: one.parent.name)
        if each.column.table is to
    ]


def _one_of_two(kept: RowMapping, gone: RowMapping, name_of: int) -> Image:
    """What the one row says: the name of one, what only one of the two has, notes and reasons of both, trips together."""
    first, second = (kept, gone) if name_of == kept["id"] else (gone, kept)
    trips = [row["last_trip_at"] for row in (kept, gone) if row["last_trip_at"] is not None]
    return {
        "name": first["name"] or second["name"],
        "grade": first["grade"] or second["grade"],
        "language": first["language"] or second["language"],
        "note": _both(first["note"], second["note"]),
        "blocked_reason": _both(first["blocked_reason"], second["blocked_reason"]),
        "trips": kept["trips"] + gone["trips"],
        "cancels": kept["cancels"] + gone["cancels"],
        "last_trip_at": max(trips, default=None),
        "created_at": min(kept["created_at"], gone["created_at"]),
        "version": kept["version"] + 1,
    }


def _both(first: str | None, second: str | None) -> str | None:
    said = list(dict.fromkeys(each for each in (first, second) if each))
    return " / ".join(said) or None


def _row(connection: Connection, table: Table, row_id: int) -> RowMapping:
    return connection.execute(select(table).where(table.c.id == row_id)).mappings().one()


# --- undoing --------------------------------------------------------------------------------------------------------------


def _undo(connection: Connection, merge_id: int, kept: int, gone: int, at: Any) -> None:
    noted = connection.execute(select(MergedRow).where(MergedRow.merge_id == merge_id)).mappings().all()
    numbers = _moved_numbers(connection, noted)
    since = (Order.customer_id == kept, Order.taken_at >= at, Order.number.in_(numbers))
    taken = select(Order.id).where(*since, Order.id.not_in(_moved(noted, "order")))
    if connection.execute(taken.limit(1)).first() is not None:
        raise CannotUndo("he has ordered since, and the order would be torn from its places", because="ordered")
    order = {table.name: rank for rank, table in enumerate(Base.metadata.sorted_tables)}
    for row in sorted(noted, key=lambda one: (order[one["table"]], one["id"])):
        if row["after"] is None:
            table = table_of(row["table"])
            connection.execute(insert(table).values(**values(table, row["before"])))
    for row in noted:
        if row["after"] is not None:
            _write_back(connection, row)
    calls = (Call.customer_id == kept, Call.arrived_at >= at, Call.number.in_(numbers))
    connection.execute(update(Call).where(*calls).values(customer_id=gone))
    customer_words.write(connection, sorted((kept, gone)))


def _write_back(connection: Connection, row: RowMapping) -> None:
    table = table_of(row["table"])
    where = by_key(table, row["key"])
    now = connection.execute(select(table).where(*where)).mappings().one_or_none()
    before, after = values(table, row["before"]), values(table, row["after"])
    if now is None:
        raise CannotUndo(f"a row of {table.name} is gone since", because="changed")
    back = {}
    for name, value in before.items():
        if now[name] == after[name]:
            back[name] = value
        elif name in GROWS.get(table.name, ()):
            back[name] = value + now[name] - after[name]
        elif name not in LATEST.get(table.name, ()):
            raise CannotUndo(f"{name} of a row of {table.name} was changed since", because="changed")
    if back:
        connection.execute(update(table).where(*where).values(**back))


def _moved(noted: Sequence[RowMapping], table: str) -> list[int]:
    return [int(row["key"].strip("[]")) for row in noted if row["table"] == table]


def _moved_numbers(connection: Connection, noted: Sequence[RowMapping]) -> list[str]:
    phones = table_of("customer_phone")
    ids = _moved(noted, phones.name)
    return list(connection.scalars(select(phones.c.number).where(phones.c.id.in_(ids))).all())
