"""F14: files that are said to be tables, and cells that a spreadsheet would compute."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import aiohttp
from sqlalchemy import select

from desk.errors import DeskError
from desk.importing import reading, staging, steps
from desk.importing.spreadsheet_text import harmless, meant
from desk.importing.staging import File
from desk.ordering import tariff_files
from desk.place import place_book
from locales.catalog import Catalog
from models import Customer, Import, TariffTable
from tests.hostile.cases import CASES, FORMULAS, TABLES
from tests.hostile.corpus import tables
from tests.web.conftest import House

READERS: tuple[Callable[[bytes], Any], ...] = (reading.read, place_book.read, tariff_files.zones, tariff_files.days)


def test_a_file_is_a_table_or_is_refused_in_words() -> None:
    """Customers and drivers, places, fares, days. Seen failing with a reader's own errors let through."""
    wrong = []
    for at, raw in enumerate(CASES["F14"][TABLES]):
        for read in READERS:
            try:
                read(raw)
            except DeskError as error:
                if not str(error) or len(str(error)) > 100_000:
                    wrong.append((at, read, "no words"))
            except Exception as error:  # noqa: BLE001 -- whatever it is, it is wrong
                wrong.append((at, read, repr(error)[:200]))
    assert wrong == []


async def test_a_name_that_would_compute_comes_in_as_text_and_goes_out_as_text(house: House) -> None:
    """Taken in as a file of customers and taken out again. Seen failing without `harmless` of desk/importing/spreadsheet_text.py."""
    formulas = [text for text in CASES["F14"][FORMULAS] if text.isprintable()]
    out = io.StringIO()
    csv.writer(out).writerows([("이름", "전화"), *((text, f"0105557{at:04}") for at, text in enumerate(formulas))])
    raw = out.getvalue().encode()
    office_id = house.site.office_id
    import_id = await staging.stage(house.desk, office_id, None, "customers", File.of("x.csv", raw), reading.read(raw))
    await steps.finish(house.desk, import_id)
    await house.desk.do(lambda work: staging.start(work, office_id, import_id, None))
    await steps.finish(house.desk, import_id)
    async with house.desk.look() as session:
        assert (await session.get_one(Import, import_id)).state == "applied"
        names = list(await session.scalars(select(Customer.name).where(Customer.name.is_not(None))))
    assert len(names) >= len(formulas) - 8
    told = await (await house.signed_in("boss")).ask("GET", "/import/export?of=customers&form=csv")
    assert told.status == 200
    cells = [cell for line in csv.reader(io.StringIO(told.raw.decode("utf-8-sig"))) for cell in line]
    assert [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell] == []
    assert {meant(cell) for cell in cells} >= set(names)
    assert all(meant(harmless(text)) == text for text in names)


async def test_a_workbook_that_unpacks_to_far_more_than_it_is_is_refused_at_the_page_and_nothing_is_kept(
    house: House,
) -> None:
    """F20. A compressed bomb through both doors for tables. Seen failing without `_refuse_bombs` of desk/importing/workbook.py."""
    raw = tables.bomb()
    assert len(raw) < 2_000_000
    boss = await house.signed_in("boss")
    for path, kind, word in (("/import", "customers", "import.refused.bomb"), ("/money/tariff", "zones", "")):
        form = aiohttp.FormData({"key": f"bomb {path}", "kind": kind})
        form.add_field("file", raw, filename="손님.xlsx", content_type="application/octet-stream")
        answer = await boss.ask("POST", path, data=form, headers={"Accept": "text/html"})
        assert answer.status == 422, path
        assert not word or Catalog.load("ko").text(word) in answer.raw.decode()
    async with house.desk.look() as session:
        assert (await session.scalars(select(Import.id))).all() == []
        assert (await session.scalars(select(TariffTable.id))).all() == []
    assert (await boss.ask("GET", "/healthz")).status == 200
