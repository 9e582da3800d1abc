"""Analysis for people: the orders from one side after another, cohorts, waits, the coming hours; each opens into its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from desk.clock import days
from desk.clock.days import Span
from desk.customer import segments
from desk.customer.order_sides import CLOCKS, SQUARE
from desk.customer.segments import SegmentForm
from desk.customer.squares import square_of
from desk.errors import DeskError, Invalid
from desk.figures import analysis, away, chances, cohorts, crossing, districts, forecast, response_times, wrap_ups
from desk.figures.analysis import SEGMENT, SIDES, Cell
from desk.figures.report_rows import PAGE, OrderRow
from desk.views import Json, moment
from desk.work import Work
from models import Office
from models.pause import PAUSES
from web.api.ask import Ask
from web.api.given_money import AnalysisQuery, CrossingQuery, SpanQuery
from web.keys import DESK
from web.pages.money import MOST_ROWS, as_file, asked_form, cursor_of, done_of
from web.pages.money_forms import words_for
from web.pages.reports import span_json
from web.problems import problem_of
from web.views import analysis_sheets, money_sheets
from web.views.forms import fields_of, once, operator_id
from web.views.money_view import View, view_of

OTHER = ("times", "cohorts", "forecast", "chances", "pauses", "codes")
VIEWS = (*SIDES, *OTHER)
KEYS = "qzw8etgyuiohjkn90"
"""By which keys the sides are chosen, in their order."""
MEASURES = ("orders", "completed", "cancelled", "no_show", "fares")
"""What the cells of a crossing may show; the file has all of them."""
MOST_PLACED = 2_000
"""So many new orders are put into their districts when somebody looks; the rest in the background."""


class NoSegment(Invalid):
    """The cell cannot become a segment."""


async def shown(request: web.Request) -> web.StreamResponse:
    """One side, as `by` says; the hours of the week where it says nothing."""
    await districts.fill(request.app[DESK], MOST_PLACED)
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        by, across = _by(request), request.query.get("across", "")
        try:
            values = await _values(session, view, by, across)
        except Invalid:
            across = ""
            values = await _values(session, view, by)
    if form := asked_form(request):
        return await as_file(view, f"analysis-{by}", form, lambda: analysis_sheets.sheets(view, by, values))
    return await view.page(
        "analysis",
        200 if view.trouble is None else 422,
        side=by,
        crossing={"across": across, "of": _measure(request)} if "crossed" in values else {},
        crossings=[one for one in SIDES if by in SIDES and _cross(by, one)],
        measures=MEASURES,
        measure=_measure(request),
        views=tuple(zip(VIEWS, KEYS, strict=True)),
        **values,
        refused=view.trouble,
        done=None,
    )


async def rows(request: web.Request) -> web.StreamResponse:
    """The orders of a cell, and its customers as a list to send to."""
    return await _show_rows(request)


async def make_segment(request: web.Request) -> web.StreamResponse:
    """The question of the cell or cohort becomes a segment, to which the text desk can send, however many are in it."""
    fields = await fields_of(request)

    async def act(work: Work) -> str:
        view = await view_of(request, work.session)
        asked = await _question(work.session, view.office, view.span, request.query)
        segment = await segments.make(work, operator_id(request), SegmentForm(fields.get("name", ""), asked))
        return f"{segment.id}"

    try:
        await once(request, fields, act)
    except DeskError as error:
        word = words_for(error)
        return await _show_rows(request, problem_of(error).status, "segment_name" if error.code == "conflict" else word)
    back = request.rel_url.with_path("/analysis/rows").update_query({"done": "segment"})
    return web.Response(status=303, headers={"Location": str(back)})


async def told(ask: Ask[AnalysisQuery]) -> Json:
    """The cells of one side, for programs."""
    await districts.fill(ask.desk, MOST_PLACED)
    async with ask.desk.look() as session:
        office = await session.get_one(Office, ask.operator.office_id)
        first, last = date.fromisoformat(ask.given.from_), date.fromisoformat(ask.given.to)
        found = await analysis.look(session, office, days.span(office.timezone, first, last), ask.given.by)
    return {
        "by": found.by,
        "currency": office.currency,
        "span": span_json(found.span),
        "cells": [_cell_json(found.by, cell) for cell in found.cells],
        "total": found.total.as_json(),
    }


async def told_crossed(ask: Ask[CrossingQuery]) -> Json:
    """The cells of two sides, for programs."""
    await districts.fill(ask.desk, MOST_PLACED)
    async with ask.desk.look() as session:
        office = await session.get_one(Office, ask.operator.office_id)
        first, last = date.fromisoformat(ask.given.from_), date.fromisoformat(ask.given.to)
        span = days.span(office.timezone, first, last)
        found = await crossing.look(session, office, span, ask.given.by, ask.given.across)
    return {
        "by": found.by,
        "across": found.across,
        "currency": office.currency,
        "span": span_json(found.span),
        "cells": [
            {"row": row.key, "column": column.key, **found.cells[row.key, column.key].as_json()}
            for row in found.rows
            for column in found.columns
            if (row.key, column.key) in found.cells
        ],
        "rows": [_cell_json(found.by, cell) for cell in found.rows],
        "columns": [_cell_json(found.across, cell) for cell in found.columns],
        "total": found.total.as_json(),
    }


async def told_pauses(ask: Ask[SpanQuery]) -> Json:
    """When operators took no calls, for programs."""
    async with ask.desk.look() as session:
        office = await session.get_one(Office, ask.operator.office_id)
        first, last = date.fromisoformat(ask.given.from_), date.fromisoformat(ask.given.to)
        found = await away.look(session, office, days.span(office.timezone, first, last), ask.desk.clock())
    return {
        "span": span_json(days.span(office.timezone, first, last)),
        "days": [
            {
                "operator": {"id": one.operator_id, "name": one.name},
                "day": one.day.isoformat(),
                **_away(one.seconds),
                "count": one.count,
            }
            for one in found.days
        ],
        "rows": [
            {
                "operator": {"id": one.operator_id, "name": one.name},
                "day": one.day.isoformat(),
                "reason": one.reason,
                "since": moment(one.since),
                "until": None if one.still else moment(one.until),
                "begun_by": one.begun_by,
                "ended_by": one.ended_by,
                "seconds": one.seconds,
            }
            for one in found.rows
        ],
        "total": {**_away(found.total), "count": len(found.rows)},
    }


def _away(seconds: Counter[str]) -> Json:
    return {"by_reason": {reason: seconds[reason] for reason in PAUSES}, "seconds": seconds.total()}


async def told_codes(ask: Ask[SpanQuery]) -> Json:
    """What calls were about, for programs."""
    async with ask.desk.look() as session:
        office = await session.get_one(Office, ask.operator.office_id)
        first, last = date.fromisoformat(ask.given.from_), date.fromisoformat(ask.given.to)
        span = days.span(office.timezone, first, last)
        found = await wrap_ups.look(session, office, span)
    return {
        "span": span_json(span),
        "cells": [asdict(cell) for cell in found.cells],
        "total": found.total,
        "coded": found.coded,
        "coded_permille": found.permille,
    }


async def _show_rows(request: web.Request, status: int = 200, refused: str | None = None) -> web.StreamResponse:
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        cells = _cells(request.query)
        if "cohort" in request.query:
            found, total = [], None
        else:
            form = asked_form(request)
            limit = MOST_ROWS if form else PAGE + 1
            after = cursor_of(request.query.get("after"))
            found = await analysis.rows(session, view.office, view.span, cells, after, limit)
            if form:
                return await as_file(view, "analysis-rows", form, lambda: [money_sheets.orders(view, found)])
            total = analysis.counted(await analysis.rows(session, view.office, view.span, cells, limit=MOST_ROWS))
        count = await _count(session, view.office, view.span, request.query)
        names = [(by, await _name_of(session, view, by, key, found)) for by, key in cells.items()]
    return await view.page(
        "analysis_rows",
        status if view.trouble is None else 422,
        cells=cells,
        names=names,
        orders=found[:PAGE],
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        total=total,
        customers=count,
        query=dict(request.query),
        order_state=lambda state: money_sheets.order_state(view, state),
        refused=refused or view.trouble,
        done=done_of(request, ("segment",)),
    )


def _cell_json(by: str, cell: Cell) -> Json:
    square = square_of(cell.key or "") if by == SQUARE else None
    lat, lon = (None, None) if square is None else square.centre
    return {"key": cell.key, "label": cell.label, "lat": lat, "lon": lon, **cell.counted.as_json()}


def _cross(by: str, across: str) -> bool:
    return by != across and SEGMENT not in (by, across) and {by, across} != set(CLOCKS)


def _measure(request: web.Request) -> str:
    asked = request.query.get("of", "")
    return asked if asked in MEASURES else MEASURES[0]


async def _values(session: AsyncSession, view: View, by: str, across: str = "") -> dict[str, Any]:
    if by == "times":
        return {"times": await response_times.look(session, view.office, view.span), "ways": response_times.WAYS}
    if by == "pauses":
        found_away = await away.look(session, view.office, view.span, view.now)
        return {"pauses": found_away, "reasons": PAUSES, "at": lambda moment: analysis_sheets.local(view, moment)}
    if by == "codes":
        found_codes = await wrap_ups.look(session, view.office, view.span)
        return {"codes": found_codes, "code_name": lambda code: analysis_sheets.code_name(view, code)}
    if by == "cohorts":
        return {"cohorts": await cohorts.look(session, view.office, view.span)}
    if by == "forecast":
        return {"forecast": await forecast.look(session, view.office, view.now)}
    if by == "chances":
        curve = await chances.look(session, view.office.id)
        return {"chances": curve, "priced": chances.prices(curve)}
    if across:
        crossed = await crossing.look(session, view.office, view.span, by, across)
        return {"crossed": crossed, "name": lambda side, cell: analysis_sheets.label(view, side, cell)}
    found = await analysis.look(session, view.office, view.span, by)
    return {"found": found, "name": lambda cell: analysis_sheets.label(view, by, cell), "square_of": square_of}


async def _name_of(session: AsyncSession, view: View, by: str, key: str, found: Sequence[OrderRow]) -> str:
    if by == SEGMENT and key:
        return (await segments.one(session, view.office.id, int(key))).name
    return analysis_sheets.name_of(view, by, key, found)


async def _count(session: AsyncSession, office: Office, span: Span, query: Mapping[str, str]) -> int | None:
    """How many customers are in the cell; null where it cannot be a segment."""
    try:
        asked = await _question(session, office, span, query)
    except NoSegment:
        return None
    return (await segments.preview(session, office.id, asked)).count


async def _question(session: AsyncSession, office: Office, span: Span, query: Mapping[str, str]) -> dict[str, Any]:
    """What a segment asks for to find whoever is in the cell or cohort, now and later. Raises Invalid, and NoSegment."""
    if "cohort" in query:
        return {"cohort": [query["cohort"][:7], query.get("then", "")[:7] or None]}
    cells = _cells(query)
    told = cells.pop(SEGMENT, None)
    asked: dict[str, Any] = {"cell": {"from": span.first.isoformat(), "to": span.last.isoformat(), **cells}}
    if told is None:
        return asked
    if not (told.isascii() and told.isdigit() and len(told) < 18):
        raise NoSegment("whoever is in no segment is no segment", field="no_segment")
    one = await segments.one(session, office.id, int(told))
    if one.kind == "list":
        return asked | {"member_of": one.id}
    if "cell" in one.conditions:
        raise NoSegment("a segment asks for one cell", field="no_segment")
    return asked | dict(one.conditions)


def _cells(query: Mapping[str, str]) -> dict[str, str]:
    return {by: query[by][:200] for by in SIDES if by in query and "\x00" not in query[by]}


def _by(request: web.Request) -> str:
    asked = request.query.get("by", "hour")
    return asked if asked in VIEWS else "hour"
