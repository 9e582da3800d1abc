"""What every answer carries and never carries: safe headers, no inside knowledge, and attackers' text as text."""

from __future__ import annotations

import asyncio
import errno
import html
import re

import pytest
from jinja2 import UndefinedError
from sqlalchemy.exc import OperationalError

from locales.catalog import Catalog
from tests.web.conftest import Answer, House, path_of
from tests.web.live_client import Console
from web.api.bodies import Refused
from web.problems import problem_of
from web.render import Renderer
from web.routes import ROUTES
from web.server import Panel, PanelError
from web.settings import Settings

CANARIES = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}{% raw %}",
    "'; drop table call; --",
    "${SHELL(id)}",
    "javascript:alert(1)",
]


def missing(answer: Answer) -> list[str]:
    """What an answer lacks of what each of them carries."""
    headers = answer.headers
    policy = headers["Content-Security-Policy"]
    wanted = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
    found = [name for name, value in wanted.items() if headers.get(name) != value]
    parts = ("default-src 'none'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'")
    found += [part for part in parts if part not in policy]
    if "unsafe" in policy:
        found.append("no unsafe")
    if "camera=()" not in headers["Permissions-Policy"]:
        found.append("camera=()")
    if "aiohttp" in headers["Server"] or "Python" in headers["Server"]:
        found.append("a server without a name")
    return found


async def test_every_answer_has_safe_headers(house: House) -> None:
    """Seen failing without each of these, one at a time, and without them on refusals."""
    visitor = await house.signed_in()
    paths = {path for route in ROUTES for path in (path_of(route.path), path_of(route.path) + "/nothing")}
    lacking = {path: found for path in sorted(paths) if (found := missing(await visitor.ask("GET", path)))}
    assert lacking == {}


@pytest.mark.parametrize("settings", [Settings(public_url="https://desk.example", port=0)], ids=["TLS"])
async def test_with_tls_a_browser_is_told_to_come_by_tls_only(house: House) -> None:
    """Seen failing without Strict-Transport-Security."""
    answer = await house.anonymous().ask("GET", "/login")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_each_answer_has_a_nonce_of_its_own_and_the_page_uses_it(house: House) -> None:
    """Seen failing with one nonce for all, and with a script of the page without its own."""
    visitor = await house.signed_in()
    nonces = set()
    for _ in range(3):
        answer = await visitor.ask("GET", "/")
        nonce = re.search(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
        assert nonce is not None
        nonces.add(nonce[1])
        for tag in re.findall(r"<(?:script|style)\b[^>]*>", answer.raw.decode()):
            # A module of ours by its address needs none, and a block of data is not run at all.
            assert f'nonce="{nonce[1]}"' in tag or 'src="/static/' in tag or 'type="application/json"' in tag
    assert len(nonces) == 3


async def test_static_files_are_cached_but_asked_after(house: House) -> None:
    answer = await house.anonymous().ask("GET", "/static/nothing-here.js")
    assert answer.status == 404
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("canary", CANARIES)
async def test_a_callers_name_is_text_wherever_it_is_shown(house: House, canary: str) -> None:
    console = Console(await house.signed_in())
    await console.connect()
    call_id = await house.ring("01055501234", canary)
    order = await house.order(customer_name=canary, note=canary, origin={"text": canary})
    await console.until("order.taken")
    assert console.calls[call_id]["name"] == canary
    visitor = console.visitor
    for path in (f"/calls/{call_id}", f"/orders/{order['id']}", "/calls", "/orders", "/customers?q=1234"):
        answer = await visitor.api("GET", path)
        assert answer.headers["Content-Type"].startswith("application/json")
        assert canary in str(answer.body).replace('\\"', '"').replace("\\'", "'")


@pytest.mark.parametrize("canary", CANARIES)
async def test_the_login_shows_a_name_as_text(house: House, canary: str) -> None:
    answer = await house.anonymous().ask("POST", "/login", data={"user": canary, "password": "wrong"})
    text = answer.raw.decode()
    assert answer.status == 401
    assert "<script>alert" not in text
    assert "<img src=x" not in text
    assert ">49" not in text


async def test_templates_escape_always_and_miss_nothing_silently() -> None:
    """Seen failing without `autoescape`, and without StrictUndefined."""
    environment = Renderer().environment
    assert await environment.from_string("{{ x }}").render_async(x="<b>") == "&lt;b&gt;"
    with pytest.raises(UndefinedError):
        await environment.from_string("{{ missing }}").render_async()


def test_a_fault_of_ours_is_told_without_its_inside() -> None:
    """Seen failing with the error's own words in the answer."""
    problem = problem_of(RuntimeError("select password_hash from operator at /srv/secret"))
    assert (problem.status, problem.code) == (500, "internal")
    assert "secret" not in str(problem.as_json())
    assert problem.as_json()["incident"]


def test_a_database_that_is_away_is_a_503_to_try_again() -> None:
    problem = problem_of(OperationalError("select secret", {}, Exception("database is locked")))
    assert (problem.status, problem.code, problem.headers["Retry-After"]) == (503, "database_unavailable", "2")
    assert "select" not in str(problem.as_json())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (TimeoutError(), "database_unavailable"),
        (OperationalError("insert", {}, Exception("database or disk is full")), "database_full"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full"),
    ],
)
def test_no_turn_or_no_room_is_a_503_in_words(error: Exception, code: str) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.code) == (503, code)
    for locale in ("en", "ko"):
        assert Catalog.load(locale).text(f"panel.errors.{code}").endswith(".")


def test_what_is_refused_has_the_members_of_rfc_9457() -> None:
    told = problem_of(
        Refused(422, "invalid", "A field cannot be used.", [{"field": "fare", "reason": "int_type"}])
    ).as_json()
    assert told == {
        "type": "about:blank",
        "title": "Unprocessable Entity",
        "status": 422,
        "detail": "A field cannot be used.",
        "code": "invalid",
        "errors": [{"field": "fare", "reason": "int_type"}],
    }


async def test_people_get_a_page_where_programs_get_json(house: House) -> None:
    visitor = house.anonymous()
    page = await visitor.ask("GET", "/nothing", headers={"Accept": "text/html,*/*"})
    assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    program = await visitor.ask("GET", "/api/v1/nothing", headers={"Accept": "text/html"})
    assert (program.status, program.code) == (404, "not_found")


async def test_nobody_is_sent_from_the_console_to_the_login_and_back_when_signed_in(house: House) -> None:
    visitor = house.anonymous()
    answer = await visitor.ask("GET", "/")
    assert (answer.status, answer.headers["Location"]) == (303, "/login")
    await (signed_in := await house.signed_in()).ask("GET", "/")
    back = await signed_in.ask("GET", "/login")
    assert (back.status, back.headers["Location"]) == (303, "/")


async def test_a_port_that_is_taken_is_said_in_words(house: House) -> None:
    second = Panel(house.settings, house.desk, house.desk.bus, house.panel._outside)
    with pytest.raises(PanelError, match=f"port 127.0.0.1:{house.panel.port} is in use"):
        await second.run()


async def test_a_body_that_never_ends_costs_one_request_and_nobody_else(house: House) -> None:
    """Seen failing without `body_timeout_s`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", house.panel.port)
    writer.write(
        b"POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n{"
    )
    await writer.drain()
    assert (await house.program().api("GET", "/session")).status == 200
    async with asyncio.timeout(30):
        assert b" 408 " in await reader.readline()
    writer.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
        b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST /api/v1/orders HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
        b"FROB / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=["long header", "two lengths", "length and chunks", "no such method", "TLS"],
)
async def test_odd_http_is_refused_and_harms_nobody(house: House, head: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.panel.port)
    writer.write(head)
    writer.write_eof()
    async with asyncio.timeout(30):
        answer = await reader.read()
    assert re.match(rb"HTTP/1\.[01] 4\d\d ", answer) or answer == b""
    writer.close()
    assert (await house.program().api("GET", "/session")).status == 200


async def test_a_refusal_is_told_in_the_language_that_the_address_asks_for_also_to_whoever_is_signed_in(
    house: House,
) -> None:
    """Seen failing with the operator's own language before the one of the address."""
    operator = await house.signed_in()
    for path, status in (("/drivers/999999", 404), ("/import", 403)):
        for locale in ("ko", "en"):
            told = await operator.ask("GET", f"{path}?lang={locale}", headers={"Accept": "text/html"})
            words = Catalog.load(locale).text(f"panel.error.{'not_found' if status == 404 else 'not_allowed'}")
            assert (told.status, html.escape(words, quote=False) in html.unescape(told.raw.decode())) == (status, True)
            assert f'<html lang="{locale}"' in told.raw.decode()
    own = (await operator.ask("GET", "/drivers/999999?lang=xx", headers={"Accept": "text/html"})).raw.decode()
    assert '<html lang="ko"' in own
