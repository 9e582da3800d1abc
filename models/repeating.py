"""What all rules have in common that do something again and again with whoever is in a segment then."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Key


class Repeating:
    """A rule of an office for a segment: on which `weekdays` ("0" is Monday), `every_days` apart at the least for each customer.

    Minutes are of the day, by the office's clock: a run begins at `from_minute`, and may until `to_minute` (at most 1440). There
    are at most `most` customers in a run. `due_at` is when it runs next; null: off, or its days are over. `version` counts what
    people change, not its runs. A rule that was removed stays for its runs' sake.
    """

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    name: Mapped[str] = mapped_column(String(80))
    segment_id: Mapped[int | None] = mapped_column(ForeignKey("segment.id"), index=True)
    weekdays: Mapped[str] = mapped_column(String(7))
    from_minute: Mapped[int]
    to_minute: Mapped[int]
    every_days: Mapped[int]
    most: Mapped[int]
    first_day: Mapped[date]
    last_day: Mapped[date | None]
    is_on: Mapped[bool]
    due_at: Mapped[datetime | None]
    made_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    changed_by: Mapped[int] = mapped_column(ForeignKey("operator.id"))
    removed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
