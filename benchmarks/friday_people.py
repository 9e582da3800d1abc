"""The people of a Friday night who use the API: what all of them count in, and operators as their programs work.

They know the panel's address and nothing else. Each operator has one call at a time, as he has one pair of ears.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import quote

import aiohttp

from benchmarks.friday_script import BOOK, CANCEL, ELSEWHERE, SHORT, STATIONS, WHERE, Script

ALL_THE_SAME = "손님이 길에서 기다림"
CHANGED_HIS_MIND = "손님 마음이 바뀜"
TALK_S = (0.4, 1.4)
"""What an operator and a caller say to one another: at twenty times, 8 to 28 seconds of it."""
BOOKED_AHEAD_MIN = (2, 6)
ASKS_FOR_A_REASON = ("pin_uncertain", "too_many_alike")
AWAY_S = 20.0
COLLEAGUE_FIRST = ("phone_unavailable", "colleague_first")
RING_S = 8.0
"""A phone that was not free when the ringing began rings with the next round."""


class Night:
    """What everybody counts in, and how long things take: `pace` seconds for each step of a trip.

    `kept` are ids of orders that callboard has said are taken, completed or cancelled, by that word: none of them may be lost.
    """

    def __init__(self, base: str, script: Script, seed: int, pace: float) -> None:
        self.base = base
        self.script = script
        self.seed = seed
        self.pace = pace
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.kept: dict[str, set[int]] = defaultdict(set)
        self.waits: dict[str, list[float]] = defaultdict(list)
        self.keys: dict[str, list[int]] = defaultdict(list)
        self.going_home = asyncio.Event()

    def chance(self, who: str) -> random.Random:
        """Chances of somebody's own: what he does depends on the seed, and not on who came before him."""
        return random.Random(f"{self.seed}/{who}")

    def http(self) -> aiohttp.ClientSession:
        """A browser of its own on our own page."""
        jar = aiohttp.CookieJar(unsafe=True)
        limit = aiohttp.ClientTimeout(total=60)
        return aiohttp.ClientSession(self.base, headers={"Origin": self.base}, cookie_jar=jar, timeout=limit)

    @contextlib.contextmanager
    def timed(self, what: str) -> Iterator[None]:
        """How long `what` took, if it came to its end."""
        begun = time.monotonic()
        yield
        self.waits[what].append(time.monotonic() - begun)

    async def ask(self, http: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON; None (and counted, with its reason) where it was refused."""
        return (await self.tell(http, method, path, body))[1]

    async def tell(
        self, http: aiohttp.ClientSession, method: str, path: str, body: Any = None, fine: tuple[str, ...] = ()
    ) -> tuple[str | None, Any]:
        """The refusal's code and None, or None and the answer. What is `fine` is no refusal, but a question back."""
        try:
            async with http.request(method, f"/api/v1{path}", json=body) as answer:
                told = await answer.json() if answer.content_type.endswith("json") else {}
        except (aiohttp.ClientError, TimeoutError) as error:
            self.refused[f"no answer: {type(error).__name__}"] += 1
            return "no_answer", None
        if answer.status < 400:
            return None, told
        code = str(told.get("code", answer.status))
        if code not in fine:
            self.refused[f"{code}: {re.sub('[0-9]+', '#', str(told.get('detail', '')))}"] += 1
        return code, None

    @contextlib.asynccontextmanager
    async def signed_in(self, login: dict[str, str]) -> AsyncIterator[aiohttp.ClientSession]:
        """A browser in which somebody of the office has signed in."""
        async with self.http() as http:
            said = {name: login[name] for name in ("user", "password")}
            while not await self.ask(http, "POST", "/session", said):
                await asyncio.sleep(1)
            yield http


class ApiOperator:
    """An operator whose program listens on `/live` and asks by the API: answers who has waited longest."""

    def __init__(self, night: Night, login: dict[str, str]) -> None:
        self._night = night
        self._login = login
        self._chance = night.chance(login["user"])
        self._calls: dict[int, dict[str, Any]] = {}
        self._served: set[int] = set()
        self._changed = asyncio.Event()

    async def work(self) -> None:
        """Until cancelled."""
        async with self._night.signed_in(self._login) as http:
            listening = asyncio.create_task(self._listen(http))
            try:
                while True:
                    await self._next(http)
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self, http: aiohttp.ClientSession) -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with http.ws_connect("/live", max_msg_size=0) as socket:
                    async for message in socket:
                        if message.type is aiohttp.WSMsgType.TEXT:
                            self._hear(json.loads(message.data))
            self._night.done["operators' sockets closed"] += 1
            await asyncio.sleep(0.5)

    def _hear(self, told: dict[str, Any]) -> None:
        if told["type"] == "snapshot":
            self._calls = {call["id"]: call for call in told["calls"] if call["state"] != "ended"}
        elif told["type"].startswith("call."):
            call = {**self._calls.get(told["call_id"], {}), **told["call"]}
            self._calls[call["id"]] = call
            if call["state"] == "ended":
                del self._calls[call["id"]]
        else:
            return
        self._changed.set()

    async def _until(self, true: Any, limit_s: float) -> bool:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                while not true():
                    self._changed.clear()
                    await self._changed.wait()
        return bool(true())

    async def _next(self, http: aiohttp.ClientSession) -> None:
        await self._until(lambda: self._waiting() or self._mine(), AWAY_S)
        await asyncio.sleep(self._chance.uniform(0.05, 0.8))  # a hand goes to the key
        if self._mine() is None and self._waiting():
            await self._answer(http)
        if (call := self._mine()) is not None:
            self._served.add(call["id"])
            self._night.done["calls answered by programs"] += 1
            await self._serve(http, call)
            await self._night.tell(http, "POST", f"/calls/{call['id']}/hangup", {}, fine=COLLEAGUE_FIRST)

    async def _answer(self, http: aiohttp.ClientSession) -> None:
        begun = time.monotonic()
        call_id = (await self._night.ask(http, "GET", "/calls/next") or {}).get("call_id")
        if call_id is None:
            return
        code, _ = await self._night.tell(http, "POST", f"/calls/{call_id}/answer", {}, fine=COLLEAGUE_FIRST)
        if code is None and await self._until(lambda: self._mine() or not self._waits(call_id), RING_S):
            self._night.waits["operators' programs: call answered"].append(time.monotonic() - begun)
        elif code:
            self._night.done["calls that a colleague had first, or whose caller had gone"] += 1

    def _waits(self, call_id: int) -> bool:
        return bool(self._calls.get(call_id, {}).get("state") in ("arrived", "ringing"))

    def _waiting(self) -> bool:
        """Whether somebody rings. (Who is in the voice menu may get to no queue at all.)"""
        return any(call["state"] == "ringing" for call in self._calls.values())

    def _mine(self) -> dict[str, Any] | None:
        """The call that the operator's phone has picked up: perhaps some time after he asked it to."""
        for call in self._calls.values():
            extension = (call.get("operator") or {}).get("extension")
            if call["state"] == "answered" and extension == self._login["extension"] and call["id"] not in self._served:
                return call
        return None

    async def _serve(self, http: aiohttp.ClientSession, call: dict[str, Any]) -> None:
        await asyncio.sleep(self._chance.uniform(*TALK_S))
        night, customer = self._night, call.get("customer") or {}
        wants = night.script.wanted_by(dialled(call["number"])) if call["number"] else "order"
        live = customer.get("live_order_id")
        if wants == WHERE:
            night.done["callers who asked for their driver"] += 1
            if live:
                await night.ask(http, "GET", f"/orders/{live}")
        elif wants == CANCEL:
            if live and await night.ask(http, "POST", f"/orders/{live}/cancel", {"reason": CHANGED_HIS_MIND}):
                night.kept["cancelled"].add(live)
        else:
            await self._take(http, call, await self._order(http, customer, wants))

    async def _order(self, http: aiohttp.ClientSession, customer: dict[str, Any], wants: str) -> dict[str, Any]:
        trips = customer.get("usual_trips") or []
        if trips and wants != ELSEWHERE:
            trip = trips[0]
            order = {"origin": place(trip["origin"]), "destination": place(trip["destination"]), "fare": trip["fare"]}
        else:
            origin = place(trips[0]["origin"]) if trips else await self._known(http, self._chance.choice(STATIONS))
            order = {"origin": origin, "destination": {"text": self._chance.choice(SHORT)}, "fare": 20_000}
        if wants == BOOK:
            order["wanted"] = f"+{self._chance.randint(*BOOKED_AHEAD_MIN)}분"
        return order

    async def _take(self, http: aiohttp.ClientSession, call: dict[str, Any], order: dict[str, Any]) -> None:
        night, body = self._night, {"call_id": call["id"], **order}
        if call["number"] is None:
            body["number"] = f"010{self._chance.randrange(20_000_000, 10**8)}"
        with night.timed("operators' programs: order saved"):
            taken = await night.ask(http, "POST", "/orders", body)
        if taken is None:
            return
        night.done["orders by programs"] += 1
        night.kept["taken"].add(taken["id"])
        if taken["state"] == "taken":
            await search(night, http, taken["id"])

    async def _known(self, http: aiohttp.ClientSession, text: str) -> dict[str, Any]:
        with self._night.timed("operators' programs: place found"):
            found = await self._night.ask(http, "GET", f"/places?q={quote(text)}&limit=1")
        items = (found or {"items": []})["items"]
        if not items or items[0]["lat"] is None:
            return {"text": text}
        return {**{name: items[0][name] for name in ("text", "lat", "lon", "accuracy_m")}, "source": "book"}


async def search(night: Night, http: aiohttp.ClientSession, order_id: int) -> None:
    """Have a driver looked for; where it is asked why, say so."""
    code, _ = await night.tell(http, "POST", f"/orders/{order_id}/search", {}, fine=ASKS_FOR_A_REASON)
    if code in ASKS_FOR_A_REASON:
        night.done["offered all the same, with a reason"] += 1
        await night.ask(http, "POST", f"/orders/{order_id}/search", {"reason": ALL_THE_SAME})


def dialled(number: str) -> str:
    """As the script writes a number that callboard shows in full."""
    return number.replace("+82", "0", 1)


def place(told: dict[str, Any] | None) -> dict[str, Any] | None:
    """A place of a trip, as an order takes it."""
    if told is None:
        return None
    known = {key: told[key] for key in ("text", "lat", "lon", "accuracy_m") if told[key] is not None}
    return {**known, "source": "saved"}
