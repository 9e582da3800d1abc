"""One visit to a page: who looks, in which language, and what its templates may ask for."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Self
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from desk.office import offices
from locales.catalog import Catalog
from models import Office
from web.keys import RENDERER, VISITOR, Visitor
from web.render import LOCALES, catalog, locale_of, nonce_of


@dataclass(frozen=True, slots=True)
class PageView:
    """What pages of all areas have in common. An area has its words in `AREA.toml` and its pages in `AREA_*.html`."""

    AREA: ClassVar[str]

    request: web.Request
    visitor: Visitor
    office: Office
    locale: str

    @classmethod
    async def of(cls, request: web.Request, session: AsyncSession) -> Self:
        """The visit; `lang` in the query chooses the language."""
        visitor = request[VISITOR]
        assert visitor is not None
        office = await offices.by_id(session, visitor.operator.office_id)
        asked = request.query.get("lang")
        return cls(request, visitor, office, asked if asked in LOCALES else locale_of(request))

    @property
    def words(self) -> Catalog:
        """All texts of this language."""
        return catalog(self.locale)

    def m(self, key: str, **values: Any) -> str:
        """A text of the area's own."""
        return self.words.text(f"{self.AREA}.{key}", **values)

    def sentence(self, refusal: str) -> str:
        """A refusal in words that say what to do."""
        key = f"refused.{refusal}"
        return self.m(key if self.words.templates(f"{self.AREA}.{key}") else "refused.anything")

    def may(self, permission: str) -> bool:
        """Whether whoever looks may do that."""
        return permission in self.visitor.may

    def clock(self, at: datetime) -> str:
        """Day and minute, by the office's own clock."""
        return f"{at.astimezone(ZoneInfo(self.office.timezone)):%Y-%m-%d %H:%M}"

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
            f"{self.AREA}_{here}.html",
            self.locale,
            nonce=nonce_of(self.request),
            visitor=self.visitor,
            view=self,
            m=self.m,
            sentence=self.sentence,
            key=lambda: secrets.token_urlsafe(16),
            here=here,
            **values,
        )
        return web.Response(text=text, status=status, content_type="text/html")
