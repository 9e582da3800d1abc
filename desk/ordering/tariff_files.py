"""The office's own fares and days from CSV files: every mistake with its line, and all of the file or nothing. Pure.

    from,to,fare,both                           day,name,kind
    강남구,분당구,25000,yes                      2026-11-20,창립기념일,holiday
    강남역,일산,45000,                           2026-05-01,노동절,working

A zone is a district of the place book, or how the text of a place begins. `both` says that it costs as much the other way. A day
of kind `working` is none of the holidays that it would be by the calendar. UTF-8 or CP949.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from desk.place.place_book import BadFile, BadLine
from desk.rules.tariff import ZonePair
from desk.text import plain

MOST_BYTES = 10_000_000
MOST_PAIRS = 50_000
MOST_DAYS = 2_000
MOST_FARE = 100_000_000
LONGEST_ZONE = 80
_YES, _NO = {"yes", "y", "1", "true", "예", "o"}, {"", "no", "n", "0", "false", "아니오", "x"}
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Day:
    """A holiday of the office's own, or (`working`) a public one that is none for it."""

    day: date
    name: str
    working: bool


def zones(raw: bytes) -> list[ZonePair]:
    """The pairs of a file. Raises BadFile with every line that cannot be taken."""
    seen: dict[tuple[str, str], int] = {}

    def read(row: dict[str, str], line: int) -> list[ZonePair]:
        start, end = _zone("from", row["from"]), _zone("to", row["to"])
        fare = _fare(row["fare"])
        pairs = [ZonePair(start, end, fare)]
        if _yes("both", row.get("both", "")) and start != end:
            pairs.append(ZonePair(end, start, fare))
        for pair in pairs:
            first = seen.setdefault((pair.from_zone, pair.to_zone), line)
            if first != line:
                raise ValueError(f"{pair.from_zone} to {pair.to_zone} stands on line {first} already")
        return pairs

    return _rows(raw, ("from", "to", "fare", "both"), ("from", "to", "fare"), MOST_PAIRS, read)


def days(raw: bytes) -> list[Day]:
    """The days of a file. Raises BadFile with every line that cannot be taken."""
    seen: dict[date, int] = {}

    def read(row: dict[str, str], line: int) -> list[Day]:
        try:
            day = date.fromisoformat(row["day"])
        except ValueError:
            raise ValueError(f"day is not like 2026-11-20: {plain(row['day'], 20)!r}") from None
        kind = row.get("kind", "").lower() or "holiday"
        if kind not in ("holiday", "working"):
            raise ValueError(f"kind is holiday or working, not {plain(kind, 20)!r}")
        name = plain(row["name"], LONGEST_ZONE + 1)
        if not 0 < len(name) <= LONGEST_ZONE:
            raise ValueError(f"name must have 1 to {LONGEST_ZONE} letters")
        first = seen.setdefault(day, line)
        if first != line:
            raise ValueError(f"{day} stands on line {first} already")
        return [Day(day, name, kind == "working")]

    return _rows(raw, ("day", "name", "kind"), ("day", "name"), MOST_DAYS, read)


def _rows(
    raw: bytes, known: Sequence[str], needed: Sequence[str], most: int, read: Callable[[dict[str, str], int], list[R]]
) -> list[R]:
    rows = csv.reader(io.StringIO(_text(raw), newline=""), strict=True)
    found: list[R] = []
    bad: list[BadLine] = []
    try:
        heads = _heads(next(rows, []), known, needed)
        for cells in rows:
            if not any(cell.strip() for cell in cells):
                continue
            try:
                if len(cells) != len(heads):
                    raise ValueError(f"{len(cells)} cells where the first line has {len(heads)}")
                found += read({head: cell.strip() for head, cell in zip(heads, cells, strict=True)}, rows.line_num)
            except ValueError as error:
                bad.append(BadLine(rows.line_num, str(error)))
    except csv.Error as error:
        bad.append(BadLine(rows.line_num, f"this is not CSV ({error})"))
    if len(found) > most:
        bad.append(BadLine(rows.line_num, f"there are more than {most:,} rows"))
    if not found and not bad:
        bad.append(BadLine(1, "there is nothing in it"))
    if bad:
        raise BadFile(bad)
    return found


def _text(raw: bytes) -> str:
    if len(raw) > MOST_BYTES:
        raise BadFile([BadLine(1, f"the file is longer than {MOST_BYTES // 1_000_000} MB")])
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as error:
            line = raw[: error.start].count(b"\n") + 1
    raise BadFile([BadLine(line, "this is neither UTF-8 nor CP949; save the file as CSV UTF-8")])


def _heads(row: Sequence[str], known: Sequence[str], needed: Sequence[str]) -> list[str]:
    heads = [cell.strip().lower() for cell in row]
    for head in heads:
        if head not in known or heads.count(head) > 1:
            told = plain(head) or "(empty)"
            raise BadFile([BadLine(1, f"the column {told!r} is not known or stands twice; known: {', '.join(known)}")])
    if missing := [name for name in needed if name not in heads]:
        raise BadFile([BadLine(1, f"the first line must name the columns; missing: {', '.join(missing)}")])
    return heads


def _zone(name: str, cell: str) -> str:
    zone = plain(cell, LONGEST_ZONE + 1)
    if not 0 < len(zone) <= LONGEST_ZONE:
        raise ValueError(f"{name} must have 1 to {LONGEST_ZONE} letters")
    return zone


def _fare(cell: str) -> int:
    digits = cell.replace(",", "").removesuffix("원").strip()
    if not digits.isascii() or not digits.isdigit() or int(digits[:12]) > MOST_FARE or len(digits) > 12:
        raise ValueError(f"fare is not a whole amount: {plain(cell, 20)!r}")
    return int(digits)


def _yes(name: str, cell: str) -> bool:
    word = cell.lower()
    if word not in _YES | _NO:
        raise ValueError(f"{name} is yes or no, not {plain(cell, 20)!r}")
    return word in _YES
