"""From a request to a handler and back: body or query read as the route's model, the answer written as JSON.

A POST with an `Idempotency-Key` is done once: the saved answer is written in the same transaction as what was done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import pydantic_core
from aiohttp import web
from pydantic import BaseModel

from desk.driver.driver_access import DriverPerson
from desk.keeping import idempotency
from desk.keeping.idempotency import Asker, ByDriver
from desk.work import Desk, Work
from web.api.bodies import Refused, body_as, query_as
from web.keys import BODY, DESK, DRIVER, SETTINGS, VISITOR, Person, Visitor

G = TypeVar("G", bound=BaseModel)
Json = dict[str, Any]
JsonHandler = Callable[["Ask[Any]"], Awaitable[Json]]
DONE: Json = {"done": True}


async def _done() -> tuple[int, Json]:
    return 202, DONE


@dataclass(frozen=True, slots=True)
class Ask(Generic[G]):
    """One API request, understood. `given` is the body of an unsafe method, the query of a safe one."""

    request: web.Request
    given: G

    @property
    def desk(self) -> Desk:
        """Where the work is done."""
        return self.request.app[DESK]

    @property
    def visitor(self) -> Visitor:
        """Who asks. The route's role has been checked."""
        visitor = self.request[VISITOR]
        assert visitor is not None
        return visitor

    @property
    def operator(self) -> Person:
        """The operator who asks."""
        return self.visitor.operator

    @property
    def driver(self) -> DriverPerson:
        """The driver who asks, on his own page."""
        driver = self.request[DRIVER]
        assert driver is not None
        return driver

    @property
    def id(self) -> int:
        """The `{id}` of the path."""
        return int(self.request.match_info["id"])

    async def once(self, do: Callable[[Work], Awaitable[Json]], part: str = "") -> Json:
        """Do `do` in one piece of work, or give the answer of the first time. Raises KeyReused for another body.

        What is done in several pieces names each `part`: a repeat gives the answers of those that were done, and does the rest.
        """
        given = self.request.headers.get("Idempotency-Key")
        if given is None:
            return await self.desk.do(do)
        key = part + given

        async def once(work: Work) -> idempotency.Answer:
            async def act() -> tuple[int, Json]:
                return 200, await do(work)

            return await idempotency.once(work, self._asker, key, self._fingerprint(), act)

        return dict((await self.desk.do(once)).body)

    async def ask_outside(self, do: Callable[[], Awaitable[None]]) -> Json:
        """Do `do`, which is outside of the database and cannot be taken back: with a key, at most once.

        No transaction is held meanwhile. What failed may be tried again with the same key.
        """
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            await do()
            return DONE
        fingerprint = self._fingerprint()
        answer = await self.desk.do(lambda work: idempotency.once(work, self.operator.id, key, fingerprint, _done))
        if not answer.replayed:
            try:
                await do()
            except BaseException:
                async with self.desk.work() as work:
                    await idempotency.forget(work, self.operator.id, key)
                raise
        return dict(answer.body)

    @property
    def _asker(self) -> Asker:
        driver = self.request.get(DRIVER)
        return ByDriver(driver.id) if driver is not None else self.operator.id

    def _fingerprint(self) -> str:
        # Of what was understood, not of the bytes: a space more is the same request.
        return idempotency.request_hash(
            self.request.method, self.request.path, self.given.model_dump_json().encode("utf-8", "surrogatepass")
        )


def json_answer(body: Any, status: int = 200) -> web.Response:
    """`body` as compact UTF-8 JSON."""
    return web.Response(body=pydantic_core.to_json(body), status=status, content_type="application/json")


async def read_body(request: web.Request, longest: int | None = None) -> bytes:
    """The whole body, within the size and the time that the settings allow; `longest`: of more bytes than they allow others."""
    sent = request if longest is None else request.clone(client_max_size=max(longest, request.client_max_size))
    try:
        async with asyncio.timeout(request.app[SETTINGS].body_timeout_s):
            return await sent.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except ConnectionError:
        raise web.HTTPBadRequest from None  # the sender has gone in the middle of it


async def understand(request: web.Request, model: type[G], *, from_body: bool, longest: int | None = None) -> Ask[G]:
    """Read the request as the route's model. Raises Refused."""
    if not from_body:
        return Ask(request, query_as(model, request.query.items()))
    if request.query_string:
        raise Refused(400, "bad_query", "This takes no parameters.")
    raw = await read_body(request, longest)
    request[BODY] = raw
    if raw and request.content_type != "application/json":
        raise Refused(415, "not_json", "The body must be application/json.")
    return Ask(request, body_as(model, raw or b"{}"))
