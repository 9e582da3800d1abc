"""The driver's photos of the customer's car. A photo may come again and again over a weak network: it is one row."""

from __future__ import annotations

import hashlib

from aiohttp import web

from desk.driver import vehicle_proof
from desk.driver_page import driver_views
from desk.keeping import kept_files
from desk.work import Work
from web.access.driver_auth import driver_of
from web.api.ask import Ask, Json, json_answer
from web.api.given_driver import CarSaid
from web.keys import CAR_PHOTOS, DESK, OUTSIDE
from web.pages.cars import page_address
from web.photo_body import bytes_of, drawn_anew, served


async def add(request: web.Request) -> web.StreamResponse:
    """Take one photo; the answer is how the car's record stands."""
    driver = await driver_of(request)
    assert driver is not None
    desk, folder = request.app[DESK], request.app[OUTSIDE].files / CAR_PHOTOS
    order_id, stage, side = int(request.match_info["id"]), request.match_info["stage"], request.match_info["side"]
    async with desk.look() as session:
        await vehicle_proof.order_of_driver(session, driver.id, order_id, desk.clock())
    raw = await bytes_of(request)
    async with desk.look() as session:
        sent = hashlib.sha256(raw).hexdigest()
        known = await vehicle_proof.find(session, driver.id, order_id, stage, side, sent)
    if known is None:
        picture = await drawn_anew(raw)
        page = page_address(request)

        async def keep(path: str) -> bool:
            return await desk.do(
                lambda work: vehicle_proof.add_photo(work, driver.id, order_id, stage, side, picture, path, page)
            )

        await kept_files.with_row(folder, picture.raw, keep)
    async with desk.look() as session:
        return json_answer(await driver_views.car(session, order_id, driver.id))


async def say(ask: Ask[CarSaid]) -> Json:
    """The odometer, or why there are no photos."""
    given = ask.given

    async def do(work: Work) -> Json:
        await vehicle_proof.say(work, ask.driver.id, ask.id, given.stage, given.km, given.skipped)
        return await driver_views.car(work.session, ask.id, ask.driver.id)

    return await ask.once(do)


async def show(request: web.Request) -> web.StreamResponse:
    """A photo that the driver took himself."""
    driver = await driver_of(request)
    assert driver is not None
    async with request.app[DESK].look() as session:
        photo = await vehicle_proof.photo_of_driver(session, driver.id, int(request.match_info["id"]))
    return await served(request.app[OUTSIDE].files / CAR_PHOTOS, photo.path)
