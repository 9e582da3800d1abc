"""What the pages of customers and segments have in common: whose language, the office's clock, and how a page is made."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import DeskError, Invalid
from desk.office import offices
from models import Office
from web.keys import RENDERER, VISITOR, Visitor
from web.render import LOCALES, catalog, locale_of, nonce_of

_TABLES = ("order.state", "payment", "source")
DONE = ("saved", "removed", "blocked", "served", "merged", "undone", "erased", "members")


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """One visit to such a page."""

    request: web.Request
    visitor: Visitor
    office: Office
    locale: str

    def m(self, key: str, **values: Any) -> str:
        """A text of `customers.toml`."""
        return catalog(self.locale).text(f"customers.{key}", **values)

    def what(self, state: str) -> str:
        """How something stands: a state of a call, of a text, a deed, or of an order; how it was paid, whence it is known."""
        words = catalog(self.locale)
        for key in (f"customers.what.{state}", *(f"panel.{table}.{state}" for table in _TABLES)):
            if words.templates(key):
                return words.text(key)
        return state

    def sentence(self, refusal: str) -> str:
        """A refusal in words that say what to do."""
        key = f"refused.{refusal}"
        return self.m(key if catalog(self.locale).templates(f"customers.{key}") else "refused.other")

    def clock(self, at: datetime | None) -> str:
        """Day and minute, by the office's own clock."""
        return f"{at.astimezone(ZoneInfo(self.office.timezone)):%Y-%m-%d %H:%M}" if at else "–"

    def may(self, permission: str) -> bool:
        """Whether the visitor has that right."""
        return permission in self.visitor.may

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
        asked = self.request.query.get("done")
        text = await self.request.app[RENDERER].text(
            f"customers_{here}.html",
            self.locale,
            nonce=nonce_of(self.request),
            visitor=self.visitor,
            view=self,
            m=self.m,
            sentence=self.sentence,
            key=lambda: secrets.token_urlsafe(16),
            here=here,
            done=asked if asked in DONE else None,
            **values,
        )
        return web.Response(text=text, status=status, content_type="text/html")


async def view_of(request: web.Request, session: AsyncSession) -> CustomerPage:
    """The visit; `lang` in the query chooses the language."""
    visitor = request[VISITOR]
    assert visitor is not None
    office = await offices.by_id(session, visitor.operator.office_id)
    asked = request.query.get("lang")
    return CustomerPage(request, visitor, office, asked if asked in LOCALES else locale_of(request))


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
