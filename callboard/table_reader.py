"""Reads a file in a process of its own (callboard/table_child.py), so that no file can harm the one that holds the calls."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from callboard.instance import CHECKOUT
from desk.importing.table import BadTable, Table

LIMIT_S = 90.0


class TableReader:
    """One file after the other: two at a time would take twice the memory."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)

    async def read(self, raw: bytes) -> Table:
        """See `read_table`."""
        async with self._turn:
            return await read_table(raw)


async def read_table(raw: bytes) -> Table:
    """The table in `raw`. Raises BadTable, also for a file that takes too much memory or time."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "callboard.table_child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=CHECKOUT,
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            answer, _ = await child.communicate(raw)
    except TimeoutError:
        raise BadTable("too_heavy") from None
    finally:
        if child.returncode is None:
            child.kill()
            await asyncio.shield(child.wait())
    if child.returncode != 0:
        raise BadTable("too_heavy")
    return await asyncio.to_thread(_table, answer)


def _table(answer: bytes) -> Table:
    told: dict[str, Any] = json.loads(answer)
    if "refused" in told:
        raise BadTable(told["refused"].pop("reason"), **told["refused"])
    return Table.of_json(told["table"])
