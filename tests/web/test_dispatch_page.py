"""How much the desk does by itself at which hours, on its page: saved, refused, for whom; and what follows."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import update

from desk.dispatching import modes, searching
from desk.dispatching.modes import ALL_DAYS, Hours
from desk.work import Work
from models import Operator
from tests.web.conftest import House, Visitor
from tests.web.live_client import Console
from tests.web.test_money_pages import open_page, send


def row(number: int, mode: str, since: str = "18:00", until: str = "05:00", **more: str) -> dict[str, str]:
    """One row of the form, on every day unless `days` says which."""
    days = more.pop("days", "0123456")
    return {
        f"line{number}": more.pop("line", ""), f"from{number}": since, f"to{number}": until, f"mode{number}": mode,
        **{f"day{number}.{day}": "yes" for day in days},
    }  # fmt: skip


async def told(house: House) -> list[Hours]:
    async with house.desk.look() as session:
        return await modes.hours_of(session, house.site.office_id)


@pytest.fixture
async def dispatcher(house: House) -> Visitor:
    async with house.desk.work() as work:
        await work.session.execute(
            update(Operator).where(Operator.id == house.site.colleague_id).values(role="dispatcher")
        )
    return await house.signed_in("boss")


async def test_hours_are_saved_and_shown_and_nothing_means_by_hand(dispatcher: Visitor, house: House) -> None:
    """Seen failing with rows saved in another order than they stand in."""
    late = row(0, "automatic", "22:00", "02:00", days="45", line=str(house.site.line_id))
    answer = await send(dispatcher, "/dispatch", **late, **row(1, "semi"), **row(2, ""))
    assert (answer.status, answer.headers["Location"]) == (303, "/dispatch?done=saved")
    line = house.site.line_id
    assert await told(house) == [Hours(line, 48, 1320, 120, "automatic"), Hours(None, ALL_DAYS, 1080, 300, "semi")]
    page = await open_page(dispatcher, "/dispatch")
    assert re.findall(r'name="(?:from|to)\d" value="([\d:]+)"', page)[:4] == ["22:00", "02:00", "18:00", "05:00"]
    assert re.findall(r'<option value="(\w+)" selected>', page) == [str(line), "automatic", "semi"]
    assert (await send(dispatcher, "/dispatch")).status == 303
    assert await told(house) == []


REFUSED = (
    ({**row(0, "semi"), **row(1, "automatic", days="")}, "2번째 줄에 요일이 없습니다"),
    ({**row(0, "semi"), **row(1, "automatic", "25:00")}, "2번째 줄의 시각"),
    ({**row(0, "semi"), **row(1, "automatic", line="99")}, "2번째 줄의 회선"),
    ({**row(0, "semi"), **row(1, "often")}, "2번째 줄의 방식"),
    ({**row(0, "semi"), **row(1, "automatic", "23:00", "03:00", days="4")}, "2번째 줄은 쓰일 때가 없습니다"),
)


async def test_a_row_that_cannot_be_is_refused_and_nothing_that_was_typed_goes(
    dispatcher: Visitor, house: House
) -> None:
    """Seen failing with the page that showed what was saved in place of what was typed, and with hours that never count."""
    await send(dispatcher, "/dispatch", **row(0, "manual", "01:00", "02:00"))
    before = await told(house)
    for fields, words in REFUSED:
        answer = await send(dispatcher, "/dispatch", **fields)
        page = answer.raw.decode()
        assert (answer.status, words in page) == (422, True), words
        assert (page.count('class="refused"'), await told(house)) == (1, before)
        assert f'name="from1" value="{fields["from1"]}"' in page


async def test_who_may_not_set_them_reads_them(house: House) -> None:
    """Seen failing with the button shown to everybody."""
    operator = await house.signed_in("op")
    page = await open_page(operator, "/dispatch")
    assert ("<button" in page, "배차 담당자" in page or "관리자" in page) == (False, True)
    assert (await send(operator, "/dispatch", **row(0, "semi"))).status == 403
    assert await told(house) == []


async def test_a_proposed_driver_is_told_to_every_console_and_thought_over_when_other_skills_are_wanted(
    house: House,
) -> None:
    """Seen waiting for ever with a proposal that is not thought over before its next turn."""
    who = house.site.colleague_id
    await house.desk.do(lambda work: modes.set_hours(work, who, [Hours(None, ALL_DAYS, 0, 0, "semi")]))
    console = Console(await house.signed_in("op"))
    await console.connect()
    order = await house.order(origin={"text": "강남역", "lat": 37.4979, "lon": 127.0276, "accuracy_m": 15})

    async def advance(work: Work) -> None:
        await searching.advance(work, order["id"])

    await house.desk.do(advance)
    assert await proposed(console) == "100"
    body = {"version": order["version"], "wants": ["truck"]}
    answer = await (await house.signed_in("boss")).api("PATCH", f"/orders/{order['id']}", body)
    assert (answer.status, answer.body["wants"]) == (200, ["truck"])
    await house.desk.do(advance)
    assert await proposed(console) is None


async def proposed(console: Console) -> str | None:
    """Who is proposed by the next news of a search that has been thought over."""
    while True:
        order = (await console.until("order.changed"))["order"]
        if order["search"] and order["search"]["ring"] and (order["wants"] == [] or not order["search"]["proposed"]):
            who = order["search"]["proposed"]
            return who["number"] if who else None


async def test_what_was_given_by_hand_stands_on_the_page_and_is_told_with_how_many_were_passed_over(
    dispatcher: Visitor, house: House
) -> None:
    taken = (
        await dispatcher.api("POST", "/orders", {"origin": {"text": "강남역", "lat": 37.4979, "lon": 127.0276}})
    ).body
    last = len(house.site.drivers) - 1
    await dispatcher.api("POST", f"/orders/{taken['id']}/assign", {"driver_id": house.site.drivers[last]})
    [told] = (await dispatcher.api("GET", "/dispatch/by-hand")).body["items"]
    assert (told["order_id"], told["driver"]["id"], told["others"], told["passed"]) == (
        taken["id"], house.site.drivers[last], last, last,
    )  # fmt: skip
    why = (await dispatcher.api("GET", f"/orders/{taken['id']}/weighings")).body["items"]
    assert {each["by"] for each in why} == {told["by"]}
    page = await open_page(dispatcher, "/dispatch")
    assert f"<td>{taken['id']} · 강남역</td>" in page
