"""Bytes to a table: what kind of file it is, its first bytes say, whatever its name."""

from __future__ import annotations

from desk.importing import csv_table
from desk.importing.headings import KNOWN
from desk.importing.table import MOST_BYTES, BadTable, Table, table_of

XLSX, XLS = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


def read(raw: bytes) -> Table:
    """The table in `raw` (xlsx, xls or CSV). Raises BadTable."""
    if not raw.strip():
        raise BadTable("empty")
    if len(raw) > MOST_BYTES:
        raise BadTable("too_long", most=MOST_BYTES // 1_000_000)
    if raw.startswith((XLSX, XLS)):
        # Here, and not at the start of every process, for what few ever send.
        from desk.importing import workbook

        return table_of(workbook.cells(raw), known=KNOWN)
    return table_of(csv_table.cells(raw), known=KNOWN)
