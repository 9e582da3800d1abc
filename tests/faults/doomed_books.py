"""Closes a month, or proposes or approves a batch, in a process that kills itself (SIGKILL) after its n-th statement.

python -m tests.faults.doomed_books URL NOW

Each line on standard input, a JSON object (see `deed`), is one such process, forked from this one, which has everything loaded;
its end is told in a line: "end" and the signal's number, or 0. A commit counts as a statement, and so does its answer.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from datetime import date, datetime
from typing import Any

from sqlalchemy import event

from desk.books import batches, cashier
from desk.bus import Bus
from desk.clock.days import span
from desk.rules.settling import SettlingRule
from desk.work import Desk, Work, open_engine
from tests.sms.doomed_sender import Fuse

RULE = SettlingRule(keep=30_000, unit=1_000, needed=10_000)


async def deed(work: Work, told: dict[str, Any]) -> None:
    """What is asked for, by whom."""
    match told["what"]:
        case "close":
            await cashier.close_month(work, told["by"], told["year"], told["month"])
        case "propose":
            days = span("Asia/Seoul", date.fromisoformat(told["first"]), date.fromisoformat(told["last"]))
            await batches.propose(work, told["by"], days, RULE)
        case "approve":
            await batches.approve(work, told["by"], told["batch"], told["lines"])


async def main(url: str, now: datetime, told: dict[str, Any]) -> None:
    desk = Desk(open_engine(url), Bus(), clock=lambda: now)
    fuse = Fuse(told["at"])
    event.listen(desk.engine.sync_engine, "after_cursor_execute", fuse.burn)
    event.listen(desk.engine.sync_engine, "commit", fuse.burn)
    await desk.do(lambda work: deed(work, told))
    fuse.burn()
    await desk.engine.dispose()


def fork(url: str, now: datetime, told: dict[str, Any]) -> int:
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(main(url, now, told))
            os._exit(0)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


if __name__ == "__main__":
    for line in sys.stdin:
        print(f"end {fork(sys.argv[1], datetime.fromisoformat(sys.argv[2]), json.loads(line))}", flush=True)
