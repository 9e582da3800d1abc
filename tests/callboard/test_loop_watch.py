"""A hold-up of the event loop is seen, whoever caused it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest

from callboard.loop_watch import TURN_S, LoopWatch

CHECKOUT = Path(__file__).parents[2]
WALKED = """
import gc
import callboard.wiring
from callboard.loop_watch import spare_what_is_loaded
before = len(gc.get_objects())
spare_what_is_loaded()
print(before, len(gc.get_objects()))
"""

TURNS = """
import sys
from callboard.loop_watch import let_threads_take_turns
let_threads_take_turns()
print(sys.getswitchinterval())
"""


async def test_a_loop_that_was_held_up_says_for_how_long() -> None:
    watch = LoopWatch()
    watching = asyncio.create_task(watch.run())
    await asyncio.sleep(0.12)
    time.sleep(0.5)
    await asyncio.sleep(0.12)
    watching.cancel()
    # 0.05 s of the half second were the tick itself.
    assert 0.4 < watch.longest_s < 30


def test_the_garbage_collector_does_not_walk_through_what_was_loaded() -> None:
    """Seen failing with a collection only. (`gc.get_objects` has all that a full collection walks through.)"""
    told = subprocess.run([sys.executable, "-c", WALKED], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    before, after = map(int, told.stdout.split())
    assert before > 50_000
    assert after < before / 20


def test_a_thread_that_computes_gives_way_soon() -> None:
    """Seen failing without the turn being set. How much it gains is in docs/benchmarks.md."""
    told = subprocess.run([sys.executable, "-c", TURNS], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert float(told.stdout) == pytest.approx(TURN_S)
