"""Drivers from a file: joined by their short number to whom the desk knows, else new and off duty.

An image is the whole record as far as a file can say it: texts and lists of texts, so that it is kept as JSON. Of who is known
only what is empty is filled, unless what is known is to be replaced; a list counts as one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events, trades
from desk.importing import lines
from desk.importing.lines import PAYEE, Finding, Understood
from desk.importing.plan import Done, Image, Plan
from desk.importing.references import referred
from desk.importing.table import Cell
from desk.office.people import audit
from desk.work import Work
from models import Assignment, Base, DriverLink

FIELDS = ("number", "name", "phone", "language")
_PLAIN = ("name", "phone", "language", "licence_number", "insurance_number", "base_area", "works_days", "note", *PAYEE)
_DAYS = ("licence_until", "insurance_until")
_LISTS: tuple[tuple[str, str, str], ...] = (
    ("phones", "driver_phone", "number"),
    ("skills", "driver_skill", "skill"),
    ("groups", "driver_group", "name"),
)
"""Name in the image, table, column."""
_OFFERED = (*_PLAIN, *_DAYS, "works_hours", *(name for name, _, _ in _LISTS))
_PARTS = tuple(table for _, table, _ in _LISTS)
_COLUMNS = ("number", *_PLAIN, *_DAYS, "works_from", "works_until")
_tables = Base.metadata.tables
_driver = _tables["driver"]


def understand(cells: Sequence[Cell], mapping: Sequence[str | None], country: str, trade: str) -> Understood:
    """See Rows."""
    return lines.driver(cells, mapping, country, trades.load(trade).skills)


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
            after |= {name: sorted(after[name]) for name in ("skills", "groups")}
            plans.append(Plan(line, "created", None, None, after))
    return plans


def _joined(line: int, driver_id: int, before: Image, told: dict[str, Any], *, overwrite: bool) -> Plan:
    if before["left"]:
        return Plan(line, "refused", driver_id, findings=[Finding("driver_left", None, before["number"])])
    changed = {name: told[name] for name in _OFFERED if told[name] and (overwrite or not before[name])}
    changed |= {name: sorted(changed[name]) for name in ("skills", "groups") if name in changed}
    after = before | changed
    return Plan(line, "unchanged" if after == before else "updated", driver_id, before, after)


async def do(work: Work, office_id: int, plans: Sequence[Plan]) -> None:
    """See Rows."""
    created = [one for one in plans if one.outcome == "created"]
    if created:
        values = [
            _columns(one.after or {}) | {"number": (one.after or {})["number"], "office_id": office_id, "state": "off"}
            for one in created
        ]
        query = insert(_driver).returning(_driver.c.id, sort_by_parameter_order=True)
        ids = (await work.session.scalars(query, values)).all()
        for one, driver_id in zip(created, ids, strict=True):
            one.subject_id = driver_id
    for one in plans:
        if one.outcome == "updated":
            await _set(work, one.subject_id, one.before or {}, one.after or {})
    changed = [one for one in plans if one.outcome in ("created", "updated")]
    for one in changed:
        await _write_lists(work, one.subject_id, one.before or {}, one.after or {})
    _tell_papers(work, office_id, [(one.before or {}, one.after or {}) for one in changed])


async def images(session: AsyncSession, ids: Sequence[int], *, hold: bool) -> Mapping[int, Image]:
    """See Rows."""
    query = select(_driver.c.id, _driver.c.disabled_at, *(_driver.c[name] for name in _COLUMNS))
    query = query.where(_driver.c.id.in_(ids)).order_by(_driver.c.id)
    if hold:
        query = query.with_for_update()
    found = {row.id: _image(row) for row in await session.execute(query)}
    for name, table, column in _LISTS:
        of = _tables[table]
        listed = select(of.c.driver_id, of.c[column]).where(of.c.driver_id.in_(ids)).order_by(of.c.id)
        for driver_id, value in await session.execute(listed):
            found[driver_id][name].append(value)
    for image in found.values():
        for name in ("skills", "groups"):
            image[name].sort()
    return found


def _image(row: Any) -> Image:
    hours = None
    if row.works_from is not None and row.works_until is not None:
        hours = f"{row.works_from:%H:%M}-{row.works_until:%H:%M}"
    days = {name: None if (at := getattr(row, name)) is None else at.isoformat() for name in _DAYS}
    lists: dict[str, list[str]] = {name: [] for name, _, _ in _LISTS}
    told = {name: getattr(row, name) for name in ("number", *_PLAIN)}
    return told | days | lists | {"works_hours": hours, "left": row.disabled_at is not None}


def _columns(image: Image) -> dict[str, Any]:
    """The columns of the driver's own row. An image of an older import has no more than a few of them."""
    told: dict[str, Any] = {name: image[name] for name in _PLAIN if name in image}
    told |= {name: date.fromisoformat(image[name]) if image[name] else None for name in _DAYS if name in image}
    if "works_hours" in image:
        first, _, last = (image["works_hours"] or "").partition("-")
        told["works_from"] = time.fromisoformat(first) if first else None
        told["works_until"] = time.fromisoformat(last) if last else None
    return told


async def _write_lists(work: Work, driver_id: int | None, now: Image, then: Image) -> None:
    for name, table, column in _LISTS:
        if name not in then or now.get(name, []) == then[name]:
            continue
        of = _tables[table]
        await work.session.execute(delete(of).where(of.c.driver_id == driver_id))
        if then[name]:
            await work.session.execute(insert(of), [{"driver_id": driver_id, column: value} for value in then[name]])


def _tell_papers(work: Work, office_id: int, changes: Sequence[tuple[Image, Image]]) -> None:
    """Papers that run out are looked for anew where a day has changed."""
    if any(before.get(name) != after.get(name) for before, after in changes for name in _DAYS):
        work.tell(events.PapersTold(work.now, office_id))


async def used(session: AsyncSession, done: Sequence[Done]) -> set[int]:
    """See Rows."""
    new = [one.subject_id for one in done if one.outcome == "created"]
    found = await referred(session, "driver", new, own=_PARTS) if new else set()
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
        for table in _PARTS:
            await work.session.execute(delete(_tables[table]).where(_tables[table].c.driver_id.in_(new)))
        await work.session.execute(delete(_driver).where(_driver.c.id.in_(new)))
    updated = [one for one in done if one.outcome == "updated"]
    for one in updated:
        await _set(work, one.subject_id, one.after, one.before or {})
        await _write_lists(work, one.subject_id, one.after, one.before or {})
    _tell_papers(work, office_id, [(one.after, one.before or {}) for one in updated])


async def _set(work: Work, driver_id: int | None, now: Image, then: Image) -> None:
    values = _columns(then)
    if any(now.get(name) != values[name] for name in PAYEE if name in values):
        values["payee_version"] = _driver.c.payee_version + 1
        audit(work, None, "payee.changed", str(driver_id), {"by": "import"})  # as desk/driver/payees.py writes it
    await work.session.execute(update(_driver).where(_driver.c.id == driver_id).values(values))
