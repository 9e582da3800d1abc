"""A day at the desk while consoles are blind, and the ways in which they go blind."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Any

from sqlalchemy import select

from models import Call
from tests.faults.consoles import Seat
from tests.faults.history import History
from tests.faults.office import Office
from tests.faults.panel_process import act
from tests.faults.proxy import Proxy


class Day:
    """What happens at the desk while consoles are blind: calls come, are answered, end; orders are taken, given, cancelled."""

    def __init__(self, office: Office, chance: random.Random) -> None:
        self.office = office
        self.chance = chance
        self.numbers: dict[str, int] = {}
        self._open: list[str] = []
        self._orders: list[int] = []
        self._count = 0

    async def goes_on(self, steps: int) -> None:
        for _ in range(steps):
            await self._step()

    async def _step(self) -> None:
        self._count += 1
        what = self.chance.choice(("ring", "ring", "answer", "gone", "gone", "order", "assign", "cancel"))
        if what == "ring" or (what in ("answer", "gone") and not self._open):
            reference, number = f"day-{self._count}", f"0107{self._count:07}"
            self._open.append(reference)
            call = await self._act("ring", reference, number=number)
            self.numbers[f"{number[:3]}-{number[3:7]}-{number[7:]}"] = call["call"]
            await self._act("rang", reference, extension="1001")
        elif what == "answer":
            await self._act("answered", self.chance.choice(self._open), extension="1002")
        elif what == "gone":
            await self._act("gone", self._open.pop(self.chance.randrange(len(self._open))))
        elif self.office.panel.alive:
            await self._order(what)

    async def _order(self, what: str) -> None:
        if what == "order" or not self._orders:
            self._orders.append((await self.office.order(number=f"0108{self._count:07}"))["id"])
            return
        order_id = self.chance.choice(self._orders)
        if what == "assign":
            driver = {"driver_id": self.chance.choice(self.office.site.drivers)}
            assert (await self.office.api(0, "POST", f"/orders/{order_id}/assign", driver)).status in (200, 409)
        else:
            self._orders.remove(order_id)
            await self.office.api(0, "POST", f"/orders/{order_id}/cancel", {"reason": "손님 취소"})

    async def _act(self, what: str, reference: str, **more: Any) -> dict[str, Any]:
        if self.office.panel.alive:
            return await self.office.panel.act(what, reference, **more)
        return await act(self.office.desk, what, reference, **more)  # the rows alone tell of it later

    async def popped(self, seat: Seat, history: History) -> None:
        """Each call popped at most once, and none after its end."""
        async with self.office.desk.look() as session:
            ended = {call.id: call.ended_at for call in await session.scalars(select(Call))}
        spoken = [(self._call(text), at) for text, at in await seat.pops()]
        with history.doing(seat.who, "pops") as pops:
            pops.ok(calls=[call_id for call_id, _ in spoken])
        late = [call_id for call_id, at in spoken if (end := ended[call_id]) and end.timestamp() < at - 1.0]
        assert late == [], "a pop for a call that was over"

    def _call(self, text: str) -> int:
        return next(call_id for number, call_id in self.numbers.items() if number in text)


async def outage(how: str, office: Office, wire: Proxy, seat: Seat, day: Day, off_s: float) -> tuple[float, float]:
    """The network (or the server) goes, the day goes on, it comes back. How long until the mark stood, and when it was back."""
    began = time.time()
    if how == "server":
        await office.panel.kill()
    elif how == "silent":
        wire.freeze()
    else:
        wire.refuses = True
        wire.cut()
    marked = asyncio.create_task(seat.not_live())
    await day.goes_on(4)
    await asyncio.sleep(max(0.0, began + off_s - time.time()))
    if how != "server" and off_s <= 1.0 and how != "silent":
        wire.refuses = False  # a blink: whether the mark ever stood is not asked
        marked.cancel()
        return 0.0, time.time()
    mark_s = await marked - began
    if how == "server":
        await office.panel.start()
    wire.refuses = False
    wire.thaw()
    return mark_s, time.time()
