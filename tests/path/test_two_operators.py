"""At the peak two operators reach for the phone at once, and each gets a caller of his own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from playwright.async_api import Page, async_playwright

from tests.browser.conftest import CHROMIUM_OPTIONS, chromium_path
from tests.path.running import RunningSite, until
from tests.path.test_first_ring import sign_in

pytestmark = [pytest.mark.pbx, pytest.mark.browser]

FIRST, SECOND = "01055501234", "01055505678"


@asynccontextmanager
async def consoles(site: RunningSite, count: int) -> AsyncIterator[list[Page]]:
    """Consoles of so many operators, each in a browser session of its own."""
    async with AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_OPTIONS)
        stack.push_async_callback(browser.close)
        opened = []
        for number in range(count):
            page = await (await browser.new_context(locale="ko-KR")).new_page()
            page.set_default_timeout(30_000)
            await sign_in(page, site, number)
            opened.append(page)
        yield opened


async def test_two_operators_who_press_f2_get_two_callers(site: RunningSite) -> None:
    """Seen failing with F2 for the same call at every desk: the second took it from the first, and nobody the second caller."""
    async with consoles(site, 2) as (one, other):
        site.dial([(FIRST, "첫째")], dtmf="0", dtmf_after_ms=9_000, hold_ms=60_000)
        for page in (one, other):
            await page.wait_for_selector("call-list .card.rings")
        site.dial([(SECOND, "둘째")], dtmf="0", dtmf_after_ms=9_000, hold_ms=60_000)
        for page in (one, other):
            await page.wait_for_selector("call-list .card.rings >> nth=1")
        await one.keyboard.press("F2")
        await other.wait_for_selector("call-list .card.rings:has-text('1001')")  # who has asked for it
        await other.keyboard.press("F2")
        wanted = {FIRST: site.logins["operators"][0]["extension"], SECOND: site.logins["operators"][1]["extension"]}

        async def each_has_one() -> bool:
            now = {number: (await site.calls(number))[0] for number in wanted}
            return {n: (call["operator"] or {}).get("extension") for n, call in now.items()} == wanted

        await until(each_has_one, what="an operator for each caller")
