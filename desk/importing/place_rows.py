"""Places of the office's book from a file: joined by name and district to those that are in it, else new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.importing import place_lines
from desk.importing.lines import Understood
from desk.importing.plan import Done, Image, Plan
from desk.importing.table import Cell
from desk.work import Work
from models import Base, BookPlaceWords
from models.words import words_of_place

PIN = ("lat", "lon", "accuracy_m")
FIELDS = ("name", "district", "aliases", *PIN, "source")
SOURCE = "import"
_place = Base.metadata.tables["book_place"]


def understand(cells: Sequence[Cell], mapping: Sequence[str | None], country: str, trade: str) -> Understood:
    """See Rows."""
    return place_lines.place(cells, mapping)


async def plan(
    session: AsyncSession,
    office_id: int,
    given: Sequence[tuple[int, dict[str, Any]]],
    *,
    overwrite: bool,
    hold: bool,
) -> list[Plan]:
    """See Rows."""
    names = sorted({told["name"] for _, told in given})
    query = select(_place.c.id, _place.c.name, _place.c.district).where(
        _place.c.office_id == office_id, _place.c.name.in_(names)
    )
    ids = {(row.name, row.district): row.id for row in await session.execute(query)}
    there = await images(session, sorted(ids.values()), hold=hold)
    return [_planned(line, told, ids.get((told["name"], told["district"])), there, overwrite) for line, told in given]


def _planned(
    line: int, told: dict[str, Any], place_id: int | None, there: Mapping[int, Image], overwrite: bool
) -> Plan:
    wanted = {name: told[name] for name in FIELDS}
    if place_id is None or place_id not in there:
        return Plan(line, "created", None, None, wanted | {"source": wanted["source"] or SOURCE})
    before = there[place_id]
    after = dict(before)
    after["aliases"] = "\n".join(dict.fromkeys([*before["aliases"].split("\n"), *told["aliases"].split("\n")])).strip(
        "\n"
    )
    if told["lat"] is not None and (overwrite or before["lat"] is None):  # a pin is one thing
        after |= {name: told[name] for name in PIN}
    if told["source"] and (overwrite or not before["source"]):
        after["source"] = told["source"]
    return Plan(line, "unchanged" if after == before else "updated", place_id, before, after)


async def do(work: Work, office_id: int, plans: Sequence[Plan]) -> None:
    """See Rows."""
    created = [one for one in plans if one.outcome == "created"]
    if created:
        values = [{**(one.after or {}), "office_id": office_id, "added_at": work.now} for one in created]
        ids = (
            await work.session.scalars(insert(_place).returning(_place.c.id, sort_by_parameter_order=True), values)
        ).all()
        for one, place_id in zip(created, ids, strict=True):
            one.subject_id = place_id
    for one in plans:
        if one.outcome == "updated":
            await _set(work, one.subject_id, one.after or {})
    done = [one for one in plans if one.outcome in ("created", "updated")]
    await _find(work, office_id, [(one.subject_id, one.after or {}) for one in done])


async def images(session: AsyncSession, ids: Sequence[int], *, hold: bool) -> Mapping[int, Image]:
    """See Rows."""
    query = select(_place.c.id, *(_place.c[name] for name in FIELDS)).where(_place.c.id.in_(ids)).order_by(_place.c.id)
    if hold:
        query = query.with_for_update()
    return {row.id: {name: getattr(row, name) for name in FIELDS} for row in await session.execute(query)}


async def used(session: AsyncSession, done: Sequence[Done]) -> set[int]:
    """See Rows. Nobody names a place of the book: an order has a text and a pin of its own."""
    return set()


async def take_back(work: Work, office_id: int, done: Sequence[Done]) -> None:
    """See Rows."""
    new = [one.subject_id for one in done if one.outcome == "created"]
    if new:
        await work.session.execute(delete(BookPlaceWords).where(BookPlaceWords.id.in_(new)))
        await work.session.execute(delete(_place).where(_place.c.id.in_(new)))
    updated = [one for one in done if one.outcome == "updated"]
    for one in updated:
        await _set(work, one.subject_id, one.before or {})
    await _find(work, office_id, [(one.subject_id, one.before or {}) for one in updated])


async def _set(work: Work, place_id: int | None, image: Image) -> None:
    await work.session.execute(update(_place).where(_place.c.id == place_id).values(**image))


async def _find(work: Work, office_id: int, places: Sequence[tuple[int | None, Image]]) -> None:
    """The words by which they are found."""
    for place_id, image in places:
        words = words_of_place(office_id, (image["name"], image["district"], *image["aliases"].split("\n")))
        await work.session.merge(BookPlaceWords(id=place_id, words=words))
    await work.session.flush()
