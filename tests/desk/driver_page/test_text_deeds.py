"""A driver without a smartphone works a whole night by text: on duty, a yes, his steps, off duty; and is always answered."""

from __future__ import annotations

import hashlib
import itertools
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from callboard.replies import Replies
from desk import trades
from desk.dispatching import searching
from desk.driver import shifts
from desk.driver_page.text_deeds import step_meant
from desk.message import incoming_texts
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.texts.text_came import TextCame
from desk.work import Desk
from models import CarSkip, Driver, DriverPhone, Entry, IncomingText, Message, Order
from tests.desk.conftest import Clock
from tests.site import GANGNAM, Site, make_site

COUNT = itertools.count()


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    made = await make_site(desk, drivers=2)
    async with desk.work() as work:
        await work.session.execute(update(Driver).values(by_text=True))
        await shifts.end(work, made.drivers[0])
    return made


async def say(desk: Desk, text: str, sender: str = "821020000000") -> str | None:
    """A text comes in and is read; what became of it."""
    octets = text.encode("utf-16-be")
    identity = hashlib.sha256(f"{sender} {next(COUNT)}".encode()).hexdigest()[:40]
    async with desk.work() as work:
        row = await incoming_texts.take(
            work, "smpp", TextCame(identity, "a", sender, "15880001", octets, "ucs2", None, 1, 1)
        )
        assert row is not None
        text_id = row.id
    await Replies(desk, desk.bus)._read_what_came()
    async with desk.look() as session:
        return (await session.get_one(IncomingText, text_id)).outcome


async def answers(desk: Desk) -> list[str]:
    async with desk.look() as session:
        query = select(Message.text).where(Message.text_key.startswith("sms.answer.")).order_by(Message.id)
        return list(await session.scalars(query))


async def state(desk: Desk, driver_id: int) -> str:
    async with desk.look() as session:
        return (await session.get_one(Driver, driver_id)).state


async def test_a_whole_night_by_text(desk: Desk, site: Site) -> None:
    driver = site.drivers[0]
    assert await say(desk, "출근") == "done"
    assert await state(desk, driver) == "free"
    async with desk.work() as work:
        await shifts.locate(work, driver, *GANGNAM)
        form = TakeOrder(PlaceText("강남역", *GANGNAM), PlaceText("판교역"), fare=20_000)
        order_id = (await orders.take(work, site.operator_id, form)).id
        await searching.start(work, site.operator_id, order_id)
    assert await say(desk, "수락") == "accepted"
    states = []
    for word in ("출발", "도착", "출발", "완료"):
        assert await say(desk, word) == "done"
        async with desk.look() as session:
            states.append((await session.get_one(Order, order_id)).state)
    assert states == ["on_the_way", "arrived", "driving", "completed"]
    assert await say(desk, "퇴근") == "done"
    assert await state(desk, driver) == "off"
    assert await answers(desk) == [
        "[출근] 콜을 기다립니다. 마칠 때는 퇴근이라고 답장하세요",
        "[콜] 가는 중으로 적었습니다. 다음 답장: 출발, 도착",
        "[콜] 도착으로 적었습니다. 다음 답장: 출발",
        "[콜] 운행으로 적었습니다. 다음 답장: 완료",
        "[완료] 강남역 20,000원 현금 수수료 4,000원",
        "[퇴근] 퇴근했습니다. 다시 나올 때는 출근이라고 보내세요",
    ]
    async with desk.look() as session:
        assert await session.scalar(select(func.count()).where(Entry.kind == "call_fee")) == 1
        assert set(await session.scalars(select(CarSkip.stage))) == {"before", "after"}


async def test_what_cannot_be_done_now_is_told_with_what_can(desk: Desk, site: Site) -> None:
    assert await say(desk, "완료") == "refused"
    async with desk.work() as work:
        await work.session.execute(update(Driver).values(licence_until=(work.now - timedelta(days=3)).date()))
    assert await say(desk, "출근") == "refused"
    assert await say(desk, "출근하려는데 어떻게 하나요") == "inbox"
    assert await answers(desk) == [
        "[콜] 지금 맡은 콜이 없습니다. 상황실에 전화하세요",
        "[출근] 운전면허가 만료되어 출근할 수 없습니다. 사무실에 전화하세요",
        "[안내] 출근 퇴근 도착 출발 완료, 콜은 수락12 거절12로 답장하세요",
    ]
    assert await state(desk, site.drivers[0]) == "off"


async def test_only_a_number_on_a_driver_s_record_counts(desk: Desk, site: Site) -> None:
    """Seen failing with the driver looked for by his own number in the text."""
    assert await say(desk, "출근", "821099998888") == "inbox"
    assert await say(desk, "100 출근", "821099998888") == "inbox"
    assert await answers(desk) == []
    async with desk.work() as work:
        work.session.add(DriverPhone(driver_id=site.drivers[0], number="+821099998888"))
    assert await say(desk, "출근합니다", "821099998888") == "done"
    assert await state(desk, site.drivers[0]) == "free"


async def test_two_machines_do_not_talk_to_each_other_without_end(desk: Desk, site: Site) -> None:
    for number in range(14):
        await say(desk, f"오늘은 {number + 30}도입니다")
    assert len(await answers(desk)) == 10


@pytest.mark.parametrize("name", trades.names())
def test_three_words_lead_through_each_trade(name: str) -> None:
    trade, at, said = trades.load(name), "assigned", 0
    while not trade.is_closed(at):
        words = ("arrived", "done", "leaving") if at == "on_the_way" else ("leaving", "arrived", "done")
        at = next(step for word in words if (step := step_meant(trade, at, word)))
        said += 1
    assert (at, said) == ("completed", 4)


async def test_with_an_open_fare_a_driver_is_asked_for_it_and_says_it_with_done(desk: Desk, site: Site) -> None:
    """Seen failing where "done" alone was enough: the trip had no fare and the office no fee."""
    driver = site.drivers[0]
    await say(desk, "출근")
    async with desk.work() as work:
        await shifts.locate(work, driver, *GANGNAM)
        form = TakeOrder(PlaceText("강남역", *GANGNAM), PlaceText("판교역"))
        order_id = (await orders.take(work, site.operator_id, form)).id
        await searching.start(work, site.operator_id, order_id)
    for word in ("수락", "출발", "도착", "출발"):
        await say(desk, word)
    assert await say(desk, "완료") == "refused"
    assert (await answers(desk))[-1] == "[완료] 받은 금액을 함께 보내세요. 예: 완료 25,000원"
    assert await say(desk, "완료 25,000원") == "done"
    assert (await answers(desk))[-1].startswith("[완료] 강남역 25,000원 현금 수수료 5,000원")
    async with desk.look() as session:
        order = await session.get_one(Order, order_id)
    assert (order.state, order.fare) == ("completed", 25_000)
