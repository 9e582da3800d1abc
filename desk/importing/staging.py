"""A file's way until it is taken in: laid beside the desk's rows, its columns named, looked through, begun, or thrown away.

    loading -> staged -> checking -> checked -> applying -> applied -> undoing -> undone
                                 (each of the first four) -> discarded

Checking, applying and undoing go on in steps (desk.importing.steps), whoever does them, until nothing is left to do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events
from desk.errors import Invalid, NotFound, WrongState
from desk.importing import headings
from desk.importing.table import Line, Table
from desk.office import people
from desk.text import plain
from desk.work import Desk, Work
from models import Import, ImportKey, ImportRow

LOADED_AT_A_TIME = 2_000
LOADS_WITHIN = timedelta(minutes=30)
"""A file that is not laid aside after so long never will be: whoever brought it is gone."""
MOVING = ("checking", "applying", "undoing")
NOT_BEGUN = ("loading", "staged", "checking", "checked")


@dataclass(frozen=True, slots=True)
class File:
    """A file as it came: its name is shown, never opened."""

    name: str
    sha256: str
    size: int

    @classmethod
    def of(cls, name: str, raw: bytes) -> File:
        """What is kept of the file `raw`."""
        return cls(
            plain(name.replace("\\", "/").rpartition("/")[2], 200) or "-", hashlib.sha256(raw).hexdigest(), len(raw)
        )


async def begin(work: Work, office_id: int, operator_id: int | None, kind: str, file: File, table: Table) -> int:
    """Make the import, still without its lines. Returns its id. Raises Invalid for a kind that there is not."""
    if kind not in headings.FIELDS:
        raise Invalid(f"files of {plain(kind, 20)!r} are not taken", field="kind")
    one = Import(
        office_id=office_id,
        kind=kind,
        state="loading",
        file_name=file.name,
        sha256=file.sha256,
        size=file.size,
        operator_id=operator_id,
        at=work.now,
        columns=list(table.columns),
        mapping=headings.guess(kind, table.columns),
        lines=len(table.lines),
    )
    work.session.add(one)
    await work.session.flush()
    return one.id


async def load(desk: Desk, import_id: int, table: Table) -> None:
    """Lay the lines of `table` beside the desk's rows, some thousands at a time; then it is looked through, if it can be."""
    for at in range(0, len(table.lines), LOADED_AT_A_TIME):
        some = table.lines[at : at + LOADED_AT_A_TIME]
        await desk.do(lambda work, some=some: _add(work, import_id, some))  # type: ignore[misc]

    async def loaded(work: Work) -> None:
        one = await held(work, None, import_id)
        _expect(one, ("loading",))
        one.state = "staged" if headings.trouble(one.kind, one.columns, one.mapping) else "checking"
        work.tell(events.ImportMoved(work.now, import_id))

    await desk.do(loaded)


async def stage(desk: Desk, office_id: int, operator_id: int | None, kind: str, file: File, table: Table) -> int:
    """`begin` and `load`."""
    import_id = await desk.do(lambda work: begin(work, office_id, operator_id, kind, file, table))
    await load(desk, import_id, table)
    return import_id


async def map_columns(
    work: Work, office_id: int, import_id: int, mapping: Sequence[str | None], *, overwrite: bool
) -> None:
    """Say which field each column is, and whether what is known is overwritten; the file is looked through anew.

    Raises Invalid (`details["reason"]`: see headings.trouble), NotFound, WrongState.
    """
    one = await held(work, office_id, import_id)
    _expect(one, ("staged", "checking", "checked"))
    if reason := headings.trouble(one.kind, one.columns, mapping):
        raise Invalid(f"the columns cannot be named so: {reason}", field="mapping", reason=reason)
    one.mapping, one.overwrite = list(mapping), overwrite
    _rewind(one, "checking")
    await work.session.execute(delete(ImportKey).where(ImportKey.import_id == import_id))
    work.tell(events.ImportMoved(work.now, import_id))


async def start(work: Work, office_id: int, import_id: int, operator_id: int | None) -> None:
    """Have the file taken in. Raises NotFound, WrongState, Invalid where no line of it would do anything."""
    one = await held(work, office_id, import_id)
    _expect(one, ("checked",))
    if not one.created + one.updated:
        raise Invalid("no line of the file would change anything", field="lines")
    _rewind(one, "applying")
    one.started_at = work.now
    _record(work, one, operator_id, "import.started")
    work.tell(events.ImportMoved(work.now, import_id))


async def undo(work: Work, office_id: int, import_id: int, operator_id: int | None) -> None:
    """Have everything taken back that nobody has changed or used since; also of a file that is only half taken in.

    Of an import that was undone before, what was left then is tried again. Raises NotFound, WrongState.
    """
    one = await held(work, office_id, import_id)
    _expect(one, ("applying", "applied", "undone"))
    one.state, one.position, one.kept = "undoing", 0, 0
    one.undone_at, one.undone_by = work.now, operator_id
    _record(work, one, operator_id, "import.undone")
    work.tell(events.ImportMoved(work.now, import_id))


async def discard(work: Work, office_id: int | None, import_id: int) -> None:
    """Throw away a file of which nothing was taken in. Raises NotFound, WrongState."""
    one = await held(work, office_id, import_id)
    _expect(one, NOT_BEGUN)
    one.state, one.finished_at = "discarded", work.now
    for table in (ImportKey, ImportRow):
        await work.session.execute(delete(table).where(table.import_id == import_id))
    work.tell(events.ImportMoved(work.now, import_id))


async def discard_cut_off(work: Work) -> int:
    """Throw away files whose bringer died before they were laid aside. Returns how many."""
    query = select(Import.id).where(Import.state == "loading", Import.at < work.now - LOADS_WITHIN)
    cut_off = (await work.session.scalars(query)).all()
    for import_id in cut_off:
        await discard(work, None, import_id)
    return len(cut_off)


async def moving(session: AsyncSession) -> list[int]:
    """The imports that something is to be done for, oldest first."""
    return list((await session.scalars(select(Import.id).where(Import.state.in_(MOVING)).order_by(Import.id))).all())


async def held(work: Work, office_id: int | None, import_id: int) -> Import:
    """The import, held against other writers. Raises NotFound, also for another office's."""
    query = select(Import).where(Import.id == import_id).with_for_update()
    one = await work.session.scalar(query.execution_options(populate_existing=True))
    if one is None or office_id not in (None, one.office_id):
        raise NotFound(f"there is no import {import_id}", import_id=import_id)
    return one


async def _add(work: Work, import_id: int, lines: Sequence[Line]) -> None:
    values = [
        {"import_id": import_id, "line": line.number, "cells": [cell.as_json() for cell in line.cells]}
        for line in lines
    ]
    await work.session.execute(insert(ImportRow), values)


def _record(work: Work, one: Import, operator_id: int | None, what: str) -> None:
    detail = {"kind": one.kind, "sha256": one.sha256, "lines": one.lines, "overwrite": one.overwrite}
    people.audit(work, operator_id, what, f"import {one.id}", detail)


def _rewind(one: Import, state: str) -> None:
    one.state, one.position = state, 0
    one.created = one.updated = one.unchanged = one.refused = 0


def _expect(one: Import, states: Sequence[str]) -> None:
    if one.state not in states:
        raise WrongState(f"import {one.id} is {one.state}", import_id=one.id, state=one.state)
