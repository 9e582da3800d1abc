"""The chance of a driver at the fare that is typed, and what a raise would do, stand under the fare."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from desk.ordering import tariffs
from desk.rules.tariff import ZonePair
from tests.browser.conftest import OpenConsole
from tests.browser.scene import Scene
from tests.desk.figures.test_chances import past

pytestmark = pytest.mark.browser


async def test_the_operator_sees_what_chance_a_fare_has_and_which_raise_helps(
    sit_down: OpenConsole, scene: Scene
) -> None:
    """Seen failing with the fare left out of the question."""
    hour = scene.desk.clock().astimezone(ZoneInfo("Asia/Seoul")).hour
    for paid, minutes in ((20_000, 5), (20_000, None), (25_000, 5)):
        await past(scene.desk, scene.site, 20, paid, minutes, hour=hour)
    async with scene.desk.work() as work:
        await tariffs.take_zones(work, None, scene.site.office_id, [ZonePair("강남역", "판교역", 25_000)])
    console = await sit_down()
    call_id = await scene.ring("01055501234")
    await console.ringing(call_id)
    await console.press("F2")
    await console.opened(call_id)
    for text in ("강남역", "판교역"):
        await console.page.keyboard.type(text)
        await console.press("Enter")
    about = "order-form .field.fare .about"
    await console.sees(about, "도착 50% (주문 60건)")
    await console.sees(about, "이면 100%")
    await console.page.fill("order-form [name=fare]", "90000")
    await console.sees(about, "도착 100% (주문 60건)")
    assert "이면" not in await console.page.inner_text(about)
