"""What the import pages have in common: whose language, the office's clock, the tables to take away."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from desk.importing import told
from desk.importing.table import Cell as FileCell
from desk.importing.told import Told
from desk.office import offices
from locales.catalog import Catalog
from models import ImportRow, Office
from web.keys import RENDERER, VISITOR, Visitor
from web.render import LOCALES, catalog, locale_of, nonce_of
from web.views.money_view import FORMS
from web.views.sheets import Cell, Kind, Sheet, as_csv, as_xlsx


@dataclass(frozen=True, slots=True)
class ImportView:
    """One visit to an import page."""

    request: web.Request
    visitor: Visitor
    office: Office
    locale: str

    @property
    def words(self) -> Catalog:
        """The language's texts."""
        return catalog(self.locale)

    def m(self, key: str, **values: Any) -> str:
        """A text of `import.toml`."""
        return self.words.text(f"import.{key}", **values)

    def sentence(self, refusal: str) -> str:
        """A refusal in words that say what to do."""
        key = f"refused.{refusal}"
        return self.m(key if self.words.templates(f"import.{key}") else "refused.other")

    def clock(self, at: datetime) -> str:
        """Day and minute, by the office's own clock."""
        return f"{at.astimezone(ZoneInfo(self.office.timezone)):%Y-%m-%d %H:%M}"

    def by(self, it: Told) -> str:
        """Who brought the file, and when."""
        if it.by is None:
            return self.m("by_command", at=self.clock(it.one.at))
        return self.m("by", name=it.by, at=self.clock(it.one.at))

    def before(self, it: Told) -> str:
        """That the very same file was taken in before."""
        at = self.clock(it.one.started_at or it.one.at)
        if it.by is None:
            return self.m("same_file_command", at=at, number=it.one.id)
        return self.m("same_file", at=at, name=it.by, number=it.one.id)

    def wrong(self, it: Told, row: ImportRow) -> list[str]:
        """What is wrong with a line, in sentences."""
        return told.sentences(self.words, it.one, row)

    def cells(self, row: ImportRow) -> list[str]:
        """What stands in the file's line; nothing where it was taken in."""
        return [FileCell.of_json(cell).text for cell in row.cells or ()]

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
            f"import_{here}.html",
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

    def file(self, name: str, form: str, sheet: Sheet, made: datetime) -> web.Response:
        """Something to keep. It takes a while to make: not on the event loop."""
        body = as_xlsx([sheet], made.replace(tzinfo=None)) if form == "xlsx" else as_csv(sheet)
        return web.Response(
            body=body,
            content_type=FORMS[form],
            charset="utf-8" if form == "csv" else None,
            headers={"Content-Disposition": f'attachment; filename="{name}.{form}"'},
        )

    def refused(self, it: Told, rows: Sequence[ImportRow]) -> Sheet:
        """The refused lines as they stand in the file, each with what is wrong: to be put right and brought again."""
        heads: list[tuple[str, Kind]] = [(self.m("line"), "number"), (self.m("title.errors"), "text")]
        heads += [(str(column), "text") for column in it.one.columns]
        lines: list[Sequence[Cell]] = [(row.line, "\n".join(self.wrong(it, row)), *self.cells(row)) for row in rows]
        return Sheet(self.m("title.errors"), (), heads, lines)


async def view_of(request: web.Request, session: AsyncSession) -> ImportView:
    """The visit; `lang` in the query chooses the language."""
    visitor = request[VISITOR]
    assert visitor is not None
    office = await offices.by_id(session, visitor.operator.office_id)
    asked = request.query.get("lang")
    return ImportView(request, visitor, office, asked if asked in LOCALES else locale_of(request))
