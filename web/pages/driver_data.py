"""All that is kept about one driver, given to him; and his erasure, over a page and over the API."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web

from desk.customer.others_words import Mentions
from desk.driver_data import erasure, personal_data
from desk.driver_data.erasure import DriverUnsettled
from desk.errors import Conflict, Invalid
from desk.work import Work
from web.api.ask import Ask, Json
from web.api.given import Reason
from web.api.shapes import Nothing
from web.forgotten import remove_files
from web.keys import COUNTING, DESK
from web.pages.driver_records import show_one
from web.problems import problem_of
from web.views import driver_paper, person_paper
from web.views.drivers_view import DriversView
from web.views.forms import Fields, fields_of, once, operator_id
from web.views.money_view import FORMS


async def give(request: web.Request) -> web.StreamResponse:
    """All that is kept about him, as the field `form` says: a page to print, a workbook, or everything as JSON; on record."""
    driver_id, by = int(request.match_info["id"]), operator_id(request)
    form, desk = (await request.post()).get("form", "json"), request.app[DESK]
    if form not in ("json", "page", "xlsx"):
        raise Invalid("that is no form in which it is given", field="form")
    told = await desk.do(lambda work: personal_data.of_driver(work, by, driver_id))
    if form == "json":
        return _file(json.dumps(told, ensure_ascii=False, indent=1).encode(), driver_id, "json", "application/json")
    async with desk.look() as session:
        view = await DriversView.of(request, session)
    parts, made = driver_paper.parts(view, told), desk.clock()
    if form == "page":
        return await view.page("data", driver_id=driver_id, parts=parts, made=made, papers=0, refused=None, done=None)
    body = await asyncio.to_thread(person_paper.workbook, view, view.m("data.title"), parts, made)
    return _file(body, driver_id, "xlsx", FORMS["xlsx"])


async def forget(request: web.Request) -> web.StreamResponse:
    """Erase him; the files go from the disk once the rows are gone."""
    driver_id, by, fields = int(request.match_info["id"]), operator_id(request), await fields_of(request)

    async def act(work: Work) -> str:
        await erasure.erase(work, by, driver_id, fields.get("reason", ""))
        return "erased"

    try:
        if (named := await _unread(request, fields)) is not None:
            return await show_one(request, 409 if fields.get("named") else 200, None, fields, named=named)
        done = await once(request, fields, act)
    except (Invalid, Conflict) as error:
        refused = str(error.details.get("field") or error.code) if isinstance(error, Invalid) else error.code
        because = str(error.details["because"]).split(",") if isinstance(error, DriverUnsettled) else ()
        return await show_one(
            request, problem_of(error).status, refused, fields | {"do": "forget"}, because=because
        )  # fmt: skip
    await remove_files(request.app)
    kept = {name: request.query[name] for name in ("lang",) if name in request.query}
    home = request.rel_url.with_path(f"/drivers/{driver_id}")
    return web.Response(status=303, headers={"Location": str(home.with_query({**kept, "done": done}))})


async def _unread(request: web.Request, fields: Fields) -> Mentions | None:
    """What names him elsewhere, where it was not read yet by whoever could erase him now."""
    driver_id, by, desk = int(request.match_info["id"]), operator_id(request), request.app[DESK]
    async with request.app[COUNTING], desk.look() as session:
        view = await DriversView.of(request, session)
        named = await erasure.named(session, view.office.id, driver_id)
    if named.mark in ("", fields.get("named")):
        return None
    await desk.do(lambda work: erasure.check(work, by, driver_id, fields.get("reason", "")))
    return named


async def mentions(ask: Ask[Nothing]) -> Json:
    """What names him in other people's words, which an erasure leaves."""
    async with ask.request.app[COUNTING], ask.desk.look() as session:
        return (await erasure.named(session, ask.operator.office_id, ask.id)).as_json()


async def data(ask: Ask[Nothing]) -> Json:
    """All that is known of him."""
    return await ask.desk.do(lambda work: personal_data.of_driver(work, ask.operator.id, ask.id))


async def erase(ask: Ask[Reason]) -> Json:
    """Forget him; the files go from the disk once the rows are gone."""

    async def do(work: Work) -> Json:
        erased = await erasure.erase(work, ask.operator.id, ask.id, ask.given.reason)
        return {"driver_id": ask.id, "rows": dict(erased.counts), "in_books": erased.in_books}

    told = await ask.once(do)
    await remove_files(ask.request.app)
    return told


def _file(body: bytes, driver_id: int, ending: str, media_type: str) -> web.Response:
    name = f'attachment; filename="driver-{driver_id}.{ending}"'
    return web.Response(body=body, content_type=media_type, headers={"Content-Disposition": name})
