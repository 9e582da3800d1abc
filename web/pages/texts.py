"""Texts: to many, what was sent and what became of it, what came in."""

from __future__ import annotations

import asyncio

from aiohttp import web

from desk.customer import segments
from desk.customer.customer_search import search
from desk.driver import drivers
from desk.driver.drivers import list_drivers
from desk.errors import Invalid, NotFound
from desk.message import audiences, campaign_views, campaigns, inbox, text_templates
from desk.message.audiences import Pick
from desk.message.campaigns import Prepared
from desk.office import exports
from desk.texts.text_size import korean, parts_of
from desk.views import Json
from desk.work import Work
from web.api.ask import Ask
from web.api.given import ByText, TextGiven, TextsQuery
from web.api.shapes import Nothing
from web.keys import DESK
from web.views.forms import operator_id
from web.views.money_view import FORMS
from web.views.text_form import TextForm, from_query
from web.views.texts_view import TextsView

FOUND = 30
SHOWN = 100
DONE = ("sent", "cancelled", "kept", "dropped", "noted", "handled", "by_text")


async def compose(request: web.Request) -> web.StreamResponse:
    """The form of a text to many."""
    return await show_form(request, from_query(request))


async def show_form(
    request: web.Request,
    form: TextForm,
    ready: Prepared | None = None,
    status: int = 200,
    refused: str | None = None,
) -> web.StreamResponse:
    """The form as it is filled in, with who was found, and with what would be sent once that was looked at."""
    async with request.app[DESK].look() as session:
        view = await TextsView.of(request, session)
        office = view.office
        try:
            chosen = await audiences.picked(
                session, office.id, office.country, Pick(drivers=form.drivers, customers=form.customers)
            )
        except NotFound:
            chosen = []
        found_drivers = (
            await list_drivers(session, office.id, q=form.find_driver, limit=FOUND) if form.find_driver.strip() else ()
        )
        found_customers = (
            (await search(session, form.find_customer, office_id=office.id, limit=FOUND)).items
            if form.find_customer.strip()
            else ()
        )
        templates = await text_templates.listed(session, office.id, view.locale)
        every = await segments.listed(session, office.id)
    return await view.page(
        "compose",
        status,
        form=form,
        ready=ready,
        chosen=chosen,
        found_drivers=[one for one in found_drivers if one.id not in form.drivers],
        found_customers=[one for one in found_customers if one.id not in form.customers],
        templates=templates,
        segments=every,
        shown=SHOWN,
        refused=refused,
        done=done_of(request),
    )


async def received(request: web.Request) -> web.StreamResponse:
    """What came in; by itself only what waits for a person."""
    return await show_inbox(request)


async def show_inbox(request: web.Request, status: int = 200, refused: str | None = None) -> web.StreamResponse:
    """The page, also after something was refused there."""
    everything = request.query.get("show") == "all"
    before = request.query.get("before", "")
    async with request.app[DESK].look() as session:
        view = await TextsView.of(request, session)
        found = await inbox.listed(
            session, view.office.id, waiting=not everything, limit=SHOWN + 1,
            before_id=int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None,
        )  # fmt: skip
        by_text = await drivers.asked_by_text(session, view.office.id)
    return await view.page(
        "inbox", status, found=found[:SHOWN], older=found[SHOWN - 1].one.id if len(found) > SHOWN else None,
        everything=everything, by_text=by_text, refused=refused, done=done_of(request),
    )  # fmt: skip


async def sent(request: web.Request) -> web.StreamResponse:
    """The last campaigns, and how far they are."""
    async with request.app[DESK].look() as session:
        view = await TextsView.of(request, session)
        found = await campaign_views.latest(session, view.office.id)
    return await view.page("sent", found=found, refused=None, done=done_of(request))


async def campaign(request: web.Request) -> web.StreamResponse:
    """One campaign, and what became of each text."""
    return await show_campaign(request)


async def show_campaign(request: web.Request, status: int = 200, refused: str | None = None) -> web.StreamResponse:
    """The page, also after something was refused there."""
    campaign_id = int(request.match_info["id"])
    after = request.query.get("after", "")
    after_id = int(after) if after.isascii() and after.isdigit() and len(after) < 18 else 0
    async with request.app[DESK].look() as session:
        view = await TextsView.of(request, session)
        it = await campaign_views.one(session, view.office.id, campaign_id)
        rows = await campaign_views.results(session, view.office.id, campaign_id, after_id, SHOWN)
        left = await campaign_views.left_out(session, view.office.id, campaign_id, limit=SHOWN)
    return await view.page(
        "campaign", status, it=it, rows=rows, left=left, following=rows[-1].id if len(rows) == SHOWN else None,
        refresh=bool(it.waiting and not after_id), refused=refused, done=done_of(request),
    )  # fmt: skip


async def results(request: web.Request) -> web.StreamResponse:
    """All results of a campaign, as xlsx or CSV."""
    campaign_id, form = int(request.match_info["id"]), request.query.get("form", "xlsx")
    if form not in FORMS:
        raise Invalid("that cannot be written to a file", field="form")
    desk, by = request.app[DESK], operator_id(request)
    async with desk.look() as session:
        view = await TextsView.of(request, session)
        await campaigns.one_of(session, view.office.id, campaign_id)
    await desk.do(lambda work: exports.taken_away(work, by, f"texts-{campaign_id}.{form}", f"campaign {campaign_id}"))
    async with desk.look() as session:
        rows = await campaign_views.results(session, view.office.id, campaign_id, limit=audiences.MOST)
        left = await campaign_views.left_out(session, view.office.id, campaign_id, limit=audiences.MOST)
    return await asyncio.to_thread(lambda: view.results(f"texts-{campaign_id}", form, rows, left, desk.clock()))


def done_of(request: web.Request) -> str | None:
    """What was done, to be said on the page that follows."""
    asked = request.query.get("done")
    return asked if asked in DONE else None


# --- for programs -------------------------------------------------------------------------------------------------------


async def listed(ask: Ask[TextsQuery]) -> Json:
    """Texts that came in, newest first."""
    query = ask.given
    async with ask.desk.look() as session:
        found = await inbox.listed(
            session, ask.operator.office_id, waiting=query.waiting, limit=query.limit + 1, before_id=query.cursor
        )
    shown = found[: query.limit]
    return {
        "items": [one.as_json() for one in shown],
        "next": shown[-1].one.id if len(found) > query.limit else None,
    }


async def handled(ask: Ask[Nothing]) -> Json:
    """Somebody is done with a text."""

    async def do(work: Work) -> Json:
        await inbox.done(work, ask.operator.id, ask.id)
        return (await inbox.one(work.session, ask.id))[1].as_json()

    return await ask.once(do)


async def size(ask: Ask[TextGiven]) -> Json:
    """How long a text is, as it is counted when it is sent."""
    text = campaigns.clean(ask.given.text)
    _, told = korean(text)
    return {"octets": told.octets, "kind": told.kind, "lost": told.lost, "parts": parts_of(text)}


async def by_text(ask: Ask[ByText]) -> Json:
    """A driver is offered orders by text, or no longer."""

    async def do(work: Work) -> Json:
        await drivers.offer_by_text(work, ask.operator.id, ask.id, ask.given.by_text)
        return {"done": True}

    return await ask.once(do)
