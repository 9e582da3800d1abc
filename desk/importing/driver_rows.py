"""Drivers from a file: joined by their short number to whom the desk knows, else new and off duty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.importing import lines
from desk.importing.lines import Finding, Understood
from desk.importing.plan import Done, Image, Plan
from desk.importing.references import referred
from desk.importing.table import Cell
from desk.work import Work
from models import Assignment, Base, DriverLink

FIELDS = ("number", "name", "phone", "language")
_OFFERED = ("name", "phone", "language")
_driver = Base.metadata.tables["driver"]


def understand(cells: Sequence[Cell], mapping: Sequence[str | None], country: str) -> Understood:
    """See Rows."""
    return lines.driver(cells, mapping, country)


async def plan(
    session: AsyncSession,
    office_id: int,
    given: Sequence[tuple[int, dict[str, Any]]],
    *,
    overwrite: bool,
    hold: bool,
) -> list[Plan]:
    """See Rows."""
    query = select(_driver.c.id, _driver.c.number).where(_driver.c.office_id == office_id)
    ids = {number: driver_id for driver_id, number in await session.execute(query)}
    without_zeros = {number.lstrip("0"): number for number in ids if number.isdecimal()}
    wanted = [ids[told["driver_number"]] for _, told in given if told["driver_number"] in ids]
    there = await images(session, sorted(wanted), hold=hold)
    plans = []
    for line, told in given:
        number = told["driver_number"]
        known = ids.get(number)
        other = without_zeros.get(number.lstrip("0")) if number.isdecimal() else None
        if known is not None and known in there:
            plans.append(_joined(line, known, there[known], told, overwrite=overwrite))
        elif other is not None:
            plans.append(
                Plan(line, "refused", findings=[Finding("driver_number_zeros", None, number, {"other": other})])
            )
        else:
            after = {"number": number, "left": False} | {name: told[name] for name in _OFFERED}
            plans.append(Plan(line, "created", None, None, after))
    return plans


def _joined(line: int, driver_id: int, before: Image, told: dict[str, Any], *, overwrite: bool) -> Plan:
    if before["left"]:
        return Plan(line, "refused", driver_id, findings=[Finding("driver_left", None, before["number"])])
    changed = {name: told[name] for name in _OFFERED if told[name] and (overwrite or not before[name])}
    after = before | changed
    return Plan(line, "unchanged" if after == before else "updated", driver_id, before, after)


async def do(work: Work, office_id: int, plans: Sequence[Plan]) -> None:
    """See Rows."""
    created = [one for one in plans if one.outcome == "created"]
    if created:
        values = [
            {name: (one.after or {})[name] for name in FIELDS} | {"office_id": office_id, "state": "off"}
            for one in created
        ]
        query = insert(_driver).returning(_driver.c.id, sort_by_parameter_order=True)
        ids = (await work.session.scalars(query, values)).all()
        for one, driver_id in zip(created, ids, strict=True):
            one.subject_id = driver_id
    for one in plans:
        if one.outcome == "updated":
            await _set(work, one.subject_id, one.after or {})


async def images(session: AsyncSession, ids: Sequence[int], *, hold: bool) -> Mapping[int, Image]:
    """See Rows."""
    query = select(_driver.c.id, _driver.c.disabled_at, *(_driver.c[name] for name in FIELDS))
    query = query.where(_driver.c.id.in_(ids)).order_by(_driver.c.id)
    if hold:
        query = query.with_for_update()
    return {
        row.id: {name: getattr(row, name) for name in FIELDS} | {"left": row.disabled_at is not None}
        for row in await session.execute(query)
    }


async def used(session: AsyncSession, done: Sequence[Done]) -> set[int]:
    """See Rows."""
    new = [one.subject_id for one in done if one.outcome == "created"]
    found = await referred(session, "driver", new) if new else set()
    changed = {one.subject_id: one.at for one in done if one.outcome == "updated"}
    if changed:
        since = min(changed.values())
        for column, at in (
            (Assignment.driver_id, Assignment.assigned_at),
            (DriverLink.driver_id, DriverLink.created_at),
        ):
            for driver_id, when in await session.execute(
                select(column, at).where(column.in_(sorted(changed)), at >= since)
            ):
                if when >= changed[driver_id]:
                    found.add(driver_id)
    return found


async def take_back(work: Work, office_id: int, done: Sequence[Done]) -> None:
    """See Rows."""
    new = [one.subject_id for one in done if one.outcome == "created"]
    if new:
        await work.session.execute(delete(_driver).where(_driver.c.id.in_(new)))
    for one in done:
        if one.outcome == "updated":
            await _set(work, one.subject_id, one.before or {})


async def _set(work: Work, driver_id: int | None, image: Image) -> None:
    await work.session.execute(
        update(_driver).where(_driver.c.id == driver_id).values({name: image[name] for name in _OFFERED})
    )
