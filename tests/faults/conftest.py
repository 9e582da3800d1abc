"""The fault bench: a history, a seeded chance, counts, and figures. Everything that is broken here is real.

CALLBOARD_FAULTS=full     the full counts of every row; otherwise each row once, small
CALLBOARD_SEED=n          the chance of an earlier run again (tests/seed.py); the seed of each run stands at its head
CALLBOARD_FIGURES=file    how long things took is written there: it is told, never asserted
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.history import History
from tests.seed import SEED

FULL = os.environ.get("CALLBOARD_FAULTS", "fast") == "full"
Figure = Callable[..., None]


@pytest.fixture
def history(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[History]:
    """This test's operation history; its file is named when the test fails."""
    file = tmp_path / "history.jsonl"
    yield History(file)
    print(f"history: {file}, CALLBOARD_SEED={SEED}")


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Chance that can be had again: the run's seed and the test's name."""
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture
def count() -> Callable[[int, int], int]:
    """`count(fast, full)`: how often, in this run."""
    return lambda fast, full: full if FULL else fast


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """`figure("A1", "reconnect", 1.2, "s", promise=3)`: a measured value for the table of the run."""

    def note(row: str, name: str, value: float, unit: str, promise: float | None = None) -> None:
        told: dict[str, Any] = {"row": row, "name": name, "value": value, "unit": unit, "promise": promise}
        told |= {"test": request.node.name, "counts": "full" if FULL else "fast"}
        print(f"figure: {row} {name}: {value:.4g} {unit}" + (f" (promise {promise:g})" if promise is not None else ""))
        if file := os.environ.get("CALLBOARD_FIGURES"):
            with Path(file).open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(told, ensure_ascii=False) + "\n")

    return note


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A full row may take its time."""
    for item in items:
        if "tests/faults/" in item.nodeid:
            item.add_marker(pytest.mark.timeout(1200 if FULL else 300))


@pytest.fixture
def patience() -> None:
    """The product's own: here it is what is tested."""
