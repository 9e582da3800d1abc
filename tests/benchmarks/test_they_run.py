"""Every benchmark runs, with the smallest sizes, and prints a table without a failure in it. How fast, is not asked here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import report
from benchmarks.machine import CHECKOUT

LIMIT_S = 400
pytestmark = pytest.mark.timeout(LIMIT_S + 20)


def run(name: str) -> str:
    """What the benchmark prints."""
    words = [sys.executable, "-m", f"benchmarks.{name}", "--small"]
    told = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert told.returncode == 0, told.stderr[-2000:]
    assert "failed" not in told.stdout + told.stderr
    return told.stdout


def figures(table: str, row: str) -> list[str]:
    """The cells of the row that begins so."""
    (found,) = re.findall(rf"^\| {re.escape(row)}.*\|$", table, re.MULTILINE)
    return [cell.strip() for cell in found.strip("|").split("|")][1:]


def test_ami() -> None:
    # Seen failing ("lost") with a listener that handles a fixed number of events between two reads.
    assert figures(run("ami"), "**callboard, the names")[-1].endswith("x")


def test_agi() -> None:
    assert "x" in figures(run("agi"), "**callboard**")[-1]


@pytest.mark.postgres
def test_growth() -> None:
    table = run("growth")
    assert len(figures(table, "SQLite")) == len(figures(table, "PostgreSQL")) == 5


@pytest.mark.postgres
def test_search() -> None:
    table = run("search")
    for kind in ("SQLite", "PostgreSQL"):
        assert len(figures(table, f"{kind}, 200: **all of these**")) == 4
        assert f"{kind}: 0 of 200 customers are found by other words than theirs" in table


@pytest.mark.browser
def test_keystrokes() -> None:
    assert figures(run("keystrokes"), "**all of these**")[1] == "0"


@pytest.mark.postgres
def test_settlement() -> None:
    table = run("settlement")
    assert len(figures(table, "SQLite: all drivers")) == len(figures(table, "PostgreSQL: all drivers")) == 3


@pytest.mark.pbx
def test_pop() -> None:
    told = run("pop")
    assert "0 calls did not reach every socket" in told
    assert figures(told, "to the last socket")[0] == "5"


@pytest.mark.pbx
def test_path() -> None:
    told = run("path")
    assert "2 calls a second with none lost**; a static dialplan on the same Asterisk: 2" in told, told


def test_the_figures_go_between_their_marks_and_nothing_else_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- figures: ami -->\nold\n<!-- end of figures: ami -->\nafter\n", encoding="utf-8")
    monkeypatch.setattr(report, "PAGE", page)
    measured = report.Report("ami", ["a machine"])
    measured.table(("what", "how much"), [("events", "7")])
    measured.finish(write=True)
    told = page.read_text(encoding="utf-8")
    assert told.startswith("before\n<!-- figures: ami -->\n")
    assert told.endswith("<!-- end of figures: ami -->\nafter\n")
    assert "| events | 7 |" in told
    assert "old" not in told


def test_every_benchmark_has_its_place_on_the_page() -> None:
    page = report.PAGE.read_text(encoding="utf-8")
    names = (
        "ami",
        "agi",
        "pop",
        "path",
        "growth",
        "search",
        "settlement",
        "clocks",
        "matching",
        "dispatch",
        "save",
        "offers",
    )
    for name in names:
        assert page.count(f"<!-- figures: {name} -->") == page.count(f"<!-- end of figures: {name} -->") == 1
