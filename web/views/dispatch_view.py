"""What the page of dispatch shows with: whose language, and the office's clock."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from desk.office import offices, roles
from models import Office
from web.keys import RENDERER, VISITOR, Visitor
from web.render import LOCALES, locale_of, nonce_of


@dataclass(frozen=True, slots=True)
class DispatchView:
    """One visit."""

    request: web.Request
    visitor: Visitor
    office: Office
    locale: str

    @property
    def may(self) -> Collection[str]:
        """What the visitor may do."""
        return roles.may(self.visitor.operator.role)

    def clock(self, at: datetime) -> str:
        """Day and second, by the office's own clock."""
        return f"{at.astimezone(ZoneInfo(self.office.timezone)):%m-%d %H:%M:%S}"

    def link(self, path: str) -> str:
        """An address in this language."""
        return f"{path}?{urlencode({'lang': self.locale})}" if "lang" in self.request.query else path

    def other_language(self) -> tuple[str, str]:
        """The next language, and this page in it."""
        tag = LOCALES[(LOCALES.index(self.locale) + 1) % len(LOCALES)]
        return tag, f"/dispatch?{urlencode({'lang': tag})}"

    async def page(self, status: int, **values: Any) -> web.Response:
        """The page."""
        text = await self.request.app[RENDERER].text(
            "dispatch.html", self.locale, nonce=nonce_of(self.request), visitor=self.visitor, view=self,
            key=lambda: secrets.token_urlsafe(16), **values,
        )  # fmt: skip
        return web.Response(text=text, status=status, content_type="text/html")


async def view_of(request: web.Request, session: AsyncSession) -> DispatchView:
    """The visit; `lang` in the query chooses the language."""
    visitor = request[VISITOR]
    assert visitor is not None
    office = await offices.by_id(session, visitor.operator.office_id)
    asked = request.query.get("lang")
    return DispatchView(request, visitor, office, asked if asked in LOCALES else locale_of(request))
