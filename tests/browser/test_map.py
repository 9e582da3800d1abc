"""The map by keyboard: the same facts in its list, live, and from there to the order on the console."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import Driver
from tests.browser.conftest import Console
from tests.browser.test_pictures import keys_in_sight, pictures  # noqa: F401 -- a fixture

pytestmark = pytest.mark.browser


async def test_orders_and_drivers_are_walked_through_live_and_opened(console: Console, pictures: Path) -> None:  # noqa: F811
    """Seen failing with drivers told once only, and with boundaries from a file that is not there."""
    place = {"lat": 37.51, "lon": 127.05, "accuracy_m": 20, "source": "map"}
    first = await console.house.order(origin={"text": "삼성역", **place}, destination={"text": "판교역"})
    await console.house.order(origin={"text": "잠실역", **place, "lat": 37.513, "lon": 127.1})
    await console.press("F8", "Control+F8")
    await console.sees("desk-map .map-list", "잠실역")
    await console.page.wait_for_selector("desk-map canvas")
    await keys_in_sight(console)
    await console.page.wait_for_timeout(700)
    await console.picture("map-1-console", pictures)
    await console.page.goto(console.house.base + "/map?lang=ko")
    await console.sees("desk-map .map-list", "삼성역")
    await console.page.keyboard.press("o")
    await console.sees("desk-map .map-list", "#102 기사2")
    async with console.house.desk.work() as work:
        driver = await work.session.get_one(Driver, console.house.site.drivers[2])
        driver.state = "off"
    await console.until("!document.querySelector('desk-map .map-list').innerText.includes('#102')")
    await console.press("o", "ArrowDown", "ArrowDown")
    await console.sees("desk-map [aria-selected=true]", "삼성역")
    await console.page.wait_for_timeout(500)
    await console.picture("map-2-page", pictures)
    await console.press("Enter")
    await console.page.wait_for_selector(f'.order-row.marked[data-order="{first["id"]}"]')


async def test_the_map_shows_what_the_filter_of_the_board_shows(console: Console) -> None:
    """Seen failing with every open order on the map."""
    place = {"lat": 37.51, "lon": 127.05, "accuracy_m": 20, "source": "map"}
    driven = await console.house.order(origin={"text": "삼성역", **place})
    await console.house.order(origin={"text": "잠실역", **place})
    await console.house.program().api("POST", f"/orders/{driven['id']}/assign", {"driver_number": "100"})
    await console.page.wait_for_selector(".order-row.assigned")
    await console.press("F8", "d", "Control+F8")
    await console.sees("desk-map .map-list", "삼성역")
    await console.sees("desk-map .map-tools button b", "1")
    assert "잠실역" not in await console.page.inner_text("desk-map .map-list")
    await console.page.click(".filters button")
    await console.sees("desk-map .map-list", "잠실역")
