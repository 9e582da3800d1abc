"""The operator of a Friday night whose mouse is unplugged: the real console in a real Chromium, worked by its keys alone.

Every key is counted. Letters of Hangul are counted as the strokes that a Korean keyboard takes for them.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, Error, Page, TimeoutError

from benchmarks.friday_people import ALL_THE_SAME, Night, dialled
from benchmarks.friday_script import BOOK, CANCEL, ELSEWHERE, SHORT, STATIONS, WHERE, strokes

LIMIT_MS = 5_000
RING_MS = 8_000
"""A phone that was not free when the ringing began rings with the next round."""
GLANCE_MS = 150
"""What an eye needs on a card."""
SAME, NEW_PLACE, NEW_CALLER, NO_NUMBER, BOOKED = (
    "known caller, same trip",
    "known caller, new destination",
    "new caller",
    "number withheld",
    "booked for later",
)
_SHOWN = """() => {
  const { store, form } = window.friday;
  return store.openCall !== null && form.draft?.key === store.openCall && form.contains(document.activeElement);
}"""
_RINGS = "window.friday.store.waiting.some((call) => call.state === 'ringing')"
_ELSEWHERE = "Boolean(window.friday.store.mine) && window.friday.store.mine.id !== window.friday.store.openCall"
_TIMING = """async () => {
  const { store } = await import("/static/console/store.js");
  const channel = new MessageChannel();
  window.friday = { store, form: document.querySelector("order-form"), timing: null };
  addEventListener("keydown", (event) => {
    const { timing } = window.friday;
    if (timing && !timing.held) timing.at = event.timeStamp;
  }, true);
  // A message sent in an animation frame arrives when that frame has been painted.
  channel.port1.onmessage = () => { window.friday.timing.took = performance.now() - window.friday.timing.at; };
  window.friday.time = (holds) => {
    const timing = window.friday.timing = { at: null, held: false, took: null };
    const frame = () => {
      if (window.friday.timing !== timing) return;
      timing.held = timing.at !== null && holds();
      if (timing.held) channel.port2.postMessage(0);
      else requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  };
}"""
"""The page's own clock, from the last key to what it brings, painted: how busy this program is must not count."""
_CALL = """() => {
  const { store } = window.friday;
  const call = store.callInHand;
  return call && {
    number: call.number, customer: Boolean(call.customer), trips: call.customer?.usual_trips?.length ?? 0,
    live: call.customer?.live_order_id ?? null, mine: store.mine?.id === store.openCall,
    field: document.activeElement.name ?? null,
  };
}"""


@asynccontextmanager
async def console(browser: Browser, base: str, login: dict[str, str]) -> AsyncIterator[Page]:
    """An operator's console, signed in to by keyboard."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, locale="ko-KR")
    page = await context.new_page()
    page.set_default_timeout(LIMIT_MS)
    await sign_in(page, base, login)
    await page.wait_for_selector("bottom-line .link.up", timeout=30_000)
    await page.evaluate(_TIMING)  # to look with, not to act with: what a person sees on the screen
    yield page
    await context.close()


async def sign_in(page: Page, base: str, login: dict[str, str]) -> None:
    """The log-in page, by its own focus."""
    await page.goto(base + "/login", timeout=30_000)
    await page.keyboard.type(login["user"])
    await page.keyboard.press("Tab")
    await page.keyboard.type(login["password"])
    await page.keyboard.press("Enter")


class KeyOperator:
    """Works until cancelled."""

    def __init__(self, night: Night, page: Page) -> None:
        self._night = night
        self._page = page
        self._chance = night.chance("console")
        self._keys = 0
        self._letters = 0

    async def work(self) -> None:
        """F2, and what the caller wants; again and again."""
        while True:
            with contextlib.suppress(Error):  # nobody calls
                await self._until(f"{_RINGS} || window.friday.store.mine", 20_000)
                await self._serve()

    async def _serve(self) -> None:
        self._keys = self._letters = 0
        doing = "a ringing call"
        try:
            async with self._timed("console: F2 to the open card", f"({_SHOWN})()"):
                await self._press("F2")
                await self._page.wait_for_function(_SHOWN)
            while await self._page.evaluate(_ELSEWHERE):  # the phone picked up another one as he had asked before
                await self._press("F2")
                await self._page.wait_for_function(_SHOWN)
            doing = "the phone"
            if not await self._is_mine():
                self._night.done["calls that a colleague had first, at the console"] += 1
            else:
                self._night.done["calls answered at the console"] += 1
                doing = "what a key asks for"
                await self._talk()
        except TimeoutError:
            self._night.refused[f"the console did not show {doing} within {LIMIT_MS // 1000} s"] += 1
        except Error as error:
            self._night.refused[f"the console: {str(error).splitlines()[0]}"] += 1
        await self._leave()

    async def _is_mine(self) -> bool:
        with contextlib.suppress(TimeoutError):
            await self._until("window.friday.store.mine?.id === window.friday.store.openCall", RING_MS)
            return True
        return False

    async def _talk(self) -> None:
        await self._page.wait_for_timeout(GLANCE_MS)
        call = await self._page.evaluate(_CALL)
        wants = self._night.script.wanted_by(dialled(call["number"])) if call["number"] else "order"
        if wants == WHERE:
            self._night.done["callers who asked for their driver"] += 1
            await self._page.wait_for_timeout(2 * GLANCE_MS)
        elif wants == CANCEL:
            await self._cancel(call)
        else:
            await self._take(call, wants)

    async def _take(self, call: dict[str, Any], wants: str) -> None:
        kind = await self._fill(call, wants)
        async with self._timed(
            "console: Ctrl+Enter to the saved order", "window.friday.form.querySelector('.outcome')"
        ):
            await self._press("Control+Enter")
            await self._page.wait_for_selector("order-form .outcome")
        self._night.keys[f"{kind}: keys"].append(self._keys)
        self._night.keys[f"{kind}: letters"].append(self._letters)
        self._night.done["orders by keys"] += 1
        order = await self._page.evaluate("window.friday.store.orders.get(window.friday.form.done.order)")
        if order is None:
            return
        self._night.kept["taken"].add(order["id"])
        if order["state"] == "taken":
            await self._search()

    async def _fill(self, call: dict[str, Any], wants: str) -> str:
        """From the field with the focus to a form that can be saved; what kind of order it is."""
        if call["trips"] and wants != ELSEWHERE:
            await self._press("Enter")
            if wants != BOOK:
                return SAME
            await self._press("Shift+F6")
            await self._type(f"+{self._chance.randint(2, 6)}")
            return BOOKED
        kind = NEW_PLACE if call["trips"] else NEW_CALLER
        if call["field"] == "number":
            kind = NO_NUMBER
            await self._type(f"010{self._chance.randrange(20_000_000, 10**8)}")
            await self._press("Enter", "Enter")
        if await self._focused() != "destination":
            await self._type(self._chance.choice(STATIONS))
            await self._until("window.friday.form.choices.open")
            await self._press("Enter")
        await self._type(self._chance.choice(SHORT))
        if kind == NEW_CALLER:
            await self._press("Enter", "Enter")  # to the fare, and what the tariff says
        return kind

    async def _search(self) -> None:
        asked = "document.activeElement.name === 'pin_why'"
        begun = "window.friday.store.order?.search || window.friday.store.order?.driver"
        async with self._timed("console: Shift+F8 to the search begun", f"{asked} || {begun}"):
            await self._press("Shift+F8")
            await self._until(f"{asked} || {begun}")
        if await self._focused() == "pin_why":
            self._night.done["offered all the same, with a reason"] += 1
            await self._page.keyboard.insert_text(ALL_THE_SAME)
            await self._press("Enter")

    async def _cancel(self, call: dict[str, Any]) -> None:
        if call["live"] is None:
            return
        await self._until(f"window.friday.store.order?.id === {call['live']}")
        await self._press("F8")
        await self._until(f"window.friday.store.order?.id === {call['live']}")
        await self._press("Delete")
        await self._until("document.activeElement.name === 'why'")
        await self._press("Enter")
        self._night.done["cancelled by keys"] += 1

    async def _leave(self) -> None:
        """Hang up, and an empty desk for the next one."""
        with contextlib.suppress(Error):
            if await self._page.evaluate("window.friday.store.mine?.id === window.friday.store.openCall"):
                await self._press("Shift+F2")
                await self._until("!window.friday.store.mine")
        for _ in range(3):
            if await self._page.evaluate("window.friday.store.openCall === null && !window.friday.form.draft"):
                return
            await self._press("Escape")

    @asynccontextmanager
    async def _timed(self, what: str, comes: str) -> AsyncIterator[None]:
        """How long it takes from the last key pressed within to what `comes`, if it came to its end."""
        await self._page.evaluate(f"() => window.friday.time(() => Boolean({comes}))")
        yield
        await self._until("window.friday.timing.took !== null")
        self._night.waits[what].append(await self._page.evaluate("window.friday.timing.took") / 1000)

    async def _press(self, *keys: str) -> None:
        for key in keys:
            self._keys += 1
            await self._page.keyboard.press(key)

    async def _type(self, text: str) -> None:
        self._letters += strokes(text)
        await self._page.keyboard.type(text)

    async def _focused(self) -> str | None:
        name: str | None = await self._page.evaluate("document.activeElement.name ?? null")
        return name

    async def _until(self, true: str, limit_ms: int = LIMIT_MS) -> None:
        await self._page.wait_for_function(f"() => Boolean({true})", timeout=limit_ms)


def tables(night: Night) -> Iterator[tuple[str, str, str, str]]:
    """Keys and letters by kind of order: how many orders, the median keys and letters, and the most."""
    for kind in (SAME, NEW_PLACE, NEW_CALLER, NO_NUMBER, BOOKED):
        keys, letters = night.keys[f"{kind}: keys"], night.keys[f"{kind}: letters"]
        if keys:
            yield kind, str(len(keys)), f"{_middle(keys)} ({max(keys)})", f"{_middle(letters)} ({max(letters)})"


def _middle(values: list[int]) -> int:
    return sorted(values)[len(values) // 2]
