"""What the pages of drivers' records have in common: whose language, the office's clock, who may change what."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from desk import numbers
from desk.books.fee_rules import Held
from desk.office import offices
from desk.order import money
from models import Office
from web.keys import DESK, RENDERER, VISITOR, Visitor
from web.render import LOCALES, catalog, locale_of, nonce_of
from web.views import fee_words


@dataclass(frozen=True, slots=True)
class DriversView:
    """One visit to a page of drivers' records."""

    request: web.Request
    visitor: Visitor
    office: Office
    locale: str

    @property
    def manages(self) -> bool:
        """Whether the visitor may change records, and read files and papers' numbers."""
        return "drivers.manage" in self.visitor.may

    @property
    def today(self) -> date:
        """By the office's own clock."""
        return self.request.app[DESK].clock().astimezone(ZoneInfo(self.office.timezone)).date()

    def m(self, key: str, **values: Any) -> str:
        """A text of `drivers.toml`."""
        return catalog(self.locale).text(f"drivers.{key}", **values)

    def p(self, key: str) -> str:
        """A text of `panel.toml`."""
        return catalog(self.locale).text(f"panel.{key}")

    def sentence(self, refusal: str) -> str:
        """A refusal in words that say what to do."""
        key = f"refused.{refusal}"
        return self.m(key if catalog(self.locale).templates(f"drivers.{key}") else "refused.other")

    def clock(self, at: datetime) -> str:
        """Day and minute."""
        return f"{at.astimezone(ZoneInfo(self.office.timezone)):%Y-%m-%d %H:%M}"

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
            return catalog(self.locale).text(f"money.{key}", **values)

        took = fee_words.takes(m, lambda amount: money.display(amount, self.office.currency, self.locale), held)
        return f"{took} ({fee_words.whose(m, held.sort, held.class_name)})" if held else took

    def link(self, path: str, **more: str) -> str:
        """An address in this language."""
        if "lang" in self.request.query:
            more.setdefault("lang", self.locale)
        return f"{path}?{urlencode(more)}" if more else path

    def other_language(self) -> tuple[str, str]:
        """The next language, and this page in it."""
        tag = LOCALES[(LOCALES.index(self.locale) + 1) % len(LOCALES)]
        return tag, f"{self.request.path}?{urlencode({'lang': tag})}"

    async def page(self, here: str, status: int = 200, **values: Any) -> web.Response:
        """The page of that name."""
        text = await self.request.app[RENDERER].text(
            f"drivers_{here}.html",
            self.locale,
            nonce=nonce_of(self.request),
            visitor=self.visitor,
            view=self,
            m=self.m,
            p=self.p,
            sentence=self.sentence,
            key=lambda: secrets.token_urlsafe(16),
            here=here,
            **values,
        )
        return web.Response(text=text, status=status, content_type="text/html")


async def view_of(request: web.Request, session: AsyncSession) -> DriversView:
    """The visit; `lang` in the query chooses the language."""
    visitor = request[VISITOR]
    assert visitor is not None
    office = await offices.by_id(session, visitor.operator.office_id)
    asked = request.query.get("lang")
    return DriversView(request, visitor, office, asked if asked in LOCALES else locale_of(request))
