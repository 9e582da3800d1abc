"""Workbooks (xlsx, xls) by calamine: values as they were last calculated; formulas, macros and links are never looked at.

A cell keeps what the spreadsheet took it for: 01012345678 that was typed as a number is the number 1012345678. The first sheet
that is shown and not empty counts. A workbook may ask for any amount of memory: read what strangers send in a process that has
little (callboard/table_reader.py).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from desk.importing.table import MOST_COLUMNS, MOST_LINES, BadTable, Cell

XLSX = b"PK\x03\x04"
MOST_UNPACKED = 200_000_000
MOST_PARTS = 2_000
# A double holds whole numbers up to here exactly.
_EXACT = 2**53


def cells(raw: bytes) -> Iterator[list[Cell]]:
    """The lines of the first sheet that has any. Raises BadTable."""
    if raw.startswith(XLSX):
        _refuse_bombs(raw)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(raw)) as book:
            yield from _of_book(book)
    except CalamineError:  # a password and everything that is broken alike
        raise BadTable("not_a_workbook") from None


def _of_book(book: CalamineWorkbook) -> Iterator[list[Cell]]:
    shown = [at for at, sheet in enumerate(book.sheets_metadata) if sheet.visible == SheetVisibleEnum.Visible]
    for at in shown:
        sheet = book.get_sheet_by_index(at)
        if sheet.end is None:
            continue
        if sheet.end[1] >= 4 * MOST_COLUMNS:
            raise BadTable("too_many_columns", line=1, most=MOST_COLUMNS)
        if sheet.end[0] > 4 * MOST_LINES:
            raise BadTable("too_many_lines", most=MOST_LINES)
        for row in sheet.to_python(skip_empty_area=False):
            yield [_cell(value) for value in row]
        return


def _cell(value: Any) -> Cell:
    if isinstance(value, str):
        return Cell(value)
    if isinstance(value, bool):
        return Cell("TRUE" if value else "FALSE", "other")
    if isinstance(value, int | float):
        whole = abs(value) < _EXACT and value == int(value)
        return Cell(str(int(value)) if whole else repr(value), "number")
    if isinstance(value, datetime):
        return Cell(value.isoformat(" ", "minutes"), "date")
    return Cell(value.isoformat() if isinstance(value, date) else str(value), "date")


def _refuse_bombs(raw: bytes) -> None:
    """What the archive says of itself; what it says wrongly is stopped by the reader's own memory."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as parts:
            sizes = [part.file_size for part in parts.infolist()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, RuntimeError):
        raise BadTable("not_a_workbook") from None
    if len(sizes) > MOST_PARTS or sum(sizes) > MOST_UNPACKED:
        raise BadTable("bomb", most=MOST_UNPACKED // 1_000_000)
