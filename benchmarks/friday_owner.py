"""The owner after a Friday night: the real panel on the night's rows, a month later, and the books closed by keyboard."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page

from benchmarks.friday_keys import sign_in
from desk.call.dialling import Target
from desk.figures.reports import Figures, total
from desk.work import Desk
from tests.path.running import free_port
from web.keys import Outside, Person
from web.server import Panel
from web.settings import Settings

TABS = 80
LIMIT_MS = 60_000


class NoPhone:
    """Nobody calls any more."""

    async def answer(self, call_id: int, operator: Person) -> None:
        """There is no call."""

    async def next(self, operator: Person) -> int | None:
        """There is no call."""
        return None

    async def hangup(self, call_id: int, operator: Person) -> None:
        """There is no call."""

    async def dial(self, target: Target, operator: Person) -> None:
        """There is no phone."""


@asynccontextmanager
async def panel(desk: Desk, recordings: Path) -> AsyncIterator[str]:
    """The panel on this desk, whose clock is where it is; its address."""

    async def no_call() -> None:
        return

    settings = Settings(port=free_port(), test_call_every_s=0)
    shown = Panel(settings, desk, desk.bus, Outside(NoPhone(), no_call, recordings, {}))
    serving = asyncio.create_task(shown.run())
    try:
        async with asyncio.timeout(30):
            await shown.started.wait()
        yield f"http://127.0.0.1:{settings.port}"
    finally:
        serving.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await serving


@dataclasses.dataclass(frozen=True, slots=True)
class Seen:
    """What the owner saw: for the firm and for all drivers the last line, and the sum of the lines above it; and the digest of
    the month that was closed.
    """

    company: tuple[Figures, Figures]
    drivers: tuple[Figures, Figures]
    digest: str


async def close_by_keys(browser: Browser, base: str, login: dict[str, str], first: str, last: str) -> Seen:
    """Sign in, look at last month (its days `first` to `last`), at its drivers, and close it. No mouse."""
    context = await browser.new_context(viewport={"width": 1440, "height": 900}, locale="ko-KR")
    page = await context.new_page()
    page.set_default_timeout(LIMIT_MS)
    await sign_in(page, base, login)
    await page.wait_for_url(base + "/")
    await page.goto(base + "/money")
    await _go(page, "4", f"from={first}&to={last}")
    company = await _totals(page, 0)
    await _go(page, "d", "/money/drivers")
    drivers = await _totals(page, 1)
    await _go(page, "f", "/money?")
    await _tab_to(page, "aside summary.main")
    await page.keyboard.press("Enter")
    await _tab_to(page, "[name=read]")
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await _go(page, "Enter", "done=closed")
    digest = await page.get_attribute("aside table.closed code", "title")
    await context.close()
    return Seen(company, drivers, digest or "")


async def _go(page: Page, key: str, address: str) -> None:
    async with page.expect_navigation(url=lambda url: address in url):
        await page.keyboard.press(key)


async def _tab_to(page: Page, where: str) -> None:
    for _ in range(TABS):
        if await page.evaluate("(where) => document.activeElement.matches(where)", where):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{TABS} times Tab, and the focus was never at {where}")


async def _totals(page: Page, before: int) -> tuple[Figures, Figures]:
    """The last line of the page's table, and the sum of its lines. `before`: so many figures stand before those of Figures."""
    rows = await page.evaluate(
        """() => [...document.querySelectorAll("table.figures tbody tr, table.figures tfoot tr")].map((row) =>
          [...row.querySelectorAll("td.number")].map((cell) => cell.innerText))"""
    )
    lines = [_figures(row[before:]) for row in rows]
    return lines[-1], total(lines[:-1])


def _figures(cells: list[str]) -> Figures:
    wanted = cells[: len(dataclasses.fields(Figures))]
    return Figures(*(int(re.sub(r"[^0-9-]", "", cell.replace("\u2212", "-")) or 0) for cell in wanted))
