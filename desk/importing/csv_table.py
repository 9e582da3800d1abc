"""CSV as it comes from spreadsheets of all kinds: UTF-8 with or without its mark, UTF-16, CP949; comma, semicolon or tab."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from desk.importing.spreadsheet_text import meant
from desk.importing.table import BadTable, Cell

DELIMITERS = ",;\t"
_LOOKED_AT = 20_000


def cells(raw: bytes) -> Iterator[list[Cell]]:
    """The lines of the file. Raises BadTable."""
    text = _text(raw)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter(text), strict=True)
    read = 0
    try:
        for row in rows:
            read += 1
            yield [Cell(meant(cell)) for cell in row]
    except csv.Error:
        raise BadTable("not_csv", line=read + 1) from None


def delimiter(text: str) -> str:
    """What divides the cells: of comma, semicolon and tab the one that stands oftenest outside of quotation marks."""
    counts = dict.fromkeys(DELIMITERS, 0)
    quoted = False
    for char in text[:_LOOKED_AT]:
        if char == '"':
            quoted = not quoted
        elif not quoted and char in counts:
            counts[char] += 1
    return max(DELIMITERS, key=lambda one: counts[one])


def _text(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "cp949")
    at = 0
    for encoding in encodings:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError as error:
            at = error.start
        else:
            if "\0" in text:
                raise BadTable("not_a_table")
            return text
    raise BadTable("encoding", line=raw[:at].count(b"\n") + 1)
