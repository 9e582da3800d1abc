"""C2, C5 for every URL of the table: the database stops, is cut off at each commit, or does not answer, and comes back.

Whoever asks meanwhile is told in a sentence, with 503 and when to ask again; nothing of a request that was refused is left in any
table; and when the database is back, the same requests work.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import event, text
from structlog.testing import capture_logs

from locales.catalog import Catalog
from models import Base
from tests.faults.conftest import Figure
from tests.postgres import Cluster
from tests.security import one_of_each
from tests.security.test_rights import DRIVER, NOBODY, TAKES_AWAY, visitors
from tests.web.conftest import PASSWORD, House, Visitor
from tests.web.conftest import hashed as hashed
from tests.web.conftest import house as house
from tests.web.conftest import quiet_log as quiet_log
from tests.web.conftest import settings as settings
from web.route import ID, Route
from web.routes import ROUTES

Count = Callable[[int, int], int]
pytestmark = pytest.mark.postgres
LIVE = "/live"
"""A socket: tests/faults/test_browsers.py."""
MOST_COMMITS = 8
LIMIT = aiohttp.ClientTimeout(total=30)
"""Whoever is not answered by then is not answered: nothing waits for a statement, a lock or a connection for more than 5 s."""
WITHOUT_ROWS = {
    *("GET /", "GET /login", "GET /driver", "GET /car", "GET /wall", "GET /here", "GET /healthz", "GET /metrics"),
    *("GET /api/v1/openapi.json", "GET /api/v1/wall", "GET /api/v1/car", "GET /api/v1/car/photos", "POST /logout"),
}
"""For who brings no cookie and no token, these have nothing to ask the database."""
FORMS: dict[str, tuple[dict[str, str], ...]] = {
    "/login": ({"user": "boss", "password": PASSWORD},),
    "/logout": ({},),
    "/second-factor": ({"do": "begin"},),
    "/password": ({"old": PASSWORD, "new": "another password 1", "again": "another password 1"},),
    "/users": (
        {"login": "newbie", "name": "새 사람", "role": "operator", "extension": "", "locale": "ko", "key": "a user"},
    ),
    "/drivers": ({"number": "777", "name": "새 기사", "phone": "01020007777", "key": "a driver"},),
    "/money": ({"month": "2020-01", "read": "yes", "key": "a month"},),
    "/money/open-fares": ({"order": "1", "fare": "25000", "key": "a fare"},),
    "/money/batches": ({"key": "a batch"},),
    "/money/credit": ({"name": "새 거래처", "limit": "100000", "key": "a firm"},),
    "/money/fees": ({"do": "set", "class": "grade:B", "percent": "10", "unit": "100", "key": "a fee"},),
    "/analysis/rows": ({"name": "칸", "key": "a cell"},),
    "/dispatch": ({"key": "hours"},),
    "/customers/new": ({"name": "새 고객", "numbers": "01055507777", "key": "a customer"},),
    "/calls/codes": ({"code1": "콜백", "required": "yes", "key": "codes of calls"},),
    "/audit": ({"key": "a walk"},),
    "/articles": ({"title": "심야 할증", "text": "x", "key": "an article"},),
    "/segments": ({"do": "save", "name": "단골", "kind": "list", "key": "a segment"},),
    "/tasks/rules": ({"do": "save", **one_of_each.TASK_RULE, "segment": "1", "name": "안부", "key": "a task rule"},),
    "/tasks": ({"body": "다시 전화", "customer": "1", "key": "a task"},),
    "/texts": ({"do": "keep", "name": "안내", "kind": "notice", "text": "x", "key": "a text"},),
    "/texts/standing": ({"do": "save", **one_of_each.STANDING, "segment": "1", "name": "안부", "key": "a rule"},),
    "/texts/consents": ({"text_ko": "x", "refusal": "080-123-4567", "do": "preview", "key": "a look"},),
    "/texts/inbox": (
        {"do": "note", "number": "01055507777", "said": "no", "source": "phone", "said_at": "", "key": "a word"},
    ),
}
"""Forms that are about no row. Those of files are in tests/faults/test_night.py and tests/web."""
IN_SEVERAL = {
    "POST /import": {"idempotency_key", "import", "import_row"},
    "POST /api/v1/session": {"audit_entry", "web_session"},
    "POST /login": {"audit_entry", "web_session"},
}
"""Work of several commits, each of which is whole by itself, and what the first ones leave."""
SAY_WHO = ("operator", "web_session", "driver", "driver_session", "office")
FILES = ("/import", "/money/tariff")
BODIES = {
    "/api/v1/session": {"user": "boss", "password": PASSWORD},
    "/api/v1/here": {"token": "x" * 22, "lat": 37.5, "lon": 127.0, "accuracy_m": 10},
    "/api/v1/driver/session": {"token": "x" * 22},
    "/api/v1/car/open": {"token": "x" * 22},
}
QUERIES = {"number": "01055501234"}
_names = iter(range(10**9))


@pytest.fixture
def engine_name() -> str:
    """A server can be away; what SQLite's file can meet is in test_database and test_volumes."""
    return "postgres"


@pytest.fixture
def server(postgres: Cluster) -> Iterator[Cluster]:
    yield postgres
    postgres.start_if_down()


@dataclass(frozen=True)
class Told:
    """One answer, and how long it took."""

    asked: str
    status: int
    headers: dict[str, str]
    body: str
    seconds: float


@dataclass
class Walk:
    """Every URL, by somebody who may, for rows that are there, with a body that is right."""

    house: House
    asking: dict[str, Visitor]
    ids: dict[str, Any]

    @staticmethod
    async def of(house: House) -> Walk:
        """The rows, a program, a driver and a passer-by."""
        asking = {"admin": (await visitors(house, house.site.office_id, "ours"))["admin"]}
        asking |= {
            DRIVER: await house.driver(),
            NOBODY: house.anonymous(),
            "own.session": await house.signed_in("op"),
        }
        return Walk(house, asking, await one_of_each.rows(house))

    def requests(self, route: Route) -> list[dict[str, Any]]:
        """What is sent there; a form has a new key each time that it is asked for."""
        path = route.path
        if route.method != "GET" and path in FORMS:
            return [{"data": dict(form)} for form in FORMS[path]]
        if route.method != "GET" and path in FILES:
            form = aiohttp.FormData(
                {"key": f"file {next(_names)}", "kind": "customers" if path == "/import" else "zones"}
            )
            form.add_field("file", "이름,휴대폰\n김,01012345678\n".encode(), filename="a.csv", content_type="text/csv")
            return [{"data": form}]
        if path in BODIES and route.method == "POST":
            return [{"json": BODIES[path]}]
        if route.method == "GET":
            needed = route.given.model_json_schema().get("required", ())
            return [{"params": {name: {**one_of_each.SPAN, **QUERIES}[name] for name in needed}}]
        return one_of_each.requests_to(route, self.ids)

    async def ask(self, route: Route, nth: int, **headers: str) -> Told:
        """One request, by who may."""
        may = {"driver.own": DRIVER, "anyone": NOBODY, "own.session": "own.session"}.get(route.may, "admin")
        path, request = one_of_each.path_to(route, self.ids), self.requests(route)[nth]
        headers = {"Origin": self.house.base, "Accept": "text/html", **request.get("headers", {}), **headers}
        more = {**request, "headers": headers, "allow_redirects": False, "timeout": LIMIT}
        began = time.monotonic()
        async with self.asking[may].http.request(route.method, self.house.base + path, **more) as answer:
            body = (await answer.read()).decode(errors="replace")
            name = f"{route.method} {route.path.partition('/{')[0]}"
            return Told(name, answer.status, dict(answer.headers), body, time.monotonic() - began)

    def all(self) -> list[tuple[Route, int]]:
        """Each request, by its number among those of its route. Who signs out and who is disabled does it at the end."""
        last = {"DELETE": 2, "POST": 1}
        routes = sorted(ROUTES, key=lambda one: (one.may != "driver.own", last.get(one.method, 0)))
        routes.sort(key=lambda one: one.path.endswith(("/logout", "/driver/session")) or one.path == f"/drivers/{ID}")
        return [(route, nth) for route in routes if route.path != LIVE for nth in range(len(self.requests(route)))]

    async def renew(self, route: Route) -> None:
        """What it may have taken away is there again for the next."""
        if route.path.endswith(TAKES_AWAY):
            self.ids |= await one_of_each.taken_away(self.house)


def database_of(house: House) -> str:
    return str(house.desk.engine.url.database)


async def everything(house: House) -> dict[str, str]:
    """What each table holds."""
    tables = [
        f"select '{table}' as name, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from \"{table}\" t"
        for table in sorted(Base.metadata.tables)
    ]
    async with house.desk.look() as session:
        return dict((await session.execute(text(" union all ".join(tables)))).all())


class Knife:
    """Cuts a connection of the desk's from the server when it is about to commit for the n-th time from now."""

    def __init__(self, house: House, server: Cluster) -> None:
        self._left = 0
        self._server = server
        event.listen(house.desk.engine.sync_engine, "commit", self._commits)

    def at(self, nth: int) -> None:
        """Once, at that commit."""
        self._left = nth

    def has_cut(self) -> bool:
        """Whether there were so many; it cuts no more."""
        cut, self._left = self._left <= 0, 0
        return cut

    def _commits(self, connection: Any) -> None:
        self._left -= 1
        if self._left == 0:
            pid = connection.connection.driver_connection.info.backend_pid
            with psycopg.connect(host=str(self._server.folder), user="postgres", dbname="postgres") as other:
                other.execute("select pg_terminate_backend(%s, 5000)", (pid,))


async def test_every_url_says_that_the_database_is_stopped_and_works_when_it_is_back(
    house: House, server: Cluster, chance: random.Random, count: Count, figure: Figure
) -> None:
    """C2. Seen failing with a page that says only that it cannot be opened, and with an `is_away` that knows no lost server."""
    walk = await Walk.of(house)
    before = await everything(house)
    await asyncio.to_thread(server.stop)
    with capture_logs() as logs:
        answers = [await walk.ask(*request) for request in walk.all()]
    await asyncio.to_thread(server.start)
    assert [one for one in map(wrong_while_away, answers) if one] == []
    assert [line for line in logs if "exception" in line or "exc_info" in line] == []
    assert await everything(house) == before
    figure("C2", "slowest answer of any URL while the database is stopped", max(one.seconds for one in answers), "s")
    requests = walk.all()
    some = sorted(chance.sample(requests, count(40, len(requests))), key=requests.index)
    again = [await walk.ask(*request) for request in some]
    assert [(one.asked, one.status) for one in again if one.status >= 500] == []


async def test_who_reads_another_language_is_told_in_it_while_nobody_can_be_looked_up(
    house: House, server: Cluster
) -> None:
    """C2. Seen failing with the site's language for everybody."""
    boss = await house.signed_in("boss")
    await asyncio.to_thread(server.stop)
    for asked, locale in (
        ("en-GB,en;q=0.9,ko;q=0.5", "en"),
        ("fr, ko;q=0.4", "ko"),
        ("", "ko"),
        ("*;q=, x" * 99, "ko"),
    ):
        headers = {"Accept": "text/html", "Accept-Language": asked}
        async with boss.http.get(f"{house.base}/money", headers=headers) as answer:
            assert answer.status == 503
            assert Catalog.load(locale).text("panel.error.away") in await answer.text()


async def test_no_url_leaves_half_of_its_work_when_it_is_cut_off_at_a_commit(
    house: House, server: Cluster, chance: random.Random, count: Count, figure: Figure
) -> None:
    """C2. At its first commit, at its second if it has one, until it gets through: each time all of it is there or nothing.

    Seen failing with forms whose work is committed before their idempotency key."""
    walk = await Walk.of(house)
    knife = Knife(house, server)
    requests, cuts = walk.all(), 0
    changes = [one for one in requests if one[0].method != "GET"]
    for route, nth in sorted(chance.sample(changes, count(20, len(changes))), key=requests.index):
        for at in range(1, MOST_COMMITS + 1):
            before = await everything(house)
            knife.at(at)
            told = await walk.ask(route, nth)
            if not knife.has_cut():
                assert told.status < 500, told
                break
            cuts += 1
            changed = {name for name, digest in (await everything(house)).items() if digest != before[name]}
            if at == 1:
                assert wrong_while_away(told) is None
            assert changed <= (IN_SEVERAL.get(told.asked, set()) if at > 1 else set()), told
        await walk.renew(route)
    assert cuts > 0
    figure("C2", "commits of all URLs at which the database was cut off", cuts, "")


async def test_every_url_is_answered_while_no_statement_comes_to_an_end(
    house: House, server: Cluster, figure: Figure
) -> None:
    """C5. All of them at once, with every table locked but those that say who asks: statements and the whole pool are stuck.

    Seen failing without the limits of `open_engine` for a statement and a lock."""
    walk = await Walk.of(house)
    stuck = [table for table in sorted(Base.metadata.tables) if table not in SAY_WHO]
    with (
        capture_logs() as logs,
        psycopg.connect(host=str(server.folder), user="postgres", dbname=database_of(house)) as other,
    ):
        for table in stuck:
            other.execute(sql.SQL("lock table {} in access exclusive mode").format(sql.Identifier(table)))
        asking = [asyncio.create_task(walk.ask(*request)) for request in walk.all()]
        answers = await asyncio.gather(*asking)
        other.rollback()
    refused = [one for one in answers if one.status >= 500]
    assert [one for one in map(wrong_while_away, refused) if one] == []
    assert len(refused) > len(answers) / 2
    assert [line for line in logs if "exception" in line or "exc_info" in line] == []
    figure(
        "C5",
        "slowest answer of any URL, all asked at once, all stuck",
        max(one.seconds for one in answers),
        "s",
        promise=15,
    )
    listed = next(route for route in ROUTES if (route.method, route.path) == ("GET", "/api/v1/orders"))
    assert (await walk.ask(listed, 0)).status == 200


def wrong_while_away(told: Told) -> str | None:
    """What is wrong with an answer that the database could not help with."""
    if told.asked in WITHOUT_ROWS:
        return None if told.status < 500 else f"{told.asked} needs no database and says {told.status}"
    if told.status != 503 or not told.headers.get("Retry-After", "").isdigit():
        return f"{told.asked} says {told.status}, {told.headers.get('Retry-After')}"
    if any(word in told.body for word in ("Traceback", "psycopg", "sqlalchemy", "SELECT", "/tmp/")):
        return f"{told.asked} tells of the inside: {told.body[:300]}"
    is_page = told.headers["Content-Type"].startswith("text/html")
    words = Catalog.load("ko").text("panel.error.away") if is_page else '"database_unavailable"'
    return None if words in told.body else f"{told.asked} does not say what is the matter: {told.body[:300]}"
