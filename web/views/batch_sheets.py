"""A batch as tables to take away: the pay-outs for the bank, the bills, and who is left out and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from desk.books.batch_views import BatchTold, LineTold
from desk.rules import banks
from web.views.money_sheets import about
from web.views.money_view import View
from web.views.sheets import Cell, Kind, Sheet

LONGEST_READ = 10
"""So many letters of who pays stand in the receiver's statement: the most that Korean banks take from a table."""

Column = tuple[str, Kind, Callable[[LineTold], Cell]]


def reason(view: View, line: LineTold) -> str:
    """Why nothing is booked for the driver, in words; nothing where something is."""
    if line.included:
        return ""
    return view.m(f"batch.why.{line.reason or 'unticked'}")


def sheets(view: View, batch: BatchTold) -> list[Sheet]:
    """Pay-outs, bills, and who is left out."""
    return [payouts(view, batch), bills(view, batch), left_out(view, batch)]


def payouts(view: View, batch: BatchTold) -> Sheet:
    """One line a pay-out that is ticked or booked."""
    columns: list[Column] = [
        ("amount", "number", lambda line: line.amount),
        ("has", "number", lambda line: line.has),
        ("stays", "number", lambda line: line.stays),
        ("entry", "number", lambda line: line.entry_id),
    ]
    return _sheet(view, batch, "payouts", columns, [line for line in batch.of("pay") if line.included], batch.paid)


def bills(view: View, batch: BatchTold) -> Sheet:
    """One line a bill that is ticked or booked."""
    columns: list[Column] = [
        ("amount", "number", lambda line: line.amount),
        ("has", "number", lambda line: line.has),
        ("entry", "number", lambda line: line.entry_id),
    ]
    return _sheet(view, batch, "bills", columns, [line for line in batch.of("bill") if line.included], batch.billed)


def bank(view: View, batch: BatchTold) -> Sheet:
    """What the bank's own form for many transfers asks for, and nothing around it: one line a pay-out that can be transferred."""
    heads: list[tuple[str, Kind]] = [
        (view.m(f"batch.column.{name}"), "number" if name == "amount" else "text")
        for name in ("bank", "bank_name", "account", "holder", "amount", "reads")
    ]
    rows: list[Sequence[Cell]] = [
        (
            line.payee.bank,
            banks.name(line.payee.bank, view.locale),
            line.payee.account,
            line.payee.holder,
            line.amount,
            view.office.name[:LONGEST_READ],
        )
        for line in batch.payments
        if line.trouble is None
    ]
    return Sheet(view.m("batch.bank"), (), heads, rows)


def left_out(view: View, batch: BatchTold) -> Sheet:
    """One line a driver for whom nothing is booked."""
    columns: list[Column] = [
        ("has", "number", lambda line: line.has),
        ("reason", "text", lambda line: reason(view, line)),
    ]
    return _sheet(view, batch, "left_out", columns, [line for line in batch.lines if not line.included])


def _sheet(
    view: View,
    batch: BatchTold,
    name: str,
    more: Sequence[Column],
    lines: Sequence[LineTold],
    total: int | None = None,
) -> Sheet:
    columns: list[Column] = [
        ("number", "text", lambda line: line.driver.number),
        ("name", "text", lambda line: line.driver.name),
        *more,
    ]
    heads = [(view.m(f"batch.column.{column}"), kind) for column, kind, _ in columns]
    rows = [tuple(cell(line) for _, _, cell in columns) for line in lines]
    foot: list[Cell] | None = None
    if total is not None:
        foot = [view.m("head.total"), None, total, *[None] * (len(columns) - 3)]
    top = [
        *about(view, "batches"),
        (view.m("batch.number"), batch.id),
        (view.m("batch.is"), view.m(f"batch.state.{batch.state}")),
    ]
    return Sheet(view.m(f"batch.{name}"), top, heads, rows, foot)
