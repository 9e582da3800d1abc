"""The customer's car, for the office and, by a texted link, for the customer."""

from __future__ import annotations

import asyncio
import tempfile
from typing import IO

from aiohttp import web

from desk.driver import car_links, vehicle_proof
from desk.errors import NotFound
from desk.keeping import kept_files
from desk.office import seen
from desk.office.people import audit
from desk.ordering.dispute import gather, pack
from desk.ordering.order_views import message_json
from desk.views import Json
from desk.work import Work
from models import Office, Order
from web.access import masking
from web.access.auth import visitor_of
from web.api.ask import Ask, json_answer, understand
from web.api.given_driver import LinkToken
from web.api.shapes import Nothing
from web.keys import CAR_PHOTOS, DESK, DRIVER_THROTTLE, OUTSIDE, SETTINGS
from web.pages import driver_links
from web.pages.recordings import under
from web.photo_body import served
from web.render import LOCALES, catalog, locale_of, page
from web.settings import Settings

PAGE = "/car"
SEEN = "car.seen"
SHOWN = ("panel.car.",)
LISTEN = "calls.listen"
PIECE = 262_144


def page_address(request: web.Request) -> str:
    """Where phones find the page with the photos."""
    return driver_links.page_address(request).removesuffix(driver_links.PAGE) + PAGE


async def shown(ask: Ask[Nothing]) -> Json:
    """What is known of the car of an order; that it was looked at is on record."""

    async def do(work: Work) -> Json:
        order = await work.session.get(Order, ask.id)
        if order is None or order.office_id != ask.operator.office_id:
            raise NotFound(f"there is no order {ask.id}", order_id=ask.id)
        told = await vehicle_proof.seen(work.session, order.id)
        audit(work, ask.operator.id, SEEN, str(order.id), {})
        return told

    return await ask.desk.do(do)


async def photo(request: web.Request) -> web.StreamResponse:
    """One photo, for the office; on record, also where it is asked for without what belongs to it."""
    visitor = await visitor_of(request)
    assert visitor is not None
    desk, photo_id = request.app[DESK], int(request.match_info["id"])
    async with desk.look() as session:
        found = await vehicle_proof.photo_of_office(session, visitor.operator.office_id, photo_id)

    async def there(work: Work, office_id: int) -> None:
        await vehicle_proof.photo_of_office(work.session, office_id, photo_id)

    await seen.note(desk, visitor.operator.id, SEEN, str(found.order_id), there)
    return await served(request.app[OUTSIDE].files / CAR_PHOTOS, found.path)


async def dispute(request: web.Request) -> web.StreamResponse:
    """All that is known of an order, as one ZIP: made in a file without a name, and sent from it piece by piece."""
    visitor = await visitor_of(request)
    assert visitor is not None
    person, order_id = visitor.operator, int(request.match_info["id"])
    outside, hears = request.app[OUTSIDE], LISTEN in visitor.may
    found = await request.app[DESK].do(lambda work: gather(work, person.id, person.office_id, order_id, hears=hears))

    # Here and not on the finished file: the digests in it are of what it says.
    told = found.told if masking.sees_all(visitor) else masking.in_value(found.told)

    def packed(out: IO[bytes]) -> int:
        kept = {name: kept_files.read(outside.files / CAR_PHOTOS, path) for name, (path, _) in found.photos.items()}
        sounds = {name: under(outside.recordings, path) for name, path in found.sounds.items()}
        pack(
            out,
            told,
            {name: raw for name, raw in kept.items() if raw is not None},
            {name: path for name, path in sounds.items() if path is not None},
        )
        size = out.tell()
        out.seek(0)
        return size

    with tempfile.TemporaryFile() as out:
        answer = web.StreamResponse(headers={"Content-Disposition": f'attachment; filename="order-{order_id}.zip"'})
        answer.content_type = "application/zip"
        answer.content_length = await asyncio.to_thread(packed, out)
        await answer.prepare(request)
        while piece := await asyncio.to_thread(out.read, PIECE):
            await answer.write(piece)
        await answer.write_eof()
        return answer


async def send_link(ask: Ask[Nothing]) -> Json:
    """Text the customer the link to the photos."""
    address = page_address(ask.request)

    async def do(work: Work) -> Json:
        return message_json(await car_links.send(work, ask.operator.id, ask.id, address))

    return await ask.once(do)


# --- for the customer: no session of the panel; a cookie that his link opened ------------------------------------------------


async def home(request: web.Request) -> web.StreamResponse:
    """The customer's page; it is the same for everybody, and asks for what it shows."""
    texts = {
        locale: {
            key.removeprefix("panel."): catalog(locale).templates(key)
            for key in catalog(locale).keys()  # noqa: SIM118 -- a catalogue, not a dict
            if key.startswith(SHOWN)
        }
        for locale in LOCALES
    }
    return await page(request, "car.html", boot={"locale": locale_of(request), "currency": "KRW", "texts": texts})


async def open_link(request: web.Request) -> web.StreamResponse:
    """Open the link for this browser: the photos, and the cookie."""
    given = (await understand(request, LinkToken, from_body=True)).given
    settings, throttle = request.app[SETTINGS], request.app[DRIVER_THROTTLE]
    address = request.remote or ""
    wait_s = throttle.wait_s("car", address)
    if wait_s > 0:
        raise web.HTTPTooManyRequests(text="too_many_attempts", headers={"Retry-After": str(wait_s)})
    throttle.failed("car:" + given.token[:8], address)
    before = request.cookies.get(car_cookie(settings))

    async def do(work: Work) -> tuple[str, Json]:
        viewer, order_id = await car_links.open_link(work, given.token, before)
        return viewer, await _for_customer(work, order_id)

    viewer, told = await request.app[DESK].do(do)
    throttle.succeeded("car:" + given.token[:8], address)
    answer = json_answer(told)
    answer.set_cookie(
        car_cookie(settings), viewer, path="/", httponly=True, secure=settings.secure, samesite="Strict",
        max_age=int(car_links.GOOD_FOR.total_seconds()),
    )  # fmt: skip
    return answer


async def again(request: web.Request) -> web.StreamResponse:
    """The photos once more, for the browser that opened the link."""
    viewer = _viewer(request)

    async def do(work: Work) -> Json:
        return await _for_customer(work, await car_links.order_of(work.session, viewer, work.now))

    return json_answer(await request.app[DESK].do(do))


async def customers_photo(request: web.Request) -> web.StreamResponse:
    """One photo, for the browser that opened the link of its order."""
    desk, viewer = request.app[DESK], _viewer(request)
    async with desk.look() as session:
        order_id = await car_links.order_of(session, viewer, desk.clock())
        found = await vehicle_proof.photo_of_order(session, order_id, int(request.match_info["id"]))
    return await served(request.app[OUTSIDE].files / CAR_PHOTOS, found.path)


def car_cookie(settings: Settings) -> str:
    """The name of the cookie; as for operators, the host's own by TLS, else with the port."""
    return "__Host-callboard-car" if settings.secure else f"callboard-car-{settings.port}"


def _viewer(request: web.Request) -> str:
    cookie = request.cookies.get(car_cookie(request.app[SETTINGS]))
    if not cookie:
        raise car_links.WrongCarLink("no link was opened in this browser")
    return cookie


async def _for_customer(work: Work, order_id: int) -> Json:
    order = await work.session.get_one(Order, order_id)
    office = await work.session.get_one(Office, order.office_id)
    told = await vehicle_proof.seen(work.session, order_id)
    return told | {"office": office.name, "order_id": order_id, "timezone": office.timezone}
