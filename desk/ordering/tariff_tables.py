"""The office's own tariff from a sheet: fares by zones, the price by distance, hours, days. Every mistake with its line. Pure.

zones      from, to, fare, both             출발, 도착, 요금, 왕복
distance   base, included_m, step, step_m, way_point, rounding, holiday_percent,
           waiting_free_min, waiting_step_min, waiting_step                          one line
hours      from, until, percent, amount, days ("12345": Monday to Friday)            these take the place of the trade's
days       day, name, kind (holiday, working)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, Literal, get_args

from desk.importing.table import Table, heading
from desk.ordering.tariff_files import LONGEST_ZONE, MOST_DAYS, MOST_FARE, MOST_PAIRS
from desk.text import plain

Kind = Literal["zones", "distance", "hours", "days"]
KINDS: tuple[Kind, ...] = get_args(Kind)
COLUMNS: dict[Kind, tuple[str, ...]] = {
    "zones": ("from", "to", "fare", "both"),
    "distance": (
        "base",
        "included_m",
        "step",
        "step_m",
        "way_point",
        "rounding",
        "holiday_percent",
        "waiting_free_min",
        "waiting_step_min",
        "waiting_step",
    ),
    "hours": ("from", "until", "percent", "amount", "days"),
    "days": ("day", "name", "kind"),
}
NEEDED: dict[Kind, tuple[str, ...]] = {
    "zones": ("from", "to", "fare"),
    "distance": ("base", "included_m", "step", "step_m"),
    "hours": ("from", "until"),
    "days": ("day", "name"),
}
MOST: dict[Kind, int] = {"zones": MOST_PAIRS, "distance": 1, "hours": 48, "days": MOST_DAYS}
MOST_M = 1_000_000
MOST_MIN = 24 * 60
_WORDS = {
    "from": "from 출발 출발지 출발구역 부터 시작", "to": "to 도착 도착지 도착구역", "fare": "fare 요금 금액",
    "both": "both 왕복 양방향",
    "base": "base 기본요금", "included_m": "includedm 기본거리", "step": "step 추가요금", "step_m": "stepm 추가거리 단위거리",
    "way_point": "waypoint 경유요금 경유", "rounding": "rounding 올림단위", "holiday_percent": "holidaypercent 휴일할증",
    "waiting_free_min": "waitingfreemin 무료대기 무료대기분", "waiting_step_min": "waitingstepmin 대기단위 대기단위분",
    "waiting_step": "waitingstep 대기요금",
    "until": "until 까지 끝", "percent": "percent 할증 할증률", "amount": "amount 추가금액 정액", "days": "days 요일",
    "day": "day 날짜", "name": "name 이름", "kind": "kind 구분",
}  # fmt: skip
_FIELD = {word: name for name, words in _WORDS.items() for word in words.split()}
_YES, _NO = {"yes", "y", "1", "true", "예", "o"}, {"", "no", "n", "0", "false", "아니오", "x"}
_HOLIDAY, _WORKING = {"", "holiday", "휴일"}, {"working", "정상", "근무"}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with a line: the key of the sentence, the column's name, what stands there, more values."""

    line: int
    code: str
    column: str | None = None
    cell: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


class _Wrong(ValueError):
    def __init__(self, code: str, column: str | None = None, cell: str = "", **values: Any) -> None:
        super().__init__(code)
        self.code, self.column, self.cell, self.values = code, column, cell, values


def read(kind: Kind, table: Table) -> tuple[list[Row], list[Trouble]]:
    """The rows as they are kept, and everything that is wrong: with one trouble nothing is taken."""
    names = [name if (name := _FIELD.get(heading(one))) in COLUMNS[kind] else None for one in table.columns]
    if missing := [name for name in NEEDED[kind] if name not in names]:
        return [], [Trouble(1, "columns", None, ", ".join(missing), {"known": ", ".join(COLUMNS[kind])})]
    rows: list[Row] = []
    troubles: list[Trouble] = []
    seen: dict[Any, int] = {}
    for line in table.lines:
        cells = {name: plain(cell.text, 200) for name, cell in zip(names, line.cells, strict=True) if name}
        try:
            found = _READ[kind](cells)
            for row in found:
                key = tuple(row[name] for name in _KEYS[kind])
                first = seen.setdefault(key, line.number)
                if key and first != line.number:
                    raise _Wrong("twice", line=first)
            rows += found
        except _Wrong as wrong:
            troubles.append(Trouble(line.number, wrong.code, wrong.column, wrong.cell, wrong.values))
    if len(rows) > MOST[kind]:
        troubles.append(Trouble(table.lines[-1].number, "many", None, "", {"most": MOST[kind]}))
    return rows, troubles


def _zones(cells: Mapping[str, str]) -> list[Row]:
    start, end, fare = _name(cells, "from"), _name(cells, "to"), _whole(cells, "fare", MOST_FARE)
    both = cells.get("both", "").lower()
    if both not in _YES | _NO:
        raise _Wrong("yes_no", "both", both)
    there = {"from": start, "to": end, "fare": fare}
    return [there, {"from": end, "to": start, "fare": fare}] if both in _YES and start != end else [there]


def _distance(cells: Mapping[str, str]) -> list[Row]:
    row = {name: _whole(cells, name, MOST_FARE) for name in ("base", "step")}
    row |= {name: _whole(cells, name, MOST_M, least) for name, least in (("included_m", 0), ("step_m", 1))}
    row |= {name: _whole(cells, name, most, least) for name, most, least in _MAY if cells.get(name)}
    missing = [name for name in _WAITING if name not in row]
    if missing and len(missing) < len(_WAITING):
        raise _Wrong("waiting", missing[0])
    return [row]


def _hours(cells: Mapping[str, str]) -> list[Row]:
    days = cells.get("days", "") or "1234567"
    if not set(days) <= set("1234567"):
        raise _Wrong("weekdays", "days", days)
    row: Row = {"from": _time(cells, "from"), "until": _time(cells, "until"), "days": "".join(sorted(set(days)))}
    row["percent"] = _whole(cells, "percent", 1_000) if cells.get("percent") else 0
    row["amount"] = _whole(cells, "amount", MOST_FARE) if cells.get("amount") else 0
    return [row]


def _days(cells: Mapping[str, str]) -> list[Row]:
    told, kind = cells.get("day", ""), cells.get("kind", "").lower()
    try:
        day = date.fromisoformat(told[:10])
    except ValueError:
        raise _Wrong("day", "day", told) from None
    if kind not in _HOLIDAY | _WORKING:
        raise _Wrong("day_kind", "kind", kind)
    return [{"day": day.isoformat(), "name": _name(cells, "name"), "working": kind in _WORKING}]


_WAITING = ("waiting_free_min", "waiting_step_min", "waiting_step")
_MAY = (
    ("way_point", MOST_FARE, 0), ("rounding", MOST_FARE, 1), ("holiday_percent", 1_000, 0),
    ("waiting_free_min", MOST_MIN, 0), ("waiting_step_min", MOST_MIN, 1), ("waiting_step", MOST_FARE, 0),
)  # fmt: skip
_READ: dict[Kind, Callable[[Mapping[str, str]], list[Row]]] = {
    "zones": _zones, "distance": _distance, "hours": _hours, "days": _days,
}  # fmt: skip
_KEYS: dict[Kind, Sequence[str]] = {
    "zones": ("from", "to"),
    "distance": (),
    "hours": ("from", "until", "days"),
    "days": ("day",),
}


def _name(cells: Mapping[str, str], name: str) -> str:
    told = cells.get(name, "")
    if not 0 < len(told) <= LONGEST_ZONE:
        raise _Wrong("name", name, told[:20], most=LONGEST_ZONE)
    return told


def _whole(cells: Mapping[str, str], name: str, most: int, least: int = 0) -> int:
    told = cells.get(name, "")
    digits = told.replace(",", "").removesuffix("원").removesuffix("%").strip().removesuffix(".0")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 12 or not least <= int(digits) <= most:
        raise _Wrong("whole", name, told[:20], least=least, most=f"{most:,}")
    return int(digits)


def _time(cells: Mapping[str, str], name: str) -> str:
    told = cells.get(name, "")
    try:
        return f"{time.fromisoformat(told.zfill(5) if len(told) == 4 else told[:5]):%H:%M}"
    except ValueError:
        raise _Wrong("time", name, told[:20]) from None
