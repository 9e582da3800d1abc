"""Consents to advertising that are to be confirmed: who is due, what all of them would be told, and telling them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from desk.errors import Conflict, Invalid
from desk.message import consent_rounds
from desk.message.campaigns import LONGEST
from desk.message.consent_rounds import Round, Words
from desk.work import Work
from locales.catalog import tags
from web.keys import COUNTING, DESK
from web.problems import problem_of
from web.views.consent_view import after_of, cursor_of, mark_of
from web.views.customer_view import to
from web.views.forms import Fields, fields_of, once, operator_id
from web.views.rule_form import whole, words_for
from web.views.texts_view import TextsView

SHOWN: Final = 100
USUAL_DAYS: Final = 30


async def shown(request: web.Request) -> web.StreamResponse:
    """Who is due within so many days (`days` in the query), the oldest first."""
    try:
        return await _show(request, _days(request.query))
    except Invalid as error:
        return await _show(request, USUAL_DAYS, status=problem_of(error).status, refused=words_for(error))


async def act(request: web.Request) -> web.StreamResponse:
    """Look at what they would be told; send what was looked at. What was changed since is looked at again."""
    fields, within = await fields_of(request), USUAL_DAYS
    try:
        within, words = _days(fields), _words(fields)
        if fields.get("do") != "send":
            return await _look(request, within, fields)
        async with request.app[DESK].look() as session:
            view = await TextsView.of(request, session)
        if fields.get("seen") != mark_of(view.office, within, words, request.app[DESK].clock()):
            return await _look(request, within, fields, 409)

        async def tell(work: Work) -> str:
            return str((await consent_rounds.send(work, operator_id(request), within, words)).id)

        return to(request, f"/texts/sent/{await once(request, fields, tell)}", "sent")
    except (Invalid, Conflict) as error:
        return await _show(request, within, fields, None, problem_of(error).status, words_for(error))


async def _look(request: web.Request, within: int, fields: Fields, status: int = 200) -> web.StreamResponse:
    desk = request.app[DESK]
    async with request.app[COUNTING], desk.look() as session:
        view = await TextsView.of(request, session)
        then = await consent_rounds.prepare(session, view.office, within, _words(fields), desk.clock())
    refused = then.ready.faults[0] if then.ready.faults else None
    return await _show(request, within, fields, then, 422 if refused else status, refused)


async def _show(
    request: web.Request,
    within: int,
    typed: Fields | None = None,
    then: Round | None = None,
    status: int = 200,
    refused: str | None = None,
) -> web.StreamResponse:
    desk, after = request.app[DESK], after_of(request.query.get("after", ""))
    async with request.app[COUNTING], desk.look() as session:
        view = await TextsView.of(request, session)
        now = desk.clock()
        counts = await consent_rounds.counts(session, view.office, within, now)
        found = await consent_rounds.page(session, view.office, within, now, SHOWN + 1, after)
        words = await consent_rounds.words_of(session, view.office) if typed is None else _words(typed)
    last = found[SHOWN - 1].consent if len(found) > SHOWN else None
    return await view.page(
        "consents", status, within=within, counts=counts, found=found[:SHOWN], then=then, words=words, shown=SHOWN,
        following=cursor_of(last) if last else None,
        seen=mark_of(view.office, within, words, now), languages=sorted(tags(), key=lambda tag: tag != view.locale),
        places=" ".join(f"{{{name}}}" for name in consent_rounds.PLACES), longest=LONGEST,
        farthest=consent_rounds.FARTHEST_DAYS, refused=refused, done=None,
    )  # fmt: skip


def _words(fields: Fields) -> Words:
    texts = {tag: fields.get(f"text_{tag}", "").replace("\r\n", "\n")[: LONGEST * 2] for tag in tags()}
    return Words(texts, fields.get("refusal", "")[:20])


def _days(told: Mapping[str, str]) -> int:
    within = whole({"consents_days": told.get("days", str(USUAL_DAYS))}, "consents_days")
    if within > consent_rounds.FARTHEST_DAYS:
        raise Invalid("that is too far", field="consents_days")
    return within
