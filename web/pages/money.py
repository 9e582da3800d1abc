"""Money for people: the firm's totals, the rows behind them, all drivers, a driver's statement; each also to take away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from desk.books import cashier, periods, statements
from desk.clock import days
from desk.driver_page import appeal_views
from desk.errors import Invalid
from desk.figures import report_rows, reports
from desk.office import exports
from desk.ordering import open_fares
from desk.work import Desk
from web.keys import DESK
from web.pdf import NoPdf
from web.render import catalog
from web.views import money_sheets
from web.views.money_view import FORMS, PDF, View, view_of
from web.views.sheets import Sheet, as_csv, as_xlsx

MOST_APPEALS = 50
MOST_ROWS = 100_000
"""How many rows are taken away at once."""
MOST_PRINTED = 5_000
"""How many rows are drawn as PDF: some hundred pages."""
DONE = ("top_up", "penalty", "asked", "paid", "turned_down", "reversed", "closed", "accepted", "declined")
TYPED = ("do", "amount", "reference", "note", "evidence", "entry")


async def company(request: web.Request) -> web.StreamResponse:
    """The firm's totals by part of the calendar; what waits for somebody to decide; the month's close."""
    return await show_company(request, request.app[DESK])


async def show_company(
    request: web.Request, desk: Desk, status: int = 200, refused: str | None = None, done: str | None = None
) -> web.StreamResponse:
    """The page, also after something was refused there."""
    async with desk.look() as session:
        view = await view_of(request, session)
        report = await reports.company(session, view.office.id, view.span, view.by)
        asked = await cashier.asked_for(session, view.office.id, view.now)
        closed = await periods.closed(session, view.office.id)
        following = await periods.following(session, view.office)
        fareless = await open_fares.count(session, view.office.id)
    most = max((figures.fares for _, figures in report.lines), default=0)
    shown: dict[str, Any] = {"report": report, "most": most, "figures": money_sheets.FIGURES}
    try:
        if form := asked_form(request, PDF):
            paper = ("company", shown, len(report.lines))
            return await as_file(view, "company", form, lambda: [money_sheets.company(view, report)], paper)
    except NoPdf as error:
        status, refused = 503, error.code
    return await view.page(
        "company",
        status if view.trouble is None else 422,
        **shown,
        asked=asked,
        closed=[
            (days.month_of(view.office.timezone, view.local(period.since).date()), period) for period in closed[:12]
        ],
        following=following,
        over=following is not None and following.until <= view.now,
        fareless=fareless,
        refused=refused or view.trouble,
        done=done or done_of(request, DONE),
    )


async def rows(request: web.Request) -> web.StreamResponse:
    """The orders and entries of some days, which add up to what the totals say."""
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        if form := asked_form(request):
            return await _rows_file(view, session, form, request.query.get("of", "orders"))
        after = {name: cursor_of(request.query.get(name)) for name in ("orders", "entries")}
        size = report_rows.PAGE
        orders = await report_rows.orders(session, view.office.id, view.span, after["orders"], size + 1)
        entries = await report_rows.money(session, view.office.id, view.span, after["entries"], size + 1)
        total = (await reports.company(session, view.office.id, view.span, "year")).total
    return await view.page(
        "rows",
        200 if view.trouble is None else 422,
        orders=orders[:size],
        more_orders=orders[size - 1].id if len(orders) > size else None,
        entries=entries[:size],
        more_entries=entries[size - 1].id if len(entries) > size else None,
        after=after,
        total=total,
        figures=money_sheets.FIGURES,
        what=lambda row: money_sheets.what(view, row),
        order_state=lambda state: money_sheets.order_state(view, state),
        refused=view.trouble,
        done=None,
    )


async def drivers(request: web.Request) -> web.StreamResponse:
    """All drivers."""
    status, refused = 200, None
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        report = await reports.drivers(session, view.office.id, view.span, view.now)
    shown: dict[str, Any] = {"report": report, "figures": money_sheets.FIGURES}
    try:
        if form := asked_form(request, PDF):
            paper = ("drivers", shown, len(report.lines))
            return await as_file(view, "drivers", form, lambda: [money_sheets.drivers(view, report)], paper)
    except NoPdf as error:
        status, refused = 503, error.code
    return await view.page(
        "drivers", status if view.trouble is None else 422, **shown, refused=refused or view.trouble, done=None
    )


async def statement(request: web.Request) -> web.StreamResponse:
    """One driver's statement, to be read, printed, and put right."""
    return await show_statement(request, int(request.match_info["id"]))


async def show_statement(
    request: web.Request,
    driver_id: int,
    status: int = 200,
    refused: str | None = None,
    typed: dict[str, str] | None = None,
) -> web.StreamResponse:
    """The page, also after something was refused there: what was typed is still there."""
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        told = await statements.of_driver(session, view.office.id, driver_id, view.span)
        undone = await statements.undone_of(session, told.rows)
        waiting = [
            one for one in await cashier.asked_for(session, view.office.id, view.now) if one.driver.id == driver_id
        ]
    shown: dict[str, Any] = {
        "told": told,
        "moved": told.closing - told.opening,
        "what": lambda row: money_sheets.what(view, row),
        "typed": dict.fromkeys(TYPED, "") | (typed or {}),
    }
    try:
        if form := asked_form(request, PDF):
            paper = ("statement", shown, len(told.rows))
            return await as_file(
                view, f"statement-{driver_id}", form, lambda: [money_sheets.statement(view, told)], paper
            )  # fmt: skip
    except NoPdf as error:
        status, refused = 503, error.code
    return await view.page(
        "statement",
        status if view.trouble is None else 422,
        **shown,
        waiting=waiting,
        undone=undone,
        refused=refused or view.trouble,
        done=done_of(request, DONE),
    )


async def appeals(request: web.Request) -> web.StreamResponse:
    """What drivers say was not right: open ones first, and of those what is overdue."""
    return await show_appeals(request)


async def show_appeals(
    request: web.Request, status: int = 200, refused: str | None = None, typed: tuple[int, str] | None = None
) -> web.StreamResponse:
    """The page, also after something was refused there: what was typed is still there."""
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        waiting = await appeal_views.in_full(session, view.office.id, "open", MOST_APPEALS)
        answered = await appeal_views.in_full(session, view.office.id, "answered", MOST_APPEALS)
    return await view.page(
        "appeals",
        status,
        waiting=waiting,
        answered=answered,
        clock=lambda at: view.clock(datetime.fromisoformat(at)),
        overdue=lambda one: datetime.fromisoformat(one["due_at"]) < view.now,
        whose=lambda one: ", ".join(view.m(f"appeal.role.{role}") for role in one["answers"]),
        why=lambda one: catalog(view.locale).text(f"panel.{one['reason_key']}", **one["reason_args"]),
        refused=refused,
        done=done_of(request, DONE),
        typed=typed,
    )


async def _rows_file(view: View, session: AsyncSession, form: str, of: str) -> web.StreamResponse:
    orders, entries = [], []
    if form == "xlsx" or of == "orders":
        orders = await report_rows.orders(session, view.office.id, view.span, limit=MOST_ROWS + 1)
    if form == "xlsx" or of != "orders":
        entries = await report_rows.money(session, view.office.id, view.span, limit=MOST_ROWS + 1)
    if max(len(orders), len(entries)) > MOST_ROWS:
        raise Invalid(f"that is more than {MOST_ROWS} rows; ask for fewer days", field="to")

    def sheets() -> Sequence[Sheet]:
        both = (money_sheets.orders(view, orders), money_sheets.entries(view, entries))
        return both if form == "xlsx" else both[:1] if of == "orders" else both[1:]

    return await as_file(view, "rows" if form == "xlsx" else of if of == "orders" else "entries", form, sheets)


Paper = tuple[str, dict[str, Any], int]
"""A page for paper: its name, its values, how many rows it has."""


async def as_file(
    view: View, name: str, form: str, sheets: Callable[[], Sequence[Sheet]], paper: Paper | None = None
) -> web.StreamResponse:
    """The page's figures to take away, which is on record. Raises NoPdf."""
    # The end of the days that it tells of, in place of now: made again, it is the same file.
    made: datetime = view.local(view.span.until)
    assert view.visitor is not None
    operator = view.visitor.operator
    subject, of = f"{name}.{form}", f"{view.span.first} {view.span.last}"
    await view.request.app[DESK].do(lambda work: exports.taken_away(work, operator.id, subject, of))
    if form == PDF:
        assert paper is not None  # asked for only where there is one
        here, values, rows = paper
        if rows > MOST_PRINTED:
            raise NoPdf("pdf_too_long")
        return view.file(name, form, await view.paper(here, **values))

    def make() -> bytes:
        told = sheets()
        return as_xlsx(told, made) if form == "xlsx" else as_csv(told[0])

    return view.file(name, form, await asyncio.to_thread(make))


def asked_form(request: web.Request, *more: str) -> str | None:
    """As what the page is to be taken away: csv, xlsx, or one of `more`; None to look at it."""
    form = request.query.get("form") if request.method == "GET" else None
    return form if form in FORMS or form in more else None


def cursor_of(told: str | None) -> int | None:
    """Where a list goes on; from its beginning where that is no number."""
    return int(told) if told and told.isascii() and told.isdigit() and len(told) < 18 else None


def done_of(request: web.Request, known: Sequence[str]) -> str | None:
    """What was done by the form that led here."""
    told = request.query.get("done")
    return told if told in known else None
