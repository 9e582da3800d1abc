"""The office takes a driver on duty or off it for him: his telephone is empty, or is none that shows a page."""

from __future__ import annotations

from desk import events
from desk.driver import shifts
from desk.driver.drivers import known
from desk.office.people import audit, operator_of
from desk.work import Work
from models import Driver


async def put(work: Work, operator_id: int, driver_id: int, on: bool) -> Driver:
    """On duty from now on, or off it (at the end of the trip that he is on), on record; saying it again changes nothing.

    Raises NotFound, also for another office's driver, and DriverUnfit as his own page does.
    """
    operator = await operator_of(work, operator_id)
    driver = await known(work.session, operator.office_id, driver_id)
    before = await shifts.open_shift(work.session, driver_id) is not None
    await (shifts.begin if on else shifts.end)(work, driver_id)
    if before != on:
        audit(work, operator_id, "driver.on_duty" if on else "driver.off_duty", f"driver {driver.number}", {})
        work.tell(events.DutyChanged(work.now, driver_id, operator_id))
    await work.session.refresh(driver)
    return driver
