"""All rows that are about one driver: those that name him, and texts, calls and files' lines that have his numbers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, Table, and_, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer import person_rows
from desk.keeping.row_images import key_of, table_of
from models import (
    Appeal,
    Assignment,
    Call,
    CampaignLeftOut,
    CarCover,
    CarPhoto,
    CarReading,
    CarSkip,
    CustomerPhone,
    Driver,
    DriverBlock,
    DriverDocument,
    DriverGrade,
    DriverGroup,
    DriverLink,
    DriverPhone,
    DriverSession,
    DriverSkill,
    DriverWay,
    IncomingText,
    Message,
    NextOrder,
    Offer,
    OrderStep,
    PaperAlarm,
    Recording,
    SettlementLine,
    Shift,
    Weighing,
)

Rows = dict[str, list[RowMapping]]
_NAME_HIM: Final[Mapping[str, Any]] = {
    one.__tablename__: one.driver_id
    for one in (
        DriverPhone, DriverSkill, DriverGroup, DriverGrade, DriverBlock, DriverDocument, PaperAlarm, DriverLink, DriverSession,
        Shift, Offer, Weighing, NextOrder, OrderStep, CarPhoto, CarReading, CarSkip, CarCover, DriverWay, SettlementLine, Appeal,
        CampaignLeftOut,
    )
}  # fmt: skip
"""Tables whose rows are about one driver, by the column that says whom."""
_WITHOUT_WORDS: Final = frozenset(
    {"search", "offer", "weighing", "matching_round", "driver_way", "place_link", "car_link", "car_photo", "car_reading",
     "message_part", "order_timer"}
)  # fmt: skip
"""Tables around an order in which nobody writes a sentence; they are many."""
NOT_TOLD: Final = frozenset({"driver_erasure", "driver_request", "search"})
"""Tables that name a driver and tell nothing of him: saved answers to his own requests, a search that once proposed him."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """His numbers (E.164), also those that texts to him went to; `own` are those that no customer and no other driver has."""

    every: tuple[str, ...]
    own: tuple[str, ...]


async def numbers_of(session: AsyncSession, driver: Driver) -> Numbers:
    """The numbers that are his."""
    known = union(
        select(Driver.phone).where(Driver.id == driver.id),
        select(DriverPhone.number).where(DriverPhone.driver_id == driver.id),
        select(Message.recipient).where(_to_him(driver.id)),
    )
    every = sorted({number for number in await session.scalars(known) if number})
    office = driver.office_id
    others = union(
        select(CustomerPhone.number).where(CustomerPhone.office_id == office, CustomerPhone.number.in_(every)),
        select(Driver.phone).where(Driver.office_id == office, Driver.id != driver.id, Driver.phone.in_(every)),
        select(DriverPhone.number)
        .join(Driver, Driver.id == DriverPhone.driver_id)
        .where(Driver.office_id == office, Driver.id != driver.id, DriverPhone.number.in_(every)),
    )
    taken = set(await session.scalars(others))
    return Numbers(tuple(every), tuple(number for number in every if number not in taken))


async def of_driver(session: AsyncSession, driver: Driver, numbers: Numbers) -> Rows:
    """The rows by table, oldest first."""
    found = {"driver": await _rows(session, "driver", Driver.id == driver.id)}
    for name, column in _NAME_HIM.items():
        found[name] = await _rows(session, name, column == driver.id)
    found["message"] = await _rows(session, "message", texts_to(driver, numbers))
    found["incoming_text"] = await _rows(session, "incoming_text", texts_from(driver, numbers))
    found["call"] = await _rows(session, "call", calls_from(driver, numbers))
    his = select(Call.id).where(calls_from(driver, numbers))
    found["recording"] = await _rows(session, "recording", Recording.call_id.in_(his))
    return found


def orders_of(driver_id: int) -> Select[tuple[int]]:
    """The orders that he had, or that were kept for him."""
    kept = select(NextOrder.order_id).where(NextOrder.driver_id == driver_id)
    had = select(Assignment.order_id).where(Assignment.driver_id == driver_id)
    return select(union(had, kept).subquery().c.order_id)


def texts_to(driver: Driver, numbers: Numbers) -> ColumnElement[bool]:
    """What was texted to him."""
    by_number = or_(
        and_(Message.audience == "driver", Message.recipient.in_(numbers.every)), Message.recipient.in_(numbers.own)
    )
    return or_(_to_him(driver.id), and_(Message.office_id == driver.office_id, by_number))


def texts_from(driver: Driver, numbers: Numbers) -> ColumnElement[bool]:
    """What he texted: by a number of his own, or as an answer to an offer."""
    offered = select(Offer.id).where(Offer.driver_id == driver.id)
    by_number = and_(IncomingText.office_id == driver.office_id, IncomingText.sender.in_(numbers.own))
    return or_(IncomingText.offer_id.in_(offered), by_number)


def calls_from(driver: Driver, numbers: Numbers) -> ColumnElement[bool]:
    """Calls by a number of his own, which are no customer's."""
    return and_(Call.office_id == driver.office_id, Call.number.in_(numbers.own), Call.customer_id.is_(None))


def _to_him(driver_id: int) -> ColumnElement[bool]:
    assigned = select(Assignment.id).where(Assignment.driver_id == driver_id)
    links = select(DriverLink.message_id).where(DriverLink.driver_id == driver_id, DriverLink.message_id.is_not(None))
    offered = select(Offer.message_id).where(Offer.driver_id == driver_id, Offer.message_id.is_not(None))
    return or_(
        and_(Message.audience == "driver", Message.assignment_id.in_(assigned)),
        Message.id.in_(links),
        Message.id.in_(offered),
    )


async def around(session: AsyncSession, driver_id: int) -> AsyncIterator[tuple[Table, list[RowMapping]]]:
    """What is written around him and his trips, each row once: what names him or an order of his, and what names those."""
    fresh = {
        "order": await _rows(session, "order", table_of("order").c.id.in_(orders_of(driver_id))),
        "driver": await _rows(session, "driver", Driver.id == driver_id),
    }
    seen: set[tuple[str, str]] = set()
    while any(fresh.values()):
        for name, rows in fresh.items():
            table = table_of(name)
            keys = {key_of(table, row): row for row in rows if (name, key_of(table, row)) not in seen}
            seen.update((name, key) for key in keys)
            fresh[name] = list(keys.values())
            if name != "driver":
                yield table, fresh[name]
        fresh = await person_rows.naming(session, fresh, but=_WITHOUT_WORDS)


async def _rows(session: AsyncSession, name: str, where: ColumnElement[bool]) -> list[RowMapping]:
    table = table_of(name)
    query: Select[Any] = select(table).where(where).order_by(*table.primary_key)
    return list((await session.execute(query)).mappings().all())


def ids(rows: Sequence[RowMapping]) -> list[int]:
    """The rows' ids."""
    return [row["id"] for row in rows]
