"""What is kept about one person, so that he can read it: a page to print and a workbook, part by part, oldest first.

What means nothing to him (ids, digests, how we keep it) is left out here; the JSON has all of it
(desk/customer/personal_data.py). Of a driver: web/views/driver_paper.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from desk.views import Json
from web.views.sheets import Kind, Sheet, as_xlsx

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "customer": ("name", "grade", "note", "language", "blocked_reason", "trips", "cancels", "last_trip_at", "created_at"),
    "numbers": ("number",),
    "numbers_before": ("number", "until"),
    "places": ("label", "text", "source", "accuracy_m", "uses", "last_used_at", "removed_at"),
    "calls": ("arrived_at", "number", "caller_name", "state", "disposition", "choice_text", "heard", "ended_at"),
    "recordings": ("created_at", "kind"),
    "orders": (
        "taken_at", "state", "number", "origin_text", "destination_text", "fare", "payment", "note", "wanted_at", "closed_at",
    ),
    "stops": ("position", "text", "source"),
    "steps": ("at", "before", "after", "reason"),
    "changes": ("at", "field", "before", "after"),
    "fares": ("at", "amount", "reason"),
    "promises": ("made_at", "promised_at", "state", "told_at"),
    "texts": ("created_at", "recipient", "text", "state", "detail"),
    "texts_received": ("received_at", "sender", "text", "outcome"),
    "consents": ("number", "agreed_at", "confirmed_at", "night_at", "refused_at", "source"),
    "consents_told": ("number", "agreed_at", "written_at", "told_at"),
    "left_out": ("number", "why"),
    "standing_texts": ("number",),
    "standing_left_out": ("why",),
    "tasks": ("made_at", "due_at", "body", "done_at"),
    "task_tries": ("at", "outcome", "note"),
    "photos": ("received_at", "stage", "side", "erased_at"),
    "car": ("at", "stage", "km"),
    "drafts": ("updated_at", "form"),
    "groups": ("added_at",),
    "accounts": ("number", "added_at"),
    "deeds": ("at", "what", "words"),
}  # fmt: skip
"""What is shown of each part, in this order."""
_STATES: Final = (
    "state", "disposition", "what", "before", "after", "source", "payment", "about", "kind", "stage", "side", "paper", "asked",
    "reason",
)  # fmt: skip
"""Columns whose values stand for words."""
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


class Reader(Protocol):
    """The visit to a page on which somebody reads what is kept of him: its words, and the office's clock."""

    def m(self, key: str, **values: Any) -> str: ...

    def what(self, state: str) -> str: ...

    def clock(self, at: datetime) -> str: ...


@dataclass(frozen=True, slots=True)
class Part:
    """One part of it: its name, the headings, and the lines."""

    name: str
    heads: tuple[str, ...]
    lines: Sequence[Sequence[str]]


def parts_of(view: Reader, told: Json, all_columns: Mapping[str, tuple[str, ...]] = COLUMNS) -> list[Part]:
    """All parts of which there is anything, in the reader's language and the office's clock."""
    found = []
    for part, names in all_columns.items():
        rows = told.get(part) or []
        columns = [name for name in names if any(row.get(name) not in (None, "") for row in rows)]
        if columns:
            lines = [[_cell(view, name, row.get(name)) for name in columns] for row in rows]
            heads = tuple(view.m(f"data_column.{name}") for name in columns)
            found.append(Part(view.m(f"data_part.{part}"), heads, lines))
    return found


def workbook(view: Reader, title: str, parts: Sequence[Part], made: datetime) -> bytes:
    """The same as xlsx, a sheet for each part; no cell is a formula."""
    kind: Kind = "text"
    about = [(title, view.clock(made))]
    return as_xlsx(
        [Sheet(part.name, about, [(head, kind) for head in part.heads], part.lines) for part in parts],
        made.replace(tzinfo=None),
    )


def _cell(view: Reader, name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return view.clock(datetime.fromisoformat(value))
    if name in _STATES:
        return view.what(value) if isinstance(value, str) else str(value)
    if isinstance(value, int) and not isinstance(value, bool) and not name.endswith("_id"):
        return f"{value:,}"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
