"""The driver's own page and the requests behind it. Who he is, only his cookie says: no path and no body names a driver."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.dispatching import searching
from desk.driver import driver_access, driver_records, shifts
from desk.driver.shifts import Fix
from desk.driver_page import appeals, driver_trips, driver_views, giving_back
from desk.office import offices
from desk.office.passwords import token_hash
from desk.views import moment
from desk.work import Work
from web.access.driver_auth import driver_of, give_driver_cookie, still_driver, take_driver_cookie
from web.api.ask import DONE, Ask, Json, json_answer, understand
from web.api.given_driver import (
    AppealGiven,
    Declined,
    DriverStep,
    Duty,
    EntriesQuery,
    GivenBack,
    LinkToken,
    MeQuery,
    OwnPhone,
    Spot,
)
from web.api.shapes import Nothing
from web.keys import DESK, DRIVER_NEWS, DRIVER_THROTTLE, SETTINGS, WHEREABOUTS
from web.pages.driver_links import page_address
from web.render import LOCALES, catalog, locale_of, page

SHOWN = ("driver.", "panel.skill.", "panel.money.", "panel.weighing.", "panel.unfit.", "panel.order.state.")
GRADES_SHOWN = 20
"""So many changes of his grade a driver is told, the newest first."""


async def home(request: web.Request) -> web.StreamResponse:
    """The page; it is the same for everybody, and asks for what it shows."""
    boot = {
        "locale": locale_of(request),
        "currency": "KRW",
        "timezone": None,
        "map": request.app[SETTINGS].map_link,
        "texts": {locale: _words(locale) for locale in LOCALES},
    }
    return await page(request, "driver.html", boot=boot)


@cache
def _words(locale: str) -> dict[str, dict[str, str]]:
    """What the page says: by key without the name of the panel's table, each by plural form."""
    words = catalog(locale)
    keys = [key for key in words.keys() if key.startswith(SHOWN)]  # noqa: SIM118 -- a catalogue, not a dict
    return {key.removeprefix("panel."): words.templates(key) for key in keys}


async def enter(request: web.Request) -> web.StreamResponse:
    """Open the session that a link lets in to: 201, the driver's screen, and the cookie."""
    given = (await understand(request, LinkToken, from_body=True)).given
    address, throttle = request.remote or "", request.app[DRIVER_THROTTLE]
    account = token_hash(given.token)
    _wait(throttle.wait_s(account, address))
    throttle.failed(account, address)
    desk, key = request.app[DESK], request.headers.get("Idempotency-Key")

    async def do(work: Work) -> tuple[str, Json]:
        signed_in = await driver_access.sign_in(work, given.token, key)
        return signed_in.token, await _screen(request, work.session, signed_in.driver_id, work.now)

    cookie, body = await desk.do(do)
    throttle.succeeded(account, address)
    answer = json_answer(body, 201)
    give_driver_cookie(answer, request.app[SETTINGS], cookie)
    return answer


async def leave(request: web.Request) -> web.StreamResponse:
    """Sign out; the session is dead on the server, too."""
    driver = await driver_of(request)
    assert driver is not None
    async with request.app[DESK].work() as work:
        await driver_access.end_sessions(work, driver.id)
    answer = web.Response(status=204)
    take_driver_cookie(answer, request.app[SETTINGS])
    return answer


async def ask_for_link(ask: Ask[OwnPhone]) -> Json:
    """Text a link to this phone, if it is a driver's; the answer is the same if it is not."""
    request, throttle = ask.request, ask.request.app[DRIVER_THROTTLE]
    account = "phone:" + "".join(sign for sign in ask.given.phone if sign.isdigit())
    _wait(throttle.wait_s(account, request.remote or ""))
    throttle.failed(account, request.remote or "")
    address = page_address(request)
    await ask.desk.do(lambda work: driver_access.ask_for_link(work, ask.given.phone, address))
    return DONE


async def me(ask: Ask[MeQuery]) -> Json:
    """Everything that the first screen shows; who has seen it all may wait for what comes."""
    request, driver_id = ask.request, ask.driver.id
    news = request.app[DRIVER_NEWS]
    if ask.given.seen is not None and ask.given.wait:
        await news.wait(driver_id, ask.given.seen, ask.given.wait)
        if not await still_driver(request):
            raise web.HTTPUnauthorized(text="not_signed_in", headers={"WWW-Authenticate": "Bearer"})
    async with ask.desk.look() as session:
        return await _screen(request, session, driver_id, ask.desk.clock())


async def duty(ask: Ask[Duty]) -> Json:
    """On duty, or off."""
    act = shifts.begin if ask.given.on else shifts.end

    async def do(work: Work) -> Json:
        await act(work, ask.driver.id)
        return await _screen(ask.request, work.session, ask.driver.id, work.now)

    return await ask.once(do)


async def locate(ask: Ask[Spot]) -> Json:
    """Where the driver is now, or was when his phone found it: written with what others say. With a key, by itself."""
    given = ask.given
    if "Idempotency-Key" not in ask.request.headers:
        await ask.request.app[WHEREABOUTS].say(ask.driver.id, Fix(given.lat, given.lon, given.age_s))
        return DONE

    async def do(work: Work) -> Json:
        await shifts.locate(work, ask.driver.id, given.lat, given.lon, given.age_s)
        return DONE

    return await ask.once(do)


async def accept(ask: Ask[Nothing]) -> Json:
    """Take an offered order."""

    async def do(work: Work) -> Json:
        await driver_trips.accept(work, ask.driver.id, ask.id)
        return await _screen(ask.request, work.session, ask.driver.id, work.now)

    return await ask.once(do)


async def decline(ask: Ask[Declined]) -> Json:
    """Do not take it, and say why."""

    async def do(work: Work) -> Json:
        await searching.decline(work, ask.driver.id, ask.id, ask.given.reason)
        return await _screen(ask.request, work.session, ask.driver.id, work.now)

    return await ask.once(do)


async def step(ask: Ask[DriverStep]) -> Json:
    """Say how far the trip is."""

    async def do(work: Work) -> Json:
        given = ask.given
        await driver_trips.step(work, ask.driver.id, ask.id, given.to, given.called, given.fare)
        return await _screen(ask.request, work.session, ask.driver.id, work.now)

    return await ask.once(do)


async def give_back(ask: Ask[GivenBack]) -> Json:
    """Give an order back before the customer is in the car."""

    async def do(work: Work) -> Json:
        await giving_back.give_back(work, ask.driver.id, ask.id, ask.given.reason)
        return await _screen(ask.request, work.session, ask.driver.id, work.now)

    return await ask.once(do)


async def entries(ask: Ask[EntriesQuery]) -> Json:
    """What was added to the driver's account and taken from it, and why."""
    query = ask.given
    async with ask.desk.look() as session:
        rows = await driver_views.entries(session, ask.driver.office_id, ask.driver.id, query.limit + 1, query.cursor)
    shown = rows[: query.limit]
    return {"items": shown, "next": shown[-1]["id"] if len(rows) > query.limit else None}


async def not_asked(ask: Ask[Nothing]) -> Json:
    """Orders of the last two days that the driver was not asked for, each with its reason in his language."""
    words = catalog(ask.driver.language)
    async with ask.desk.look() as session:
        rows = await driver_views.not_asked(session, ask.driver.id, ask.desk.clock())
    for row in rows:
        row["reason"] = words.text(f"panel.{row['reason_key']}", **row["reason_args"])
    return {"items": rows, "next": None}


async def grades(ask: Ask[Nothing]) -> Json:
    """How the driver's grade became what it is: each change with its reason, and what the grade counts for in dispatch."""
    async with ask.desk.look() as session:
        fairness = trades.load((await offices.by_id(session, ask.driver.office_id)).trade).fairness
        rows = [row for row, _ in await driver_records.grades(session, ask.driver.id)][:GRADES_SHOWN]
        appealed = await appeals.of_grades(session, ask.driver.id, [row.id for row in rows])
    items = [
        {
            "id": row.id,
            "at": moment(row.at),
            "before": row.before,
            "after": row.after,
            "reason": row.reason,
            "credit_s": fairness.grade_credit_s(row.after),
            "appeal": driver_views.appeal_json(appealed.get(row.id)),
        }
        for row in rows
    ]
    return {"items": items, "next": None}


async def appeal(ask: Ask[AppealGiven]) -> Json:
    """Say that something was not right."""
    given = ask.given

    async def do(work: Work) -> Json:
        made = await appeals.appeal(
            work,
            ask.driver.id,
            given.reason,
            entry_id=given.entry_id,
            weighing_id=given.weighing_id,
            grade_id=given.grade_id,
            within=timedelta(hours=ask.request.app[SETTINGS].appeal_hours),
        )
        return {"state": made.state, "reason": made.reason, "answer": made.answer}

    return await ask.once(do)


async def _screen(request: web.Request, session: AsyncSession, driver_id: int, now: datetime) -> Json:
    news = request.app[DRIVER_NEWS]
    version = news.version(driver_id)
    shown = await driver_views.me(session, driver_id, now)
    if shown["order"] is not None:
        news.has_order(driver_id, shown["order"]["id"])
    return shown | {"version": version}


def _wait(seconds: int) -> None:
    if seconds > 0:
        raise web.HTTPTooManyRequests(text="too_many_attempts", headers={"Retry-After": str(seconds)})
