"""A driver photographs the customer's car in a basement: the phone keeps the photos, and the server has exactly four."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from models import CarPhoto, CarReading, OrderStep
from models.vehicle_proof import CAR_SIDES
from tests.browser.conftest import Console, OpenConsole
from tests.browser.test_driver import Phone, on_a_trip, phone, pictures
from tests.desk.driver.test_car_pictures import picture
from tests.web.conftest import House

__all__ = ["phone", "pictures"]
pytestmark = pytest.mark.browser


async def test_four_photos_taken_offline_outlast_the_page_and_arrive_once_each(
    phone: Phone, house: House, tmp_path: Path, sit_down: OpenConsole
) -> None:
    """The console's part seen failing while the focus stayed on the board."""
    await on_a_trip(phone, house, "강남역 지하 3층")
    page = phone.page
    await phone.looks_right("c-trip")
    await page.context.set_offline(True)
    await phone.press("[data-car]")
    await phone.shows("car")
    for number, side in enumerate(CAR_SIDES):
        file = tmp_path / f"{side}.jpg"
        file.write_bytes(picture(size=(2400, 1800 + 100 * number)))
        async with page.expect_file_chooser() as chooser:
            await phone.press(f'[data-side="{side}"]')
        await (await chooser.value).set_files(file)
        await page.wait_for_selector(f'[data-side="{side}"][data-state="waiting"]')
    await page.fill("#km", "84210")
    await phone.looks_right("d-car-offline")
    await phone.press('[data-car="done"]')
    await phone.shows("trip")
    await page.goto("about:blank")
    await page.context.set_offline(False)
    await page.goto(house.base + "/driver")
    await page.wait_for_selector('[data-car][data-whole="true"]')
    await phone.press("[data-car]")
    for side in CAR_SIDES:
        await page.wait_for_selector(f'[data-side="{side}"][data-state="sent"]')
    await phone.looks_right("e-car-sent")
    await phone.press('[data-car="done"]')
    await phone.press('[data-step="on_the_way"]')
    while True:
        async with house.desk.look() as session:
            if "on_the_way" in set(await session.scalars(select(OrderStep.after))):
                break
        await page.wait_for_timeout(100)
    async with house.desk.look() as session:
        photos = (await session.scalars(select(CarPhoto).order_by(CarPhoto.id))).all()
        assert [photo.side for photo in photos] == list(CAR_SIDES)
        assert {(photo.width, photo.stage) for photo in photos} == {(1600, "before")}
        assert list(await session.scalars(select(CarReading.km))) == [84_210]
    assert phone.errors == []
    await seen_at_the_console(await sit_down(), phone)


async def seen_at_the_console(console: Console, phone: Phone) -> None:
    """C shows the photos of the marked order's car; Enter shows one large, the arrow the next; S texts the link anew."""
    await console.press("F8", "c")
    await console.page.wait_for_selector(".car .thumb:nth-child(4)")
    await console.until("[...document.querySelectorAll('.car .thumb img')].every((photo) => photo.naturalWidth > 0)")
    await console.sees(".car h3", "84,210km")
    await console.until("document.activeElement.className === 'thumb'")
    await console.picture("photos-console", phone.folder)
    await console.press("ArrowRight", "Enter", "ArrowRight")
    await console.sees("car-viewer figcaption", "3/4 · 운행 전 · 왼쪽")
    await console.picture("photos-viewer", phone.folder)
    await console.press("Escape")
    await console.page.wait_for_selector("car-viewer dialog", state="hidden")
    await console.until("document.activeElement.className === 'thumb'")
    await console.press("s")
    await console.sees("bottom-line .said.good", "링크를 고객에게")
    assert await console.page.query_selector(".car .take") is None  # an operator takes no dispute file
    console.unharmed()
