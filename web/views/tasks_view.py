"""What the pages of tasks have in common: a number as it is written there, what is overdue, and the list as a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import web

from desk import numbers
from desk.customer.task_views import TaskView
from web.views.money_view import FORMS
from web.views.page_view import PageView
from web.views.sheets import Kind, Sheet, as_csv, as_xlsx

_HEADS = ("due", "customer", "number", "text", "whose", "state", "note")


@dataclass(frozen=True, slots=True)
class TasksPage(PageView):
    """One visit to such a page."""

    AREA = "tasks"

    def phone(self, e164: str) -> str:
        """A number as people there write it."""
        return numbers.display(e164, self.office.country)

    def minute(self, minute: int) -> str:
        """A minute of the day, as a clock shows it."""
        return f"{minute // 60:02}:{minute % 60:02}"

    def weekdays(self, told: str) -> str:
        """Days of the week ("0" is Monday), in words."""
        return self.m("rule.every_day") if len(told) == 7 else " ".join(self.m(f"weekday.{day}") for day in told)

    def reasons(self, counts: dict[str, int]) -> str:
        """Of how many people why none was made."""
        return " · ".join(f"{self.m(f'why.{why}')} {count:,}" for why, count in counts.items())

    def whose(self, it: TaskView) -> str:
        """Who is at it, else for whom it is."""
        if it.taker:
            return self.m("taken", name=it.taker)
        return it.assignee or self.m("anybody")

    def state(self, it: TaskView, now: datetime) -> str:
        """How it stands, in a word or two."""
        if it.one.done_at is not None:
            return self.m(f"outcome.{it.last.outcome}") if it.last else self.m("outcome.reached")
        words = [self.m("overdue")] if it.one.due_at <= now else []
        words += [self.m("tries", count=it.one.tries)] if it.one.tries else []
        return " · ".join(words) or self.m("waits")

    def sheet(self, name: str, form: str, rows: Sequence[TaskView], now: datetime) -> web.Response:
        """The list as a file. It takes a while to make: not on the event loop."""
        heads: list[tuple[str, Kind]] = [
            (self.m(f"head.{head}"), "moment" if head == "due" else "text") for head in _HEADS
        ]
        lines = [
            (
                it.one.due_at.astimezone(ZoneInfo(self.office.timezone)).replace(tzinfo=None), it.customer,
                self.phone(it.number or ""), it.one.body, self.whose(it), self.state(it, now),
                (it.last.note if it.last else None) or "",
            )
            for it in rows
        ]  # fmt: skip
        table = Sheet(self.m("nav"), (), heads, lines)
        return web.Response(
            body=as_xlsx([table], now.replace(tzinfo=None)) if form == "xlsx" else as_csv(table),
            content_type=FORMS[form],
            charset="utf-8" if form == "csv" else None,
            headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
        )
