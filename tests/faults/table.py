"""The figures of a run of the fault bench as a table: what was promised, what was measured, how often.

python -m tests.faults.table FIGURES            prints it
python -m tests.faults.table FIGURES --write    puts it into docs/promises.md as well
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
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "promises.md"
BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"


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


def main(words: list[str]) -> None:
    """Print, and write where asked."""
    text = table(Path(words[0]).read_text(encoding="utf-8").splitlines())
    print(text)
    if "--write" in words:
        page = PAGE.read_text(encoding="utf-8")
        head, _, rest = page.partition(BEGIN)
        _, _, tail = rest.partition(END)
        PAGE.write_text(f"{head}{BEGIN}\n{_machine()}\n\n{text}\n{END}{tail}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
