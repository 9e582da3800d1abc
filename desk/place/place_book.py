"""The office's own place book, read from a CSV file: every mistake with its line, and all of the file or nothing.

    name,district,aliases,lat,lon,accuracy_m,source
    강남역,강남구,지하철 강남역; Gangnam Station,37.4979,127.0276,150,own survey 2026

`name` and `source` are needed; aliases are divided by semicolons; degrees are WGS 84, the accuracy is a radius in metres. A place
that is in the book already (same name, same district) is replaced; none is taken out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from desk.errors import Invalid
from desk.text import plain
from desk.work import Work
from models import BookPlace, BookPlaceWords
from models.words import letters, words_of_place

COLUMNS = ("name", "district", "aliases", "lat", "lon", "accuracy_m", "source")
NEEDED = ("name", "source")
MOST_BYTES = 50_000_000
MOST_PLACES = 200_000
MOST_ALIASES = 20
ERRORS_TOLD = 20
_LONGEST = {"name": 200, "district": 80, "source": 80}
_WIDEST_M = 100_000
AT_A_TIME = 500


@dataclass(frozen=True, slots=True)
class BadLine:
    """What cannot be taken: the line of the file (the first one is 1) and why."""

    line: int
    why: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.why}"


@dataclass(frozen=True, slots=True)
class Taken:
    """How many places are new, how many were replaced, and how many stood so already."""

    new: int
    replaced: int
    same: int


@dataclass(frozen=True, slots=True)
class Line:
    """A place as the file tells it."""

    name: str
    district: str
    aliases: str
    lat: float | None
    lon: float | None
    accuracy_m: int | None
    source: str

    def values(self) -> dict[str, Any]:
        """The columns of the row."""
        return {column: getattr(self, column) for column in COLUMNS}

    @property
    def words(self) -> tuple[str, ...]:
        """All that it is called by."""
        return (self.name, self.district, *self.aliases.split("\n"))


class BadFile(Invalid):
    """The file cannot be taken; nothing of it was. `str()` names the lines."""

    code = "bad_file"

    def __init__(self, found: Sequence[BadLine]) -> None:
        told = "; ".join(str(each) for each in found[:ERRORS_TOLD])
        more = f"; and {len(found) - ERRORS_TOLD} more" if len(found) > ERRORS_TOLD else ""
        super().__init__(f"nothing was taken. {told}{more}")
        self.found = tuple(found)


def read(raw: bytes) -> list[Line]:
    """The places of a file in UTF-8 or CP949. Raises BadFile with every line that cannot be taken."""
    if len(raw) > MOST_BYTES:
        raise BadFile([BadLine(1, f"the file is longer than {MOST_BYTES // 1_000_000} MB; cut it into several")])
    rows = csv.reader(io.StringIO(_text(raw), newline=""), strict=True)
    lines: list[Line] = []
    bad: list[BadLine] = []
    seen: dict[tuple[str, str], int] = {}
    try:
        heads = _heads(next(rows, []))
        for row in rows:
            if not any(cell.strip() for cell in row):
                continue
            try:
                line = _line(heads, row)
                first = seen.setdefault((line.name, line.district), rows.line_num)
                if first != rows.line_num:
                    raise ValueError(f"this name and district stand on line {first} already")
                lines.append(line)
            except ValueError as error:
                bad.append(BadLine(rows.line_num, str(error)))
    except csv.Error as error:
        bad.append(BadLine(rows.line_num, f"this is not CSV ({error})"))
    if len(lines) > MOST_PLACES:
        bad.append(BadLine(rows.line_num, f"there are more than {MOST_PLACES:,} places; cut the file into several"))
    if bad:
        raise BadFile(bad)
    return lines


async def take(work: Work, office_id: int, lines: Sequence[Line]) -> Taken:
    """Write the places into the office's book, with the words by which they are found."""
    there = {
        (place.name, place.district): place
        for place in await work.session.scalars(select(BookPlace).where(BookPlace.office_id == office_id))
    }
    new = replaced = same = 0
    for at in range(0, len(lines), AT_A_TIME):
        written: list[tuple[BookPlace, Line]] = []
        for line in lines[at : at + AT_A_TIME]:
            place = there.get((line.name, line.district))
            if place is None:
                place = BookPlace(office_id=office_id, added_at=work.now, **line.values())
                work.session.add(place)
                new += 1
            elif all(getattr(place, name) == value for name, value in line.values().items()):
                same += 1
                continue
            else:
                for name, value in line.values().items():
                    setattr(place, name, value)
                replaced += 1
            written.append((place, line))
        await work.session.flush()
        for place, line in written:
            await work.session.merge(BookPlaceWords(id=place.id, words=words_of_place(office_id, line.words)))
        await work.session.flush()
    return Taken(new, replaced, same)


def _text(raw: bytes) -> str:
    for encoding in ("utf-8-sig", "cp949"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError as error:
            place = error.start
    raise BadFile(
        [BadLine(raw[:place].count(b"\n") + 1, "this is neither UTF-8 nor CP949; save the file as CSV UTF-8")]
    )


def _heads(row: Sequence[str]) -> list[str]:
    heads = [cell.strip().lower() for cell in row]
    for head in heads:
        if head not in COLUMNS or heads.count(head) > 1:
            raise BadFile(
                [
                    BadLine(
                        1,
                        f"the column {plain(head) or '(empty)'!r} is not known or stands twice; known: {', '.join(COLUMNS)}",
                    )
                ]
            )
    missing = [name for name in NEEDED if name not in heads]
    if missing:
        raise BadFile([BadLine(1, f"the first line must name the columns; missing: {', '.join(missing)}")])
    return heads


def _line(heads: Sequence[str], row: Sequence[str]) -> Line:
    if len(row) != len(heads):
        raise ValueError(f"{len(row)} cells where the first line has {len(heads)}")
    cells = dict(zip(heads, row, strict=True))
    words = {name: _word(name, cells.get(name, "")) for name in ("name", "district", "source")}
    lat, lon = _number("lat", cells.get("lat", ""), 90), _number("lon", cells.get("lon", ""), 180)
    accuracy = _number("accuracy_m", cells.get("accuracy_m", ""), _WIDEST_M)
    if (lat is None) != (lon is None):
        raise ValueError("a pin needs lat and lon, or neither")
    if lat is None and accuracy is not None:
        raise ValueError("an accuracy needs a pin")
    if accuracy is not None and accuracy < 0:
        raise ValueError("accuracy_m is a radius and cannot be negative")
    aliases = [alias for alias in (plain(each, 200) for each in cells.get("aliases", "").split(";")) if alias]
    if len(aliases) > MOST_ALIASES:
        raise ValueError(f"more than {MOST_ALIASES} aliases")
    return Line(
        words["name"], words["district"], "\n".join(dict.fromkeys(aliases)), lat, lon,
        None if accuracy is None else round(accuracy), words["source"],
    )  # fmt: skip


def _word(name: str, cell: str) -> str:
    word = plain(cell, _LONGEST[name] + 1)
    if len(word) > _LONGEST[name]:
        raise ValueError(f"{name} is longer than {_LONGEST[name]} letters")
    if name in NEEDED and not word:
        raise ValueError(f"{name} is empty")
    if name == "name" and not letters(word):
        raise ValueError("name has neither a letter nor a digit, so nobody could find it")
    return word


def _number(name: str, cell: str, most: float) -> float | None:
    cell = cell.strip()
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        raise ValueError(f"{name} is not a number: {plain(cell, 20)!r}") from None
    if not -most <= value <= most:  # also what is not a number at all
        raise ValueError(f"{name} must lie between {-most:g} and {most:g}")
    return value
