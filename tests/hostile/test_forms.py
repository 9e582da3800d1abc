"""F1, F2, F3, F5, F9, F12, F13 through the panel's forms, searches and queries: kept as plain text, bound, or refused with 4xx.

Every day a fixed slice of the texts (50 a family, 80 numbers, 30 line breaks); all of them with CALLBOARD_FAULTS=full.
"""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from sqlalchemy import text as sql
from yarl import URL

from tests.faults.conftest import Figure
from tests.hostile.cases import CASES, FORMS, NUMBER_FORMS, NUMBER_SEARCHES, QUERIES, SEARCHES, slice_of
from tests.hostile.ticks import ticking
from tests.web.conftest import House, Visitor


def as_kept(given: str) -> str:
    """What a field keeps of a text: NFC, one line, nothing invisible. (For these cases only; the rule itself is desk.text.)"""
    return " ".join(unicodedata.normalize("NFC", given).split())


async def take(visitor: Visitor, name: str, number: str) -> Any:
    """An order whose every text is `name`."""
    body = {
        "number": number,
        "customer_name": name,
        "origin": {"text": name},
        "destination": {"text": name},
        "note": name,
    }
    return await visitor.api("POST", "/orders", body)


@pytest.mark.parametrize("family", ["F1", "F2", "F3", "F12", "F13"])
async def test_a_hostile_text_in_every_field_of_an_order_is_text(house: House, family: str, figure: Figure) -> None:
    """Seen failing without `plain` of desk/text.py: not NFC, invisible signs kept. (NUL: tests/web/test_bodies.py.)"""
    program = house.program()
    wrong = []
    taken = 0
    async with ticking() as ticks:
        for at, given in enumerate(slice_of(CASES[family][FORMS], 50)):
            answer = await take(program, given[:80], f"0105551{at:04}")
            if answer.status == 422:
                # NUL, a lone surrogate, or nothing visible in it: refused, nothing kept.
                if as_kept(given).strip() and given.isprintable() and given.isascii() and len(given) <= 200:
                    wrong.append((given, answer.body))
                continue
            if answer.status != 201:
                wrong.append((given, answer.status))
                continue
            taken += 1
            kept = (answer.body["origin"]["text"], answer.body["note"], answer.body["customer"]["name"])
            for value in kept:
                if value is None and family == "F12":
                    continue
                if value != unicodedata.normalize("NFC", value) or not value.isprintable() or len(value) > 200:
                    wrong.append((given, value))
                if given.isascii() and given.isprintable() and value != as_kept(given[:80]):
                    wrong.append((given, value))
    assert wrong == []
    async with house.desk.look() as session:
        assert (await session.execute(sql('select count(*) from "order"'))).scalar() == taken
        assert (await session.execute(sql("select count(*) from operator where role = 'admin'"))).scalar() == 1
    figure(family, "event loop held up, forms", ticks.longest_s, "s", promise=0.1)


async def test_a_search_for_sql_is_a_search_for_text(house: House) -> None:
    """F2. Every search box. Seen failing with the wildcards of a pattern not escaped (`%` finds every driver)."""
    await house.ring()
    await house.order(customer_name="김철수")
    program = house.program()
    wrong = []
    for path, given in CASES["F2"][SEARCHES]:
        url = URL(house.base + "/api/v1" + path).update_query({path.rpartition("?")[2].rstrip("="): given})
        answer = await program.ask("GET", "/api/v1" + url.path.removeprefix("/api/v1") + "?" + url.raw_query_string)
        if answer.status not in (200, 400) or (answer.status == 200 and answer.body["items"]):
            wrong.append((path, given, answer.status, answer.body))
    assert wrong == []
    assert len((await program.api("GET", "/orders")).body["items"]) == 1


async def test_no_query_names_a_column(house: House) -> None:
    """F2. sort, order, page, filter and the like are no parameters of ours: 400. Seen failing with unknown ones let pass."""
    program = house.program()
    wrong = []
    for path, name, value in CASES["F2"][QUERIES]:
        answer = await program.ask("GET", str(URL("/api/v1" + path).with_query({name: value})))
        if (answer.status, answer.code) != (400, "bad_query"):
            wrong.append((path, name, value, answer.status))
    assert wrong == []


async def test_each_spelling_of_a_number_in_a_form_is_the_one_number(house: House) -> None:
    """F9. Seen failing with the number of a form kept as it was typed."""
    program = house.program()
    wrong = []
    for given, right in slice_of(CASES["F9"][NUMBER_FORMS], 80):
        answer = await program.api("POST", "/orders", {"number": given, "origin": {"text": "강남역"}})
        if right is None:
            if answer.status == 201 and answer.body["number"] is not None:
                wrong.append((given, answer.body["number"]))
            elif answer.status not in (201, 422):
                wrong.append((given, answer.status))
        elif answer.status != 201 or answer.body["number"] != right:
            wrong.append((given, answer.status, answer.body.get("number"), right))
    assert wrong == []


async def test_a_call_is_found_by_any_spelling_of_its_number(house: House) -> None:
    """F9. The search by number; what is no number finds nothing. Seen failing with the number taken as it was typed."""
    await house.ring("01055501234")
    program = house.program()
    wrong = []
    for given, found in CASES["F9"][NUMBER_SEARCHES]:
        answer = await program.ask("GET", str(URL("/api/v1/calls").with_query({"number": given})))
        if answer.status not in (200, 400) or (found and (answer.status != 200 or len(answer.body["items"]) != 1)):
            wrong.append((given, answer.status, answer.body))
        elif not found and answer.status == 200 and answer.body["items"]:
            wrong.append((given, "found", answer.body["items"][0]["number"]))
    assert wrong == []


async def test_a_name_is_found_composed_and_decomposed(house: House) -> None:
    """F12. Hangul typed in parts finds the name that was kept whole. Seen failing without NFC in desk/text.py: it is kept in parts."""
    await house.order(customer_name=unicodedata.normalize("NFD", "홍길동"))
    for form in ("NFC", "NFD"):
        url = URL("/api/v1/customers").with_query({"q": unicodedata.normalize(form, "홍길동")})
        found = (await house.program().ask("GET", str(url))).body["items"]
        assert [customer["name"] for customer in found] == ["홍길동"], form


async def test_a_line_break_in_a_field_is_one_line_in_the_row_and_in_no_header(house: House) -> None:
    """F5. Forms, and the one header that a client's text could come back in. Seen failing with line ends left in `plain`."""
    program = house.program()
    for at, given in enumerate(slice_of(CASES["F5"][FORMS], 30)):
        answer = await take(program, given, f"0105552{at:04}")
        assert answer.status == 201, given
        assert answer.body["origin"]["text"] == as_kept(given)
        assert "\n" not in answer.body["note"]
        assert "Set-Cookie" not in answer.headers
