"""The OpenAPI document is valid and says what the application does. (Every answer in these tests is held against it, too.)"""

from __future__ import annotations

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.web.conftest import DOCUMENT, Answer, House, hold_against_document
from web.api.openapi import plain_path
from web.app import make_app
from web.routes import ROUTES

PAGES = {
    "/",
    "/car",
    "/driver",
    "/here",
    "/login",
    "/logout",
    "/map",
    "/password",
    "/second-factor",
    "/static",
    "/wall",
}


def test_the_document_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    assert not list(OpenAPIV31SpecValidator(DOCUMENT).iter_errors())


async def test_the_document_is_served_to_anyone(house: House) -> None:
    answer = await house.anonymous().ask("GET", "/api/v1/openapi.json")
    assert answer.status == 200
    assert answer.body == DOCUMENT


def test_every_url_of_the_application_is_in_the_document_and_none_more(house: House) -> None:
    app = make_app(house.settings, house.desk, house.desk.bus, house.panel._outside)
    served = {
        (route.method, plain_path(route.resource.canonical))
        for route in app.router.routes()
        if route.resource is not None
        and route.resource.canonical not in PAGES
        and not f"{route.resource.canonical}/".startswith(
            (
                "/money/",
                "/analysis/",
                "/import/",
                "/texts/",
                "/drivers/",
                "/dispatch/",
                "/customers/",
                "/segments/",
                "/articles/",
                "/tasks/",
                "/calls/",
                "/users/",
                "/audit/",
            )
        )
    }
    shown = {(method.upper(), path) for path, operations in DOCUMENT["paths"].items() for method in operations}
    assert shown == served


def test_who_may_is_in_the_document() -> None:
    for route in ROUTES:
        if route.shown:
            operation = DOCUMENT["paths"][plain_path(route.path)][route.method.lower()]
            assert (operation.get("security") == []) is (route.may == "anyone")


def test_each_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for operations in DOCUMENT["paths"].values() for operation in operations.values()]
    assert len(names) == len(set(names))


def test_an_answer_that_the_document_does_not_know_would_be_seen() -> None:
    """The guard of all other tests: it must not pass everything."""
    kind = {"Content-Type": "application/json"}
    good = {"status": "ok", "parts": {}}
    hold_against_document("GET", "/healthz", Answer(200, kind, good, b""))
    with pytest.raises(jsonschema.ValidationError):
        hold_against_document("GET", "/healthz", Answer(200, kind, {**good, "secret": 1}, b""))
    with pytest.raises(AssertionError):
        hold_against_document("GET", "/healthz", Answer(418, kind, good, b""))
