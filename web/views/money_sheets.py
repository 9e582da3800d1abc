"""The money pages as tables to take away. Moments are the office's own. Of a closed month nothing in them changes any more but
the names of people and places that somebody corrects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from desk.books.credit_accounts import AccountTold
from desk.books.invoices import Invoice, InvoiceRow
from desk.books.statements import Statement, StatementRow
from desk.figures.report_rows import DriverName, MoneyRow, OrderRow
from desk.figures.reports import CompanyReport, DriverLine, DriversReport, Figures
from web.views.money_view import View
from web.views.sheets import Cell, Kind, Sheet

FIGURES = tuple(one.name for one in fields(Figures))
Head = tuple[str, Kind]


def company(view: View, report: CompanyReport) -> Sheet:
    """One line a part of the calendar."""
    heads: list[Head] = [(view.m("head.first"), "text"), (view.m("head.last"), "text"), *_figure_heads(view)]
    rows: list[Sequence[Cell]] = [
        (piece.first.isoformat(), piece.last.isoformat(), *_figures(figures)) for piece, figures in report.lines
    ]
    foot = (view.m("head.total"), None, *_figures(report.total))
    return Sheet(view.m("title.company"), about(view, "company"), heads, rows, foot)


def drivers(view: View, report: DriversReport) -> Sheet:
    """One line a driver."""
    heads: list[Head] = [
        (view.m("head.driver_number"), "text"),
        (view.m("head.driver"), "text"),
        (view.m("head.opening"), "number"),
        *_figure_heads(view),
        (view.m("head.on_account"), "number"),
        (view.m("head.closing"), "number"),
        (view.m("head.on_duty_min"), "number"),
    ]

    def cells(line: DriverLine, name: str | None) -> Sequence[Cell]:
        shown = (line.number, name, line.opening, *_figures(line.figures), line.other, line.closing)
        return (*shown, line.on_duty_s // 60)

    rows = [cells(line, line.name if line.driver_id is not None else view.m("nobody")) for line in report.lines]
    foot = cells(report.total, view.m("head.total"))
    return Sheet(view.m("title.drivers"), about(view, "drivers"), heads, rows, foot)


def orders(view: View, rows: Sequence[OrderRow]) -> Sheet:
    """One line an order."""
    columns: tuple[tuple[str, Kind, Callable[[OrderRow], Cell]], ...] = (
        ("closed_at", "moment", lambda row: view.local(row.closed_at)),
        ("order", "number", lambda row: row.id),
        ("state", "text", lambda row: order_state(view, row.state)),
        ("driver_number", "text", lambda row: row.driver.number if row.driver else None),
        ("driver", "text", lambda row: row.driver.name if row.driver else None),
        ("origin", "text", lambda row: row.origin),
        ("destination", "text", lambda row: row.destination),
        ("fare", "number", lambda row: row.fare),
        ("fares", "number", lambda row: row.figures.fares),
    )
    total = sum(row.figures.fares for row in rows)
    return _listed(view, "orders", columns, rows, [None] * 7 + [None, total])


def entries(view: View, rows: Sequence[MoneyRow]) -> Sheet:
    """One line an entry, its amount in the column of what it is about."""
    kinds = ("call_fees", "penalties", "top_ups", "withdrawals", "dead_runs")
    columns: tuple[tuple[str, Kind, Callable[[MoneyRow], Cell]], ...] = (
        ("at", "moment", lambda row: view.local(row.at)),
        ("entry", "number", lambda row: row.id),
        ("kind", "text", lambda row: what(view, row)),
        ("driver_number", "text", lambda row: row.driver.number if row.driver else None),
        ("driver", "text", lambda row: row.driver.name if row.driver else None),
        ("order", "number", lambda row: row.order_id),
        ("reference", "text", lambda row: row.reference),
        ("evidence", "text", lambda row: row.evidence),
        ("by", "text", lambda row: row.by),
        *((kind, "number", _one_of(kind)) for kind in kinds),
    )
    foot: list[Cell] = [None] * 9
    foot += [sum(getattr(row.figures, kind) for row in rows) for kind in kinds]
    return _listed(view, "entries", columns, rows, foot)


def statement(view: View, told: Statement) -> Sheet:
    """One line a posting, between what he had and what he has."""
    columns: tuple[tuple[str, Kind, Callable[[StatementRow], Cell]], ...] = (
        ("at", "moment", lambda row: view.local(row.at)),
        ("entry", "number", lambda row: row.entry_id),
        ("kind", "text", lambda row: what(view, row)),
        ("order", "number", lambda row: row.order_id),
        ("origin", "text", lambda row: row.origin),
        ("destination", "text", lambda row: row.destination),
        ("fare", "number", lambda row: row.fare),
        ("reference", "text", lambda row: row.reference),
        ("evidence", "text", lambda row: row.evidence),
        ("by", "text", lambda row: row.by),
        ("amount", "number", lambda row: row.amount),
        ("balance", "number", lambda row: row.balance),
    )
    sheet = _listed(view, "statement", columns, told.rows, None)
    opening: list[Cell] = [None, None, view.m("head.opening"), *[None] * 8, told.opening]
    closing: list[Cell] = [
        None,
        None,
        view.m("head.closing"),
        *[None] * 6,
        sum(row.amount for row in told.rows),
        told.closing,
    ]
    about = [*sheet.about, (view.m("head.driver"), _driver(told.driver))]
    return Sheet(sheet.name, about, sheet.heads, [opening, *sheet.rows], closing)


def invoice(view: View, bill: Invoice) -> Sheet:
    """One line a trip or payment, between what was owed and what is owed."""
    columns: tuple[tuple[str, Kind, Callable[[InvoiceRow], Cell]], ...] = (
        ("at", "moment", lambda row: view.local(row.at)),
        ("entry", "number", lambda row: row.entry_id),
        ("kind", "text", lambda row: what(view, row)),
        ("order", "number", lambda row: row.order_id),
        ("rider", "text", lambda row: row.rider),
        ("cost_centre", "text", lambda row: row.cost_centre),
        ("origin", "text", lambda row: row.origin),
        ("destination", "text", lambda row: row.destination),
        ("reference", "text", lambda row: row.reference or row.evidence),
        ("amount", "number", lambda row: row.amount),
        ("balance", "number", lambda row: row.balance),
    )
    sheet = _listed(view, "account", columns, bill.rows, None)
    opening: list[Cell] = [None, None, view.m("head.owed_before"), *[None] * 7, bill.opening]
    closing: list[Cell] = [None, None, view.m("head.owed"), *[None] * 6, bill.charged - bill.paid, bill.closing]
    about = [*sheet.about, (view.m("title.account"), bill.account.name), (view.m("head.bill"), bill.number)]
    return Sheet(sheet.name, about, sheet.heads, [opening, *sheet.rows], closing)


def credit(view: View, accounts: Sequence[AccountTold]) -> Sheet:
    """One line an account, as it stands now."""
    heads: list[Head] = [(view.m("head.account"), "text"), (view.m("head.business_number"), "text")]
    heads += [(view.m(f"head.{name}"), "number") for name in ("limit", "owed", "open", "left", "riders")]
    rows: list[Sequence[Cell]] = [
        (
            one.terms.name,
            one.terms.business_number,
            one.standing.limit,
            one.standing.owed,
            one.standing.open,
            one.standing.left,
            one.riders,
        )
        for one in accounts
    ]
    owed, open_ = (sum(getattr(one.standing, name) for one in accounts) for name in ("owed", "open"))
    foot = (view.m("head.total"), None, None, owed, open_, None, None)
    return Sheet(view.m("title.credit"), about(view, "credit"), heads, rows, foot)


def what(view: View, row: MoneyRow | StatementRow | InvoiceRow) -> str:
    """What an entry is, in words: "penalty", "penalty undone (entry 7)"."""
    about = view.m(f"kind.{row.about}")
    return view.m("kind.reversal", what=about, entry=row.reverses_id) if row.reverses_id is not None else about


def order_state(view: View, state: str) -> str:
    """An order's end in words."""
    return view.m(f"state.{state}") if state in ("completed", "cancelled", "no_show") else state


def _one_of(kind: str) -> Callable[[MoneyRow], Cell]:
    return lambda row: getattr(row.figures, kind) if getattr(row.figures, kind) else None


def _driver(driver: DriverName) -> str:
    return f"{driver.number} {driver.name}"


def _listed(
    view: View,
    title: str,
    columns: Sequence[tuple[str, Kind, Callable[[Any], Cell]]],
    rows: Sequence[Any],
    foot: Sequence[Cell] | None,
) -> Sheet:
    heads = [(view.m(f"head.{name}"), kind) for name, kind, _ in columns]
    lines = [tuple(cell(row) for _, _, cell in columns) for row in rows]
    if foot is not None:
        foot = [view.m("head.total"), *foot[1:]]
    return Sheet(view.m(f"title.{title}"), about(view, title), heads, lines, foot)


def about(view: View, title: str) -> list[tuple[str, Cell]]:
    """The lines above a table: whose it is, of which days, in which money."""
    return [
        (view.office.name, view.m(f"title.{title}")),
        (view.m("days"), f"{view.span.first.isoformat()} – {view.span.last.isoformat()} ({view.office.timezone})"),
        (view.m("currency"), view.office.currency),
    ]


def _figures(figures: Figures) -> list[int]:
    return [getattr(figures, name) for name in FIGURES]


def _figure_heads(view: View) -> list[Head]:
    return [(view.m(f"head.{name}"), "number") for name in FIGURES]
