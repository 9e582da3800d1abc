"""What the money pages have in common: the days that were asked for, in whose language, and the addresses that keep both."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from babel.dates import format_date
from sqlalchemy.ext.asyncio import AsyncSession

from desk.clock import days
from desk.clock.days import By, Span
from desk.errors import Invalid
from desk.office import offices
from desk.order import money
from models import Office
from web.access import masking
from web.keys import DESK, PRESS, RENDERER, VISITOR, Visitor
from web.render import LOCALES, catalog, locale_of, nonce_of

CUTS: tuple[By, ...] = ("day", "month", "quarter", "year")
FORMS = {"csv": "text/csv", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
PDF = "pdf"
_HREF = re.compile(r' href="[^"]*"')
KINDS = {**FORMS, PDF: "application/pdf"}
_ONE = {"day": "EEE d MMM y", "month": "MMMM y", "quarter": "QQQQ y", "year": "y"}
_ONE_KO = {"day": "y년 M월 d일 (EEE)", "month": "y년 M월", "quarter": "y년 Q분기", "year": "y년"}


@dataclass(frozen=True, slots=True)
class View:
    """One visit to a money page; no visitor is a driver, who has his own statement as paper and nothing else."""

    request: web.Request
    visitor: Visitor | None
    office: Office
    locale: str
    now: datetime
    span: Span
    by: By
    trouble: str | None = None
    """Which days were asked for that are none: a key under `refused`. The page then shows this month."""

    def m(self, key: str, **values: Any) -> str:
        """A text of `money.toml`."""
        return catalog(self.locale).text(f"money.{key}", **values)

    def amount(self, amount: int | None) -> str:
        """Whole units with separators and no currency: the table's head says which. Minus is the mathematical sign."""
        if amount is None:
            return ""
        digits = money.minor_digits(self.office.currency)
        whole, rest = divmod(abs(amount), 10**digits)
        return f"{'−' if amount < 0 else ''}{whole:,}" + (f".{rest:0{digits}d}" if digits else "")

    @property
    def digits(self) -> int:
        """How many digits of an amount are minor ones."""
        return money.minor_digits(self.office.currency)

    @property
    def unit(self) -> str:
        """The currency, as it stands after an amount."""
        return self.m("unit.won") if self.office.currency == "KRW" else self.office.currency

    def sentence(self, refusal: str) -> str:
        """A refusal in words that say what to do."""
        key = f"refused.{refusal}"
        return self.m(key if catalog(self.locale).templates(f"money.{key}") else "refused.anything")

    def local(self, at: datetime) -> datetime:
        """The moment as the office's clock shows it, without a zone (for tables to take away)."""
        return at.astimezone(ZoneInfo(self.office.timezone)).replace(tzinfo=None)

    def clock(self, at: datetime) -> str:
        """Day and minute."""
        there = self.local(at)
        return f"{there:%Y-%m-%d %H:%M}"

    def part(self, span: Span, by: By) -> str:
        """A part of the calendar by its name; by its days where it is less than a whole one."""
        if by != "day" and not self._is_whole(span, by):
            return self.days(span)
        form = (_ONE_KO if self.locale == "ko" else _ONE)[by]
        if by == "day" and self.span.first.year == self.span.last.year:
            form = "M월 d일 (EEE)" if self.locale == "ko" else "EEE d MMM"
        return format_date(span.first, form, locale=self.locale)

    def days(self, span: Span) -> str:
        """From the first to the last day, or the one day."""
        form = (_ONE_KO if self.locale == "ko" else _ONE)["day"]
        first, last = (format_date(day, form, locale=self.locale) for day in (span.first, span.last))
        return first if span.first == span.last else f"{first} – {last}"

    def weekdays(self) -> list[str]:
        """Monday to Sunday, short."""
        return [format_date(date(2024, 1, day), "EEE", locale=self.locale) for day in range(1, 8)]

    def link(self, path: str, span: Span | None = None, **more: Any) -> str:
        """An address with these days and this language."""
        shown = span or self.span
        values: dict[str, Any] = {"from": shown.first.isoformat(), "to": shown.last.isoformat(), **more}
        if "lang" in self.request.query:
            values.setdefault("lang", self.locale)
        return f"{path}?{urlencode({name: value for name, value in values.items() if value is not None})}"

    def other_language(self) -> tuple[str, str]:
        """The next language, and this page in it."""
        tag = LOCALES[(LOCALES.index(self.locale) + 1) % len(LOCALES)]
        values = {name: value for name, value in self.request.query.items() if name not in ("lang", "form", "of")}
        path = self.request.path if self.request.method == "GET" else "/money"
        return tag, f"{path}?{urlencode({**values, 'lang': tag})}"

    def presets(self) -> list[tuple[str, str, Span, By]]:
        """Days that are often asked for: key, name, span, how it is cut."""
        zone = self.office.timezone
        today = days.today(zone, self.now)
        month = days.month_of(zone, today)
        before = days.month_of(zone, month.first - timedelta(days=1))
        quarter = days.span(zone, date(today.year, (today.month - 1) // 3 * 3 + 1, 1), today)
        yesterday = today - timedelta(days=1)
        return [
            ("1", "today", days.span(zone, today, today), "day"),
            ("2", "yesterday", days.span(zone, yesterday, yesterday), "day"),
            ("3", "this_month", month, "day"),
            ("4", "last_month", before, "day"),
            ("5", "quarter", quarter, "month"),
            ("6", "year", days.span(zone, date(today.year, 1, 1), date(today.year, 12, 31)), "month"),
        ]

    def beside(self) -> tuple[Span | None, Span | None]:
        """The same length of time before and after; months stay months."""
        zone, first, last = self.office.timezone, self.span.first, self.span.last
        try:
            if first.day == 1 and last == days.month_of(zone, last).last:
                months = (last.year - first.year) * 12 + last.month - first.month + 1
                earlier = days.span(zone, _month(first, -months), first - timedelta(days=1))
                later = days.month_of(zone, _month(last.replace(day=1), months))
                return earlier, days.span(zone, last + timedelta(days=1), later.last)
            length = last - first + timedelta(days=1)
            return days.span(zone, first - length, last - length), days.span(zone, first + length, last + length)
        except (Invalid, OverflowError, ValueError):
            return None, None

    async def page(self, here: str, status: int = 200, **values: Any) -> web.Response:
        """The page of that name; its words are `m("...")`."""
        nonce, visitor = nonce_of(self.request), self.visitor
        assert visitor is not None
        text = await self._text(here, nonce=nonce, visitor=visitor, may=visitor.may, paper=False, **values)
        return web.Response(text=text, status=status, content_type="text/html")

    async def paper(self, here: str, **values: Any) -> bytes:
        """The same page as PDF: by whomever and whenever it is asked for, of the same rows the same bytes. Raises NoPdf."""
        told: dict[str, Any] = {"may": frozenset[str](), "refused": None, "done": None, **values}
        text = await self._text(here, paper=True, **told)
        # Nobody follows a link on paper, and an address may tell in which way the page was asked for.
        text = text if self.visitor is not None and masking.sees_all(self.visitor) else masking.in_text(text)
        return await self.request.app[PRESS].draw(_HREF.sub("", text))

    async def _text(self, here: str, **values: Any) -> str:
        return await self.request.app[RENDERER].text(
            f"money_{here}.html",
            self.locale,
            view=self,
            m=self.m,
            sentence=self.sentence,
            key=lambda: secrets.token_urlsafe(16),
            cuts=CUTS,
            here=here,
            **values,
        )

    def file(self, name: str, form: str, content: bytes) -> web.Response:
        """Something to keep, named after its days."""
        file = f"{name}-{self.span.first}-{self.span.last}.{form}"
        return web.Response(
            body=content,
            content_type=KINDS[form],
            charset="utf-8" if form == "csv" else None,
            headers={"Content-Disposition": f'attachment; filename="{file}"'},
        )

    def _is_whole(self, span: Span, by: By) -> bool:
        wider = days.span(self.office.timezone, span.first - timedelta(days=1), span.last + timedelta(days=1))
        return span in days.parts(self.office.timezone, wider, by)


async def view_of(request: web.Request, session: AsyncSession) -> View:
    """The visit, from the query: `from`, `to`, `by`, `lang`; this month by days where it says nothing, or nothing sensible."""
    visitor = request[VISITOR]
    assert visitor is not None
    office = await offices.by_id(session, visitor.operator.office_id)
    now = request.app[DESK].clock()
    span = days.month_of(office.timezone, days.today(office.timezone, now))
    by, trouble = next((cut for cut in CUTS if cut == request.query.get("by")), CUTS[0]), None
    try:
        first, last = _day(request.query.get("from")) or span.first, _day(request.query.get("to")) or span.last
        asked_for = days.span(office.timezone, first, last)
        days.parts(office.timezone, asked_for, by)
        span = asked_for
    except (Invalid, ValueError):
        by, trouble = CUTS[0], "span"
    asked = request.query.get("lang")
    locale = asked if asked in LOCALES else locale_of(request)
    return View(request, visitor, office, locale, now, span, by, trouble)


def _day(told: str | None) -> date | None:
    return datetime.strptime(told, "%Y-%m-%d").date() if told else None  # noqa: DTZ007 -- a day has no zone


def _month(first: date, months: int) -> date:
    at = first.year * 12 + first.month - 1 + months
    return date(at // 12, at % 12 + 1, 1)
