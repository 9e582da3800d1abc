"""What the page of the record shows with: a deed as a phrase, what it was about, and what it changed, for a reader.

Rows hold what was typed long ago, also by who could not sign in: nothing of it is markup, an address or a key of a text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from desk.office import acts
from desk.order import money
from models import AuditEntry, Operator
from web.render import LOCALES
from web.views.page_view import PageView
from web.views.record_asked import FIELDS
from web.views.sheets import Cell, Kind, Sheet

LONGEST_TOLD: Final = 400
LONGEST_CELL: Final = 30_000
"""A cell of a workbook ends at 32,767 letters."""
HEADS: Final[Sequence[tuple[str, Kind]]] = (
    ("at", "moment"), ("who", "text"), ("deed", "text"), ("about", "text"), ("changes", "text"), ("what", "text"),
    ("digest", "text"),
)  # fmt: skip
_PAIRS: Final = (("before", "after"), ("from", "to"))
_SUMS: Final = frozenset(
    {"amount", "fare", "paid", "billed", "limit", "compensation", "keep", "unit", "fixed", "least"}
)
PLACES: Final[Mapping[str, tuple[str, str]]] = {
    "customer": ("/customers/{}", "customers.see"),
    "driver": ("/drivers/{}", "drivers.see"),
    "operator": ("/users/{}", "users.manage"),
    "campaign": ("/texts/sent/{}", "messages.see"),
    "standing send": ("/texts/standing/{}", "messages.see"),
    "segment": ("/segments/{}", "customers.see"),
    "task rule": ("/tasks/rules/{}", "tasks.rules"),
    "article": ("/articles/{}", "articles.read"),
    "import": ("/import/files/{}", "people.import"),
    "tariff": ("/money/tariff/{}", "money.see"),
    "credit": ("/money/credit/{}", "money.see"),
    "batch": ("/money/batches/{}", "money.see"),
}
"""Where one reads on, and what that takes."""


@dataclass(frozen=True, slots=True)
class Line:
    """Something that a row tells: what is called so, and what it is; or what it was and what it became."""

    name: str
    value: str
    before: str | None = None

    def text(self) -> str:
        """The same on one line."""
        told = self.value if self.before is None else f"{self.before} → {self.value}"
        return f"{self.name}: {told}" if self.name else told


@dataclass(frozen=True, slots=True)
class AuditPage(PageView):
    """One visit to it."""

    AREA = "audit"

    def exactly(self, at: datetime) -> str:
        """Day and second, by the office's own clock."""
        return f"{at.astimezone(ZoneInfo(self.office.timezone)):%Y-%m-%d %H:%M:%S}"

    def deed(self, what: str) -> str:
        """The kind as a phrase; one that nobody has put into words by its name."""
        key = f"what.{what.replace('.', '_')}"
        return self.m(key) if what in acts.ACTS and self._has(key) else what

    def matter(self, group: str) -> str:
        """What deeds are about that have the beginning of their names in common."""
        return self.m(f"matter.of_{group}") if self._has(f"matter.of_{group}") else group

    def about(self, row: AuditEntry, drivers: Mapping[int, str]) -> tuple[str, str | None]:
        """What it was about, and where one reads on; `drivers` are the numbers that those are called by."""
        found = acts.about(row.what, row.subject)
        if found.thing == acts.BY_NUMBER:
            return self.m("thing.of_driver", which=found.text), None
        if found.id is None:
            return found.text, None
        place, permission = PLACES.get(found.thing, ("", ""))
        href = self.link(place.format(found.id)) if place and self.may(permission) else None
        if found.thing == "driver":
            number = drivers.get(found.id)
            return (
                self.m("thing.of_driver", which=number) if number else self.m("thing.of_driver_row", which=found.id)
            ), href
        return self.m(f"thing.of_{found.thing.replace(' ', '_')}", which=found.id), href

    def lines(self, row: AuditEntry) -> list[Line]:
        """What the row tells beside: changes first."""
        if not isinstance(row.detail, dict):
            return [Line("", self._value("", row.detail))] if row.detail is not None else []
        if row.what == "driver.changed":
            return list(self._pairs_of(row.detail))
        rest, found = dict(row.detail), list[Line]()
        for was, now in _PAIRS:
            if was in rest and now in rest:
                found += self._compared(rest.pop(was), rest.pop(now))
        return [*found, *(Line(self._name(name), self._value(name, value)) for name, value in rest.items())]

    def cells(self, row: AuditEntry, who: Operator | None, of_what: str) -> tuple[Cell, ...]:
        """The row for a table to take away, under HEADS; `of_what` is what it was about."""
        at = row.at.astimezone(ZoneInfo(self.office.timezone)).replace(tzinfo=None)
        changes = "; ".join(line.text() for line in self.lines(row))[:LONGEST_CELL]
        return at, who.name if who else self.m("nobody"), self.deed(row.what), of_what, changes, row.what, row.digest

    def sheet(self, rows: Sequence[tuple[Cell, ...]], about: Sequence[tuple[str, str]]) -> Sheet:
        """The table of these cells, under what was asked for."""
        return Sheet(self.m("nav"), about, [(self.m(f"head.{head}"), kind) for head, kind in HEADS], rows)

    def kept(self, **more: str) -> str:
        """This page with what is asked for, and more."""
        query = self.request.query
        told = {name: query[name] for name in FIELDS if query.get(name)} | more
        return self.link("/audit", **told)

    def other_language(self) -> tuple[str, str]:
        """The next language, with what is asked for."""
        tag = LOCALES[(LOCALES.index(self.locale) + 1) % len(LOCALES)]
        asked = {name: value for name, value in self.request.query.items() if name in (*FIELDS, "after")}
        return tag, f"/audit?{urlencode({**asked, 'lang': tag})}"

    def _pairs_of(self, detail: Mapping[str, Any]) -> Iterator[Line]:
        for name, value in detail.items():
            pair = isinstance(value, list) and len(value) == 2
            was, now = value if pair else (None, value)
            yield Line(self._name(name), self._value(name, now), self._value(name, was) if pair else None)

    def _compared(self, was: Any, now: Any) -> Iterator[Line]:
        if not (isinstance(was, dict) and isinstance(now, dict)):
            yield Line("", self._value("", now), self._value("", was))
            return
        for name in {**was, **now}:
            if was.get(name) != now.get(name):
                yield Line(self._name(name), self._value(name, now.get(name)), self._value(name, was.get(name)))

    def _name(self, name: str) -> str:
        return self.m(f"field.{name}") if self._has(f"field.{name}") else name

    def _value(self, name: str, value: Any) -> str:
        told = self._whole(name, value)
        return told if len(told) <= LONGEST_TOLD else f"{told[:LONGEST_TOLD]}…"

    def _whole(self, name: str, value: Any) -> str:
        if value is None or value == "" or value == []:
            return "–"
        if isinstance(value, bool):
            return self.m("yes" if value else "no")
        if isinstance(value, int) and name in _SUMS:
            return money.display(value, self.office.currency, self.locale)
        if isinstance(value, dict):
            return " · ".join(f"{self._name(key)} {self._whole(key, each)}" for key, each in value.items())
        if isinstance(value, list):
            return ", ".join(self._whole(name, each) for each in value)
        return self._moment(value) if isinstance(value, str) else str(value)

    def _moment(self, value: str) -> str:
        """A moment by the office's clock; another text as it is."""
        if not (19 <= len(value) <= 35 and value[10] == "T"):
            return value
        try:
            at = datetime.fromisoformat(value)
            return self.clock(at if at.tzinfo else at.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            return value

    def _has(self, key: str) -> bool:
        return bool(self.words.templates(f"{self.AREA}.{key}"))
