"""A driver's own statement, month by month, on his page and as the paper that the office draws. Whose it is, his cookie says."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from desk.driver import payees
from desk.driver_page import driver_statement
from desk.office import offices
from web.access.driver_auth import driver_of
from web.api.ask import Ask, Json, understand
from web.api.given_driver import MonthQuery
from web.keys import DESK
from web.pages.money import MOST_PRINTED
from web.pdf import NoPdf
from web.views import money_sheets
from web.views.money_view import CUTS, PDF, View


async def month(ask: Ask[MonthQuery]) -> Json:
    """A month, from balance to balance, and to which account he is paid: masked, and changed by the office alone."""
    office_id, driver_id = ask.driver.office_id, ask.driver.id
    async with ask.desk.look() as session:
        told = await driver_statement.month(session, office_id, driver_id, ask.given.month, ask.desk.clock())
        _, payee = await payees.told(session, office_id, driver_id)
    return {**told, "paid_to": payee.masked(ask.driver.language) or None}


async def paper(request: web.Request) -> web.StreamResponse:
    """The month as PDF: the office's statement, without who booked what."""
    driver = await driver_of(request)
    assert driver is not None
    asked = (await understand(request, MonthQuery, from_body=False)).given.month
    now = request.app[DESK].clock()
    async with request.app[DESK].look() as session:
        office = await offices.by_id(session, driver.office_id)
        told = await driver_statement.statement(session, driver.office_id, driver.id, asked, now)
    view = View(request, None, office, driver.language, now, told.span, CUTS[0])
    values: dict[str, Any] = {
        "told": told,
        "moved": told.closing - told.opening,
        "what": lambda row: money_sheets.what(view, row),
        "typed": {},
    }
    try:
        if len(told.rows) > MOST_PRINTED:
            raise NoPdf("pdf_too_long")
        return view.file(f"statement-{driver.number}", PDF, await view.paper("statement", **values))
    except NoPdf as error:
        raise web.HTTPServiceUnavailable(text=error.code) from error
