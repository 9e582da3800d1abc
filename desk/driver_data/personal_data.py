"""Everything that is kept about one driver, to be given to him: the rows themselves, by what they are, oldest first."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.books import statements
from desk.clock import days
from desk.driver.drivers import known
from desk.driver_data import driver_rows
from desk.keeping.row_images import image, table_of
from desk.office import offices
from desk.office.people import audit, operator_of
from desk.texts.message_states import shown_text
from desk.views import Json, moment
from desk.work import Work
from models import Assignment, Driver, Order

PARTS: Final = {
    "driver": "driver",
    "phones": "driver_phone",
    "skills": "driver_skill",
    "groups": "driver_group",
    "grades": "driver_grade",
    "documents": "driver_document",
    "papers_told": "paper_alarm",
    "kept_apart": "driver_block",
    "links": "driver_link",
    "log_ins": "driver_session",
    "shifts": "shift",
    "offers": "offer",
    "weighings": "weighing",
    "next_orders": "next_order",
    "steps": "order_step",
    "photos": "car_photo",
    "odometer": "car_reading",
    "without_photos": "car_skip",
    "covers": "car_cover",
    "positions": "driver_way",
    "settled": "settlement_line",
    "appeals": "appeal",
    "left_out": "campaign_left_out",
    "texts": "message",
    "texts_received": "incoming_text",
    "calls": "call",
    "recordings": "recording",
}
"""What a part is called, and of which table it is. `orders`, `money` and `imports` are made of several."""
_NOT_HIS: Final = frozenset(
    {
        "token",
        "token_hash",
        "used_with",
        "path",
        "provider_id",
        "claimed_at",
        "next_try_at",
        "payee_version",
        "erased_at",
    }
)
"""Columns that say how we keep it, not what we know."""
_OTHERS: Final = {"driver_block": frozenset({"customer_id", "reason"})}
"""Columns that are about a customer: who it is, and in whose words."""
_FIRST = date(2000, 1, 1)


async def of_driver(work: Work, operator_id: int, driver_id: int) -> Json:
    """Every part as a list of rows; that it was taken out is on record. Raises NotFound and DriverErased."""
    operator = await operator_of(work, operator_id)
    driver = await known(work.session, operator.office_id, driver_id)
    numbers = await driver_rows.numbers_of(work.session, driver)
    rows = await driver_rows.of_driver(work.session, driver, numbers)
    told: Json = {"made_at": moment(work.now), "driver_id": driver_id}
    for part, table in PARTS.items():
        told[part] = [_told(row, table) for row in rows[table]]
    told["orders"] = await _orders(work.session, driver.id)
    told["money"] = await _money(work, driver)
    told["imports"] = await _imported(work.session, driver_id)
    count = sum(len(part) for part in told.values() if isinstance(part, list))
    audit(work, operator_id, "driver.data_given", str(driver_id), {"rows": count})
    return told


def _told(row: Any, table: str) -> Json:
    own = {column.name for column in table_of(table).columns} - _NOT_HIS - _OTHERS.get(table, frozenset())
    told = {name: _value(value) for name, value in row.items() if name in own}
    if table == "message":
        told["text"] = shown_text(row["text_key"], row["text"])
    return told


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment(value)
    return value.isoformat() if isinstance(value, date | time) else value


async def _orders(session: AsyncSession, driver_id: int) -> list[Json]:
    """The trips that he had, as his statement says them."""
    query = (
        select(
            Assignment.order_id, Assignment.assigned_at, Assignment.ended_at, Assignment.state, Assignment.reason,
            Order.origin_text, Order.destination_text, Order.fare, Order.payment,
        )
        .join(Order, Order.id == Assignment.order_id)
        .where(Assignment.driver_id == driver_id)
        .order_by(Assignment.id)
    )  # fmt: skip
    return [{name: _value(value) for name, value in row.items()} for row in (await session.execute(query)).mappings()]


async def _money(work: Work, driver: Driver) -> list[Json]:
    """Each posting of his account, with what he had after it; who of the office booked it is not told."""
    office = await offices.by_id(work.session, driver.office_id)
    span = days.span(office.timezone, _FIRST, days.today(office.timezone, work.now))
    told = await statements.of_driver(work.session, office.id, driver.id, span)
    return [{name: value for name, value in row.as_json().items() if name != "by"} for row in told.rows]


async def _imported(session: AsyncSession, driver_id: int) -> list[Json]:
    """What files said of him."""
    rows, imports = table_of("import_row"), table_of("import")
    query = (
        rows.select()
        .join(imports, imports.c.id == rows.c.import_id)
        .where(rows.c.subject_id == driver_id, imports.c.kind == "drivers")
        .order_by(rows.c.import_id, rows.c.line)
    )
    return [image(dict(row)) for row in (await session.execute(query)).mappings()]
