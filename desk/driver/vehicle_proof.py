"""How the customer's car was before the key changed hands, and after: the driver's photos, the odometer, or why there are none;
and with which insurance he drove, as his record said at that moment, whatever it says later.

The moment is the server's own, from when it had the photo. The same photo is one row, however often a weak network repeats it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events, trades
from desk.driver import car_links
from desk.driver.car_pictures import Picture
from desk.errors import Conflict, Invalid, NotFound
from desk.office.people import audit
from desk.order import order_steps
from desk.text import plain
from desk.trades import COMPLETED, TAKEN, Trade
from desk.views import moment
from desk.work import Work
from models import Assignment, CarCover, CarPhoto, CarReading, CarSkip, Driver, Order
from models.vehicle_proof import CAR_SIDES, STAGES

LATE = timedelta(hours=24)
"""So long after the end of a trip what the phone could not send before is still taken."""
MOST_PHOTOS = 40
ORDERS_AT_A_TIME = 200
MOST_KM = 9_999_999


class PhotosNeeded(Conflict):
    """The trade wants photos before this step, or a reason why there are none. `details["stage"]` says which."""

    code = "photos_needed"


class TooManyPhotos(Conflict):
    """The order has as many photos as are kept."""

    code = "too_many_photos"


async def find(session: AsyncSession, driver_id: int, order_id: int, stage: str, side: str, sent: str) -> int | None:
    """The photo with these very bytes, if it came before."""
    query = select(CarPhoto.id).where(
        CarPhoto.order_id == order_id,
        CarPhoto.driver_id == driver_id,
        CarPhoto.stage == stage,
        CarPhoto.side == side,
        CarPhoto.sent_sha256 == sent,
    )
    return await session.scalar(query)


async def order_of_driver(session: AsyncSession, driver_id: int, order_id: int, now: datetime) -> None:
    """Raises NotFound unless the driver has the order, or brought it to its end a day ago at most."""
    query = select(Assignment.state, Assignment.ended_at).where(
        Assignment.order_id == order_id, Assignment.driver_id == driver_id
    )
    for state, ended_at in (await session.execute(query)).all():
        if state == "active" or (state == "completed" and ended_at is not None and ended_at > now - LATE):
            return
    raise NotFound(f"there is no order {order_id}", order_id=order_id)


async def add_photo(
    work: Work, driver_id: int, order_id: int, stage: str, side: str, picture: Picture, path: str, page: str
) -> bool:
    """Keep a photo whose file lies at `path`; False where it came before (then the file is nobody's).

    Once all four sides are there before the trip, the customer is texted a link to them; `page` is that page's address.
    Raises NotFound, TooManyPhotos.
    """
    order = await _hold(work, driver_id, order_id)
    count = await work.session.scalar(select(func.count()).where(CarPhoto.order_id == order_id))
    if await find(work.session, driver_id, order_id, stage, side, picture.sent_sha256) is not None:
        return False
    if (count or 0) >= MOST_PHOTOS:
        raise TooManyPhotos(f"order {order_id} has {count} photos", order_id=order_id)
    photo = CarPhoto(
        order_id=order_id,
        driver_id=driver_id,
        stage=stage,
        side=side,
        sent_sha256=picture.sent_sha256,
        sha256=picture.sha256,
        path=path,
        size=len(picture.raw),
        width=picture.width,
        height=picture.height,
        received_at=work.now,
    )
    try:
        async with work.session.begin_nested():
            work.session.add(photo)
    except IntegrityError:  # his other request was a moment earlier
        return False
    await _note_cover(work, driver_id, order_id, stage)
    if stage == "before" and await _is_whole(work.session, order_id, stage):
        await car_links.send_once(work, order, page)
    work.tell(events.OrderChanged(work.now, order_id, None))
    return True


async def say(
    work: Work, driver_id: int, order_id: int, stage: str, km: int | None = None, skipped: str | None = None
) -> None:
    """What the odometer shows, or why there are no photos at this stage. Raises Invalid, NotFound."""
    await _hold(work, driver_id, order_id)
    if km is not None:
        if not 0 <= km <= MOST_KM:
            raise Invalid("an odometer shows whole kilometres", field="km")
        newest = await _newest_reading(work.session, order_id, stage, driver_id)
        if newest is None or newest.km != km:
            work.session.add(CarReading(order_id=order_id, driver_id=driver_id, stage=stage, km=km, at=work.now))
    if skipped is not None:
        why = plain(skipped, 200)
        if not why:
            raise Invalid("say why there are no photos", field="skipped")
        there = select(CarSkip.id).where(
            CarSkip.order_id == order_id, CarSkip.driver_id == driver_id, CarSkip.stage == stage
        )
        if await work.session.scalar(there) is None:
            work.session.add(CarSkip(order_id=order_id, driver_id=driver_id, stage=stage, reason=why, at=work.now))
    await work.session.flush()
    await _note_cover(work, driver_id, order_id, stage)
    work.tell(events.OrderChanged(work.now, order_id, None))


async def check_step(session: AsyncSession, order: Order, driver_id: int, to: str) -> None:
    """Raises PhotosNeeded where the trade wants photos before the driver takes this step, and there are none and no reason."""
    trade = trades.load(order.trade)
    if trade.photos != "required" or to not in (trade.photos_before, COMPLETED):
        return
    stage = "after" if to == COMPLETED else "before"
    told = (await seen(session, order.id, driver_id))[stage]
    if not told["whole"] and told["skipped"] is None:
        raise PhotosNeeded(f"order {order.id} has no photos {stage} the trip", order_id=order.id, stage=stage)


def stage_of(trade: Trade, state: str) -> str | None:
    """Which photos are asked for while an order is in `state`: before the key changes hands, after, or none. Pure."""
    if trade.photos == "none" or trade.photos_before is None or trade.is_closed(state) or state == TAKEN:
        return None
    return "before" if trade.photos_before in trade.states.get(state, ()) else "after"


async def seen(session: AsyncSession, order_id: int, driver_id: int | None = None) -> dict[str, Any]:
    """Both stages: the photos (all of them, the newest of a side first), the last reading, why there are none, and the insurance.

    With `driver_id` only what this driver did: whoever takes an order over looks at the car himself.
    """
    photos = await session.scalars(
        select(CarPhoto)
        .where(CarPhoto.order_id == order_id, CarPhoto.path.is_not(None), _by(CarPhoto, driver_id))
        .order_by(CarPhoto.received_at.desc(), CarPhoto.id.desc())
    )
    skips = await session.scalars(
        select(CarSkip).where(CarSkip.order_id == order_id, _by(CarSkip, driver_id)).order_by(CarSkip.id)
    )
    covers = {
        cover.stage: cover
        for cover in await session.scalars(
            select(CarCover).where(CarCover.order_id == order_id, _by(CarCover, driver_id)).order_by(CarCover.id)
        )
    }
    told: dict[str, Any] = {}
    for stage in STAGES:
        reading = await _newest_reading(session, order_id, stage, driver_id)
        told[stage] = {
            "photos": [],
            "km": None if reading is None else reading.km,
            "km_at": moment(reading.at) if reading else None,
            "skipped": None,
            "whole": False,
            "cover": _cover(covers.get(stage)),
        }
    for photo in sorted(photos, key=lambda one: CAR_SIDES.index(one.side)):
        told[photo.stage]["photos"].append(
            {"id": photo.id, "side": photo.side, "received_at": moment(photo.received_at), "sha256": photo.sha256}
        )
    for skip in skips:
        told[skip.stage]["skipped"] = skip.reason
    for stage in STAGES:
        told[stage]["whole"] = {photo["side"] for photo in told[stage]["photos"]} == set(CAR_SIDES)
    return told


async def photo_of_office(session: AsyncSession, office_id: int, photo_id: int) -> CarPhoto:
    """A photo of this office's. Raises NotFound, also where it was erased."""
    query = select(CarPhoto).join(Order, Order.id == CarPhoto.order_id)
    found = await session.scalar(query.where(CarPhoto.id == photo_id, Order.office_id == office_id))
    return _there(found, photo_id)


async def photo_of_driver(session: AsyncSession, driver_id: int, photo_id: int) -> CarPhoto:
    """A photo that this driver took. Raises NotFound."""
    found = await session.scalar(select(CarPhoto).where(CarPhoto.id == photo_id, CarPhoto.driver_id == driver_id))
    return _there(found, photo_id)


async def photo_of_order(session: AsyncSession, order_id: int, photo_id: int) -> CarPhoto:
    """A photo of this order's. Raises NotFound."""
    found = await session.scalar(select(CarPhoto).where(CarPhoto.id == photo_id, CarPhoto.order_id == order_id))
    return _there(found, photo_id)


async def erase(work: Work, order_id: int, by: int | None) -> list[str]:
    """Forget the photos of an order; the rows with their digests stay. The files' names, to be dropped after the commit."""
    photos = list(
        await work.session.scalars(select(CarPhoto).where(CarPhoto.order_id == order_id, CarPhoto.path.is_not(None)))
    )
    names = [photo.path for photo in photos if photo.path is not None]
    for photo in photos:
        photo.path, photo.erased_at = None, work.now
    await work.session.flush()
    await car_links.end(work, order_id)
    if names:
        audit(work, by, "car.erased", str(order_id), {"photos": len(names)})
    return names


async def forget_before(work: Work, at: datetime) -> list[str]:
    """Erase photos that came before `at`, of some hundred orders at most. The files' names, to be dropped after the commit."""
    query = (
        select(CarPhoto.order_id)
        .where(CarPhoto.received_at < at, CarPhoto.path.is_not(None))
        .group_by(CarPhoto.order_id)
        .having(func.max(CarPhoto.received_at) < at)
        .order_by(CarPhoto.order_id)
        .limit(ORDERS_AT_A_TIME)
    )
    names: list[str] = []
    for order_id in (await work.session.scalars(query)).all():
        names += await erase(work, order_id, None)
    return names


async def named_files(session: AsyncSession) -> set[str]:
    """The names of all files that rows still name."""
    return {name for name in await session.scalars(select(CarPhoto.path).where(CarPhoto.path.is_not(None))) if name}


async def _note_cover(work: Work, driver_id: int, order_id: int, stage: str) -> None:
    """Copy what his record says of his insurance, with the first thing that he does at this stage. The order is held."""
    there = select(CarCover.id).where(
        CarCover.order_id == order_id, CarCover.driver_id == driver_id, CarCover.stage == stage
    )
    if await work.session.scalar(there) is not None:
        return
    driver = await work.session.get_one(Driver, driver_id, populate_existing=True)
    work.session.add(
        CarCover(
            order_id=order_id, driver_id=driver_id, stage=stage, insurance_number=driver.insurance_number,
            insurance_until=driver.insurance_until, at=work.now,
        )
    )  # fmt: skip
    await work.session.flush()


def _cover(cover: CarCover | None) -> dict[str, Any] | None:
    if cover is None:
        return None
    until = cover.insurance_until.isoformat() if cover.insurance_until else None
    return {"insurance_number": cover.insurance_number, "insurance_until": until, "at": moment(cover.at)}


def _there(photo: CarPhoto | None, photo_id: int) -> CarPhoto:
    if photo is None or photo.path is None:
        raise NotFound(f"there is no photo {photo_id}", photo_id=photo_id)
    return photo


async def _hold(work: Work, driver_id: int, order_id: int) -> Order:
    """The order, held, of its driver: while he has it, and for a day after he brought it to its end."""
    order = await order_steps.hold(work, None, order_id)
    await order_of_driver(work.session, driver_id, order_id, work.now)
    return order


def _by(table: type[CarPhoto | CarReading | CarSkip | CarCover], driver_id: int | None) -> ColumnElement[bool]:
    return true() if driver_id is None else table.driver_id == driver_id


async def _is_whole(session: AsyncSession, order_id: int, stage: str) -> bool:
    query = select(func.count(CarPhoto.side.distinct()))
    return await session.scalar(query.where(CarPhoto.order_id == order_id, CarPhoto.stage == stage)) == len(CAR_SIDES)


async def _newest_reading(session: AsyncSession, order_id: int, stage: str, driver_id: int | None) -> CarReading | None:
    query = select(CarReading).where(
        CarReading.order_id == order_id, CarReading.stage == stage, _by(CarReading, driver_id)
    )
    return (await session.scalars(query.order_by(CarReading.id.desc()).limit(1))).one_or_none()
