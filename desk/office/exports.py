"""What leaves the house as a file is on record: who took it, what it was, and of which days."""

from __future__ import annotations

from desk.office.people import audit
from desk.work import Work


async def taken_away(work: Work, operator_id: int | None, name: str, of: str) -> None:
    """`name` is the file's, `of` the days or the rows in it. Before the file is made: what cannot be recorded does not leave."""
    audit(work, operator_id, "export", name, {"of": of})
