"""The owner at the money pages, in a real Chromium and without a mouse: from the month to a statement, and the month closed.

Each page is also written as a picture, to be looked at: into the folder CALLBOARD_PICTURES, else into the test's own.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser

from desk.books import cashier
from models import Driver
from tests.desk.conftest import Clock
from tests.desk.nights import FIRST, Nights
from tests.web.conftest import PASSWORD, House

pytestmark = pytest.mark.browser

NAMES = ("박성호", "이정민", "최은영")
# Every cell of figures ends where its head ends; nothing makes the window scroll sideways; every field has a name.
CROOKED = """() => [
  ...[...document.querySelectorAll('table')].flatMap((table) =>
    [...table.querySelectorAll('td.number, tbody th.number')].filter((cell) => {
      const head = table.tHead?.rows[0].cells[cell.cellIndex];
      return head && Math.abs(head.getBoundingClientRect().right - cell.getBoundingClientRect().right) > 1;
    })).map((cell) => `crooked: ${cell.innerText}`),
  ...(document.scrollingElement.scrollWidth > innerWidth + 1 ? ['the window scrolls sideways'] : []),
  ...[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
    .filter((field) => !field.labels?.length).map((field) => `no label: ${field.name}`),
  ...[...document.querySelectorAll('table')].filter((table) => !table.tHead).map(() => 'a table without heads'),
  ...[...document.querySelectorAll('section[aria-labelledby], [role=region]')]
    .filter((one) => !one.ariaLabel && !document.getElementById(one.getAttribute('aria-labelledby'))).map((one) => one.outerHTML),
]"""
# How strongly each text stands out from what lies behind it (WCAG 2.2, 1.4.3: 4.5; 3 for large ones).
PALE = """() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const known = new Map();
  const light = (color) => {
    if (!known.has(color)) known.set(color, lightness(color));
    return known.get(color);
  };
  const lightness = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((each) => each / 255)
      .map((each) => (each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (!/rgba\\(.*, 0\\)$|transparent/.test(color)) return color;
    }
    return 'white';
  };
  const found = [];
  for (const element of document.querySelectorAll('main *, header *')) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.closest('.unseen')) continue;
    const style = getComputedStyle(element);
    const [one, two] = [light(style.color), light(behind(element))].sort((a, b) => b - a);
    const large = parseFloat(style.fontSize) >= 24;
    if ((one + 0.05) / (two + 0.05) < (large ? 3 : 4.5)) found.push(`${element.innerText.slice(0, 30)}: ${style.color}`);
  }
  return found;
}"""


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = Path(os.environ.get("CALLBOARD_PICTURES", tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


async def some_nights(house: House) -> None:
    """A month with everything in it; it is noon of 2 December in Seoul."""
    clock = Clock(FIRST.replace(day=1, month=11))
    house.desk.clock = clock
    async with house.desk.work() as work:
        for driver_id, name in zip(house.site.drivers, NAMES, strict=True):
            (await work.session.get_one(Driver, driver_id)).name = name
        await cashier.take_in(work, house.site.operator_id, house.site.drivers[0], 300_000, "국민은행 이체 1101")
    nights = Nights(house.desk, house.site, clock, 3)
    await nights.pass_by(int(os.environ.get("CALLBOARD_NIGHTS", "40")), clock.now)
    clock.now = datetime(2026, 12, 2, 3, tzinfo=UTC)
    async with house.desk.work() as work:
        await cashier.ask(work, house.site.operator_id, house.site.drivers[0], 50_000, "국민 123456-01-234567 박성호")


@pytest.mark.parametrize(("locale", "theme"), [("ko", "light"), ("en", "dark")])
async def test_the_owner_closes_the_month_without_a_mouse(
    chromium: Browser, house: House, pictures: Path, locale: str, theme: str
) -> None:
    await some_nights(house)
    context = await chromium.new_context(viewport={"width": 1440, "height": 900}, locale="ko-KR", color_scheme=theme)
    page = await context.new_page()
    page.set_default_timeout(40_000)
    odd: list[str] = []
    page.on("pageerror", lambda error: odd.append(str(error)))
    page.on(
        "console",
        lambda message: odd.append(message.text) if message.type == "error" and "422" not in message.text else None,
    )
    await page.goto(house.base + "/login")
    await page.fill("[name=user]", "boss")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(house.base + "/")
    await page.wait_for_selector("status-bar .menu")
    await page.goto(f"{house.base}/money?lang={locale}")

    async def drawn(name: str) -> None:
        await page.wait_for_load_state("networkidle")
        await page.screenshot(path=pictures / f"money-{locale}-{name}.png")
        assert await page.evaluate(CROOKED) == []
        assert await page.evaluate(PALE) == []

    async def press(key: str, path: str) -> None:
        async with page.expect_navigation(url=lambda url: path in url):
            await page.keyboard.press(key)

    await press("4", "from=2026-11-01&to=2026-11-30")
    await drawn("company")
    month = await page.inner_text("tfoot tr")
    await press("d", "/money/drivers")
    await drawn("drivers")
    assert (await page.inner_text("tfoot tr")).split("\t")[2:8] == month.split("\t")[1:7]
    await press("r", "/money/rows")
    await drawn("rows")
    await press("d", "/money/drivers")
    await page.locator("tbody a").first.focus()
    await press("Enter", "/money/drivers/")
    await drawn("statement")
    before = await page.inner_text("tfoot .number >> nth=-1")
    await page.keyboard.press("t")
    await page.keyboard.type("12,000")
    await page.keyboard.press("Tab")
    await page.keyboard.type("December 1")
    await press("Enter", "done=top_up")
    assert await page.inner_text("[role=status]")
    assert await page.inner_text("tfoot .number >> nth=-1") == before  # it is December's
    await page.keyboard.press("y")
    await page.keyboard.type("0")
    await page.keyboard.press("Tab")
    await page.keyboard.type("evidence")
    await page.keyboard.press("Tab")
    await page.keyboard.type("case 1")
    async with page.expect_navigation():
        await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    await drawn("refused")
    await page.emulate_media(media="print")
    assert not await page.is_visible("aside")
    assert not await page.is_visible(".picker")
    await page.pdf(path=pictures / f"money-{locale}-statement.pdf", format="A4")
    await page.emulate_media(media="screen")
    await press("f", "/money?")
    await page.locator("aside summary.main").focus()
    await page.keyboard.press("Enter")
    await page.locator("[name=read]").focus()
    await page.keyboard.press("Space")
    await drawn("closing")
    await page.keyboard.press("Tab")
    await press("Enter", "done=closed")
    assert "SHA-256" in await page.inner_text("aside")
    await drawn("closed")
    assert odd == []
    await context.close()
