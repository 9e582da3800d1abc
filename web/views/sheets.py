"""Tables to take away: CSV (UTF-8 with a byte order mark, as Excel wants it) and xlsx. The same table gives the same bytes.

Text is never a formula. In CSV a text that a spreadsheet would take for one gets an apostrophe before it, as does one that
begins with an apostrophe, so that `meant` gives back exactly what was written; in xlsx it is a text cell and marked as one.
Numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from desk.importing.spreadsheet_text import harmless, meant

__all__ = ["Cell", "Kind", "Sheet", "as_csv", "as_xlsx", "harmless", "meant"]

Cell = str | int | datetime | None
Kind = Literal["text", "number", "moment"]
_FORBIDDEN_IN_NAMES = str.maketrans(dict.fromkeys("[]:*?/\\'", " "))
_WIDTH = {"text": 22, "number": 14, "moment": 22}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table. `about` are lines of (label, value) above it; moments are as the office's clock shows them, without a zone."""

    name: str
    about: Sequence[tuple[str, Cell]]
    heads: Sequence[tuple[str, Kind]]
    rows: Sequence[Sequence[Cell]]
    foot: Sequence[Cell] | None = None


def as_csv(sheet: Sheet) -> bytes:
    """The table as CSV: about lines, an empty line, heads, rows, foot."""
    told = io.StringIO(newline="")
    writer = csv.writer(told, lineterminator="\r\n")
    writer.writerows([_csv(label), _csv(value)] for label, value in sheet.about)
    if sheet.about:
        writer.writerow([])
    writer.writerow([_csv(head) for head, _ in sheet.heads])
    writer.writerows([_csv(cell) for cell in row] for row in sheet.rows)
    if sheet.foot is not None:
        writer.writerow([_csv(cell) for cell in sheet.foot])
    return told.getvalue().encode("utf-8-sig", "replace")


def as_xlsx(sheets: Sequence[Sheet], made: datetime) -> bytes:
    """The tables as one workbook; `made` stands in its properties in place of the clock."""
    # Here, and not at the start of every process, for what few ever ask for.
    import xlsxwriter

    told = io.BytesIO()
    # Everything in memory: no copy of the books is left in a temporary folder.
    book = xlsxwriter.Workbook(told, {"in_memory": True})
    book.set_properties({"created": made, "author": "callboard"})
    styles = {
        "head": book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"}),
        "about": book.add_format({"bold": True}),
        "text": book.add_format({"quote_prefix": True}),
        "number": book.add_format({"num_format": "#,##0;[Red]-#,##0"}),
        "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
        "foot": book.add_format({"bold": True, "top": 1, "num_format": "#,##0;[Red]-#,##0"}),
    }
    for sheet in sheets:
        page = book.add_worksheet(sheet.name.translate(_FORBIDDEN_IN_NAMES)[:31])
        page.set_landscape()
        page.set_paper(9)  # A4
        page.fit_to_pages(1, 0)
        first = len(sheet.about) + (1 if sheet.about else 0)
        for n, (label, value) in enumerate(sheet.about):
            _put(page, n, 0, label, styles["about"], styles)
            _put(page, n, 1, value, None, styles)
        for n, (head, kind) in enumerate(sheet.heads):
            page.set_column(n, n, _WIDTH[kind])
            page.write_string(first, n, head, styles["head"])
        lines = [*sheet.rows, *([sheet.foot] if sheet.foot is not None else [])]
        for at, row in enumerate(lines, first + 1):
            style = styles["foot"] if sheet.foot is not None and at == first + len(lines) else None
            for n, cell in enumerate(row):
                _put(page, at, n, cell, style, styles)
        page.freeze_panes(first + 1, 0)
        page.repeat_rows(first)
    book.close()
    return told.getvalue()


def _csv(cell: Cell) -> str | int:
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="milliseconds")
    if cell is None:
        return ""
    return cell if isinstance(cell, int) else harmless(cell)


def _put(page, row: int, column: int, cell: Cell, style, styles) -> None:  # type: ignore[no-untyped-def]
    if isinstance(cell, datetime):
        page.write_datetime(row, column, cell, style or styles["moment"])
    elif isinstance(cell, int):
        page.write_number(row, column, cell, style or styles["number"])
    elif cell:
        risky = harmless(cell) != cell
        page.write_string(row, column, cell, styles["text"] if risky else style)
