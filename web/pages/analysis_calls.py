"""The calls behind a figure of what calls were about, page by page; also to take away."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from desk import numbers
from desk.errors import Invalid
from desk.figures import call_rows
from desk.figures.report_rows import PAGE
from web.keys import DESK
from web.pages.money import MOST_ROWS, as_file, asked_form, cursor_of
from web.views import analysis_sheets, call_sheet
from web.views.money_view import View, view_of


async def shown(request: web.Request) -> web.StreamResponse:
    """As many as the figure says: of a code, an hour of the day, an operator, or of several of these."""
    cells = {by: request.query[by][:200] for by in call_rows.SIDES if "\x00" not in request.query.get(by, "\x00")}
    async with request.app[DESK].look() as session:
        view = await view_of(request, session)
        if form := asked_form(request):
            every = await call_rows.rows(session, view.office, view.span, cells, limit=MOST_ROWS + 1)
            if len(every) > MOST_ROWS:
                raise Invalid(f"that is more than {MOST_ROWS} rows; ask for fewer days", field="to")
            return await as_file(view, "analysis-calls", form, lambda: [call_sheet.calls(view, every)])
        after = cursor_of(request.query.get("after"))
        found = await call_rows.rows(session, view.office, view.span, cells, after, PAGE + 1)
        total = await call_rows.count(session, view.office, view.span, cells)
        names = [(by, await _name_of(session, view, by, key)) for by, key in _named(cells).items()]
    return await view.page(
        "analysis_calls",
        200 if view.trouble is None else 422,
        cells=cells,
        names=names,
        calls=found[:PAGE],
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        total=total,
        who=call_sheet.sees_customers(view),
        number=lambda row: numbers.display(row.number, view.office.country) if row.number else "",
        code_name=lambda code: analysis_sheets.code_name(view, code),
        talked=call_sheet.talked,
        refused=view.trouble,
        done=None,
    )


def _named(cells: Mapping[str, str]) -> dict[str, str]:
    return {by: cells[by] for by in call_rows.SIDES if by in cells}


async def _name_of(session: AsyncSession, view: View, by: str, key: str) -> str:
    if by == "code":
        return analysis_sheets.code_name(view, key)
    if by == "clock":
        return f"{int(key):02}:00"
    name = await call_rows.operator_name(session, view.office, key) if key else None
    return name or view.m("analysis.no_operator")
