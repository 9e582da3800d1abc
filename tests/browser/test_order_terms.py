"""How an order is paid, who may drive it, the stops on its way: by keyboard alone, with every refusal told where it is mended."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desk.books import credit_accounts
from desk.books.credit_accounts import Terms
from desk.customer import do_not_serve
from desk.dispatching import modes, searching
from desk.dispatching.modes import ALL_DAYS, Hours
from desk.place import place_book
from desk.work import Work
from models import DriverSkill
from tests.browser.conftest import OpenConsole
from tests.browser.scene import Scene
from tests.web.conftest import House

pytestmark = pytest.mark.browser

BOOK = "name,district,lat,lon,accuracy_m,source\n양재역,서초구,37.4846,127.0341,100,own\n"
NUMBER = "+821012345678"


async def a_hard_customer(house: House, scene: Scene) -> None:
    """Not to be served, on a firm's account that has 20,000 left; the desk proposes drivers, and one of them can shift gears."""
    customer_id = await scene.customer()
    site = house.site

    async def act(work: Work) -> None:
        await do_not_serve.block(work, site.colleague_id, customer_id, "요금 시비")
        account = await credit_accounts.add(work, site.colleague_id, Terms("한빛상사", 20_000))
        await credit_accounts.add_rider(work, site.colleague_id, account.id, NUMBER)
        await modes.set_hours(work, site.colleague_id, [Hours(None, ALL_DAYS, 0, 0, "semi")])
        await place_book.take(work, site.office_id, place_book.read(BOOK.encode()))
        work.session.add(DriverSkill(driver_id=site.drivers[1], skill="manual"))

    await house.desk.do(act)


async def test_payment_skills_stops_and_two_reasons_are_said_by_keyboard_and_f10_gives_the_proposed_driver(
    sit_down: OpenConsole, house: House, scene: Scene
) -> None:
    """Seen failing with a refusal that asks for no reason, stops sent without their pins, and F10 unbound."""
    await a_hard_customer(house, scene)
    console = await sit_down(user="boss")
    call_id = await scene.ring(extension="1002")
    await console.ringing(call_id)
    await console.press("F2")
    await console.opened(call_id)
    await console.sees("caller-card .not-served", "요금 시비")
    await console.until("document.activeElement.name === 'destination'")
    await console.press("Enter")  # the usual trip
    await console.press("F6")
    await console.page.keyboard.type("정자역")
    await console.press("Enter", "Backspace")  # back into the field
    await console.press("Enter")
    await console.page.keyboard.type("양재")
    await console.sees("#choice-way_points-0", "서초구")
    await console.press("ArrowDown", "Enter")
    await console.press("ArrowLeft", "Shift+ArrowUp", "Escape")  # the last one goes before the first
    await console.sees(".stops li:first-child", "양재역")
    await console.press("Control+F10", "4")
    await console.sees("#about-payment", "한도 20,000원 남음")
    await console.press("Control+Shift+F10", "2", "Control+Enter")
    await console.sees("#about-served_because", "배차하지 않는 고객")
    await console.until("document.activeElement.name === 'served_because'")
    await console.page.keyboard.type("사과하고 요금 선결제")
    await console.press("Control+Enter")
    await console.sees("#about-limit_reason", "한도가 20,000원 남았습니다")
    await console.until("document.activeElement.name === 'limit_reason'")
    await console.page.keyboard.type("총무팀 승인")
    if folder := os.environ.get("CALLBOARD_PICTURES"):
        await console.picture("terms-form", Path(folder))
    await console.press("Control+Enter")
    await console.sees(".outcome", "외상 · 한빛상사")
    (order,) = (await house.program().api("GET", "/orders?state=taken")).body["items"]
    assert (order["payment"], order["credit"]["name"], order["wants"]) == ("account", "한빛상사", ["manual"])
    assert [(stop["text"], stop["source"], stop["lat"]) for stop in order["way_points"]] == [
        ("양재역", "book", 37.4846), ("정자역", "operator", None),
    ]  # fmt: skip
    await house.desk.do(lambda work: searching.advance(work, order["id"]))
    await console.sees("candidate-list .standing", "#101")
    await console.press("F10")
    await console.sees("bottom-line .said.good", "101")
    await console.sees("candidate-list .details .terms", "수동변속기")
    console.unharmed()
