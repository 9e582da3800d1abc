"""What the pages of customers and segments have in common: whose language, the office's clock, and how a page is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web

from desk.errors import DeskError, Invalid
from web.views import segment_words
from web.views.page_view import PageView

_TABLES = ("order.state", "payment", "source")
DONE = (
    "saved", "removed", "blocked", "served", "merged", "undone", "erased", "members", "registered", "number_added",
    "number_detached", "place_added", "place_changed", "place_removed", "place_back", "task_made",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CustomerPage(PageView):
    """One visit to such a page."""

    AREA = "customers"

    def what(self, state: str) -> str:
        """How something stands: a state of a call, of a text, a deed, or of an order; how it was paid, whence it is known."""
        for key in (f"customers.what.{state}", *(f"panel.{table}.{state}" for table in _TABLES)):
            if self.words.templates(key):
                return self.words.text(key)
        return state

    def asked(self, name: str, told: str) -> str:
        """A condition that a segment's form hands on, in words."""
        return segment_words.asked(self.words, name, told)

    def clock(self, at: datetime | None) -> str:
        """Day and minute, by the office's own clock."""
        return PageView.clock(self, at) if at else "–"

    async def page(self, here: str, status: int = 200, **values: Any) -> web.Response:
        """The page of that name; `done` in the query says what was done before it."""
        asked = self.request.query.get("done")
        return await PageView.page(self, here, status, done=asked if asked in DONE else None, **values)


def words_for(error: DeskError) -> str:
    """The key of the sentence that is shown."""
    field = str(error.details.get("field") or "") if error.code == Invalid.code else ""
    return field.partition(".")[0] or error.code


def to(request: web.Request, path: str, done: str) -> web.Response:
    """To the page itself, so that loading it again does nothing again."""
    kept = {name: request.query[name] for name in ("lang",) if name in request.query}
    return web.Response(
        status=303, headers={"Location": str(request.rel_url.with_path(path).with_query({**kept, "done": done}))}
    )
