"""Reports for programs: what the days brought, what each driver did, and the rows behind every figure."""

from __future__ import annotations

from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from desk.books import periods, statements
from desk.clock import days
from desk.clock.days import Span
from desk.figures import report_rows, reports
from desk.figures.reports import DriverLine
from desk.office import offices
from desk.views import Json, moment
from models import Period
from web.api.ask import Ask
from web.api.given_money import CompanyQuery, RowsQuery, SpanQuery
from web.api.shapes import Nothing


async def company(ask: Ask[CompanyQuery]) -> Json:
    """The office's totals by part of the calendar."""
    async with ask.desk.look() as session:
        span = await _span(session, ask)
        report = await reports.company(session, ask.operator.office_id, span, ask.given.by)
    return {
        "currency": report.currency,
        "span": span_json(report.span),
        "by": report.by,
        "lines": [{"span": span_json(piece), "figures": figures.as_json()} for piece, figures in report.lines],
        "total": report.total.as_json(),
    }


async def drivers(ask: Ask[SpanQuery]) -> Json:
    """All drivers."""
    async with ask.desk.look() as session:
        report = await reports.drivers(session, ask.operator.office_id, await _span(session, ask), ask.desk.clock())
    return {
        "currency": report.currency,
        "span": span_json(report.span),
        "lines": [_line(line) for line in report.lines],
        "total": _line(report.total),
    }


async def closed_orders(ask: Ask[RowsQuery]) -> Json:
    """The orders behind the totals."""
    query = ask.given
    async with ask.desk.look() as session:
        span = await _span(session, ask)
        found = await report_rows.orders(session, ask.operator.office_id, span, query.cursor, query.limit + 1)
    return _page([row.as_json() for row in found], query.limit)


async def entries(ask: Ask[RowsQuery]) -> Json:
    """The entries behind the totals."""
    query = ask.given
    async with ask.desk.look() as session:
        span = await _span(session, ask)
        found = await report_rows.money(session, ask.operator.office_id, span, query.cursor, query.limit + 1)
    return _page([row.as_json() for row in found], query.limit)


async def statement(ask: Ask[SpanQuery]) -> Json:
    """A driver's statement."""
    async with ask.desk.look() as session:
        told = await statements.of_driver(session, ask.operator.office_id, ask.id, await _span(session, ask))
    return {
        "driver": told.driver.as_json(),
        "currency": told.currency,
        "span": span_json(told.span),
        "opening": told.opening,
        "rows": [row.as_json() for row in told.rows],
        "closing": told.closing,
    }


async def closed(ask: Ask[Nothing]) -> Json:
    """The closed months, newest first."""
    async with ask.desk.look() as session:
        office = await offices.by_id(session, ask.operator.office_id)
        items = [period_json(office.timezone, period) for period in await periods.closed(session, office.id)]
    return {"items": items, "next": None}


async def checked(ask: Ask[Nothing]) -> Json:
    """A closed month, made again and compared."""
    async with ask.desk.look() as session:
        office = await offices.by_id(session, ask.operator.office_id)
        period = await periods.of_office(session, office.id, ask.id)
        return {**period_json(office.timezone, period), "unchanged": await periods.is_unchanged(session, period)}


def period_json(timezone: str, period: Period) -> Json:
    """A closed month."""
    return {
        "id": period.id,
        "span": span_json(days.month_of(timezone, days.today(timezone, period.since))),
        "closed_at": moment(period.closed_at),
        "closed_by": period.closed_by,
        "digest": period.digest,
    }


def span_json(span: Span) -> Json:
    """Days and moments."""
    return {
        "first": span.first.isoformat(),
        "last": span.last.isoformat(),
        "since": moment(span.since),
        "until": moment(span.until),
    }


async def _span(session: AsyncSession, ask: Ask[CompanyQuery] | Ask[RowsQuery] | Ask[SpanQuery]) -> Span:
    office = await offices.by_id(session, ask.operator.office_id)
    return days.span(office.timezone, date.fromisoformat(ask.given.from_), date.fromisoformat(ask.given.to))


def _line(line: DriverLine) -> Json:
    driver = {"id": line.driver_id, "number": line.number, "name": line.name} if line.driver_id is not None else None
    return {
        "driver": driver,
        "figures": line.figures.as_json(),
        "opening": line.opening,
        "other": line.other,
        "closing": line.closing,
        "on_duty_s": line.on_duty_s,
    }


def _page(found: list[Json], limit: int) -> Json:
    shown = found[:limit]
    return {"items": shown, "next": shown[-1]["id"] if len(found) > limit else None}
