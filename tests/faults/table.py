"""The figures of a run of the fault bench as a table: what was promised, what was measured, how often.

python -m tests.faults.table FIGURES                      prints it
python -m tests.faults.table FIGURES --write              puts it into docs/promises.md as well
python -m tests.faults.table FIGURES --hostile --write    into docs/security.md: it was a run of the hostile corpus

Ends with 1 where a full run missed a promise, unless docs/promises.md has it among the known misses, with a reason and how far.
"""

from __future__ import annotations

import json
import math
import os
import platform
import re
import statistics
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"
PAGE, HOSTILE_PAGE = DOCS / "promises.md", DOCS / "security.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
KNOWN_BEGIN, KNOWN_END = "<!-- known misses -->", "<!-- end of known misses -->"


@dataclass(frozen=True, slots=True)
class Known:
    """A promise that this machine misses, by how its name begins, for a reason; `worst` is no worse in the figure's own unit."""

    row: str
    name: str
    worst: float
    reason: str

    def covers(self, told: dict[str, Any]) -> bool:
        """Whether that figure is this miss, and no worse one."""
        is_it = told["row"] == self.row and str(told["name"]).startswith(self.name)
        return is_it and bool(told["value"] <= self.worst)


def known(page: str) -> list[Known]:
    """The known misses of docs/promises.md. Raises ValueError for one without a reason."""
    lines = page.partition(KNOWN_BEGIN)[2].partition(KNOWN_END)[0].strip().splitlines()[2:]
    found = [Known(row, name, float(worst.split()[0]), reason) for row, name, worst, reason in map(_cells, lines)]
    if bad := [one for one in found if len(one.reason) < 20]:
        raise ValueError(f"a known miss has a reason: {bad}")
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def missed(lines: list[str], allowed: list[Known]) -> list[str]:
    """What a full run promised and did not keep, in words. A small run shares its machine with all other tests: it may."""
    told = [json.loads(line) for line in lines]
    return [
        f"{one['row']} {one['name']}: {one['value']:.3g} {one['unit']}, promised were {one['promise']:g}"
        for one in told
        if one["promise"] is not None
        and one["value"] > one["promise"]
        and one["counts"] == "full"
        and not any(each.covers(one) for each in allowed)
    ]


def table(lines: list[str]) -> str:
    """Markdown; one line for each row and name, in the order of the matrix."""
    groups = defaultdict(list)
    for line in lines:
        told = json.loads(line)
        groups[told["row"], told["name"], told["unit"], told["promise"]].append(told["value"])
    out = ["| row | what | times | median | p99 | longest | promised |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for (row, name, unit, promise), values in sorted(groups.items(), key=lambda item: _order(item[0])):
        ordered = sorted(values)
        p99 = ordered[min(len(ordered) - 1, math.ceil(len(ordered) * 0.99) - 1)]
        kept = "" if promise is None else f"{promise:g} {unit}" + ("" if ordered[-1] <= promise else " **(missed)**")
        cells = (f"{one:.3g} {unit}" for one in (statistics.median(values), p99, ordered[-1]))
        out.append(f"| {row} | {name} | {len(values)} | {' | '.join(cells)} | {kept} |")
    return "\n".join(out)


def _order(key: tuple[str, str, str, float | None]) -> tuple[str, int, str]:
    letter, number = re.fullmatch(r"([A-Z])(\d*).*", key[0]).groups()  # type: ignore[union-attr]
    return letter, int(number or 0), key[1]


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}, "
        f"Python {platform.python_version()}"
    )


def written(page: str, text: str) -> str:
    """The page with that between its marks. Raises ValueError where it has none."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError("the page has no place for figures")
    return f"{head}{BEGIN}\n{text}\n{END}{tail}"


def main(words: list[str]) -> int:
    """Print, and write where asked. Returns 1 where a promise was missed."""
    lines = Path(words[0]).read_text(encoding="utf-8").splitlines()
    text = table(lines)
    print(text)
    if "--write" in words:
        page = HOSTILE_PAGE if "--hostile" in words else PAGE
        page.write_text(written(page.read_text(encoding="utf-8"), f"{_machine()}\n\n{text}"), encoding="utf-8")
    found = missed(lines, known(PAGE.read_text(encoding="utf-8")))
    for one in found:
        print(f"missed: {one}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
