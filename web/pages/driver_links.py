"""The office's side of the drivers' page: send a driver his link, read and answer his appeals."""

from __future__ import annotations

from aiohttp import web

from desk.driver import driver_access
from desk.driver_page import appeal_views, appeals
from desk.ordering.order_views import message_json
from desk.work import Work
from models import Appeal, Driver
from web.api.ask import Ask, Json
from web.api.given_driver import AppealAnswer, AppealsQuery
from web.api.shapes import Nothing
from web.keys import SETTINGS

PAGE = "/driver"


def page_address(request: web.Request, page: str = PAGE) -> str:
    """Where phones find a page of ours. Never by the request's own Host header: who asks could send a link elsewhere."""
    public = request.app[SETTINGS].public_url
    if public is None:
        transport = request.transport
        host, port = (
            transport.get_extra_info("sockname")[:2] if transport else ("127.0.0.1", request.app[SETTINGS].port)
        )
        public = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    return public + page


async def send(ask: Ask[Nothing]) -> Json:
    """Text the driver a link to his page."""
    address = page_address(ask.request)

    async def do(work: Work) -> Json:
        return message_json(await driver_access.send_link(work, ask.operator.id, ask.id, address))

    return await ask.once(do)


async def listed(ask: Ask[AppealsQuery]) -> Json:
    """Appeals, newest first."""
    query = ask.given
    async with ask.desk.look() as session:
        rows = await appeal_views.in_full(session, ask.operator.office_id, query.state, query.limit + 1, query.cursor)
    items = rows[: query.limit]
    return {"items": items, "next": items[-1]["id"] if len(rows) > query.limit else None}


async def answer(ask: Ask[AppealAnswer]) -> Json:
    """Answer an appeal, once; what was done stands."""

    async def do(work: Work) -> Json:
        return await _told(work, await appeals.answer(work, ask.operator.id, ask.id, ask.given.answer))

    return await ask.once(do)


async def accept(ask: Ask[AppealAnswer]) -> Json:
    """The driver is right: the entry is undone, and he is told."""

    async def do(work: Work) -> Json:
        return await _told(work, await appeals.accept(work, ask.operator.id, ask.id, ask.given.answer))

    return await ask.once(do)


async def _told(work: Work, appeal: Appeal) -> Json:
    driver = await work.session.get_one(Driver, appeal.driver_id)
    return (await appeal_views.told(work.session, [(appeal, driver)]))[0]
