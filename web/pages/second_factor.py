"""One's own second factor: set up with an authenticator app, and taken away again. The secret is shown until it is confirmed."""

from __future__ import annotations

from typing import Any

import segno
from aiohttp import web

from desk.errors import DeskError
from desk.office import offices, people, second_factor
from desk.office.second_factor import WrongCode
from desk.work import Work
from models import Operator
from web.access.auth import visitor_of
from web.keys import DESK, OUTSIDE, SETTINGS, Visitor
from web.pages.session import counted, prover
from web.render import page
from web.views.forms import fields_of


async def show(request: web.Request) -> web.StreamResponse:
    """How it stands, and what to do next."""
    return await _page(request)


async def change(request: web.Request) -> web.StreamResponse:
    """Begin, confirm, take away. Each is done once by its nature; recovery codes are shown once and kept nowhere readable."""
    visitor = await _person(request)
    fields = await fields_of(request)
    act = {"begin": _begin, "confirm": _confirm, "remove": _remove}.get(fields.get("do", ""))
    if act is None:
        raise web.HTTPUnprocessableEntity(text="invalid")
    try:
        codes = await act(request, visitor, fields.get("code", "")[:64])
    except DeskError as error:
        return await _page(
            request, 422, refused=error.code if error.code in ("wrong_code", "has_factor") else "invalid"
        )
    except web.HTTPTooManyRequests as error:
        answer = await _page(request, 429, refused="too_many_attempts")
        answer.headers["Retry-After"] = error.headers["Retry-After"]
        return answer
    if codes is None:
        raise web.HTTPSeeOther("/second-factor")
    return await _page(request, codes=codes)


async def _begin(request: web.Request, visitor: Visitor, _code: str) -> list[str] | None:
    await request.app[DESK].do(lambda work: second_factor.begin(work, visitor.operator.id))
    return None


async def _confirm(request: web.Request, visitor: Visitor, code: str) -> list[str] | None:
    desk, key = request.app[DESK], request.app[OUTSIDE].factor_key
    was_right = counted(request, visitor.operator.login)
    codes = await second_factor.confirm(desk, key, visitor.operator.id, code, visitor.session_id)
    was_right()
    return codes


async def _remove(request: web.Request, visitor: Visitor, code: str) -> list[str] | None:
    was_right = counted(request, visitor.operator.login)
    operator_id = visitor.operator.id
    prove = await prover(request, operator_id, code)

    async def act(work: Work) -> bool:
        if prove is not None and await prove(work, operator_id) is None:
            people.audit(work, operator_id, "factor.refused", visitor.operator.login)
            return False
        await second_factor.remove(work, operator_id, operator_id)
        return True

    if not await request.app[DESK].do(act):
        raise WrongCode("that is not the code of now")
    was_right()
    return None


async def _person(request: web.Request) -> Visitor:
    visitor = await visitor_of(request)
    assert visitor is not None
    if request.app[SETTINGS].totp == "off" or visitor.session_id is None:
        raise web.HTTPNotFound(text="not_found")
    return visitor


async def _page(
    request: web.Request, status: int = 200, refused: str | None = None, codes: list[str] | None = None
) -> web.Response:
    visitor = await _person(request)
    async with request.app[DESK].look() as session:
        standing = await second_factor.standing(session, visitor.operator.id)
        operator = await session.get_one(Operator, visitor.operator.id)
        office = await offices.by_id(session, operator.office_id)
        shown = await second_factor.shown(
            session, request.app[OUTSIDE].factor_key, operator, f"callboard {office.name}"
        )
    told: dict[str, Any] = {"standing": standing, "refused": refused, "codes": codes, "secret": None, "picture": None}
    if shown is not None:
        told["secret"] = " ".join(shown.secret[i : i + 4] for i in range(0, len(shown.secret), 4))
        told["picture"] = segno.make(shown.address, error="m").svg_data_uri(scale=5, border=4, light="#fff")
    return await page(request, "second_factor.html", status, must=visitor.unproven, **told)
