"""A night at the desk that goes on by itself: callers by SIP, operators by HTTP, screens that come and go, receipts.

Everything that an operator does is written into a history, so that what was acknowledged can be held against what is left.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import aiohttp

from tests.faults.history import History
from tests.path.running import RunningSite
from tests.sms.smsc import Smsc

TALKERS, LEAVERS, PERIOD_S = 17, 3, 20
"""Of 20 callers 17 want an operator and 3 hang up in the menu."""
TRIP_S = 60.0
CANCEL_ONE_IN = 12
ASK_TWICE_ONE_IN = 15
SCREENS = 5
CANDIDATES = 5


class Night:
    """The life around one running site. `pops` are (moment, seconds from arrival to a screen).

    `given` orders have a driver, `done` of them were driven to their end. `reconnects` counts sockets of operators that the
    server closed. `failures` are those of the night's own people: with one of them the run proves nothing.
    """

    def __init__(
        self,
        site: RunningSite,
        smsc: Smsc,
        history: History,
        chance: random.Random,
        operators: Sequence[dict[str, str]],
    ) -> None:
        self._site = site
        self._smsc = smsc
        self._history = history
        self._chance = chance
        self._operators = operators
        self._taken: set[int] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self.pops: list[tuple[float, float]] = []
        self.refusals: dict[str, int] = {}
        self.failures: list[BaseException] = []
        self.reconnects = 0
        self.given = 0
        self.done = 0

    def dial(self, seconds: int, rate: int) -> list[Any]:
        """Callers for so long, `rate` a second in all; some are known here."""
        known = self._known_numbers()
        count = seconds * rate

        def callers(share: int) -> list[tuple[str, str]]:
            numbers = (
                self._chance.choice(known) if self._chance.random() < 0.7 else f"010{self._chance.randrange(10**8):08}"
                for _ in range(count * share // (TALKERS + LEAVERS))
            )
            return [(number, f"손님 {number[-4:]}") for number in numbers]

        talk = {"dtmf": "0", "dtmf_after_ms": 700, "hold_ms": 3500}
        return [
            self._site.dial(callers(TALKERS), rate=TALKERS * rate, rate_period_s=PERIOD_S, **talk),
            self._site.dial(callers(LEAVERS), rate=LEAVERS * rate, rate_period_s=PERIOD_S, hold_ms=500),
        ]

    def _known_numbers(self) -> list[str]:
        with contextlib.closing(sqlite3.connect(self._site.state / "callboard.db")) as database:
            rows = database.execute("select number from customer_phone order by number limit 2000")
            return [number.replace("+82", "0") for (number,) in rows]

    @contextlib.asynccontextmanager
    async def goes_on(self) -> AsyncIterator[None]:
        """Operators, screens and receipts, until the block ends."""
        for login in self._operators:
            self._start(self._operator(login))
        for _ in range(SCREENS):
            self._start(self._screen())
        self._start(self._receipts())
        try:
            yield
        finally:
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def close(self) -> None:
        """Take no further orders; what is on its way goes on."""
        self._closing = True

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (failure := task.exception()) is not None:
            self.failures.append(failure)

    # --- an operator ------------------------------------------------------------------------------------------------

    async def _operator(self, login: dict[str, str]) -> None:
        origin = {"Origin": self._site.base}
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(self._site.base, headers=origin, cookie_jar=jar) as http:
            async with http.post(
                "/api/v1/session", json={name: login[name] for name in ("user", "password")}
            ) as answer:
                answer.raise_for_status()
            # He listens while he works, as a browser does: a socket that nobody reads is closed by the server.
            ringing: asyncio.Queue[int] = asyncio.Queue()
            self._start(self._listen(http, ringing))
            while True:
                call_id = await ringing.get()
                if call_id not in self._taken and not self._closing:
                    self._taken.add(call_id)
                    await self._serve(http, login["user"], call_id)

    async def _listen(self, http: aiohttp.ClientSession, ringing: asyncio.Queue[int]) -> None:
        while True:
            async for delta in _live(http):
                if delta["type"] == "call.ringing":
                    ringing.put_nowait(delta["call_id"])
            self.reconnects += 1

    async def _serve(self, http: aiohttp.ClientSession, who: str, call_id: int) -> None:
        await self._post(http, f"/api/v1/calls/{call_id}/answer", {})
        body = {
            "call_id": call_id, "origin": {"text": "시청역"}, "destination": {"text": "잠실역"}, "fare": 20_000,
            "note": f"once:{call_id}",
        }  # fmt: skip
        times = 2 if self._chance.randrange(ASK_TWICE_ONE_IN) == 0 else 1
        taken = await asyncio.gather(*(self._take(http, who, body, f"soak-{call_id}") for _ in range(times)))
        order_id = next((order for order in taken if order), None)
        if order_id is None:
            return
        if await self._give(http, who, order_id):
            self.given += 1
            self._start(self._trip(order_id, cancelled=self._chance.randrange(CANCEL_ONE_IN) == 0))

    async def _give(self, http: aiohttp.ClientSession, who: str, order_id: int) -> bool:
        """The nearest driver whom no colleague has given another order meanwhile."""
        _, found = await self._get(http, f"/api/v1/orders/{order_id}/candidates?limit={CANDIDATES}")
        for driver in (found or {"items": []})["items"]:
            with self._history.doing(who, "assign", order_id=order_id, driver_id=driver["driver_id"]) as given:
                status, _ = await self._post(
                    http, f"/api/v1/orders/{order_id}/assign", {"driver_id": driver["driver_id"]}
                )
                if status == 200:
                    return True
                given.fail(str(status))
        return False

    async def _take(self, http: aiohttp.ClientSession, who: str, body: dict[str, Any], key: str) -> int | None:
        with self._history.doing(who, "order", key=key) as taken:
            status, answer = await self._post(http, "/api/v1/orders", body, **{"Idempotency-Key": key})
            if status != 201:
                taken.fail(str(status))
                return None
            taken.ok(order_id=answer["id"])
            return int(answer["id"])

    async def _trip(self, order_id: int, *, cancelled: bool) -> None:
        where = f"/api/v1/orders/{order_id}"
        await asyncio.sleep(TRIP_S / 4)
        if cancelled:
            await self._site.call("POST", f"{where}/cancel", {"reason": "손님 취소"})
            return
        for state in ("driving", "completed"):
            status, _ = await self._site.call("POST", f"{where}/step", {"to": state})
            self.done += status == 200 and state == "completed"
            await asyncio.sleep(TRIP_S * 3 / 4)

    async def _post(self, http: aiohttp.ClientSession, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        async with http.post(path, json=body, headers=headers) as answer:
            if answer.status >= 400:
                told = (await answer.json()).get("code", "?")
                self.refusals[told] = self.refusals.get(told, 0) + 1
                return answer.status, None
            return answer.status, await answer.json()

    async def _get(self, http: aiohttp.ClientSession, path: str) -> tuple[int, Any]:
        async with http.get(path) as answer:
            return answer.status, await answer.json()

    # --- screens and receipts ---------------------------------------------------------------------------------------

    async def _screen(self) -> None:
        token = {"Authorization": f"Bearer {self._site.logins['api_token']}"}
        while True:
            with contextlib.suppress(TimeoutError):
                async with (
                    asyncio.timeout(self._chance.uniform(20, 60)),
                    aiohttp.ClientSession(self._site.base, headers=token) as http,
                ):
                    async for delta in _live(http):
                        if delta["type"] == "call.arrived":
                            self.pops.append((time.monotonic(), time.time() - _unix(delta["at"])))

    async def _receipts(self) -> None:
        done = 0
        while True:
            while done < len(self._smsc.submits):
                await self._smsc.deliver(self._smsc.submits[done].message_id)
                done += 1
            await asyncio.sleep(0.3)


async def _live(http: aiohttp.ClientSession) -> AsyncIterator[dict[str, Any]]:
    async with http.ws_connect("/live", autoping=True) as socket:
        with contextlib.suppress(aiohttp.ClientConnectionResetError):
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    yield json.loads(message.data)


def _unix(moment: str) -> float:
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
