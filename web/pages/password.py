"""One's own password: the old one is asked for, guesses are counted as at the log-in, and one's other sessions end."""

from __future__ import annotations

from aiohttp import web

from desk.errors import Invalid
from desk.office import own_password, passwords
from desk.office.own_password import WrongPassword
from web.access.auth import visitor_of
from web.keys import DESK, SETTINGS, Visitor
from web.pages.session import counted
from web.render import page
from web.views.forms import fields_of

REFUSED = ("password", "same")


async def show(request: web.Request) -> web.StreamResponse:
    """The form, or that it is done."""
    return await _page(request, done=request.query.get("done") == "changed")


async def change(request: web.Request) -> web.StreamResponse:
    """Another one; none of the three that were typed comes back in an answer."""
    visitor = await _person(request)
    fields = await fields_of(request)
    old, new = fields.get("old", ""), fields.get("new", "")
    if new != fields.get("again", ""):
        return await _page(request, 422, refused="differs")
    try:
        own_password.check(old, new)  # before anything is counted: it tells nothing of the old one
        was_right = counted(request, visitor.operator.login)
        await own_password.change(request.app[DESK], visitor.operator.id, visitor.session_id, old, new)
    except Invalid as error:
        field = str(error.details.get("field"))
        return await _page(request, 422, refused=field if field in REFUSED else "password")
    except WrongPassword as error:
        return await _page(request, 422, refused=error.code)
    except web.HTTPTooManyRequests as error:
        answer = await _page(request, 429, refused="too_many_attempts")
        answer.headers["Retry-After"] = error.headers["Retry-After"]
        return answer
    was_right()
    kept = {name: request.query[name] for name in ("lang",) if name in request.query}
    there = request.rel_url.with_query({**kept, "done": "changed"})
    return web.Response(status=303, headers={"Location": str(there)})


async def _person(request: web.Request) -> Visitor:
    visitor = await visitor_of(request)
    assert visitor is not None
    if visitor.session_id is None:
        raise web.HTTPNotFound(text="not_found")
    return visitor


async def _page(
    request: web.Request, status: int = 200, refused: str | None = None, *, done: bool = False
) -> web.Response:
    visitor = await _person(request)
    return await page(
        request,
        "password.html",
        status,
        refused=refused,
        done=done,
        must=visitor.unproven,
        asks_factor=request.app[SETTINGS].totp != "off",
        shortest=passwords.SHORTEST,
        longest=passwords.LONGEST,
    )
