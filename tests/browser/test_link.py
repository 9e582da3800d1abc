"""A server that goes and comes back under the page, a link that is silent, a session that ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from desk.events import PartChanged
from desk.office import people
from tests.browser.conftest import Console, OpenConsole
from tests.browser.scene import Scene
from tests.web.conftest import PASSWORD, House

pytestmark = pytest.mark.browser

BANNER = "bottom-line .banner:not([hidden])"


async def type_an_order(console: Console, origin: str = "시청역") -> None:
    await console.press("n")
    for text in ("01055501234", "손님", origin):
        await console.page.keyboard.type(text)
        await console.press("Enter")
    await console.page.keyboard.type("잠실")


async def state_on_page(console: Console) -> dict[str, list[str]]:
    return await console.page.evaluate(
        """() => ({
            calls: [...document.querySelectorAll('call-list [data-call]')].map((each) => each.dataset.call).sort(),
            orders: [...document.querySelectorAll('[data-order]')].map((each) => each.dataset.order + each.classList[1]).sort(),
        })"""
    )


async def test_a_restart_of_the_server_costs_nothing_that_was_typed_and_ends_with_its_state(
    console: Console, scene: Scene
) -> None:
    gone = await scene.ring("01055509999")
    kept = await console.house.order(origin={"text": "신촌"})
    await console.ringing(gone)
    await type_an_order(console)
    await console.house.stop()
    await console.page.wait_for_selector(BANNER)
    await console.sees(BANNER, "연결이 끊겼습니다")
    await console.page.keyboard.type("역")
    await scene.hang_up(gone)
    came = await scene.ring("01055508888")
    await console.house.restart()
    await console.page.wait_for_selector(BANNER, state="hidden")
    await console.ringing(came)
    assert (await console.value("origin"), await console.value("destination")) == ("시청역", "잠실역")
    assert await console.focused() == "destination"
    page = await state_on_page(console)
    assert page == {"calls": sorted([str(gone), str(came)]), "orders": [f"{kept['id']}taken"]}
    assert await console.page.is_visible(f'.missed [data-call="{gone}"]')


async def test_an_order_saved_without_a_server_is_kept_said_and_sent_once(console: Console) -> None:
    await type_an_order(console)
    await console.house.stop()
    await console.page.wait_for_selector(BANNER)
    await console.press("Control+Enter")
    await console.sees(".outcome", "전송을 기다리는 주문")
    await console.sees(BANNER, "전송 대기 주문 1건")
    await console.page.evaluate("window.leaving = true")
    await console.house.restart()
    await console.sees("order-board .order-row", "시청역")
    await console.sees(".outcome", "저장한 주문")
    orders = (await console.house.program().api("GET", "/orders")).body["items"]
    assert [order["origin"]["text"] for order in orders] == ["시청역"]


async def test_a_half_typed_order_survives_a_reload(console: Console) -> None:
    await type_an_order(console)
    await console.until("sessionStorage.getItem('callboard.drafts')?.includes('잠실')")
    await console.page.reload()
    await console.until("document.querySelector('[name=destination]')?.value === '잠실'")


async def test_a_deltas_gap_is_mended_by_a_new_snapshot(console: Console, scene: Scene) -> None:
    first = await scene.ring("01055501111")
    await console.ringing(first)
    console.house.panel.hub.room(console.house.site.office_id).seq += 5  # as if five pushes had been lost on the way
    second = await scene.ring("01055502222")
    await console.ringing(second)
    assert await state_on_page(console) == {"calls": [str(first), str(second)], "orders": []}


class FrozenRoad:
    """A TCP road to the panel that can go silent without closing, as a pulled cable does."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.open = asyncio.Event()
        self.open.set()
        self.port = 0

    async def build(self) -> asyncio.Server:
        server = await asyncio.start_server(self._travel, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _travel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(
            self._carry(reader, inner_writer), self._carry(inner_reader, writer), return_exceptions=True
        )

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self.open.wait()
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


@pytest.fixture
async def road(house: House) -> AsyncIterator[FrozenRoad]:
    road = FrozenRoad(house.panel.port)
    server = await road.build()
    yield road
    road.open.set()
    server.close()


async def test_a_link_that_goes_silent_without_closing_is_noticed_and_comes_back(
    chromium: Browser, house: House, scene: Scene, road: FrozenRoad
) -> None:
    page = await chromium.new_page(locale="ko-KR")
    base = f"http://127.0.0.1:{road.port}"
    await page.goto(base + "/login")
    await page.fill("[name=user]", "op")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("bottom-line .link.up")
    road.open.clear()
    await page.wait_for_selector(BANNER)
    road.open.set()
    await page.wait_for_selector(BANNER, state="hidden")
    console = Console(page, house, scene)
    call_id = await scene.ring()
    await console.ringing(call_id)
    console.unharmed()


async def test_a_quiet_evening_shows_no_banner(console: Console) -> None:
    await console.page.evaluate(
        "window.banners = 0; setInterval(() => { banners += document.querySelector('bottom-line .banner').hidden ? 0 : 1 }, 50)"
    )
    await console.page.wait_for_timeout(6000)  # longer than it takes to find a dead link
    assert await console.page.evaluate("banners") == 0


async def test_a_session_that_ends_says_so_and_keeps_what_was_typed(sit_down: OpenConsole, scene: Scene) -> None:
    console = await sit_down(locale="en")
    await type_an_order(console)
    async with scene.desk.work() as work:
        await people.disable(work, scene.site.operator_id)
    await console.sees(BANNER, "Your session is over")
    assert await console.value("origin") == "시청역"
    console.unharmed()


async def test_while_nothing_can_be_saved_the_bottom_line_says_so_and_typing_goes_on(console: Console) -> None:
    bus, now = console.house.desk.bus, console.house.desk.clock
    await type_an_order(console)
    bus.tell(PartChanged(now(), "database", ok=False, reason="no answer"))
    await console.page.wait_for_selector(BANNER)
    await console.sees(BANNER, "지금은 저장할 수 없습니다")
    await console.page.keyboard.type("역")
    assert await console.value("destination") == "잠실역"
    assert await console.page.is_hidden("bottom-line .log")
    bus.tell(PartChanged(now(), "database", ok=True))
    await console.page.wait_for_selector(BANNER, state="hidden")
