"""The calls behind a figure as a table to take away: the same rows as on the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from desk import numbers
from desk.figures.call_rows import CallRow
from desk.office import roles
from web.views.analysis_sheets import code_name
from web.views.money_sheets import about
from web.views.money_view import View
from web.views.sheets import Cell, Kind, Sheet


def sees_customers(view: View) -> bool:
    """Whether whoever looks may know who called; the number is masked by his role beside that."""
    return view.visitor is not None and "customers.see" in roles.may(view.visitor.operator.role)


def talked(seconds: int | None) -> str:
    """Minutes and seconds; nothing of a call that has not ended."""
    return "" if seconds is None else f"{seconds // 60}:{seconds % 60:02}"


def calls(view: View, rows: Sequence[CallRow]) -> Sheet:
    """One line a call."""
    country, nobody = view.office.country, view.m("analysis.no_operator")
    columns: list[tuple[str, Kind, Callable[[CallRow], Cell]]] = [
        ("head.came", "moment", lambda row: view.local(row.arrived_at)),
        ("head.call", "number", lambda row: row.id),
        ("head.line", "text", lambda row: row.line),
        ("head.number", "text", lambda row: numbers.display(row.number, country) if row.number else None),
        ("analysis.by_operator", "text", lambda row: row.operator or nobody),
        ("analysis.code", "text", lambda row: code_name(view, row.code)),
        ("head.talked_s", "number", lambda row: row.talked_s),
    ]
    if sees_customers(view):
        columns.insert(4, ("head.customer", "text", lambda row: row.customer))
    heads = [(view.m(key), kind) for key, kind, _ in columns]
    told = [[cell(row) for *_, cell in columns] for row in rows]
    foot: list[Cell] = [view.m("head.total"), len(rows), *[None] * (len(columns) - 2)]
    return Sheet(view.m("title.analysis_calls"), about(view, "analysis_calls"), heads, told, foot)
