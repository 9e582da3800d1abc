"""The office's own tariff, for programs: versions, a draft from rows, taken from a moment on or thrown away."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from desk.importing.table import Cell, Table, heading, table_of
from desk.ordering import tariff_versions
from desk.ordering.tariff_tables import read
from desk.views import Json, moment
from desk.work import Work
from models import Operator, TariffTable
from web.api.ask import DONE, Ask
from web.api.bodies import Refused
from web.api.given_prices import TariffGiven, TariffTaken
from web.api.given_texts import moment_of
from web.api.shapes import Nothing

TOLD_WRONG = 100


async def listed(ask: Ask[Nothing]) -> Json:
    """Drafts and versions, the newest first."""
    async with ask.desk.look() as session:
        found = await tariff_versions.listed(session, ask.operator.office_id)
    return {"items": [_told(table, name) for table, name in found], "next": None}


async def shown(ask: Ask[Nothing]) -> Json:
    """One version, its rows, and what it changes."""
    now = ask.desk.clock()
    async with ask.desk.look() as session:
        table = await tariff_versions.of_office(session, ask.operator.office_id, ask.id)
        rows = await tariff_versions.rows_of(session, table)
        name = await _name(session, table)
        held = table.holds_from is not None and table.holds_from <= now
        changes = None if held else await tariff_versions.changes(session, table, table.holds_from or now)
    counts = {"new": changes.new, "changed": changes.changed, "gone": changes.gone} if changes else None
    return {**_told(table, name), "table": rows, "changes": counts}


async def stage(ask: Ask[TariffGiven]) -> Json:
    """A draft, where every row is good. Raises Refused naming all that are not."""
    given = ask.given
    rows, troubles = read(given.kind, _table(given))
    if troubles:
        wrong = [{"field": _where(one.line, one.column), "reason": one.code} for one in troubles[:TOLD_WRONG]]
        raise Refused(422, "bad_table", "Some lines cannot be used; nothing was kept.", wrong)

    async def act(work: Work) -> Json:
        table = await tariff_versions.stage(work, ask.operator.id, given.kind, given.name, rows)
        return _told(table, await _name(work.session, table))

    return await ask.once(act)


async def take(ask: Ask[TariffTaken]) -> Json:
    """From a moment on trips are priced by it."""

    async def act(work: Work) -> Json:
        table = await tariff_versions.take(work, ask.operator.id, ask.id, moment_of(ask.given.holds_from))
        return _told(table, await _name(work.session, table))

    return await ask.once(act)


async def throw_away(ask: Ask[Nothing]) -> Json:
    """A draft, or what does not hold yet, goes."""

    async def act(work: Work) -> Json:
        await tariff_versions.throw_away(work, ask.operator.id, ask.id)
        return DONE

    return await ask.once(act)


def _table(given: TariffGiven) -> Table:
    """As it would stand in a file: the headings are its first line. Raises BadTable."""
    rows = [given.columns, *given.lines]
    return table_of(([Cell(cell) for cell in row] for row in rows), known=frozenset(map(heading, given.columns)))


def _where(line: int, column: str | None) -> str:
    """A line is counted as in a file, where the headings are the first; of the body, that is `lines` from 0 on."""
    return f"lines.{line - 2}" + (f".{column}" if column else "") if line > 1 else "columns"


async def _name(session: AsyncSession, table: TariffTable) -> str | None:
    by = await session.get(Operator, table.operator_id) if table.operator_id else None
    return by.name if by else None


def _told(table: TariffTable, brought_by: str | None) -> Json:
    return {
        "id": table.id,
        "kind": table.kind,
        "name": table.file_name,
        "rows": table.rows,
        "brought_at": moment(table.at),
        "brought_by": brought_by,
        "holds_from": moment(table.holds_from),
    }
