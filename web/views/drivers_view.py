"""What the pages of drivers' records have in common: whose language, the office's clock, who may change what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from desk import numbers
from desk.books.fee_rules import Held
from desk.order import money
from web.keys import DESK
from web.views import fee_words
from web.views.page_view import PageView

_TABLES = (
    "drivers.side", "drivers.paper", "drivers.given_back", "panel.declined", "panel.offer", "panel.order.state", "panel.payment",
    "money.kind", "customers.what",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DriversView(PageView):
    """One visit to a page of drivers' records."""

    AREA = "drivers"

    @property
    def manages(self) -> bool:
        """Whether the visitor may change records, and read files and papers' numbers."""
        return "drivers.manage" in self.visitor.may

    @property
    def sees_money(self) -> bool:
        """Whether the visitor may see what drivers have."""
        return "money.see" in self.visitor.may

    def what(self, state: str) -> str:
        """How something stands: a driver's offer, trip, text, appeal or paper; a kind of document or of booking."""
        for key in (f"drivers.what.{state}", f"drivers.kind_{state}", *(f"{table}.{state}" for table in _TABLES)):
            if self.words.templates(key):
                return self.words.text(key)
        return state

    def won(self, amount: int) -> str:
        """An amount of the office's currency."""
        return money.display(amount, self.office.currency, self.locale)

    @property
    def today(self) -> date:
        """By the office's own clock."""
        return self.request.app[DESK].clock().astimezone(ZoneInfo(self.office.timezone)).date()

    def p(self, key: str) -> str:
        """A text of `panel.toml`."""
        return self.words.text(f"panel.{key}")

    def phone(self, e164: str | None) -> str:
        """A number as people write it."""
        return numbers.display(e164, self.office.country) if e164 else ""

    def left(self, until: date | None) -> str:
        """How long a paper is good, in words; empty where there is time, or no date."""
        days = None if until is None else (until - self.today).days
        if days is None or days > 30:
            return ""
        if days < 0:
            return self.m("paper.expired")
        return self.m("paper.today") if days == 0 else self.m("paper.left", count=days)

    def fee(self, held: Held | None) -> str:
        """What is taken of his fares, and whose rule that is."""

        def m(key: str, **values: Any) -> str:
            return self.words.text(f"money.{key}", **values)

        took = fee_words.takes(m, lambda amount: money.display(amount, self.office.currency, self.locale), held)
        return f"{took} ({fee_words.whose(m, held.sort, held.class_name)})" if held else took
