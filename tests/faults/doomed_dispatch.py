"""Gives an order to a driver and sends the texts, in a process that kills itself (SIGKILL) at one point. Run by test_process.py.

python doomed_dispatch.py DATABASE PORT

Each line on standard input, "POINT|ORDER|DRIVER|OPERATOR", is one such process, forked from this one, which has everything
loaded; its end is told in a line: "end" and the signal's number, or 0.
"""

from __future__ import annotations

import asyncio
import os
import sys

from desk.bus import Bus
from desk.dispatching import dispatch, giving
from desk.events import OrderAssigned
from desk.work import Desk, open_engine
from sms.providers.smpp import Smpp
from sms.sender import Sender
from sms.settings import Settings
from tests.sms.doomed_sender import Fuse, arm

LIMIT_S = 60


async def main(database: str, port: int, point: str, order_id: int, driver_id: int, operator_id: int) -> None:
    bus = Bus()
    desk = Desk(open_engine(f"sqlite+aiosqlite:///{database}"), bus)
    keys = {"host": "127.0.0.1", "port": port, "system_id": "callboard", "password": "secret"}
    settings = Settings(provider="smpp", providers={"smpp": keys}, rate_per_s=1000)
    provider = settings.open_provider()
    assert isinstance(provider, Smpp)
    fuse = Fuse(1)
    match point:
        case "before the assignment is committed":
            giving.write_assignment_messages = fuse.after(giving.write_assignment_messages)
        case "after the assignment is committed":
            bus.on(OrderAssigned, fuse.burn)
        case _:
            arm(point, fuse, bus, provider)
    sending = asyncio.create_task(Sender(settings, desk, provider, bus).run())
    async with asyncio.timeout(LIMIT_S):
        while not provider.ready():
            await asyncio.sleep(0.005)
        await desk.do(lambda work: dispatch.assign(work, operator_id, order_id, driver_id))
        await sending


def fork(database: str, port: int, line: str) -> int:
    point, *ids = line.rstrip("\n").split("|")
    child = os.fork()
    if child == 0:
        try:
            asyncio.run(main(database, port, point, *map(int, ids)))
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


if __name__ == "__main__":
    for asked in sys.stdin:
        print(f"end {fork(sys.argv[1], int(sys.argv[2]), asked)}", flush=True)
