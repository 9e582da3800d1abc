"""The search for a driver as operators see it: live on the board, by keys alone, with its alarm; and an order's whole story."""

from __future__ import annotations

from pathlib import Path

import pytest

from desk.dispatching import search_views, searching
from tests.browser.conftest import Console, OpenConsole
from tests.browser.test_hangul import typist
from tests.browser.test_pictures import drawn_whole, pictures  # noqa: F401 -- a fixture
from tests.site import GANGNAM

pytestmark = pytest.mark.browser

PIN = {"text": "강남역 10번 출구 앞 편의점", "lat": GANGNAM[0], "lon": GANGNAM[1], "accuracy_m": 20, "source": "saved"}
COUNT_TONES = """() => {
  globalThis.tones = 0;
  const make = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () { globalThis.tones += 1; return make.call(this); };
}"""
ENTER_IN_MID_SYLLABLE = (
    "document.activeElement.dispatchEvent(new KeyboardEvent('keydown',"
    " {key: 'Enter', keyCode: 229, isComposing: true, bubbles: true, cancelable: true}))"
)


class Fleet:
    """What drivers and the desk's clock do meanwhile."""

    def __init__(self, console: Console, order_id: int) -> None:
        self.desk = console.house.desk
        self.order_id = order_id

    async def open(self) -> list[tuple[int, int]]:
        async with self.desk.look() as session:
            found = await search_views.offers_of(session, self.order_id)
        return [(driver.id, offer.id) for offer, driver in reversed(found) if offer.state == "open"]

    async def decline(self, reason: str = "too_far") -> None:
        for driver_id, offer_id in await self.open():
            async with self.desk.work() as work:
                await searching.decline(work, driver_id, offer_id, reason)
        await self.go_on()

    async def go_on(self) -> None:
        async with self.desk.work() as work:
            await searching.advance(work, self.order_id)


async def in_both_sizes(console: Console, name: str, folder: Path) -> None:
    """Nothing is cut off on a small screen, in either language, nor on a large one."""
    for locale in ("ko", "en"):
        await console.page.click(f"status-bar [lang={locale}]")
        await drawn_whole(console, f"{locale}-search-{name}", folder)
    await console.page.set_viewport_size({"width": 1920, "height": 1080})
    await drawn_whole(console, f"wide-search-{name}", folder)
    await console.page.set_viewport_size({"width": 1280, "height": 720})
    await console.page.click("status-bar [lang=ko]")


async def test_a_search_is_started_watched_and_overruled_by_keys_alone(
    sit_down: OpenConsole,
    pictures: Path,  # noqa: F811
) -> None:
    console = await sit_down()
    await console.page.evaluate(COUNT_TONES)
    order = await console.house.order(origin=PIN, destination={"text": "경기 성남시 분당구 판교역로 235"})
    fleet, row = Fleet(console, order["id"]), f'[data-order="{order["id"]}"]'
    await console.page.wait_for_selector(row)

    # Who is asked, with his time; who said no, and why.
    await console.press("F8", "Shift+F8")
    await console.sees(f"{row} .search-line.running", "#100 제안 중")
    await console.until(f"/^0:\\d\\d$/.test(document.querySelector('{row} .search-line time').innerText)")
    await fleet.decline()
    await console.sees(f"{row} .search-line", "#101 제안 중 · 거절 1")
    await console.sees("candidate-list .offer.declined", "거절: 너무 멂")
    await in_both_sizes(console, "1-running", pictures)
    await console.press("F8", "F9")
    await console.sees("candidate-list .reasons .asked", "제안함")
    await in_both_sizes(console, "2-why", pictures)

    # Nobody wants it: seen, spoken and heard, once.
    await console.press("F8", "F9")
    await fleet.decline("low_fare")
    await fleet.decline()
    await console.page.wait_for_selector(f"{row} .search-line.unassigned")
    await console.sees("status-bar .gauge.unassigned", "1")
    assert "배차 안 된 주문: 강남역" in await console.page.inner_text("#announcer")
    await console.until("globalThis.tones === 4")
    assert (await console.page.title()).startswith("⚠")
    await in_both_sizes(console, "3-unassigned", pictures)
    fresh = await console.house.order(origin=PIN)
    await console.page.focus(f'[data-order="{fresh["id"]}"]')
    await console.press("F8")
    assert await console.page.evaluate("document.activeElement.dataset.order") == str(order["id"])

    # A number and Enter win over a search that runs, and the one who was asked is let go.
    await console.press("F8", "Shift+F8")
    await console.sees(f"{row} .search-line.running", "#100 제안 중")
    await console.page.keyboard.type("102")
    await console.press("Enter")
    await console.sees(f"{row}.assigned", "#102")
    assert await fleet.open() == []
    await console.press("F8", "Shift+F9")
    await console.sees("candidate-list .deeds", "제안 → 거둠")
    told = (await console.page.inner_text("candidate-list .deeds")).split("\n")
    assert [line for line in told if line.split(" ")[0] == "배차"] == ["배차 #102 기사2 · 김상담"]
    await in_both_sizes(console, "4-history", pictures)
    assert await console.page.evaluate("globalThis.tones") == 4

    # Where it begins is uncertain: a sentence, and words of the operator's own. Enter in mid-syllable only ends the syllable.
    await console.press("F8", "Shift+F9")
    unsure = await console.house.order(origin={"text": "신촌"})
    await console.page.wait_for_selector(f'[data-order="{unsure["id"]}"]')
    await console.page.focus(f'[data-order="{unsure["id"]}"]')
    await console.press("Shift+F8")
    await console.until("document.activeElement.name === 'pin_why'")
    await console.sees("candidate-list .pin", "좌표가 없어")
    await in_both_sizes(console, "5-pin", pictures)
    await console.page.focus("[name=pin_why]")
    await console.press("Enter")
    assert await console.focused() == "pin_why"
    hands = await typist(console)
    await hands.grow("ㄱ", "그", "길")
    await console.page.evaluate(ENTER_IN_MID_SYLLABLE)
    assert await console.focused() == "pin_why"
    await hands.commit("길")
    await console.sees(f'[data-order="{unsure["id"]}"] .search-line.running', "제안 중")
    assert await console.focused() == "driver"
    await console.press("Shift+F9")
    await console.sees("candidate-list .deed.of-all_the_same", "불확실하지만 제안: 길")
    await console.press("Shift+F8")
    await console.sees("bottom-line .said", "멈췄습니다")
    console.unharmed()
