"""Each operation of the API takes an Idempotency-Key, or passes it over, as its document says."""

from __future__ import annotations

from typing import Any

from tests.security import one_of_each
from tests.security.test_rights import DRIVER, ask, visitors
from tests.web.conftest import DOCUMENT, PASSWORD, House
from web.api.openapi import plain_path
from web.route import API
from web.routes import ROUTES

TOO_LONG = {"Idempotency-Key": "x" * 256}
TO_MANY = {"text": "x", "kind": "notice", "customers": [1]}
SAID: dict[str, dict[str, Any]] = {
    "segments": {"sound": None},
    "tasks": {"due_at": f"{one_of_each.SOON}T00:00:00.000Z"},
    "consents": {"number": one_of_each.RIDER, "said_at": None},
    "consents/tell": {"seen": "0" * 32},
    "standing-sends": {
        "weekdays": "0", "from_minute": 600, "to_minute": 660, "first_day": f"{one_of_each.SOON}", "last_day": None, "version": None
    },
    "batches": {"from": "2026-11-01", "to": "2026-11-30"},
    "fee-rules": {"holds_from": None},
    "dead-run-rules": {"holds_from": None},
    "tariffs": {"columns": ["출발", "도착", "요금"], "lines": [["강남구", "분당구", "25,000원"]]},
}  # fmt: skip
"""What a body says where a text of the schema's would be refused before its key is looked at; by the operation that makes one."""


def documented(method: str, path: str) -> bool:
    parameters = DOCUMENT["paths"][plain_path(path)][method.lower()]["parameters"]
    return "Idempotency-Key" in [one["name"] for one in parameters]


async def test_a_key_that_cannot_be_kept_is_refused_by_whoever_says_that_it_takes_one_and_by_nobody_else(
    house: House,
) -> None:
    """Seen failing with a look at a text to many that said it took one, and with an operation that forgot to be done once."""
    ours = await one_of_each.rows(house)
    asking = {DRIVER: await house.driver(), "admin": (await visitors(house, house.site.office_id, "ours"))["admin"]}
    looked = await asking["admin"].api("POST", "/campaigns/look", TO_MANY)
    said = {**SAID, "campaigns": {**TO_MANY, "seen": looked.body["seen"]}}
    wrong = []
    for route in ROUTES:
        if route.kind != "json" or route.method not in ("POST", "PATCH"):
            continue
        visitor = asking[DRIVER if route.may == "driver.own" else "admin"]
        more = one_of_each.requests_to(route, ours)[0]
        more["json"] |= said.get(route.path.removeprefix(API + "/"), {})
        path, told = await ask(visitor, route, ours, more | {"headers": TOO_LONG})
        refused = told.status == 422 and told.body.get("details", {}).get("field") == "Idempotency-Key"
        if refused is not documented(route.method, route.path):
            wrong.append((route.method, path, told.status, told.raw[-200:].decode()))
    assert wrong == []


async def test_signing_in_takes_no_key_and_says_so(house: House) -> None:
    """Its answer is a secret, which is not kept: each time opens a session of its own."""
    assert not documented("POST", "/api/v1/session")
    assert documented("POST", "/api/v1/driver/session")
    body = {"user": "op", "password": PASSWORD}
    for _ in range(2):
        answer = await house.anonymous().api("POST", "/session", body, headers=TOO_LONG)
        assert answer.status == 201
