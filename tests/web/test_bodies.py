"""Foreign JSON and foreign queries: refused with 4xx, told by a stable code, and nothing is changed by them."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.conftest import House
from web.api.bodies import Refused, strict_json

GOOD: dict[str, Any] = {"number": "01055501234", "origin": {"text": "강남역"}, "fare": 20000}
RAW = [
    b"",
    b"{",
    b"null",
    b"[]",
    b'"x"',
    b"\xff\xfe",
    '{"number": "서울"}'.encode("cp949"),
    b"[" * 60_000,
    b'{"origin":' * 5_000 + b"1" + b"}" * 5_000,
    b'{"origin":{"text":"a"},"fare":NaN}',
    b'{"origin":{"text":"a"},"fare":Infinity}',
    b'{"origin":{"text":"a"},"fare":1e400}',
    b'{"origin":{"text":"a"},"fare":' + b"9" * 5000 + b"}",
    b'{"origin":{"text":"a"},"origin":{"text":"b"}}',
    b'{"origin":{"text":"\\ud800"}}',
    b'{"origin":{"text":"a\\u0000b"}}',
]
CHANGES: list[dict[str, Any]] = [
    {"fare": "20000"},
    {"fare": 20000.0},
    {"fare": True},
    {"fare": -1},
    {"fare": 2**31},
    {"fare": [1]},
    {"call_id": 0},
    {"call_id": "1"},
    {"call_id": 2**63},
    {"number": 1055501234},
    {"number": {"$ne": None}},
    {"origin": "강남역"},
    {"origin": {}},
    {"origin": {"text": ""}},
    {"origin": {"text": "x" * 201}},
    {"origin": {"text": "x", "lat": 91.0}},
    {"origin": {"text": "x", "lat": "37"}},
    {"origin": {"text": "x", "source": "admin"}},
    {"origin": {"text": "x", "verified": True}},
    {"destination": []},
    {"note": "x" * 2001},
    # What a form may never set (mass assignment).
    {"role": "admin"},
    {"state": "completed"},
    {"id": 7},
    {"office_id": 2},
    {"taken_by": 2},
    {"operator_id": 2},
    {"version": 9},
    {"__proto__": {}},
]


async def _nothing_happened(house: House) -> None:
    assert (await house.program().api("GET", "/orders")).body["items"] == []
    assert (await house.program().api("GET", "/customers?q=1234")).body["items"] == []


@pytest.mark.parametrize("raw", RAW, ids=lambda raw: repr(raw[:30]))
async def test_what_is_not_plain_json_is_refused(house: House, raw: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await house.program().ask("POST", "/api/v1/orders", data=raw, headers=headers)
    assert 400 <= answer.status < 500
    assert answer.code in ("bad_json", "invalid")
    await _nothing_happened(house)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: json.dumps(change)[:40])
async def test_wrong_types_and_unknown_fields_are_refused(house: House, change: dict[str, Any]) -> None:
    """Seen failing with types converted, and with unknown fields passed over."""
    answer = await house.program().api("POST", "/orders", GOOD | change)
    assert (answer.status, answer.code) == (422, "invalid")
    assert answer.body["errors"]
    await _nothing_happened(house)


async def test_a_refusal_does_not_repeat_what_was_sent(house: House) -> None:
    """Seen failing with an unknown field's name in the answer, and with a field's value."""
    canary = "<script>alert(1)</script>"
    answer = await house.program().api("POST", "/orders", {**GOOD, canary: canary, "fare": canary})
    assert canary.encode() not in answer.raw
    assert b"script" not in answer.raw


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_a_body_that_does_not_say_it_is_json_is_refused(house: House, kind: str) -> None:
    answer = await house.program().ask(
        "POST", "/api/v1/orders", data=json.dumps(GOOD).encode(), headers={"Content-Type": kind}
    )
    assert (answer.status, answer.code) == (415, "not_json")
    await _nothing_happened(house)


async def test_a_long_body_is_refused_before_it_is_read(house: House) -> None:
    answer = await house.program().api("POST", "/orders", {**GOOD, "note": "x" * 200_000})
    assert answer.status == 413
    await _nothing_happened(house)


@pytest.mark.parametrize(
    "query",
    [
        "sort=name",
        "order=id%20desc",
        "limit=0",
        "limit=201",
        "limit=ten",
        "limit=1e2",
        "limit=5&limit=6",
        "state=x'%20or%201=1--",
        "state=%00",
        "cursor=-1",
        "cursor=99999999999999999999999",
        "page[0]=1",
        "number=%00",
    ],
)
async def test_an_odd_query_is_refused(house: House, query: str) -> None:
    answer = await house.program().api("GET", f"/calls?{query}")
    assert (answer.status, answer.code) == (400, "bad_query")


@pytest.mark.parametrize("path", ["/customers?q=", "/drivers?q=", "/calls?number="])
@pytest.mark.parametrize("text", ["' or 1=1 --", "%25", "_", "%ED%A0%80", "%FF", "😀" * 20, "\\"])
async def test_a_search_for_odd_text_finds_nothing_and_breaks_nothing(house: House, path: str, text: str) -> None:
    await house.ring()
    await house.order()
    answer = await house.program().api("GET", path + text)
    assert answer.status in (200, 400)
    if answer.status == 200:
        assert answer.body["items"] == []


@given(st.binary(max_size=300))
def test_any_bytes_are_json_or_refused(raw: bytes) -> None:
    with contextlib.suppress(Refused):
        json.dumps(strict_json(raw), allow_nan=False)


@pytest.mark.parametrize(("depth", "fine"), [(32, True), (33, False)])
def test_json_is_32_levels_deep_at_most(depth: int, fine: bool) -> None:
    raw = b"[" * depth + b"]" * depth
    if fine:
        strict_json(raw)
    else:
        with pytest.raises(Refused):
            strict_json(raw)
