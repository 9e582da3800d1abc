"""What a line would do or does: the shape that the kinds of file have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from desk.importing.lines import Finding, Understood
from desk.importing.table import Cell
from desk.work import Work

Image = dict[str, Any]
"""The whole of a customer or a driver as far as a file can change it; two that are equal are the same."""


@dataclass(slots=True)
class Plan:
    """One line: what it does ("created", "updated", "unchanged", "refused"), to whom, and how he is before and after."""

    line: int
    outcome: str
    subject_id: int | None = None
    before: Image | None = None
    after: Image | None = None
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Done:
    """What a line did once, to be taken back. `at` is when."""

    line: int
    outcome: str
    subject_id: int
    before: Image | None
    after: Image
    at: datetime


class Rows(Protocol):
    """One kind of file at the desk's rows."""

    def understand(self, cells: Sequence[Cell], mapping: Sequence[str | None], country: str, trade: str) -> Understood:
        """See desk.importing.lines."""
        ...

    async def plan(
        self,
        session: AsyncSession,
        office_id: int,
        given: Sequence[tuple[int, dict[str, Any]]],
        *,
        overwrite: bool,
        hold: bool,
    ) -> list[Plan]:
        """What each line does to what the desk knows now. `hold`: nobody changes those rows before the commit."""
        ...

    async def do(self, work: Work, office_id: int, plans: Sequence[Plan]) -> None:
        """Do what is planned; what is created gets its `subject_id`."""
        ...

    async def images(self, session: AsyncSession, ids: Sequence[int], *, hold: bool) -> Mapping[int, Image]:
        """How those that are there are now."""
        ...

    async def used(self, session: AsyncSession, done: Sequence[Done]) -> set[int]:
        """Of `done`, the subjects that somebody has worked with since."""
        ...

    async def take_back(self, work: Work, office_id: int, done: Sequence[Done]) -> None:
        """Make each subject what it was before."""
        ...
