"""What the import pages have in common: whose language, the office's clock, the tables to take away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from desk.importing import told
from desk.importing.table import Cell as FileCell
from desk.importing.told import Told
from models import ImportRow
from web.views.money_view import FORMS
from web.views.page_view import PageView
from web.views.sheets import Cell, Kind, Sheet, as_csv, as_xlsx


@dataclass(frozen=True, slots=True)
class ImportView(PageView):
    """One visit to an import page."""

    AREA = "import"

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
