"""A hold-up of the event loop is seen, whoever caused it."""

from __future__ import annotations

import asyncio
import time

from callboard.loop_watch import LoopWatch


async def test_a_loop_that_was_held_up_says_for_how_long() -> None:
    watch = LoopWatch()
    watching = asyncio.create_task(watch.run())
    await asyncio.sleep(0.12)
    time.sleep(0.5)
    await asyncio.sleep(0.12)
    watching.cancel()
    # 0.05 s of the half second were the tick itself.
    assert 0.4 < watch.longest_s < 30
