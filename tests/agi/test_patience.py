"""The time limit of a command: it is met, also when it is shorter than the one before, and a limit that was kept is forgotten."""

from __future__ import annotations

import asyncio

import pytest

from agi.patience import Patience


async def test_a_limit_shorter_than_the_one_before_is_met() -> None:
    reader = asyncio.StreamReader()
    patience = Patience(reader)
    patience.begin(60)
    patience.end()
    patience.begin(0.01)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(20):
            await reader.readline()
    assert reader.exception() is not None, "it was our own limit of 20 s"


async def test_a_limit_longer_than_the_one_before_is_the_one_that_counts() -> None:
    reader = asyncio.StreamReader()
    patience = Patience(reader)
    patience.begin(0.01)
    patience.end()
    patience.begin(60)
    await asyncio.sleep(0.05)
    assert reader.exception() is None
    patience.stop()


async def test_a_limit_that_was_kept_is_forgotten() -> None:
    reader = asyncio.StreamReader()
    patience = Patience(reader)
    patience.begin(0.01)
    patience.end()
    await asyncio.sleep(0.05)
    assert reader.exception() is None
    patience.begin(0.01)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(20):
            await reader.readline()
    assert reader.exception() is not None
