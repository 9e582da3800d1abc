"""The office's own tariff, version by version: laid beside, looked at, taken from a moment on, or called back before it holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import delete, exists, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import Conflict, Invalid, NotFound
from desk.office import people
from desk.office.people import audit
from desk.ordering import tariffs
from desk.ordering.tariff_tables import Kind, Row
from desk.text import plain
from desk.work import Work
from models import FixedFare, Operator, OwnDay, TariffTable, ZoneFare

AHEAD = timedelta(days=366)
SHOWN = 50


class InUse(Conflict):
    """A fare was fixed by this version already; it stays."""

    code = "tariff_used"


@dataclass(frozen=True, slots=True)
class Changes:
    """What a version changes against the one that holds at its moment: rows by what tells them apart, and the first of them."""

    new: int
    changed: int
    gone: int
    first: tuple[tuple[str, Any, Any], ...]


async def stage(work: Work, operator_id: int, kind: Kind, file_name: str, rows: Sequence[Row]) -> TariffTable:
    """A draft: nothing is priced by it. Raises Invalid for an empty one."""
    operator = await people.operator_of(work, operator_id)
    if not rows:
        raise Invalid("there is nothing in it", field="empty")
    table = TariffTable(
        office_id=operator.office_id, kind=kind, at=work.now, operator_id=operator.id, rows=len(rows),
        file_name=plain(file_name, 200), content=list(rows),
    )  # fmt: skip
    work.session.add(table)
    await work.session.flush()
    return table


async def take(work: Work, operator_id: int, table_id: int, holds_from: datetime | None) -> TariffTable:
    """From that moment on (null: now) trips are priced by it. On record. Raises NotFound, Invalid."""
    table = await _held(work, operator_id, table_id)
    if table.holds_from is not None:
        raise Invalid("it is taken already", field="state")
    if holds_from is not None and not work.now <= holds_from <= work.now + AHEAD:
        raise Invalid("a tariff holds from now on or later, at most a year ahead", field="holds_from")
    rows: Sequence[Row] = table.content
    if table.kind == "zones":
        pairs = [{"table_id": table.id, "from_zone": r["from"], "to_zone": r["to"], "fare": r["fare"]} for r in rows]
        await work.session.execute(insert(ZoneFare), pairs)
    elif table.kind == "days":
        days = [{**r, "table_id": table.id, "day": date.fromisoformat(r["day"])} for r in rows]
        await work.session.execute(insert(OwnDay), days)
    if table.kind in ("zones", "days"):
        table.content = None
    table.holds_from = holds_from or work.now
    await work.session.flush()
    told = {"rows": table.rows, "from": table.holds_from.isoformat(), "file": table.file_name}
    audit(work, operator_id, f"tariff.{table.kind}", str(table.id), told)
    return table


async def throw_away(work: Work, operator_id: int, table_id: int) -> None:
    """A draft, or a version that does not hold yet, goes. Raises NotFound, Invalid, InUse."""
    table = await _held(work, operator_id, table_id)
    if table.holds_from is not None and table.holds_from <= work.now:
        raise Invalid("what holds is replaced by another version", field="state")
    columns = (FixedFare.zones_id, FixedFare.days_id, FixedFare.distance_id, FixedFare.hours_id)
    if await work.session.scalar(select(exists().where(or_(*(column == table.id for column in columns))))):
        raise InUse("a fare was fixed by it already", table_id=table.id)
    for rows in (ZoneFare, OwnDay):
        await work.session.execute(delete(rows).where(rows.table_id == table.id))
    told = {"kind": table.kind, "rows": table.rows, "file": table.file_name}
    await work.session.delete(table)
    await work.session.flush()
    audit(work, operator_id, "tariff.thrown_away", str(table_id), told)


async def of_office(session: AsyncSession, office_id: int, table_id: int) -> TariffTable:
    """Raises NotFound, also for another office's."""
    table = await session.get(TariffTable, table_id)
    if table is None or table.office_id != office_id:
        raise NotFound(f"there is no tariff table {table_id}", table_id=table_id)
    return table


async def listed(session: AsyncSession, office_id: int, limit: int = 50) -> list[tuple[TariffTable, str | None]]:
    """Drafts and versions, the newest first, each with who brought it (null: the command)."""
    query = select(TariffTable, Operator.name).outerjoin(Operator, Operator.id == TariffTable.operator_id)
    found = await session.execute(
        query.where(TariffTable.office_id == office_id).order_by(TariffTable.id.desc()).limit(limit)
    )
    return [(table, name) for table, name in found]


async def rows_of(session: AsyncSession, table: TariffTable) -> list[Row]:
    """All rows of a version, as they were read."""
    if table.content is not None:
        return list(table.content)
    if table.kind == "zones":
        pairs = await tariffs.pairs_of(session, table.id, 1_000_000)
        return [{"from": one.from_zone, "to": one.to_zone, "fare": one.fare} for one in pairs]
    days = await tariffs.days_of(session, table.id)
    return [{"day": one.day.isoformat(), "name": one.name, "working": one.working} for one in days]


async def changes(session: AsyncSession, table: TariffTable, at: datetime) -> Changes:
    """What trips that begin at `at` would be priced by that they are not now."""
    holding = await tariffs.holding(session, table.office_id, table.kind, at)  # type: ignore[arg-type]
    before = _told(table.kind, await rows_of(session, await session.get_one(TariffTable, holding))) if holding else {}
    after = _told(table.kind, await rows_of(session, table))
    changed = [key for key in after if key in before and after[key] != before[key]]
    new, gone = [key for key in after if key not in before], [key for key in before if key not in after]
    first = [(key, before.get(key), after.get(key)) for key in (*changed, *new, *gone)][:SHOWN]
    return Changes(len(new), len(changed), len(gone), tuple(first))


def _told(kind: str, rows: Sequence[Row]) -> Mapping[str, Any]:
    """Rows by what tells them apart."""
    if kind == "zones":
        return {f"{row['from']} → {row['to']}": row["fare"] for row in rows}
    if kind == "days":
        return {row["day"]: f"{row['name']}{' (=)' if row['working'] else ''}" for row in rows}
    if kind == "hours":
        return {f"{r['from']}–{r['until']} ({r['days']})": f"{r['percent']}% + {r['amount']}" for r in rows}
    return {name: value for row in rows for name, value in row.items()}


async def _held(work: Work, operator_id: int, table_id: int) -> TariffTable:
    operator = await people.operator_of(work, operator_id)
    query = select(TariffTable).where(TariffTable.id == table_id, TariffTable.office_id == operator.office_id)
    table: TariffTable | None = await work.session.scalar(query.with_for_update())
    if table is None:
        raise NotFound(f"there is no tariff table {table_id}", table_id=table_id)
    return table
