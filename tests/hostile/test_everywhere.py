"""F2, F3, F9, F12, F18 through every entry that there is: JSON requests, forms of pages, queries. Made from the tables of routes.

Every day a fixed slice; all of it with CALLBOARD_FAULTS=full.
"""

from __future__ import annotations

import pytest
from sqlalchemy import text as sql
from yarl import URL

from tests.faults.conftest import Figure
from tests.hostile.cases import ANY_QUERY, BODIES, CASES, FIELDS, PAGES, slice_of
from tests.hostile.ticks import ticking
from tests.web.conftest import House, Visitor

FAMILIES = ("F2", "F3", "F9", "F12")


@pytest.fixture
async def crowd(house: House) -> dict[str, Visitor]:
    """An administrator and a driver, who find a row with the id 1 of nearly everything."""
    await house.ring()
    await house.order()
    return {"driver": await house.driver(), "boss": await house.signed_in("boss")}


def who(crowd: dict[str, Visitor], path: str) -> Visitor:
    """Who may come to that door."""
    return crowd["driver" if path.startswith("/api/v1/driver/") else "boss"]


async def nothing_has_grown(house: House) -> None:
    """Nobody has become an administrator, and no office was made."""
    async with house.desk.look() as session:
        assert (await session.execute(sql("select count(*) from operator where role = 'admin'"))).scalar() == 1
        assert (await session.execute(sql("select count(*) from office"))).scalar() == 1


async def test_a_hostile_text_in_any_field_of_any_request_is_text_or_refused(
    house: House, crowd: dict[str, Visitor], figure: Figure
) -> None:
    """Each answer is held against the API's document as well. Seen failing with refusals of the desk let through (web/problems.py)."""
    wrong = []
    async with ticking() as ticks:
        for family in FAMILIES:
            for method, path, body in slice_of(CASES[family][FIELDS], 25):
                answer = await who(crowd, path).ask(method, path, json=body)
                if answer.status >= 500:
                    wrong.append((family, method, path, answer.raw[:200]))
    assert wrong == []
    await nothing_has_grown(house)
    figure("F2", "event loop held up, fields of every request", ticks.longest_s, "s", promise=0.1)


async def test_a_hostile_text_in_any_form_of_any_page_is_text_or_refused(
    house: House, crowd: dict[str, Visitor], figure: Figure
) -> None:
    """Each form with each thing that it may ask for. Seen failing with refusals of the desk let through (web/problems.py)."""
    wrong = []
    async with ticking() as ticks:
        for family in FAMILIES:
            for path, fields in slice_of(CASES[family][PAGES], 20):
                answer = await crowd["boss"].ask("POST", path, data=fields, headers={"Accept": "text/html"})
                if answer.status >= 500 or b"<script>alert" in answer.raw:
                    wrong.append((family, path, fields["do"], answer.status, next(iter(fields.values()))))
    assert wrong == []
    await nothing_has_grown(house)
    figure("F2", "event loop held up, forms of every page", ticks.longest_s, "s", promise=0.1)


async def test_no_query_of_a_page_or_list_is_more_than_a_value(house: House, crowd: dict[str, Visitor]) -> None:
    """F2. What is not asked for is refused (JSON) or passed over (pages)."""
    wrong = []
    for path, name, value in slice_of(CASES["F2"][ANY_QUERY], 80):
        answer = await who(crowd, path).ask("GET", str(URL(path).with_query({name: value})))
        if answer.status >= 500 or (path.startswith("/api") and answer.status == 200 and name not in ("q",)):
            wrong.append((path, name, value, answer.status))
    assert wrong == []


async def test_no_body_of_any_request_is_taken_for_what_it_is_not(house: House, crowd: dict[str, Visitor]) -> None:
    """F18. Seen failing with fields that nobody asked for let pass (`extra` in web/api/shapes.py)."""
    wrong = []
    headers = {"Content-Type": "application/json"}
    for method, path, raw in slice_of(CASES["F18"][BODIES], 80):
        answer = await who(crowd, path).ask(method, path, data=raw, headers=headers)
        # Where nothing is asked for, no body is no body.
        if answer.status >= 500 or (answer.status < 400 and raw not in (b"", b"{}")):
            wrong.append((method, path, raw[:40], answer.status))
    assert wrong == []
    await nothing_has_grown(house)
