"""Forms of pages: each is done once, however often it is sent, because it carries a key that was drawn with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from desk.errors import Invalid
from desk.keeping import idempotency
from desk.views import Json
from desk.work import Work
from web.keys import DESK, VISITOR

Fields = dict[str, str]


async def fields_of(request: web.Request, longest: int | None = None) -> Fields:
    """What was filled in; files are none of it. `longest`: a form of more bytes than the settings allow others."""
    sent = request
    if longest is not None:
        most = max(longest, request.client_max_size)
        sent = request.clone(client_max_size=most, client_max_fields=most // 16)  # aiohttp reads 1,000 fields by itself
    return {name: value for name, value in (await sent.post()).items() if isinstance(value, str)}


async def once(request: web.Request, fields: Fields, act: Callable[[Work], Awaitable[str]]) -> str:
    """Do `act`, or give what it gave the first time that this form was sent. Raises Invalid where the form has no key."""
    done, _ = await now_or_before(request, fields, act)
    return done


async def now_or_before(
    request: web.Request, fields: Fields, act: Callable[[Work], Awaitable[str]]
) -> tuple[str, bool]:
    """The same, and whether it was done by this very request."""
    key = fields.get("key", "")
    if not 0 < len(key) <= 64 or not key.isascii():
        raise Invalid("the form has no key", field="key")
    asked = repr(sorted(fields.items())).encode("utf-8", "surrogatepass")
    fingerprint = idempotency.request_hash(request.method, request.path, asked)

    async def once(work: Work) -> idempotency.Answer:
        async def answer() -> tuple[int, Json]:
            return 303, {"done": await act(work)}

        return await idempotency.once(work, operator_id(request), key, fingerprint, answer)

    answer = await request.app[DESK].do(once)
    return str(answer.body["done"]), not answer.replayed


def operator_id(request: web.Request) -> int:
    """Who fills the form in. The route's role has been checked."""
    visitor = request[VISITOR]
    assert visitor is not None
    return visitor.operator.id
