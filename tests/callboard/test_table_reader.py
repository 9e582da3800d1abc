"""A file is read in a process of its own: what it asks too much of ends that one only."""

from __future__ import annotations

import io

import pytest
import xlsxwriter

from callboard.table_reader import read_table
from desk.importing import reading
from desk.importing.table import BadTable


async def test_what_the_process_tells_is_what_is_read_here() -> None:
    raw = "이름,전화\n김철수,010-1234-5678\n".encode("cp949")
    assert await read_table(raw) == reading.read(raw)
    with pytest.raises(BadTable) as refused:
        await read_table(b"PK\x03\x04 and no more")
    assert refused.value.reason == "not_a_workbook"


async def test_a_workbook_that_asks_for_all_memory_ends_its_reader_and_nobody_else() -> None:
    """Two cells in opposite corners: a table of 17,000,000,000 cells in 5 KB of file."""
    file = io.BytesIO()
    made = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = made.add_worksheet()
    sheet.write(0, 0, "이름")
    sheet.write(1_048_575, 16_383, "x")
    made.close()
    with pytest.raises(BadTable) as refused:
        await read_table(file.getvalue())
    assert refused.value.reason == "too_heavy"
