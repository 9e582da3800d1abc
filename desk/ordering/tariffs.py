"""What a trip costs by the trade's tariff and the office's own tables: which zones it lies in, how far it is, what day it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal
from zoneinfo import ZoneInfo

import holidays
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.dispatching.candidates import beeline_m
from desk.office.people import audit
from desk.order.order_customer import PlaceText
from desk.ordering.tariff_files import Day
from desk.ordering.zones import zones_of
from desk.rules.tariff import HourRate, Quote, Tariff, Trip, ZonePair
from desk.work import Work
from models import Office, OwnDay, TariffTable, ZoneFare

Kind = Literal["zones", "days", "distance", "hours"]


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quote, and the versions of the office's tables that it rests on (null: there is none, or it was not needed)."""

    quote: Quote
    zones_id: int | None
    days_id: int | None
    distance_id: int | None = None
    hours_id: int | None = None


async def quote(
    session: AsyncSession,
    office: Office,
    origin: PlaceText,
    destination: PlaceText | None,
    way_points: Sequence[PlaceText],
    at: datetime,
) -> Quoted | None:
    """What the trip costs when it begins at `at`; null where its trade has no tariff, or neither way nor zones are known."""
    tariff = trades.load(office.trade).tariffs.get(office.currency)
    if tariff is None or destination is None:
        return None
    distance_id = await holding(session, office.id, "distance", at)
    hours_id = await holding(session, office.id, "hours", at)
    tariff = own(tariff, await _content(session, distance_id), await _content(session, hours_id))
    local = at.astimezone(ZoneInfo(office.timezone))
    zones_id = await holding(session, office.id, "zones", at)
    days_id = await holding(session, office.id, "days", at)
    zones = await zones_of(session, office.id, zones_id, origin, destination) if zones_id else None
    trip = Trip(
        distance_m=way_m([origin, *way_points, destination], tariff.road_percent),
        at=local.time(),
        weekday=local.weekday(),
        way_points=len(way_points),
        zones=zones,
        holiday=await holiday(session, office, days_id, local.date()),
    )
    found = tariff.explain(trip)
    if found is None:
        return None
    return Quoted(found, zones_id if zones else None, days_id, distance_id, hours_id)


def own(tariff: Tariff, distance: Sequence[dict[str, Any]], hours: Sequence[dict[str, Any]]) -> Tariff:
    """The trade's tariff with what the office has of its own: a price by distance; hours, in place of the night, too. Pure."""
    if distance:
        tariff = replace(tariff, **distance[0])
    if hours:
        rates = tuple(
            HourRate(
                time.fromisoformat(one["from"]), time.fromisoformat(one["until"]), one["percent"], one["amount"],
                frozenset(int(day) - 1 for day in one["days"]),
            )
            for one in hours
        )  # fmt: skip
        tariff = replace(tariff, hours=rates, night_percent=0)
    return tariff


async def _content(session: AsyncSession, table_id: int | None) -> Sequence[dict[str, Any]]:
    return (await session.get_one(TariffTable, table_id)).content or () if table_id is not None else ()


def way_m(places: Sequence[PlaceText], road_percent: int) -> int | None:
    """Metres along `places` in their order: beelines, and how much longer roads are. Null where a pin is missing."""
    metres = 0.0
    for one, other in pairwise(places):
        if one.lat is None or one.lon is None or other.lat is None or other.lon is None:
            return None
        metres += beeline_m(one.lat, one.lon, other.lat, other.lon)
    return round(metres) * road_percent // 100


async def holding(session: AsyncSession, office_id: int, kind: Kind, at: datetime) -> int | None:
    """The version of a table that counts for a trip that begins at `at`; drafts never do."""
    query = select(TariffTable.id).where(
        TariffTable.office_id == office_id, TariffTable.kind == kind, TariffTable.holds_from <= at
    )
    found: int | None = await session.scalar(
        query.order_by(TariffTable.holds_from.desc(), TariffTable.id.desc()).limit(1)
    )
    return found


async def holiday(session: AsyncSession, office: Office, days_id: int | None, day: date) -> str | None:
    """The name of the holiday that `day` is for this office: its own table first, then the country's calendar."""
    if days_id is not None:
        own = await session.scalar(select(OwnDay).where(OwnDay.table_id == days_id, OwnDay.day == day))
        if own is not None:
            return None if own.working else own.name
    return public_holiday(office.country, day)


def public_holiday(country: str, day: date) -> str | None:
    """The name of a public holiday, substitute days too, as the country itself calls it."""
    return _calendar(country, day.year).get(day)


async def take_zones(work: Work, operator_id: int | None, office_id: int, pairs: Sequence[ZonePair]) -> TariffTable:
    """A new version of the office's fares from zone to zone: from now on it counts, all of it."""
    table = await _table(work, operator_id, office_id, "zones", len(pairs))
    rows = [{"table_id": table.id, "from_zone": p.from_zone, "to_zone": p.to_zone, "fare": p.fare} for p in pairs]
    await work.session.execute(insert(ZoneFare), rows)
    return table


async def take_days(work: Work, operator_id: int | None, office_id: int, days: Sequence[Day]) -> TariffTable:
    """A new version of the office's own days: from now on it counts, all of it."""
    table = await _table(work, operator_id, office_id, "days", len(days))
    rows = [{"table_id": table.id, "day": each.day, "name": each.name, "working": each.working} for each in days]
    await work.session.execute(insert(OwnDay), rows)
    return table


async def versions(session: AsyncSession, office_id: int, limit: int = 20) -> Sequence[TariffTable]:
    """The office's tables, the newest first."""
    query = select(TariffTable).where(TariffTable.office_id == office_id).order_by(TariffTable.id.desc()).limit(limit)
    return (await session.scalars(query)).all()


async def pairs_of(session: AsyncSession, table_id: int, limit: int) -> Sequence[ZoneFare]:
    """The pairs of a version, as the file had them."""
    query = select(ZoneFare).where(ZoneFare.table_id == table_id).order_by(ZoneFare.id).limit(limit)
    return (await session.scalars(query)).all()


async def days_of(session: AsyncSession, table_id: int) -> Sequence[OwnDay]:
    """The days of a version, by date."""
    return (await session.scalars(select(OwnDay).where(OwnDay.table_id == table_id).order_by(OwnDay.day))).all()


async def _table(work: Work, operator_id: int | None, office_id: int, kind: Kind, rows: int) -> TariffTable:
    table = TariffTable(
        office_id=office_id, kind=kind, at=work.now, operator_id=operator_id, rows=rows, holds_from=work.now
    )
    work.session.add(table)
    await work.session.flush()
    if operator_id is not None:
        audit(work, operator_id, f"tariff.{kind}", str(table.id), {"rows": rows})
    return table


@lru_cache(maxsize=32)
def _calendar(country: str, year: int) -> dict[date, str]:
    try:
        found = holidays.country_holidays(country, years=year)
        own = found.default_language
        found = holidays.country_holidays(country, years=year, language=own) if own else found
    except NotImplementedError:
        return {}
    return dict(found.items())
