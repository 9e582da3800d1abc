"""A panel on a real socket and a real database, and the visitors who come to it."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest
import structlog
from sqlalchemy import update

from callboard.phones import NoExtension
from desk.call import calls
from desk.call.calls import Target
from desk.driver import driver_access
from desk.errors import Conflict
from desk.events import CallSeen
from desk.office import people
from desk.office.passwords import password_hash
from desk.work import Desk
from models import Driver, Operator
from tests.site import Site, make_site
from web.api.openapi import document, plain_path
from web.keys import Outside, Person
from web.routes import ROUTES
from web.server import Panel
from web.settings import Settings

PASSWORD = "correct horse battery"
TOKEN = "a-token-of-a-program-with-256-bits"
DID = "15880001"
DOCUMENT = document(ROUTES)


@pytest.fixture(params=["sqlite"])
def engine_name(request: pytest.FixtureRequest) -> str:
    """The panel asks the desk, which is tested on both databases; here one is enough, where a module says nothing else."""
    return str(request.param)


@pytest.fixture(scope="session")
def hashed() -> str:
    """The password's hash, made once: it is slow on purpose."""
    return password_hash(PASSWORD)


class Phone:
    """An operator's phone that remembers what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int, str | None]] = []
        self.dialled: list[tuple[Target, str | None]] = []
        self.dead = False

    async def answer(self, call_id: int, operator: Person) -> None:
        if self.dead:
            raise Conflict("the phone does not ring")
        self.asked.append(("answer", call_id, operator.extension))

    async def next(self, operator: Person) -> int | None:
        return None

    async def hangup(self, call_id: int, operator: Person) -> None:
        self.asked.append(("hangup", call_id, operator.extension))

    async def dial(self, target: Target, operator: Person) -> None:
        if self.dead:
            raise NoExtension("you have no extension, so no phone of yours can be rung")
        self.dialled.append((target, operator.extension))


@dataclass
class House:
    """A running panel and what stands behind it."""

    desk: Desk
    site: Site
    panel: Panel
    phone: Phone
    recordings: Path
    test_calls: list[None]
    hashed: str
    settings: Settings
    _task: asyncio.Task[None] | None = None
    _visitors: list[Visitor] = field(default_factory=list)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.panel.port}"

    async def start(self) -> None:
        """Serve; on the same port as before when it served before."""
        self._task = asyncio.create_task(self.panel.run())
        started = asyncio.create_task(self.panel.started.wait())
        await asyncio.wait((self._task, started), return_when=asyncio.FIRST_COMPLETED)
        started.cancel()
        if self._task.done():
            self._task.result()

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def restart(self) -> None:
        """End the server and start another one on the same port."""
        await self.stop()
        self.panel = Panel(self.settings, self.desk, self.desk.bus, self.panel._outside)
        await self.start()

    def visitor(self, **headers: str) -> Visitor:
        """Somebody whose browser (or program) sends `headers`."""
        visitor = Visitor(self, headers)
        self._visitors.append(visitor)
        return visitor

    def anonymous(self) -> Visitor:
        return self.visitor(**{"Sec-Fetch-Site": "same-origin"})

    def program(self) -> Visitor:
        """A program with a token."""
        return self.visitor(Authorization=f"Bearer {TOKEN}")

    async def signed_in(self, user: str = "op") -> Visitor:
        """A browser with a session, on our own page."""
        visitor = self.anonymous()
        answer = await visitor.api("POST", "/session", {"user": user, "password": PASSWORD})
        assert answer.status == 201
        return visitor

    async def driver(self, driver_id: int | None = None) -> Visitor:
        """A driver's phone, signed in by the link that an operator had texted to him."""
        async with self.desk.work() as work:
            driver = await work.session.get_one(Driver, driver_id or self.site.drivers[0])
            token = await driver_access.new_link(work, driver, None)
        visitor = self.anonymous()
        answer = await visitor.api("POST", "/driver/session", {"token": token})
        assert answer.status == 201, answer.body
        return visitor

    async def close(self) -> None:
        for visitor in self._visitors:
            await visitor.http.close()
        await self.stop()

    async def ring(self, number: str = "01055501234", name: str = "김철수", reference: str = "cb1-1.1") -> int:
        """A call arrives at the PBX."""
        async with self.desk.work() as work:
            seen = CallSeen(work.now, "pbx", reference, DID, number, name, linkedid=reference)
            return (await calls.open_call(work, seen)).id

    async def order(self, **more: Any) -> dict[str, Any]:
        """An order, taken by a program."""
        body = {"number": "01055501234", "origin": {"text": "강남역"}, "fare": 20000, **more}
        answer = await self.program().api("POST", "/orders", body)
        assert answer.status == 201, answer.body
        return dict(answer.body)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any
    raw: bytes

    @property
    def code(self) -> str:
        """The stable code of a refusal."""
        return str(self.body["code"])


class Visitor:
    """One cookie jar. Every JSON answer is held against the OpenAPI document as it comes."""

    def __init__(self, house: House, headers: dict[str, str]) -> None:
        self.house = house
        jar = aiohttp.CookieJar(unsafe=True)
        at_once = aiohttp.TCPConnector(limit=0)  # of itself, aiohttp would keep the hundred and first request back
        self.http = aiohttp.ClientSession(connector=at_once, headers=headers, cookie_jar=jar)

    async def api(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """A request to /api/v1 with a JSON body."""
        return await self.ask(method, "/api/v1" + path, json=body, **more)

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        more.setdefault("allow_redirects", False)
        async with self.http.request(method, self.house.base + path, **more) as response:
            raw = await response.read()
            is_json = response.content_type in ("application/json", "application/problem+json")
            answer = Answer(response.status, dict(response.headers), json.loads(raw) if is_json and raw else None, raw)
        hold_against_document(method, path.partition("?")[0], answer)
        return answer

    def listen(self, **more: Any) -> Any:
        """The /live socket, from our own page."""
        headers = {"Origin": self.house.base, **more.pop("headers", {})}
        return self.http.ws_connect(self.house.base + "/live", headers=headers, **more)


def hold_against_document(method: str, path: str, answer: Answer) -> None:
    """Whatever the API says must be what the document says it says."""
    operation = next(
        (
            operations[method.lower()]
            for template, operations in DOCUMENT["paths"].items()
            if method.lower() in operations and _fits(template, path)
        ),
        None,
    )
    if operation is None:
        return
    said = operation["responses"].get(str(answer.status))
    if answer.status in (500, 503):
        raise AssertionError(f"a fault of ours: {answer.raw!r}")
    assert said is not None, f"{method} {path} said {answer.status}, which the document does not know: {answer.raw!r}"
    for kind, content in said.get("content", {}).items():
        if kind.endswith("json") and "$ref" in content["schema"]:
            assert answer.headers["Content-Type"].startswith(kind)
            _validator(content["schema"]["$ref"]).validate(answer.body)


@functools.cache
def _validator(reference: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({"$ref": reference, "components": DOCUMENT["components"]})


def _fits(template: str, path: str) -> bool:
    ours, theirs = template.split("/"), path.split("/")
    return len(ours) == len(theirs) and all(
        (a.startswith("{") and (a != "{id}" or b.isdigit())) or a == b for a, b in zip(ours, theirs, strict=True)
    )


def path_of(route_path: str, token: str = "nosuchrecordingtoken") -> str:
    """A concrete path for a route."""
    parts = {"id": "1", "token": token, "stage": "before", "side": "front"}
    return re.sub(r"\{(\w+)\}", lambda part: parts[part[1]], plain_path(route_path))


@pytest.fixture(scope="session", autouse=True)
def quiet_log() -> None:
    """Tracebacks as plain lines."""
    structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])


@pytest.fixture
def settings() -> Settings:
    """The panel's settings; a module may give its own. A port of its own, so that a restarted panel is found again."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return Settings(port=port, session_check_s=0.1, test_call_every_s=0)


@pytest.fixture
async def house(desk: Desk, tmp_path: Path, hashed: str, settings: Settings) -> AsyncIterator[House]:
    """The panel, serving."""
    site = await make_site(desk)
    async with desk.work() as work:
        for operator_id, login, role, extension in (
            (site.operator_id, "op", "operator", "1001"),
            (site.colleague_id, "boss", "admin", "1002"),
        ):
            await work.session.execute(
                update(Operator)
                .where(Operator.id == operator_id)
                .values(login=login, role=role, extension=extension, password_hash=hashed)
            )
        await people.add_operator(work, site.office_id, "program", token=TOKEN)
    recordings = tmp_path / "recordings"
    recordings.mkdir()
    phone, test_calls = Phone(), []

    async def test_call() -> None:
        test_calls.append(None)

    outside = Outside(phone, test_call, recordings, {"ami": "the AMI link has not logged in yet"})
    panel = Panel(settings, desk, desk.bus, outside)
    house = House(desk, site, panel, phone, recordings, test_calls, hashed, settings)
    await house.start()
    yield house
    await house.close()
