"""The drivers of an office, as the desk looks them up."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import Conflict, NotFound
from desk.office.people import audit, operator_of
from desk.work import Work
from models import Driver


class DriverErased(Conflict):
    """His personal data were erased; nothing is known of him that could be changed, and nothing is booked on him."""

    code = "driver_erased"


async def list_drivers(
    session: AsyncSession,
    office_id: int,
    q: str | None = None,
    state: str | None = None,
    limit: int = 50,
    after_id: int = 0,
) -> Sequence[Driver]:
    """Drivers by id; `q` is the beginning of a number or a part of a name, `after_id` continues an earlier list."""
    query = (
        select(Driver)
        .where(Driver.office_id == office_id, Driver.disabled_at.is_(None), Driver.id > after_id)
        .order_by(Driver.id)
        .limit(limit)
    )
    if q:
        query = query.where(Driver.number.startswith(q, autoescape=True) | Driver.name.contains(q, autoescape=True))
    if state:
        query = query.where(Driver.state == state)
    return (await session.execute(query)).scalars().all()


async def offer_by_text(work: Work, operator_id: int, driver_id: int, by_text: bool) -> Driver:
    """From now on the driver is offered orders by text as well, or no longer. Raises NotFound, also for another office's."""
    operator = await operator_of(work, operator_id)
    driver = await known(work.session, operator.office_id, driver_id)
    if driver.by_text != by_text:
        driver.by_text = by_text
        await work.session.flush()
        audit(work, operator.id, "driver.by_text", f"driver {driver.number}", {"by_text": by_text})
    return driver


async def asked_by_text(session: AsyncSession, office_id: int) -> Sequence[Driver]:
    """The drivers who are offered orders by text, by id."""
    query = select(Driver).where(Driver.office_id == office_id, Driver.by_text.is_(True), Driver.disabled_at.is_(None))
    return (await session.scalars(query.order_by(Driver.id))).all()


async def of_office(session: AsyncSession, office_id: int, driver_id: int) -> Driver:
    """The driver, also one who drives no more. Raises NotFound, also for another office's."""
    driver = await session.get(Driver, driver_id)
    if driver is None or driver.office_id != office_id:
        raise NotFound(f"there is no driver {driver_id}", driver_id=driver_id)
    return driver


async def known(session: AsyncSession, office_id: int, driver_id: int) -> Driver:
    """The driver, fresh, who is not erased before the commit. Raises NotFound, and DriverErased."""
    await of_office(session, office_id, driver_id)
    query = select(Driver).where(Driver.id == driver_id).with_for_update(read=True, key_share=True)
    driver = (await session.scalars(query.execution_options(populate_existing=True))).one()
    not_erased(driver)
    return driver


def not_erased(driver: Driver) -> None:
    """Raises DriverErased."""
    if driver.erased_at is not None:
        raise DriverErased("the personal data of this driver were erased", driver_id=driver.id)


async def records(session: AsyncSession, office_id: int, q: str, *, gone: bool, limit: int) -> Sequence[Driver]:
    """Drivers for the list of records, by number; `q` as in `list_drivers`, `gone`: also those who drive no more."""
    query = select(Driver).where(Driver.office_id == office_id).order_by(Driver.number).limit(limit)
    if not gone:
        query = query.where(Driver.disabled_at.is_(None))
    if q:
        query = query.where(Driver.number.startswith(q, autoescape=True) | Driver.name.contains(q, autoescape=True))
    return (await session.execute(query)).scalars().all()
