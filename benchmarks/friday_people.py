"""The people of a Friday night: operators who answer and take orders, drivers who move, are offered orders and drive them.

They know the panel's address and nothing else: operators use the JSON API or the keys of the console, drivers their own API.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
from playwright.async_api import Page, TimeoutError

DECLINES = 0.15
PLACES = ("강남역", "홍대입구역", "잠실역", "여의도역", "판교역", "사당역", "건대입구역", "신촌역")
ALL_THE_SAME = "손님이 길에서 기다림"


class Night:
    """What everybody counts in, and how long things take: `pace` seconds for each step of a trip."""

    def __init__(self, base: str, chance: random.Random, pace: float) -> None:
        self.base = base
        self.chance = chance
        self.pace = pace
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    def http(self) -> aiohttp.ClientSession:
        """A browser of its own on our own page."""
        jar = aiohttp.CookieJar(unsafe=True)
        return aiohttp.ClientSession(self.base, headers={"Origin": self.base}, cookie_jar=jar)

    async def ask(self, http: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> Any:
        """The answer's JSON; None (and counted) where it was refused."""
        async with http.request(method, f"/api/v1{path}", json=body) as answer:
            told = await answer.json() if answer.content_type.endswith("json") else None
            if answer.status < 400:
                return told
            self.refused[(told or {}).get("code", str(answer.status))] += 1
            return None


async def operate(night: Night, user: str, password: str) -> None:
    """An operator on the JSON API, until cancelled: answers what rings, takes the usual trip or asks where to, has it offered."""
    async with night.http() as http:
        assert await night.ask(http, "POST", "/session", {"user": user, "password": password})
        ringing: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        listening = asyncio.create_task(_listen(http, ringing))
        try:
            while True:
                await _serve(night, http, await ringing.get())
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def _listen(http: aiohttp.ClientSession, ringing: asyncio.Queue[dict[str, Any]]) -> None:
    async for told in _live(http):
        if told["type"] == "call.ringing":
            ringing.put_nowait(told)
        elif told["type"] == "snapshot":
            for call in told["calls"]:
                if call["state"] == "ringing":
                    ringing.put_nowait({"call_id": call["id"]})


async def _live(http: aiohttp.ClientSession) -> AsyncIterator[dict[str, Any]]:
    while True:
        async with http.ws_connect("/live") as socket:
            with contextlib.suppress(aiohttp.ClientConnectionResetError):
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        yield json.loads(message.data)


async def _serve(night: Night, http: aiohttp.ClientSession, rang: dict[str, Any]) -> None:
    call = await night.ask(http, "GET", f"/calls/{rang['call_id']}")
    if call is None or call["state"] not in ("arrived", "ringing"):
        return
    if not await _answered(night, http, call["id"]):
        return
    night.done["answered by the API"] += 1
    customer = call["customer"] or {}
    trips = customer.get("usual_trips") or []
    if trips:
        trip = trips[0]
        order = {
            "origin": _place(trip["origin"]),
            "destination": _place(trip["destination"]),
            "fare": trip["fare"] or 20_000,
        }
    else:
        ends = night.chance.sample(PLACES, 2)
        order = {"origin": await _known(night, http, ends[0]), "destination": {"text": ends[1]}, "fare": 20_000}
    body = {"call_id": call["id"], **order}
    if call["number"] is None:
        body["number"] = f"010{night.chance.randrange(10**8):08}"
    taken = await night.ask(http, "POST", "/orders", body)
    if taken is not None:
        night.done["orders by the API"] += 1
        why = {"reason": ALL_THE_SAME} if taken["pin_doubt"] else {}
        await night.ask(http, "POST", f"/orders/{taken['id']}/search", why)
    await night.ask(http, "POST", f"/calls/{call['id']}/hangup", {})


async def _answered(night: Night, http: aiohttp.ClientSession, call_id: int) -> bool:
    """It rings at one phone a moment before the other: who is too early tries again."""
    for _ in range(4):
        if await night.ask(http, "POST", f"/calls/{call_id}/answer", {}):
            return True
        await asyncio.sleep(0.4)
    return False


def _place(place: dict[str, Any] | None) -> dict[str, Any] | None:
    if place is None:
        return None
    known = {key: place[key] for key in ("text", "lat", "lon", "accuracy_m") if place[key] is not None}
    return {**known, "source": "saved"}


async def _known(night: Night, http: aiohttp.ClientSession, text: str) -> dict[str, Any]:
    found = (await night.ask(http, "GET", f"/places?q={text}&limit=1") or {"items": []})["items"]
    if not found or found[0]["lat"] is None:
        return {"text": text}
    place = found[0]
    return {
        "text": place["text"],
        "lat": place["lat"],
        "lon": place["lon"],
        "accuracy_m": place["accuracy_m"],
        "source": "book",
    }


async def operate_by_keys(night: Night, page: Page) -> None:
    """An operator at the console whose mouse is unplugged, until cancelled."""
    while True:
        with contextlib.suppress(TimeoutError):
            await page.wait_for_selector("call-list .card.rings", timeout=5_000)
            await _serve_by_keys(night, page)


async def _serve_by_keys(night: Night, page: Page) -> None:
    keys = page.keyboard
    await keys.press("F2")
    await page.wait_for_selector("call-list .card.open", timeout=3_000)
    await page.wait_for_timeout(150)  # the card fills, as under a person's eyes
    night.done["opened by keys"] += 1
    for _ in range(5):
        name, value = await page.evaluate("[document.activeElement.name ?? '', document.activeElement.value ?? '']")
        if value or name not in ("number", "origin", "destination", "fare"):
            break
        if name == "number":
            await keys.type(f"010{night.chance.randrange(10**8):08}")
        elif name == "fare":
            await keys.type("20000")
        elif not await page.evaluate(
            "Boolean(document.querySelector('order-form').proposalFor(document.activeElement.name))"
        ):
            await keys.insert_text(night.chance.choice(PLACES))
            await page.wait_for_timeout(250)
            await keys.press("ArrowDown")
        await keys.press("Enter")
    await keys.press("Control+Enter")
    await page.wait_for_selector("order-form .outcome", timeout=5_000)
    night.done["orders by keys"] += 1
    await keys.press("Shift+F8")
    await page.wait_for_timeout(150)
    if await page.evaluate("document.activeElement.name") == "pin_why":
        await keys.insert_text(ALL_THE_SAME)
        await keys.press("Enter")
    await keys.press("Shift+F2")
    await page.evaluate("document.activeElement?.blur()")
    await keys.press("Escape")


async def drive(night: Night, token: str, begins_at: tuple[float, float], late_s: float = 10.0) -> None:
    """A driver on his own page's API, until cancelled: moves, answers offers, says how far he is. He comes within `late_s`."""
    lat, lon = begins_at
    await asyncio.sleep(night.chance.uniform(0, late_s))
    async with night.http() as http:
        while not await night.ask(http, "POST", "/driver/session", {"token": token}):
            await asyncio.sleep(1)  # 300 come in the same moment
        me = await night.ask(http, "POST", "/driver/shift", {"on": True})
        while True:
            lat, lon = lat + night.chance.gauss(0, 0.002), lon + night.chance.gauss(0, 0.002)
            if await night.ask(http, "POST", "/driver/location", {"lat": lat, "lon": lon}):
                night.done["moves of drivers"] += 1
            me = await _drive_on(night, http, me) if me and me["order"] else await _hear(night, http, me)


async def _hear(night: Night, http: aiohttp.ClientSession, me: Any) -> Any:
    for offer in (me or {}).get("offers", ()):
        if night.chance.random() < DECLINES:
            night.done["offers declined"] += 1
            await night.ask(http, "POST", f"/driver/offers/{offer['id']}/decline", {"reason": "too_far"})
        elif taken := await night.ask(http, "POST", f"/driver/offers/{offer['id']}/accept", {}):
            night.done["offers accepted"] += 1
            return taken
    seen = f"?seen={me['version']}&wait=10" if me else ""
    return await night.ask(http, "GET", f"/driver/me{seen}")


async def _drive_on(night: Night, http: aiohttp.ClientSession, me: Any) -> Any:
    order = me["order"]
    await asyncio.sleep(night.pace * night.chance.uniform(0.5, 1.5))
    if not order["next"]:
        return await night.ask(http, "GET", "/driver/me")
    told = await night.ask(http, "POST", f"/driver/orders/{order['id']}/step", {"to": order["next"][0]})
    if told and not told["order"]:
        night.done["trips completed"] += 1
    return told or await night.ask(http, "GET", "/driver/me")
