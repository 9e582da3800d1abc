"""Real consoles in a real Chromium before the bench's office, reached over a wire that can be cut; and what they show."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from tests.browser.conftest import CHROMIUM_OPTIONS, chromium_path
from tests.faults.history import History
from tests.faults.office import PASSWORD, Office

BANNER = "bottom-line .banner:not([hidden])"
LIMIT_MS = 60_000
# What is spoken is a pop: once a call, with its number. The moment is that of the page's own clock.
WATCH_POPS = """() => {
  window.pops = [];
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) pops.push([node.textContent, Date.now() / 1000]);
  }).observe(document.getElementById('announcer'), { childList: true });
}"""
SHOWN = """() => {
  const cards = [...document.querySelectorAll('call-list .card')];
  const orders = [...document.querySelectorAll('.order-row:not(.closed)')];
  return [
    ...cards.map((card) => `call ${card.dataset.call} ${card.classList.contains('rings') ? 'waits' : 'talks'}`),
    ...orders.map((row) => [
      'order', row.dataset.order, row.classList[1], row.querySelector('.order-state b')?.innerText.slice(1) ?? '',
    ].join(' ').trim()),
  ].sort();
}"""


@dataclass
class Seat:
    """One operator's page."""

    who: str
    page: Page
    office: Office

    async def live(self) -> None:
        await self.page.wait_for_selector("bottom-line .link.up", timeout=LIMIT_MS)
        await self.page.wait_for_selector(BANNER, state="hidden", timeout=LIMIT_MS)

    async def not_live(self) -> float:
        """Wait for the mark that says so; when it was there."""
        await self.page.wait_for_selector(BANNER, timeout=LIMIT_MS)
        return time.time()

    async def shows(self, rows: list[str]) -> float:
        """Wait until the pane is what the database has; when it was. What it shows otherwise is for `look` to tell."""
        script = f"(rows) => JSON.stringify(({SHOWN})()) === JSON.stringify(rows)"
        await self.page.wait_for_function(script, arg=rows, timeout=LIMIT_MS)
        return time.time()

    async def look(self, history: History) -> None:
        """Put what stands on the screen beside the rows."""
        with history.doing(self.who, "look") as look:
            look.ok(shown=await self.page.evaluate(SHOWN), rows=await self.office.rows())

    async def pops(self) -> list[tuple[str, float]]:
        """What was spoken, and when."""
        return [(text, at) for text, at in await self.page.evaluate("() => pops")]

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)

    async def says(self, selector: str, text: str) -> None:
        await self.page.wait_for_function(
            "([selector, text]) => document.querySelector(selector)?.innerText.includes(text)",
            arg=[selector, text],
            timeout=LIMIT_MS,
        )


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser with its own processes; its sandbox cannot work for root in a container."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_OPTIONS)
        yield browser
        await browser.close()


async def sit(browser: Browser, office: Office, user: str = "op", port: int | None = None, clock: bool = False) -> Seat:
    """Sign in on a page of its own; by way of `port`, if something stands between."""
    context = await browser.new_context(locale="ko-KR", viewport={"width": 1280, "height": 720})
    context.set_default_timeout(LIMIT_MS)  # of every page of it, also of one that is opened later
    page = await context.new_page()
    if clock:
        await page.clock.install()
    await page.goto(f"http://127.0.0.1:{port or office.panel.port}/login")
    await page.fill("[name=user]", user)
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    seat = Seat(user, page, office)
    await seat.live()
    await page.evaluate(WATCH_POPS)
    return seat


async def renderers(browser: Browser) -> list[int]:
    """The process ids of a browser's renderers."""
    link = await browser.new_browser_cdp_session()
    told: dict[str, Any] = await link.send("SystemInfo.getProcessInfo")
    return [int(process["id"]) for process in told["processInfo"] if process["type"] == "renderer"]


def send(pids: list[int], how: signal.Signals) -> None:
    for pid in pids:
        os.kill(pid, how)
