"""Rounds in shuffled order, so that a disturbance of the machine meets everybody alike; ratios are taken within a round."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from benchmarks.report import progress

T = TypeVar("T")


def measure(names: Sequence[str], rounds: int, one: Callable[[str], T]) -> dict[str, list[T | None]]:
    """`one(name)` for each name in each round. A failure is told and leaves None, so that rounds stay comparable."""
    found: dict[str, list[T | None]] = {name: [] for name in names}
    for number in range(rounds):
        for name in random.sample(names, len(names)):
            try:
                found[name].append(one(name))
            except Exception as error:  # noqa: BLE001 -- one that fails costs only itself
                progress(f"round {number + 1}: {name} failed: {error}")
                found[name].append(None)
            else:
                progress(f"round {number + 1}/{rounds}: {name}: {found[name][-1]}")
    return found
