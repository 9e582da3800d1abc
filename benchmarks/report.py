"""Tables of figures: printed, and with `--write` put between this benchmark's marks in docs/benchmarks.md.

Marks look like `<!-- figures: ami -->` ... `<!-- end of figures: ami -->`; what people wrote around them stays.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence

from benchmarks.machine import CHECKOUT

PAGE = CHECKOUT / "docs" / "benchmarks.md"


class Report:
    """Collects what one benchmark found; `finish()` prints it. `program`: where it is not called as its figures are."""

    def __init__(self, name: str, machine: Sequence[str], program: str | None = None) -> None:
        self._name = name
        command = " ".join(
            [f"python -m benchmarks.{program or name}", *(word for word in sys.argv[1:] if word != "--write")]
        )
        self._lines = [f"`{command}`", "", *(f"- {line}" for line in machine), ""]

    def line(self, text: str) -> None:
        """A sentence of figures."""
        self._lines += [text, ""]

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table; the first column is left-aligned, the others are figures."""
        self._lines.append("| " + " | ".join(heads) + " |")
        self._lines.append("|" + "---|" + "---:|" * (len(heads) - 1))
        self._lines += ["| " + " | ".join(row) + " |" for row in rows]
        self._lines.append("")

    def finish(self, write: bool) -> None:
        """Print everything; write it into the page as well."""
        text = "\n".join(self._lines)
        print(f"\n## {self._name}\n\n{text}", flush=True)
        if write:
            _publish(self._name, text)


def _publish(name: str, text: str) -> None:
    begin, end = f"<!-- figures: {name} -->", f"<!-- end of figures: {name} -->"
    page = PAGE.read_text(encoding="utf-8")
    before, found, rest = page.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{PAGE} has no marks for {name!r}")
    PAGE.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def options(name: str, about: str | None, rounds: int) -> argparse.ArgumentParser:
    """The options that every benchmark has."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=about)
    parser.add_argument("--rounds", type=int, default=rounds, help="how often everything is measured (%(default)s)")
    parser.add_argument("--small", action="store_true", help="the smallest sizes: whether it runs, not how fast")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/benchmarks.md")
    return parser


def progress(text: str) -> None:
    """Say what is being done, beside the tables."""
    print(text, file=sys.stderr, flush=True)


def spread(values: Sequence[float], form: str = ",.0f") -> str:
    """The median with the range."""
    if not values:
        return "failed"
    if len(values) == 1:
        return format(values[0], form)
    return f"{statistics.median(values):{form}} ({min(values):{form}}..{max(values):{form}})"


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` (0..1) of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, round(share * len(ordered) + 0.5) - 1))]


def ratio(values: Sequence[float | None], floors: Sequence[float | None]) -> float | None:
    """The median of the ratios within rounds; None where there is none."""
    pairs = [value / floor for value, floor in zip(values, floors, strict=True) if value and floor]
    return statistics.median(pairs) if pairs else None


def times(value: float | None) -> str:
    """A ratio as it is printed."""
    return "–" if value is None else f"{value:.2f}x"
