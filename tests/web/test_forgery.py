"""Changes asked for by another site's page are refused (CSRF); our own pages and programs with a token are not."""

from __future__ import annotations

import pytest

from tests.web.conftest import PASSWORD, House, path_of
from web.access.origin import from_our_page, may_change, own_origin
from web.routes import ROUTES

UNSAFE = [route for route in ROUTES if route.method not in ("GET", "HEAD")]
FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "{base}"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://evil.example"},
    {"Origin": "https://{host}"},
    {"Origin": "http://sub.{host}"},
    {"Origin": "http://127.0.0.1"},
    {"Origin": "http://{host}.evil.example"},
    {"Origin": "http://xn--127-5n1a:80"},
    {"Referer": "{base}/"},
    {},
]


def _filled(house: House, headers: dict[str, str]) -> dict[str, str]:
    host = house.base.removeprefix("http://")
    return {name: value.format(base=house.base, host=host) for name, value in headers.items()}


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_no_unsafe_url_is_reached_from_elsewhere_with_a_cookie(house: House, headers: dict[str, str]) -> None:
    """Seen failing without the refusal; with Origin, or Sec-Fetch-Site, not looked at; with nothing said let through."""
    visitor = await house.signed_in()
    del visitor.http.headers["Sec-Fetch-Site"]
    for route in UNSAFE:
        answer = await visitor.ask(route.method, path_of(route.path), headers=_filled(house, headers))
        assert (answer.status, answer.code) == (403, "cross_site"), f"{route.method} {route.path}"
    assert (await visitor.api("GET", "/session")).status == 200


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Origin": "{base}"}, {"Origin": "HTTP://{host}"}],
    ids=str,
)
async def test_our_own_pages_may_change_things(house: House, headers: dict[str, str]) -> None:
    visitor = await house.signed_in()
    del visitor.http.headers["Sec-Fetch-Site"]
    body = {"number": "01055501234", "origin": {"text": "강남역"}}
    assert (await visitor.api("POST", "/orders", body, headers=_filled(house, headers))).status == 201


async def test_a_program_with_a_token_is_not_a_browser(house: House) -> None:
    assert (await house.order())["id"] == 1


async def test_a_wrong_token_is_not_made_good_by_a_cookie(house: House) -> None:
    visitor = await house.signed_in()
    answer = await visitor.api("GET", "/session", headers={"Authorization": "Bearer wrong"})
    assert answer.status == 401


async def test_another_site_cannot_sign_a_browser_in(house: House) -> None:
    visitor = house.visitor()
    answer = await visitor.api(
        "POST", "/session", {"user": "op", "password": PASSWORD}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answer.status == 403


async def test_a_program_may_sign_in_without_saying_where_it_comes_from(house: House) -> None:
    assert (await house.visitor().api("POST", "/session", {"user": "op", "password": PASSWORD})).status == 201


def test_behind_a_proxy_the_public_address_is_ours_and_the_inner_one_is_not() -> None:
    ours = own_origin("https://desk.example", "http", "127.0.0.1:8080")
    assert from_our_page({"Origin": "https://desk.example"}, ours) is True
    assert from_our_page({"Origin": "http://127.0.0.1:8080"}, ours) is False
    assert may_change({"Origin": "https://desk.example"}, ours, has_cookie=True)
