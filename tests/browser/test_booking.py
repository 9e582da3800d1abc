"""A booked trip with a stop, taken by keyboard: its fare explains itself, and what is typed survives another browser."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from sqlalchemy import update

from desk.ordering import drafts, tariffs
from desk.rules.tariff import ZonePair
from desk.work import Work
from models import Order, OrderTimer, Promise
from tests.browser.conftest import OpenConsole
from tests.browser.scene import Scene

pytestmark = pytest.mark.browser


async def kept(scene: Scene, call_id: int, wanted: str) -> None:
    """Wait until the server has the form with that time in it."""
    async with asyncio.timeout(10):
        while True:
            async with scene.desk.look() as session:
                found = await drafts.of_call(session, scene.site.office_id, call_id)
            if any(draft.form["values"]["wanted"] == wanted for draft, _ in found):
                return
            await asyncio.sleep(0.05)


async def test_a_booked_trip_is_priced_kept_and_alarmed(sit_down: OpenConsole, scene: Scene) -> None:
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
    await console.press("F6")
    await console.page.keyboard.type("양재역 › 정자역")
    await console.press("Shift+F6")
    await console.page.keyboard.type("내일 1330")
    await console.sees("order-form .field.fare .about", "판교역 구간 요금")
    folder = os.environ.get("CALLBOARD_PICTURES")
    if folder:
        await console.picture("booking-form", Path(folder))
    await kept(scene, call_id, "내일 1330")
    colleague = await sit_down(user="boss", locale="en")
    await colleague.page.click(f'call-list [data-call="{call_id}"]')
    await colleague.until("document.querySelector('order-form [name=origin]').value === '강남역'")
    assert await colleague.page.evaluate("document.querySelector('[name=way_points]').value") == "양재역 › 정자역"
    await console.page.focus("order-form [name=fare]")
    await console.press("Enter")
    assert await console.value("fare") == "35,000"
    await console.press("Control+Enter")
    await console.sees(".outcome", "예약")
    (order,) = (await console.house.program().api("GET", "/orders?state=reserved")).body["items"]
    assert [stop["text"] for stop in order["way_points"]] == ["양재역", "정자역"]
    assert (order["fare"], order["fare_basis"]["basis"]) == (35_000, "tariff")

    async def alarmed(work: Work) -> None:
        work.session.add(
            OrderTimer(
                order_id=order["id"],
                kind="remind_desk",
                due_at=work.now,
                done_at=work.now,
                outcome="alarm",
                late_s=None,
            )
        )
        await work.session.execute(update(Promise).values(promised_at=work.now))
        (await work.session.get_one(Order, order["id"])).note = "앞문"

    await scene.desk.do(alarmed)
    await console.page.reload()
    await console.page.wait_for_selector("bottom-line .link.up")
    await console.press("F8")
    await console.sees("candidate-list .alarmed", "예약 시간이 다가옵니다")
    if folder:
        await console.picture("booking-alarm", Path(folder))
        await console.press("Shift+F9")
        await console.sees("candidate-list", "요금표")
        await console.picture("booking-history", Path(folder))
        await colleague.picture("booking-en", Path(folder))
        await console.press("F9")
    await console.press("Shift+F7")
    await console.until("document.querySelector('candidate-list .alarmed').hidden")
    await console.press("Control+F7")
    await console.sees("order-board .order-row", "배차 대기")
    console.unharmed()
    colleague.unharmed()
