"""An import goes on by one batch: one short transaction, which says in the same commit how far it has come.

Whoever is killed between two batches, or in one, has done whole batches and nothing else: the next `advance` goes on from there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from desk import events
from desk.importing import customer_rows, driver_rows, place_rows, staging
from desk.importing.lines import Finding, Understood
from desk.importing.plan import Done, Plan, Rows
from desk.importing.table import Cell
from desk.work import Desk, Work
from models import Base, Import, ImportKey, Office

ROWS: dict[str, Rows] = {"customers": customer_rows, "drivers": driver_rows, "places": place_rows}
TWICE = {"places": "place_twice"}
AT_A_TIME = 100
_row = Base.metadata.tables["import_row"]
_WRITE = (
    update(_row)
    .where(_row.c.import_id == bindparam("of_import"), _row.c.line == bindparam("of_line"))
    .values(
        {
            name: bindparam(f"new_{name}", type_=_row.c[name].type)
            for name in ("cells", "given", "findings", "outcome", "subject_id", "before", "after", "done_at")
        }
    )
)


async def finish(desk: Desk, import_id: int) -> None:
    """`advance` until nothing is left to do."""
    while await desk.do(lambda work: advance(work, import_id)):
        pass


async def advance(work: Work, import_id: int) -> bool:
    """Do the next batch; whether one more may follow. Nothing, where nothing is to be done."""
    one = await staging.held(work, None, import_id)
    if one.state not in staging.MOVING:
        return False
    rows = await _next_rows(work, one)
    if rows:
        act = {"checking": _check, "applying": _apply, "undoing": _take_back}[one.state]
        await act(work, one, rows)
        one.position = rows[-1].line
    else:
        await _end(work, one)
    work.tell(events.ImportMoved(work.now, import_id))
    return bool(rows)


async def _next_rows(work: Work, one: Import) -> Sequence[Any]:
    """The next lines in order; what was done last is taken back first."""
    query = select(_row).where(_row.c.import_id == one.id).limit(AT_A_TIME)
    if one.state != "undoing":
        query = query.where(_row.c.line > one.position).order_by(_row.c.line)
    else:
        left = (_row.c.undo.is_(None)) | (_row.c.undo != "undone")
        query = query.where(_row.c.outcome.in_(("created", "updated")), _row.c.done_at.is_not(None), left)
        query = query.order_by(_row.c.line.desc())
        if one.position:
            query = query.where(_row.c.line < one.position)
    return (await work.session.execute(query)).all()


async def _end(work: Work, one: Import) -> None:
    one.state = {"checking": "checked", "applying": "applied", "undoing": "undone"}[one.state]
    one.position = 0
    if one.state == "applied":
        one.finished_at = work.now
    await work.session.execute(delete(ImportKey).where(ImportKey.import_id == one.id))


async def _check(work: Work, one: Import, rows: Sequence[Any]) -> None:
    """What each line would do; who stands in the file twice is refused the second time."""
    kind = ROWS[one.kind]
    office = await work.session.get_one(Office, one.office_id)
    told = {
        row.line: kind.understand(
            [Cell.of_json(cell) for cell in row.cells or ()], one.mapping, office.country, office.trade
        )
        for row in rows
    }
    plans = {line: Plan(line, "refused", findings=list(each.findings)) for line, each in told.items() if each.findings}
    seen = await _Seen.of(work, one.id, [key for each in told.values() for key in each.keys])
    for line, each in told.items():
        first = None if line in plans else seen.first(line, each.keys)
        if first is not None:
            plans[line] = Plan(
                line, "refused", findings=[Finding(TWICE.get(one.kind, "twice"), None, "", {"line": first})]
            )
    good = [(line, each.given) for line, each in told.items() if line not in plans]
    planned = await kind.plan(work.session, one.office_id, good, overwrite=one.overwrite, hold=False)
    subjects = await _Seen.of(work, one.id, [_key(each) for each in planned if each.subject_id is not None])
    for plan in planned:
        first = None if plan.subject_id is None else subjects.first(plan.line, [_key(plan)])
        same = [] if first is None else [Finding("same", None, "", {"line": first})]
        plans[plan.line] = Plan(plan.line, "refused", findings=same) if same else plan
    await seen.keep()
    await subjects.keep()
    _count(one, plans.values())
    await _write(work, one.id, [_checked(plans[row.line], row, told[row.line]) for row in rows])


async def _apply(work: Work, one: Import, rows: Sequence[Any]) -> None:
    """Do it: what was looked through may have changed since, so it is planned once more, with the rows held."""
    kind = ROWS[one.kind]
    good = [(row.line, row.given) for row in rows if row.outcome != "refused"]
    plans = await kind.plan(work.session, one.office_id, good, overwrite=one.overwrite, hold=True)
    await kind.do(work, one.office_id, plans)
    refused = [Plan(row.line, "refused") for row in rows if row.outcome == "refused"]
    _count(one, [*plans, *refused])
    of_line = {row.line: row for row in rows}
    await _write(work, one.id, [_applied(each, of_line[each.line], work.now) for each in plans])


async def _take_back(work: Work, one: Import, rows: Sequence[Any]) -> None:
    """What is as the file made it, and was not used, is made what it was; of all else it is said why not."""
    kind = ROWS[one.kind]
    done = [Done(row.line, row.outcome, row.subject_id, row.before, row.after, row.done_at) for row in rows]
    now = await kind.images(work.session, sorted({each.subject_id for each in done}), hold=True)
    used = await kind.used(work.session, done)
    why = {
        each.line: "gone"
        if each.subject_id not in now
        else "changed"
        if any(now[each.subject_id].get(name) != value for name, value in each.after.items())
        else "used"
        if each.subject_id in used
        else "undone"
        for each in done
    }
    free = [each for each in done if why[each.line] == "undone"]
    await kind.take_back(work, one.office_id, free)
    one.undone += len(free)
    one.kept += len(done) - len(free)
    mark = update(_row).where(_row.c.import_id == bindparam("of_import"), _row.c.line == bindparam("of_line"))
    await work.session.execute(
        mark.values(undo=bindparam("why")),
        [{"of_import": one.id, "of_line": line, "why": reason} for line, reason in why.items()],
    )


class _Seen:
    """By what lines are known, with the first line of the file that has it."""

    def __init__(self, work: Work, import_id: int, lines: dict[str, int]) -> None:
        self._work, self._import_id, self._lines = work, import_id, lines
        self._new: dict[str, int] = {}

    @classmethod
    async def of(cls, work: Work, import_id: int, keys: Sequence[str]) -> _Seen:
        """What earlier batches have seen of `keys`."""
        query = select(ImportKey.key, ImportKey.line).where(ImportKey.import_id == import_id, ImportKey.key.in_(keys))
        return cls(work, import_id, {row.key: row.line for row in await work.session.execute(query)})

    def first(self, line: int, keys: Sequence[str]) -> int | None:
        """The earlier line that has one of `keys`; where there is none, this one has them now."""
        earlier = [self._lines[key] for key in keys if key in self._lines]
        if earlier:
            return min(earlier)
        for key in keys:
            self._lines[key] = self._new[key] = line
        return None

    async def keep(self) -> None:
        """Write down what is new."""
        values = [{"import_id": self._import_id, "key": key, "line": line} for key, line in self._new.items()]
        if values:
            await self._work.session.execute(insert(ImportKey), values)


def _key(plan: Plan) -> str:
    return f"#{plan.subject_id}"


def _count(one: Import, plans: Any) -> None:
    for plan in plans:
        setattr(one, plan.outcome, getattr(one, plan.outcome) + 1)


def _checked(plan: Plan, row: Any, told: Understood) -> dict[str, Any]:
    return _values(plan, cells=row.cells, given=None if plan.outcome == "refused" else told.given)


def _applied(plan: Plan, row: Any, now: datetime) -> dict[str, Any]:
    if plan.outcome == "refused":
        return _values(plan, cells=row.cells, given=None)
    changes = plan.outcome in ("created", "updated")
    values = _values(plan, cells=None, given=None) | {"new_subject_id": plan.subject_id, "new_done_at": now}
    return values | ({"new_before": plan.before, "new_after": plan.after} if changes else {})


def _values(plan: Plan, *, cells: Any, given: Any) -> dict[str, Any]:
    return {
        "of_line": plan.line,
        "new_cells": cells,
        "new_given": given,
        "new_findings": [finding.as_json() for finding in plan.findings] or None,
        "new_outcome": plan.outcome,
        "new_subject_id": None,
        "new_before": None,
        "new_after": None,
        "new_done_at": None,
    }


async def _write(work: Work, import_id: int, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await work.session.execute(_WRITE, [{"of_import": import_id} | row for row in rows])
