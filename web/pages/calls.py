"""Calls: the list, one call, and what an operator's phone can do with it."""

from __future__ import annotations

import time

from aiohttp import web

from desk.call import call_views, wrap_ups
from desk.call.dialling import Target
from desk.work import Work
from web.api.ask import Ask, Json
from web.api.given import CallsQuery, DialGiven, WrapUpGiven
from web.api.shapes import Nothing
from web.keys import DIAL_PACE, OUTSIDE, PACE


async def listed(ask: Ask[CallsQuery]) -> Json:
    """Calls, newest first; by number in any written form."""
    query = call_views.CallFilter(
        office_id=ask.operator.office_id,
        number=ask.given.number,
        state=ask.given.state,
        limit=ask.given.limit,
        cursor=ask.given.cursor,
    )
    async with ask.desk.look() as session:
        page = await call_views.calls_list(session, query)
    return {"items": [call.as_json() for call in page.items], "next": page.next}


async def shown(ask: Ask[Nothing]) -> Json:
    """One call with its card."""
    async with ask.desk.look() as session:
        return (await call_views.card(session, ask.id, ask.operator.office_id)).as_json()


async def following(ask: Ask[Nothing]) -> Json:
    """Whom the operator who asks is to answer."""
    return {"call_id": await ask.request.app[OUTSIDE].phone.next(ask.operator)}


async def answer(ask: Ask[Nothing]) -> Json:
    """Have the operator's own phone pick up."""
    await shown(ask)
    phone = ask.request.app[OUTSIDE].phone
    return await ask.ask_outside(lambda: phone.answer(ask.id, ask.operator))


async def hangup(ask: Ask[Nothing]) -> Json:
    """End the call."""
    await shown(ask)
    phone = ask.request.app[OUTSIDE].phone
    return await ask.ask_outside(lambda: phone.hangup(ask.id, ask.operator))


async def wrap_up(ask: Ask[WrapUpGiven]) -> Json:
    """What the call was about."""

    async def do(work: Work) -> Json:
        await wrap_ups.say(work, ask.operator.id, ask.id, ask.given.code)
        return (await call_views.card(work.session, ask.id, ask.operator.office_id)).as_json()

    return await ask.once(do)


async def test(ask: Ask[Nothing]) -> Json:
    """Place a test call, not more often than the settings allow."""
    return await ask.ask_outside(lambda: _place_test_call(ask.request.app))


async def _place_test_call(app: web.Application) -> None:
    wait = app[PACE].wait_s(time.monotonic())
    if wait > 0:
        raise web.HTTPTooManyRequests(text="too_many_requests", headers={"Retry-After": str(wait)})
    await app[OUTSIDE].test_call()


async def dial(ask: Ask[DialGiven]) -> Json:
    """Ring the operator's own phone and then whom he means; no number is told."""
    return await ask.ask_outside(lambda: _dial(ask))


async def _dial(ask: Ask[DialGiven]) -> None:
    app = ask.request.app
    wait = app[DIAL_PACE].wait_s(ask.operator.id, time.monotonic())
    if wait > 0:
        raise web.HTTPTooManyRequests(text="too_many_requests", headers={"Retry-After": str(wait)})
    await app[OUTSIDE].phone.dial(Target(**ask.given.model_dump()), ask.operator)
