"""What a page or a terminal shows of imports: each with who it was, its first lines, what is wrong and what was left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import NotFound
from desk.importing.lines import Finding
from locales.catalog import Catalog
from models import Import, ImportRow, Operator

PREVIEW = 20


@dataclass(frozen=True, slots=True)
class Told:
    """An import, and the name of who brought it (None: at the command line)."""

    one: Import
    by: str | None


async def latest(session: AsyncSession, office_id: int, limit: int = 50) -> list[Told]:
    """The office's imports, newest first, without what was thrown away."""
    query = _query(office_id).where(Import.state != "discarded").limit(limit)
    return [Told(one, name) for one, name in await session.execute(query)]


async def one_of(session: AsyncSession, office_id: int, import_id: int) -> Told:
    """The import. Raises NotFound, also for another office's."""
    found = (await session.execute(_query(office_id).where(Import.id == import_id))).first()
    if found is None:
        raise NotFound(f"there is no import {import_id}", import_id=import_id)
    return Told(found[0], found[1])


async def same_file(
    session: AsyncSession, office_id: int, kind: str, sha256: str, but: int | None = None
) -> list[Told]:
    """Earlier imports of the very same bytes that were begun, newest first."""
    query = _query(office_id).where(
        Import.kind == kind, Import.sha256 == sha256, Import.started_at.is_not(None), Import.id != (but or 0)
    )
    return [Told(one, name) for one, name in await session.execute(query.limit(5))]


async def first_rows(session: AsyncSession, import_id: int, limit: int = PREVIEW) -> Sequence[ImportRow]:
    """The first lines of the file."""
    return await _rows(session, select(ImportRow).where(ImportRow.import_id == import_id), limit)


async def refused(session: AsyncSession, import_id: int, limit: int) -> Sequence[ImportRow]:
    """The first lines that were or would be refused."""
    query = select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.outcome == "refused")
    return await _rows(session, query, limit)


async def left(session: AsyncSession, import_id: int, limit: int) -> Sequence[ImportRow]:
    """The first lines that were not taken back; `undo` says why."""
    query = select(ImportRow).where(
        ImportRow.import_id == import_id, ImportRow.undo.is_not(None), ImportRow.undo != "undone"
    )
    return await _rows(session, query, limit)


def sentences(words: Catalog, one: Import, row: ImportRow) -> list[str]:
    """What is wrong with a line: where, what stands there, what to do."""
    return [_sentence(words, one, row.line, Finding.of_json(told)) for told in row.findings or ()]


def _sentence(words: Catalog, one: Import, line: int, finding: Finding) -> str:
    told = words.text(f"import.finding.{finding.code}", cell=finding.cell, **finding.values)
    if finding.column is None:
        return words.text("import.at_line", line=line, told=told)
    column = one.columns[finding.column] or words.text("import.column_number", number=finding.column + 1)
    return words.text("import.at_cell", line=line, column=column, told=told)


async def _rows(session: AsyncSession, query: Any, limit: int) -> Sequence[ImportRow]:
    found: Sequence[ImportRow] = (await session.scalars(query.order_by(ImportRow.line).limit(limit))).all()
    return found


def _query(office_id: int) -> Any:
    query = select(Import, Operator.name).outerjoin(Operator, Operator.id == Import.operator_id)
    return query.where(Import.office_id == office_id).order_by(Import.id.desc())
