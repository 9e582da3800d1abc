"""When a driver is on duty, and where he is meanwhile: what he says of himself on his page."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from desk.driver import driver_fitness, offers, ways
from desk.errors import Conflict
from desk.work import Work
from models import Driver, Shift


class Fix(NamedTuple):
    """A place (degrees, WGS 84) as a phone found it `age_s` seconds before it was told."""

    lat: float
    lon: float
    age_s: float = 0.0


class OffDuty(Conflict):
    """The driver is off duty: where he is, is nobody's business then."""

    code = "off_duty"


async def open_shift(session: AsyncSession, driver_id: int) -> Shift | None:
    """The shift that the driver is on."""
    found = await session.scalars(select(Shift).where(Shift.driver_id == driver_id, Shift.ended_at.is_(None)))
    return found.one_or_none()


async def begin(work: Work, driver_id: int) -> None:
    """The driver is on duty from now on; saying it again is harmless. Raises DriverUnfit where a paper has run out."""
    await _hold(work, driver_id)
    driver = await work.session.get_one(Driver, driver_id, populate_existing=True)
    await driver_fitness.check_duty(work.session, driver, work.now)
    if await open_shift(work.session, driver_id) is None:
        try:
            async with work.session.begin_nested():
                work.session.add(Shift(driver_id=driver_id, started_at=work.now))
        except IntegrityError:  # his other request was a moment earlier
            return
    await work.session.execute(
        update(Driver).where(Driver.id == driver_id, Driver.state == "off").values(state="free", free_since=work.now)
    )


async def end(work: Work, driver_id: int) -> None:
    """The driver goes home: he is asked for nothing any more. A trip that he is on he brings to its end first."""
    await _hold(work, driver_id)
    await work.session.execute(
        update(Shift).where(Shift.driver_id == driver_id, Shift.ended_at.is_(None)).values(ended_at=work.now)
    )
    await work.session.execute(
        update(Driver).where(Driver.id == driver_id, Driver.state == "free").values(state="off", free_since=None)
    )
    await offers.withdraw_of_driver(work, driver_id, "the driver went off duty")


async def locate(work: Work, driver_id: int, lat: float, lon: float, age_s: float = 0.0) -> None:
    """Where the driver is (degrees, WGS 84), or was `age_s` seconds ago. Raises OffDuty."""
    if not await locate_all(work, {driver_id: Fix(lat, lon, age_s)}):
        raise off_duty(driver_id)


async def locate_all(work: Work, fixes: Mapping[int, Fix]) -> set[int]:
    """Where many drivers are. Returns who was heard: those who are off duty are not.

    A place is of the moment at which the phone found it, not of that at which it was told; one that is older than what is known
    moves nobody, but says that his page is alive (`heard_at`).
    """
    # By id, so that two who write many wait for each other in one direction only.
    on_duty = select(Driver.id, Driver.located_at).where(Driver.id.in_(fixes), Driver.state != "off")
    found = (await work.session.execute(on_duty.order_by(Driver.id).with_for_update(key_share=True))).all()
    if not found:
        return set()
    moments = {each: work.now - timedelta(seconds=fix.age_s) for each, fix in fixes.items()}
    newer = [each for each, before in found if before is None or before <= moments[each]]
    if newer:
        rows = [
            {
                "id": each,
                "lat": fixes[each].lat,
                "lon": fixes[each].lon,
                "located_at": moments[each],
                "heard_at": work.now,
            }
            for each in newer
        ]
        await work.session.execute(update(Driver), rows)
        await ways.note(work, {each: (fixes[each].lat, fixes[each].lon) for each in newer}, moments)
    if older := [each for each, _ in found if each not in newer]:
        await work.session.execute(update(Driver), [{"id": each, "heard_at": work.now} for each in older])
    return {each for each, _ in found}


def off_duty(driver_id: int) -> OffDuty:
    """Why a driver was not located."""
    return OffDuty("a driver who is off duty is not located", driver_id=driver_id)


async def _hold(work: Work, driver_id: int) -> None:
    # The driver before his shift, always in this order, so that two requests of his never wait for each other; and not against
    # rows that only point at him, so that a search which is about to ask him does not wait either.
    await work.session.execute(select(Driver.id).where(Driver.id == driver_id).with_for_update(key_share=True))
