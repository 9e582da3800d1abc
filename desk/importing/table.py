"""A file's table as it stands in the file: headings, and lines of cells. Its size has an end in every direction."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from desk.errors import Invalid

MOST_BYTES = 20_000_000
MOST_LINES = 50_000
MOST_COLUMNS = 60
LONGEST_CELL = 1_000
MOST_CHARACTERS = 40_000_000
"""Of all cells together."""
HEADING_AMONG = 10
"""The headings are looked for among so many first lines: a title often stands above them."""

Kind = Literal["text", "number", "date", "other"]
_DIGITS = re.compile(r"\d")


class BadTable(Invalid):
    """The file cannot be read as a table; nothing of it was taken. `details["reason"]` is the key of the sentence for people."""

    code = "bad_table"

    def __init__(self, reason: str, **values: str | int | None) -> None:
        told = ", ".join(f"{name} {value}" for name, value in values.items())
        super().__init__(f"the file cannot be read: {reason}" + (f" ({told})" if told else ""), reason=reason, **values)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell. `kind` is what the spreadsheet took it for; of CSV all is text."""

    text: str = ""
    kind: Kind = "text"

    def as_json(self) -> str | list[str]:
        """A text, or a text and its kind."""
        return self.text if self.kind == "text" else [self.text, self.kind]

    @classmethod
    def of_json(cls, told: Any) -> Cell:
        """The cell that `as_json` told of."""
        return cls(told) if isinstance(told, str) else cls(told[0], told[1])


@dataclass(frozen=True, slots=True)
class Line:
    """The line `number` of the file, as a spreadsheet counts: the first one is 1."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and lines; every line has as many cells as there are headings, and is not empty."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]

    def as_json(self) -> dict[str, Any]:
        """What `of_json` reads."""
        told = [[line.number, *(cell.as_json() for cell in line.cells)] for line in self.lines]
        return {"columns": list(self.columns), "lines": told}

    @classmethod
    def of_json(cls, told: Any) -> Table:
        """The table that `as_json` told of."""
        lines = (Line(number, tuple(Cell.of_json(cell) for cell in cells)) for number, *cells in told["lines"])
        return cls(tuple(told["columns"]), tuple(lines))


def table_of(rows: Iterable[Sequence[Cell]], *, known: frozenset[str]) -> Table:
    """The table of all `rows` of a sheet, from its first on. `known` are headings that are recognised (see `heading`).

    The headings are the line among the first ones in which most are known; without one, the first line that is no data.
    Raises BadTable.
    """
    lines: list[Line] = []
    characters = width = 0
    for number, row in enumerate(rows, 1):
        cells = _trimmed(row)
        if not cells:
            continue
        if len(cells) > MOST_COLUMNS:
            raise BadTable("too_many_columns", line=number, most=MOST_COLUMNS)
        characters += sum(len(cell.text) for cell in cells)
        if len(lines) > MOST_LINES + HEADING_AMONG or characters > MOST_CHARACTERS:
            raise BadTable("too_many_lines", most=MOST_LINES)
        lines.append(Line(number, cells))
        width = max(width, len(cells))
    if not lines:
        raise BadTable("empty")
    at = _headings_at(lines, known)
    heads = lines[at].cells if at is not None else ()
    columns = tuple(heads[n].text[:80] if n < len(heads) else "" for n in range(width))
    body = lines[at + 1 :] if at is not None else lines
    if not body:
        raise BadTable("only_headings")
    if len(body) > MOST_LINES:
        raise BadTable("too_many_lines", most=MOST_LINES)
    nothing = Cell()
    return Table(
        columns, tuple(Line(line.number, line.cells + (nothing,) * (width - len(line.cells))) for line in body)
    )


def heading(text: str) -> str:
    """A heading as it is compared: one width, one case, letters and digits only."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text[:200])).casefold()


def _trimmed(row: Sequence[Cell]) -> tuple[Cell, ...]:
    """Without empty cells at the end; a cell that is too long is cut, and found to be too long where it is understood."""
    cells = [Cell(cell.text[: LONGEST_CELL + 1], cell.kind) for cell in row]
    while cells and not cells[-1].text.strip():
        cells.pop()
    return tuple(cells)


def _headings_at(lines: Sequence[Line], known: frozenset[str]) -> int | None:
    counts = [sum(heading(cell.text) in known for cell in line.cells) for line in lines[:HEADING_AMONG]]
    if max(counts) > 0:
        return counts.index(max(counts))
    first = lines[0].cells
    return None if any(len(_DIGITS.findall(cell.text)) >= 8 for cell in first) else 0
