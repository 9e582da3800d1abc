"""What is done on the pages of texts. Looking does nothing; whatever does something is done once, however often it is sent."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from desk.dispatching.dispatch import driver_by_number
from desk.driver import drivers
from desk.errors import Conflict, DeskError, Invalid, NotFound
from desk.message import audiences, campaigns, inbox, text_templates
from desk.text import plain
from desk.texts import consents
from desk.work import Work
from web.keys import COUNTING, DESK, VISITOR
from web.pages.texts import show_campaign, show_form, show_inbox
from web.problems import problem_of
from web.views.forms import fields_of, once, operator_id
from web.views.text_form import TextForm, from_body
from web.views.texts_view import TextsView


async def compose(request: web.Request) -> web.StreamResponse:
    """Find people, take a kept text, look at it, send it, keep it, throw one away: as the field `do` says."""
    form = await from_body(request)
    try:
        if form.do in ("find", ""):
            return await show_form(request, form)
        if form.do == "use":
            return await show_form(request, await _with_template(request, form))
        if form.do in ("keep", "drop"):
            return await _template(request, form)
        if form.do == "preview":
            return await _preview(request, form)
        if form.do == "send":
            return await _send(request, form)
    except (Invalid, Conflict) as error:
        return await show_form(request, form, status=problem_of(error).status, refused=_words_for(error))
    except NotFound:
        return await show_form(request, form, status=404, refused="segment")
    return await show_form(request, form, status=422, refused="other")


async def received(request: web.Request) -> web.StreamResponse:
    """Somebody is done with a text; a driver is asked by text; what somebody said of advertising is written down."""
    fields = await fields_of(request)
    by = operator_id(request)

    async def act(work: Work) -> str:
        do, chosen = fields.get("do"), fields.get("id", "")
        if do == "handled":
            await inbox.done(work, by, _id(chosen))
            return "handled"
        if do == "note":
            visitor = request[VISITOR]
            assert visitor is not None
            office_id = visitor.operator.office_id
            number, said, source = (fields.get(name, "") for name in ("number", "said", "source"))
            said_at = (await TextsView.of(request, work.session)).moment(fields.get("said_at", ""), "said_at")
            await consents.note(work, office_id, by, number, said, source, said_at)
            return "noted"
        if do in ("ask", "ask_no_more"):
            await _ask_by_text(work, by, fields.get("driver", ""), do == "ask")
            return "by_text"
        raise Invalid("that is nothing to do", field="do")

    try:
        done = await once(request, fields, act)
    except NotFound:
        return await show_inbox(request, 404, "driver" if fields.get("do") in ("ask", "ask_no_more") else "other")
    except (Invalid, Conflict) as error:
        return await show_inbox(request, problem_of(error).status, _words_for(error))
    return _to(request, "/texts/inbox", done)


async def campaign(request: web.Request) -> web.StreamResponse:
    """Cancel what has not left."""
    campaign_id, fields = int(request.match_info["id"]), await fields_of(request)

    async def act(work: Work) -> str:
        if fields.get("do") != "cancel":
            raise Invalid("that is nothing to do", field="do")
        await campaigns.cancel(work, operator_id(request), campaign_id)
        return "cancelled"

    try:
        done = await once(request, fields, act)
    except (Invalid, Conflict) as error:
        return await show_campaign(request, problem_of(error).status, _words_for(error))
    return _to(request, f"/texts/sent/{campaign_id}", done)


async def _preview(request: web.Request, form: TextForm, status: int = 200) -> web.StreamResponse:
    desk = request.app[DESK]
    async with request.app[COUNTING], desk.look() as session:
        view = await TextsView.of(request, session)
        ready = await campaigns.prepare(session, view.office.id, form.letter(view), desk.clock())
    refused = ready.faults[0] if ready.faults else None
    return await show_form(request, form, ready, 422 if refused else status, refused)


async def _send(request: web.Request, form: TextForm) -> web.StreamResponse:
    """What was looked at is sent; what was changed since is looked at again."""
    if form.seen != form.digest:
        return await _preview(request, form, 409)
    async with request.app[COUNTING], request.app[DESK].look() as session:
        view = await TextsView.of(request, session)
        letter = form.letter(view)
        letter = replace(letter, pick=await audiences.resolved(session, view.office.id, letter.pick))

    async def act(work: Work) -> str:
        return str((await campaigns.send(work, operator_id(request), letter)).id)

    sent = await once(request, {"key": form.key, "seen": form.seen, "do": "send"}, act)
    return _to(request, f"/texts/sent/{sent}", "sent")


async def _with_template(request: web.Request, form: TextForm) -> TextForm:
    async with request.app[DESK].look() as session:
        view = await TextsView.of(request, session)
        for one in await text_templates.listed(session, view.office.id, view.locale):
            if one.name == form.template:
                return form.with_text(one.body, one.kind)
    return form


async def _template(request: web.Request, form: TextForm) -> web.StreamResponse:
    async with request.app[DESK].look() as session:
        language = (await TextsView.of(request, session)).locale
        own = await text_templates.listed(session, (await TextsView.of(request, session)).office.id, language)

    async def act(work: Work) -> str:
        if form.do == "keep":
            await text_templates.keep(work, operator_id(request), language, form.name, form.kind, form.text)
            return "kept"
        for one in own:
            if one.id is not None and one.name == form.template:
                await text_templates.drop(work, operator_id(request), one.id)
        return "dropped"

    what = {"do": form.do, "name": form.name, "template": form.template, "text": form.text, "kind": form.kind}
    await once(request, {"key": form.key, **what}, act)
    return await show_form(request, form)


async def _ask_by_text(work: Work, by: int, number: str, ask: bool) -> None:
    driver = await driver_by_number(work, by, plain(number, 8))
    await drivers.offer_by_text(work, by, driver.id, ask)


def _id(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and 0 < len(typed) < 18):
        raise Invalid("that is no text", field="do")
    return int(typed)


def _words_for(error: DeskError) -> str:
    """The key of the sentence that is shown."""
    return str(error.details.get("field") or error.code) if error.code == Invalid.code else error.code


def _to(request: web.Request, path: str, done: str) -> web.Response:
    """To the page itself, so that loading it again does nothing again."""
    kept = {name: request.query[name] for name in ("lang", "show") if name in request.query}
    return web.Response(
        status=303, headers={"Location": str(request.rel_url.with_path(path).with_query({**kept, "done": done}))}
    )
