"""The analysis as tables to take away: the same figures as on the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date

from desk.call import wrap_ups
from desk.customer.order_sides import CLOCKS, SQUARE
from desk.customer.squares import WIDE, square_of
from desk.figures.analysis import Analysis, Cell
from desk.figures.away import Pauses
from desk.figures.chances import Curve, prices
from desk.figures.cohorts import Cohort
from desk.figures.crossing import Crossed
from desk.figures.forecast import Forecast
from desk.figures.report_rows import OrderRow
from desk.figures.response_times import WAYS, Times, Waited
from desk.figures.wrap_ups import Codes
from models.pause import PAUSES
from web.views.money_sheets import about
from web.views.money_view import View
from web.views.sheets import Cell as SheetCell
from web.views.sheets import Kind, Sheet

COUNTED = ("orders", "completed", "cancelled", "no_show", "fares", "average", "cancelled_permille", "no_show_permille")
Heads = list[tuple[str, Kind]]


def sheets(view: View, by: str, values: dict[str, Any]) -> list[Sheet]:
    """The tables of one side."""
    if by == "times":
        return _times(view, values["times"])
    if by == "pauses":
        return _pauses(view, values["pauses"])
    if by == "codes":
        return _codes(view, values["codes"])
    if by == "cohorts":
        return [_cohorts(view, values["cohorts"])]
    if by == "forecast":
        return [_forecast(view, values["forecast"])]
    if by == "chances":
        return _chances(view, values["chances"])
    if "crossed" in values:
        return [_crossed(view, values["crossed"])]
    return [_cells(view, by, values["found"])]


def label(view: View, by: str, cell: Cell) -> str:
    """What a cell is called."""
    if cell.key is None:
        return view.m("analysis.others")
    return called(view, by, cell.key, cell.label)


def called(view: View, by: str, key: str, label: str) -> str:
    """What a cell of that key is called; `label` is its name in the database."""
    if by == "hour":
        return hour_of_week(view, int(key))
    if by == "clock":
        return f"{int(key):02}:00"
    if key == "":
        return view.m(f"analysis.no_{by}")
    if by == SQUARE:
        return called_square(view, key, label)
    if by == "payment":
        return view.m(f"payment.{key}")
    return label or key


def called_square(view: View, key: str, label: str) -> str:
    """A square by the place from which most of its orders are, and by its middle; what is in none says why."""
    square = square_of(key)
    if square is None:
        return view.m("analysis.wide_square") if key == WIDE else key
    lat, lon = square.centre
    return f"{label} ({lat:.4f}, {lon:.4f})".strip()


def name_of(view: View, by: str, key: str, rows: Sequence[OrderRow]) -> str:
    """What an opened cell is called, as far as its address and its rows tell."""
    if by in CLOCKS and not (key.isascii() and key.isdigit() and int(key) < 168):
        return key
    driver = next((row.driver for row in rows if row.driver), None)
    known = f"{driver.number} {driver.name}" if by == "driver" and driver else ""
    if by == SQUARE and rows:
        known = Counter(row.origin for row in rows).most_common(1)[0][0]
    return called(view, by, key, known)


def hour_of_week(view: View, hour: int) -> str:
    """ "Mon 21:00"."""
    day = date(2024, 1, 1) + timedelta(days=hour // 24)  # a Monday
    return f"{format_date(day, 'EEE', locale=view.locale)} {hour % 24:02}:00"


def _cells(view: View, by: str, found: Analysis) -> Sheet:
    heads: Heads = [(view.m(f"analysis.by_{by}"), "text")]
    heads += [(view.m(f"analysis.{name}"), "number") for name in COUNTED]
    rows = [(label(view, by, cell), *_counted(cell.counted)) for cell in found.cells]
    foot = (view.m("head.total"), *_counted(found.total))
    return Sheet(view.m("title.analysis"), about(view, "analysis"), heads, rows, foot)


def _crossed(view: View, found: Crossed) -> Sheet:
    """Every cell in a line of its own, with all that is counted; the page shows one of these figures."""
    heads: Heads = [(view.m(f"analysis.by_{by}"), "text") for by in (found.by, found.across)]
    heads += [(view.m(f"analysis.{name}"), "number") for name in COUNTED]
    rows = [
        (label(view, found.by, row), label(view, found.across, column), *_counted(found.cells[row.key, column.key]))
        for row in found.rows
        for column in found.columns
        if (row.key, column.key) in found.cells
    ]
    foot = (view.m("head.total"), "", *_counted(found.total))
    return Sheet(view.m("title.analysis"), about(view, "analysis"), heads, rows, foot)


def _counted(counted: Any) -> list[SheetCell]:
    told = counted.as_json()
    return [told[name] for name in COUNTED]


def _times(view: View, times: Times) -> list[Sheet]:
    def sheet(by: str, lines: Sequence[Waited]) -> Sheet:
        heads: Heads = [(view.m(f"analysis.by_{by}"), "text")]
        for way in WAYS:
            heads += [(view.m(f"analysis.{way}"), "number"), (view.m("analysis.count"), "number")]
        rows = [_waited(f"{int(one.key):02}:00" if by == "hour" else one.label, one) for one in lines]
        foot = _waited(view.m("head.total"), times.all)
        return Sheet(view.m(f"analysis.by_{by}"), about(view, "analysis"), heads, rows, foot)

    return [sheet("hour", times.hours), sheet("operator", times.operators)]


def _pauses(view: View, found: Pauses) -> list[Sheet]:
    """By operator and day, and every row: seconds, so that whoever has the file can add them."""
    heads: Heads = [(view.m("analysis.by_operator"), "text"), (view.m("analysis.day"), "text")]
    heads += [(view.m("analysis.seconds_of", what=view.m(f"analysis.pause_{reason}")), "number") for reason in PAUSES]
    heads += [(view.m("analysis.seconds"), "number"), (view.m("analysis.count"), "number")]
    by_day: list[list[SheetCell]] = [
        [one.name, one.day.isoformat(), *(one.seconds[reason] for reason in PAUSES), one.seconds.total(), one.count]
        for one in found.days
    ]
    foot: list[SheetCell] = [view.m("head.total"), "", *(found.total[reason] for reason in PAUSES)]
    foot += [found.total.total(), len(found.rows)]
    names = ("by_operator", "reason", "since", "until", "begun_by", "ended_by")
    each: Heads = [(view.m(f"analysis.{name}"), "text") for name in names] + [(view.m("analysis.seconds"), "number")]
    phone = view.m("analysis.by_phone")
    rows = [
        (
            one.name,
            view.m(f"analysis.pause_{one.reason}"),
            local(view, one.since),
            view.m("analysis.still") if one.still else local(view, one.until),
            one.begun_by or phone,
            "" if one.still else one.ended_by or phone,
            one.seconds,
        )
        for one in found.rows
    ]
    total = (view.m("head.total"), "", "", "", "", "", found.total.total())
    return [
        Sheet(view.m("analysis.pauses_by_day"), about(view, "analysis"), heads, by_day, foot),
        Sheet(view.m("analysis.pauses_each"), about(view, "analysis"), each, rows, total),
    ]


def code_name(view: View, code: str) -> str:
    """What a code of calls is called; "" is what nothing was said of."""
    return wrap_ups.words(code, view.locale) if code else view.m("analysis.no_code")


def _codes(view: View, found: Codes) -> list[Sheet]:
    """Every cell in a line of its own, and the two tables of the page."""
    m, total = view.m, view.m("head.total")
    names = ("code", "by_clock", "by_operator")
    heads: Heads = [(m(f"analysis.{name}"), "text") for name in names] + [(m("analysis.calls"), "number")]
    each: list[Sequence[SheetCell]] = [
        (code_name(view, one.code), f"{one.hour:02}:00", one.operator or m("analysis.no_operator"), one.calls)
        for one in found.cells
    ]
    first: Heads = [(m("analysis.code"), "text")]
    by_hour = first + [(f"{hour:02}:00", "number") for hour in found.hours] + [(total, "number")]
    by_operator = first + [(name or m("analysis.no_operator"), "number") for _, name in found.operators]
    by_operator.append((total, "number"))
    codes = [*found.codes, (None, found.total)]
    hours: list[list[SheetCell]] = [
        [*(found.at(code, hour=hour) for hour in found.hours), count] for code, count in codes
    ]
    people: list[list[SheetCell]] = [
        [*(found.at(code, operator_id=who) for who, _ in found.operators), count] for code, count in codes
    ]
    called = [code_name(view, code) for code, _ in found.codes]
    return [
        Sheet(m("analysis.by_codes"), about(view, "analysis"), heads, each, (total, "", "", found.total)),
        *(
            Sheet(name, about(view, "analysis"), tops, list(map(_led, called, lines)), [total, *lines[-1]])
            for name, tops, lines in (
                (m("analysis.codes_by_hour"), by_hour, hours),
                (m("analysis.codes_by_operator"), by_operator, people),
            )
        ),
    ]


def _led(name: str, cells: list[SheetCell]) -> list[SheetCell]:
    return [name, *cells]


def local(view: View, moment: datetime) -> str:
    """A moment by the office's clock, to the second."""
    return f"{moment.astimezone(ZoneInfo(view.office.timezone)):%Y-%m-%d %H:%M:%S}"


def _waited(name: str, one: Waited) -> list[SheetCell]:
    cells: list[SheetCell] = [name]
    for way in WAYS:
        median = one.medians.get(way)
        cells += [median.seconds if median else None, median.count if median else None]
    return cells


def _cohorts(view: View, found: Sequence[Cohort]) -> Sheet:
    heads: Heads = [
        (view.m("analysis.first_month"), "text"),
        (view.m("analysis.in_month"), "text"),
        (view.m("analysis.customers"), "number"),
        (view.m("analysis.completed"), "number"),
        (view.m("analysis.fares"), "number"),
    ]
    rows: list[Sequence[SheetCell]] = []
    for n, cohort in enumerate(found):
        for later, came in enumerate(cohort.later):
            month = found[n + later].month.first
            rows.append((f"{cohort.month.first:%Y-%m}", f"{month:%Y-%m}", came.customers, came.trips, came.fares))
    return Sheet(view.m("analysis.by_cohorts"), about(view, "analysis"), heads, rows)


def _forecast(view: View, found: Forecast) -> Sheet:
    heads: Heads = [(view.m("analysis.at"), "moment")]
    heads += [
        (view.m(f"analysis.{name}"), "text" if name == "about" else "number") for name in ("about", "low", "high")
    ]
    rows = [(hour.at, f"{hour.about:.1f}", hour.low, hour.high) for hour in found.hours]
    told: list[tuple[str, SheetCell]] = [
        (view.m("analysis.error"), "" if found.error is None else f"{found.error:.1f}"),
        (view.m("analysis.trend"), f"{found.trend:.2f}"),
    ]
    return Sheet(view.m("analysis.by_forecast"), [*about(view, "analysis"), *told], heads, rows)


def _chances(view: View, found: Curve) -> list[Sheet]:
    heads: Heads = [(view.m("analysis.price"), "text"), (view.m("analysis.orders"), "number")]
    heads += [(view.m("analysis.within", minutes=seconds // 60), "number") for seconds in found.bands]
    rows: list[Sequence[SheetCell]] = [
        (f"{price}%", orders, *(percents.get(seconds, "") for seconds in found.bands))
        for price, orders, percents in prices(found)
    ]
    tried: Heads = [(view.m(f"analysis.{name}"), "number") for name in ("foretold", "came", "orders")]
    bins = found.calibration.bins if found.calibration else ()
    return [
        Sheet(view.m("analysis.by_chances"), about(view, "analysis"), heads, rows),
        Sheet(
            view.m("analysis.calibration"), about(view, "analysis"), tried, [(b.told, b.came, b.orders) for b in bins]
        ),
    ]
