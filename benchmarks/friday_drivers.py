"""The drivers of a Friday night, each with a session of his own: they move, are offered orders, say yes or no or nothing, drive.

They ask as the driver's page does: one question that waits for news, and where the phone is, at most every five seconds while
one drives and every twenty while one waits.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import aiohttp

from benchmarks.friday_people import Night

DECLINES, SILENT = 0.12, 0.08
LINK_LOST = 0.02
"""Of the times that he hears something: his phone is in a tunnel."""
LOST_S = (5.0, 40.0)
MOVING_S, STANDING_S = 5.0, 20.0
NEWS_S = 25
REASONS = ("too_far", "other_way", "low_fare", "break")
TOO_LATE = ("offer_gone", "not_yours", "wrong_state")


class DriverAtWork:
    """One driver; `token` is in the link that was texted to him, `at` where he begins."""

    def __init__(self, night: Night, token: str, at: tuple[float, float]) -> None:
        self._night = night
        self._token = token
        self._lat, self._lon = at
        self._chance = night.chance(f"driver at {at}")
        self._me: Any = None
        self._lost = False
        self._silent_to: set[int] = set()

    async def work(self, late_s: float) -> None:
        """Comes within `late_s` seconds and works until he is told that the night is over, and his trip as well."""
        await asyncio.sleep(self._chance.uniform(0, late_s))
        async with self._night.http() as http:
            while not (
                await self._night.tell(http, "POST", "/driver/session", {"token": self._token}, ("too_many_attempts",))
            )[1]:
                await asyncio.sleep(1)
            self._me = await self._night.ask(http, "POST", "/driver/shift", {"on": True})
            moving = asyncio.create_task(self._move(http))
            try:
                while not self._night.going_home.is_set() or (self._me and self._me["order"]):
                    await self._hear(http)
            finally:
                moving.cancel()
                await asyncio.gather(moving, return_exceptions=True)

    async def _move(self, http: aiohttp.ClientSession) -> None:
        while True:
            await asyncio.sleep((MOVING_S if self._has_order else STANDING_S) * self._chance.uniform(0.9, 1.1))
            far = 0.004 if self._has_order else 0.0005
            self._lat, self._lon = self._lat + self._chance.gauss(0, far), self._lon + self._chance.gauss(0, far)
            if self._lost:
                continue
            with self._night.timed("drivers: said where they are"):
                told = await self._say(http, "POST", "/driver/location", {"lat": self._lat, "lon": self._lon})
            self._night.done["moves of drivers"] += told is not None

    @property
    def _has_order(self) -> bool:
        return bool(self._me and self._me["order"])

    async def _say(self, http: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> Any:
        """As Night.ask; who was too late hears of it in words."""
        code, told = await self._night.tell(http, method, path, body, TOO_LATE)
        if code in TOO_LATE:
            self._night.done["drivers who heard that another was first"] += 1
        return told

    async def _hear(self, http: aiohttp.ClientSession) -> None:
        if self._chance.random() < LINK_LOST:
            self._lost = True
            self._night.done["drivers' links lost"] += 1
            await asyncio.sleep(self._chance.uniform(*LOST_S))
            self._lost = False
            self._me = await self._say(http, "GET", "/driver/me")
        elif self._has_order:
            await self._go_on(http)
        else:
            await self._answer_offers(http)

    async def _answer_offers(self, http: aiohttp.ClientSession) -> None:
        for offer in (self._me or {}).get("offers", ()):
            if offer["id"] in self._silent_to:
                continue
            path = f"/driver/offers/{offer['id']}"
            mood = self._chance.random()
            if mood < SILENT:
                self._silent_to.add(offer["id"])
                self._night.done["offers left unanswered"] += 1
            elif mood < SILENT + DECLINES or self._night.going_home.is_set():
                self._night.done["offers declined"] += 1
                await self._say(http, "POST", f"{path}/decline", {"reason": self._chance.choice(REASONS)})
            else:
                await asyncio.sleep(self._chance.uniform(0.2, 1.5))  # he reads it
                with self._night.timed("drivers: offer accepted"):
                    taken = await self._say(http, "POST", f"{path}/accept", {})
                if taken:
                    self._night.done["offers accepted"] += 1
                    self._me = taken
                    return
        seen = f"?seen={self._me['version']}&wait={NEWS_S}" if self._me else ""
        self._me = await self._say(http, "GET", f"/driver/me{seen}")
        if self._me is None:
            await asyncio.sleep(1)

    async def _go_on(self, http: aiohttp.ClientSession) -> None:
        order = self._me["order"]
        await asyncio.sleep(self._night.pace * self._chance.uniform(0.5, 1.5))
        if order["no_show_at"] and order["number"] and self._nobody_comes(order["number"]):
            await self._give_up(http, order)
        elif order["next"]:
            to = order["next"][0]
            with self._night.timed("drivers: step of a trip"):
                told = await self._say(http, "POST", f"/driver/orders/{order['id']}/step", {"to": to})
            if told and to == "completed":
                self._night.kept["completed"].add(order["id"])
                self._night.done["trips completed"] += 1
        self._me = await self._say(http, "GET", "/driver/me")

    def _nobody_comes(self, number: str) -> bool:
        return number.replace("+82", "0", 1) in self._night.script.nobody_comes

    async def _give_up(self, http: aiohttp.ClientSession, order: dict[str, Any]) -> None:
        """He waits as long as he has to, and says that nobody came and that he called."""
        left = _seconds(order["no_show_at"]) - _seconds(self._me["now"])
        await asyncio.sleep(max(0.0, left) + 1.0)
        if order["origin"]["lat"] is not None:  # he stands at the door, or could not say it
            self._lat, self._lon = order["origin"]["lat"], order["origin"]["lon"]
            await self._say(http, "POST", "/driver/location", {"lat": self._lat, "lon": self._lon})
        step = {"to": "no_show", "called": 2}
        if await self._say(http, "POST", f"/driver/orders/{order['id']}/step", step):
            self._night.kept["no_show"].add(order["id"])
            self._night.done["customers who did not come"] += 1


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
