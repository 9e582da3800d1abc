"""Where orders crowd, on the outlines of the districts: what is in the picture is what stands in the table beside it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import Browser

from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from tests.site import GANGNAM
from tests.web.conftest import PASSWORD, House

pytestmark = pytest.mark.browser

PLACES = (
    ("강남역 10번 출구", *GANGNAM, 15, 6),
    ("역삼역", 37.5006, 127.0364, 15, 3),
    ("판교역", 37.3948, 127.1112, 15, 2),
    ("강남 어딘가", 37.51, 127.05, 2_000, 1),
)
# The dots that are drawn; what is not so dense is an outline.
DOTS = "() => document.querySelectorAll('figure.chart svg path[fill-opacity]').length"


async def test_squares_are_drawn_from_the_table(chromium: Browser, house: House, tmp_path: Path) -> None:
    """Seen failing with bars in its place, and with no outlines registered."""
    number = 10_000_000
    for name, lat, lon, accuracy, count in PLACES:
        for _ in range(count):
            number += 1
            async with house.desk.work() as work:
                form = TakeOrder(PlaceText(name, lat, lon, accuracy), number=f"010{number}")
                order = await orders.take(work, house.site.operator_id, form)
                await orders.cancel(work, house.site.operator_id, order.id, "손님")
    page = await chromium.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(40_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(house.base + "/login")
    await page.fill("[name=user]", "boss")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(house.base + "/")
    await page.goto(house.base + "/analysis?lang=ko")
    await page.keyboard.press("8")
    await page.wait_for_url("**by=square**")
    await page.wait_for_function("() => document.querySelectorAll('figure.chart svg path').length > 100")
    rows = await page.evaluate(
        "() => [...document.querySelectorAll('#figures tbody tr')].map((row) => [row.cells[0].innerText, row.cells[1].innerText])"
    )
    assert [(name.split(" (")[0], count) for name, count in rows] == [
        ("강남역 10번 출구", "6"),
        ("역삼역", "3"),
        ("판교역", "2"),
        ("위치 불확실(칸에 넣지 않음)", "1"),
    ]
    await page.screenshot(path=Path(os.environ.get("CALLBOARD_PICTURES", tmp_path)) / "squares-ko.png")
    assert await page.evaluate(DOTS) == 3
    assert errors == []
