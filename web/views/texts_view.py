"""What the pages of texts have in common: whose language, the office's clock, its words, files to take away."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from desk import numbers
from desk.errors import Invalid
from desk.message import campaigns, messages
from desk.message.campaign_views import LeftOut, Result
from desk.message.campaigns import PLACES
from desk.office import offices
from desk.texts import consents
from models import Office
from web.keys import RENDERER, VISITOR, Visitor
from web.render import LOCALES, catalog, locale_of, nonce_of
from web.views.money_view import FORMS
from web.views.sheets import Kind, Sheet, as_csv, as_xlsx

_DETAILS = {
    campaigns.CANCELLED: "detail.cancelled",
    consents.REFUSED: "detail.refused",
    consents.NO_CONSENT: "detail.no_consent",
    messages.TOO_LATE: "detail.too_late",
}


@dataclass(frozen=True, slots=True)
class TextsView:
    """One visit to a page of texts."""

    request: web.Request
    visitor: Visitor
    office: Office
    locale: str

    def m(self, key: str, **values: Any) -> str:
        """A text of `texts.toml`."""
        return catalog(self.locale).text(f"texts.{key}", **values)

    def sentence(self, refusal: str) -> str:
        """A refusal in words that say what to do."""
        key = f"refused.{refusal}"
        return self.m(key if catalog(self.locale).templates(f"texts.{key}") else "refused.other")

    def may(self, permission: str) -> bool:
        """Whether whoever looks may do that."""
        return permission in self.visitor.may

    def clock(self, at: datetime) -> str:
        """Day and minute, by the office's own clock."""
        return f"{at.astimezone(ZoneInfo(self.office.timezone)):%Y-%m-%d %H:%M}"

    def moment(self, typed: str, field: str = "send_at") -> datetime | None:
        """What was typed as a day and a time of the office's clock; null for nothing. Raises Invalid."""
        if not typed.strip():
            return None
        try:
            told = datetime.fromisoformat(typed.strip()[:32])
        except ValueError:
            raise Invalid("that is no time", field=field) from None
        return told.replace(tzinfo=ZoneInfo(self.office.timezone)).astimezone(UTC)

    def phone(self, e164: str) -> str:
        """A number as people there write it."""
        return numbers.display(e164, self.office.country)

    def detail(self, detail: str | None) -> str:
        """Why a text did not leave, in words; what a network said stays as it said it."""
        return self.m(_DETAILS[detail]) if detail in _DETAILS else detail or ""

    @property
    def places(self) -> str:
        """What may stand in braces."""
        return " ".join(f"{{{name}}}" for name in PLACES)

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
            f"texts_{here}.html",
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

    def results(
        self, name: str, form: str, rows: Sequence[Result], left: Sequence[LeftOut], made: datetime
    ) -> web.Response:
        """What became of each text, and who got none, as a file. It takes a while to make: not on the event loop."""
        heads: list[tuple[str, Kind]] = [
            (self.m(f"head.{head}"), "text") for head in ("name", "number", "text", "state", "detail")
        ]
        lines = [
            (row.name, self.phone(row.recipient), row.text, self.m(f"state.{row.state}"), self.detail(row.detail))
            for row in rows
        ]
        lines += [
            (
                one.person.name,
                self.phone(one.person.phone or ""),
                "",
                self.m("state.left_out"),
                self.m(f"why.{one.why}"),
            )
            for one in left
        ]
        sheet = Sheet(self.m("title.results"), (), heads, lines)
        body = as_xlsx([sheet], made.replace(tzinfo=None)) if form == "xlsx" else as_csv(sheet)
        return web.Response(
            body=body,
            content_type=FORMS[form],
            charset="utf-8" if form == "csv" else None,
            headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
        )


async def view_of(request: web.Request, session: AsyncSession) -> TextsView:
    """The visit; `lang` in the query chooses the language."""
    visitor = request[VISITOR]
    assert visitor is not None
    office = await offices.by_id(session, visitor.operator.office_id)
    asked = request.query.get("lang")
    return TextsView(request, visitor, office, asked if asked in LOCALES else locale_of(request))
