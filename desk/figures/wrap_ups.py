"""What calls were about: those that somebody answered, by code, hour of the day and operator.

Every table is a sum of the same cells, so all add up to the same total. Calls that nobody said anything of count, too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.clock.days import Span
from desk.clock.local_time import LocalTime
from desk.figures.analysis import dialect_of
from models import Call, CallWrapUp, Office, Operator

UNCODED = ""


@dataclass(frozen=True, slots=True)
class CodedCalls:
    """So many calls of one code, that came in one hour of the day, of one operator. `code` "": nothing was said of them."""

    code: str
    hour: int
    operator_id: int | None
    operator: str
    calls: int


@dataclass(frozen=True, slots=True)
class Codes:
    """The cells, by code, hour and operator."""

    cells: tuple[CodedCalls, ...]

    @property
    def codes(self) -> list[tuple[str, int]]:
        """Each code with its calls, the most frequent first; what nothing was said of comes last."""
        found: Counter[str] = Counter()
        for cell in self.cells:
            found[cell.code] += cell.calls
        return sorted(found.items(), key=lambda one: (one[0] == UNCODED, -one[1], one[0]))

    @property
    def hours(self) -> list[int]:
        """The hours in which there were any."""
        return sorted({cell.hour for cell in self.cells})

    @property
    def operators(self) -> list[tuple[int | None, str]]:
        """Who had any, by name."""
        return sorted({(cell.operator_id, cell.operator) for cell in self.cells}, key=lambda one: (one[1], one[0] or 0))

    @property
    def total(self) -> int:
        """All calls."""
        return sum(cell.calls for cell in self.cells)

    @property
    def coded(self) -> int:
        """Those of which something was said."""
        return sum(cell.calls for cell in self.cells if cell.code != UNCODED)

    @property
    def permille(self) -> int | None:
        """How many of a thousand were coded, to the nearest; halves up."""
        return (2000 * self.coded + self.total) // (2 * self.total) if self.total else None

    def at(self, code: str | None = None, *, hour: int | None = None, operator_id: int | None = -1) -> int:
        """The calls of a cell of a table: of a code (null: of all) in an hour, or of an operator (-1: of all)."""
        return sum(
            cell.calls
            for cell in self.cells
            if (code is None or cell.code == code)
            and (hour is None or cell.hour == hour)
            and (operator_id == -1 or cell.operator_id == operator_id)
        )


def answered(office: Office, span: Span) -> tuple[ColumnElement[bool], ...]:
    """What a call meets that is counted: it came, or was placed, in these days and was answered."""
    return (
        Call.office_id == office.id,
        Call.arrived_at >= span.since,
        Call.arrived_at < span.until,
        Call.answered_at.is_not(None),
    )


async def look(session: AsyncSession, office: Office, span: Span) -> Codes:
    """The calls that came, or were placed, in these days and were answered."""
    hour = LocalTime(office.timezone, dialect_of(session), span.since, span.until).hour(Call.arrived_at)
    query = (
        select(
            func.coalesce(CallWrapUp.code, UNCODED).label("code_said"),
            hour.label("at_hour"),
            Call.operator_id,
            func.coalesce(func.max(Operator.name), ""),
            func.count(),
        )
        .outerjoin(CallWrapUp, CallWrapUp.call_id == Call.id)
        .outerjoin(Operator, Operator.id == Call.operator_id)
        .where(*answered(office, span))
        .group_by(literal_column("code_said"), literal_column("at_hour"), Call.operator_id)
    )
    cells = [
        CodedCalls(str(code), int(at), operator_id, str(name), int(calls))
        for code, at, operator_id, name, calls in await session.execute(query)
    ]
    return Codes(tuple(sorted(cells, key=lambda cell: (cell.code, cell.hour, cell.operator, cell.operator_id or 0))))
