"""A text about an order that nobody heard is an alarm: once, over restarts, until somebody has seen to it or it has arrived."""

from __future__ import annotations

import pytest
from sqlalchemy import select, update

from callboard.unheard import Unheard
from desk.dispatching import dispatch
from desk.errors import NotFound, WrongState
from desk.message import messages, order_texts, unheard
from desk.order import order_steps
from desk.ordering import order_history, orders
from desk.ordering.order_views import orders_json
from desk.texts.message_states import TOO_LATE
from desk.views import Json
from desk.work import Desk
from models import AuditEntry, Message, TextAlarm
from tests.desk.conftest import Clock
from tests.desk.message.test_messages import assigned, claim, submit
from tests.site import Site, make_site


@pytest.fixture
async def site(desk: Desk) -> Site:
    return await make_site(desk)


async def text_of(desk: Desk, order_id: int, audience: str) -> int:
    async with desk.look() as session:
        query = select(Message.id).where(Message.order_id == order_id, Message.audience == audience)
        return (await session.scalars(query.order_by(Message.id.desc()).limit(1))).one()


async def refused(desk: Desk, message_id: int) -> None:
    async with desk.work() as work:
        await messages.refused(work, message_id, "no such subscriber", permanent=True)


async def watch(desk: Desk) -> int:
    async with desk.work() as work:
        return await unheard.watch(work)


async def told(desk: Desk, order_id: int) -> list[Json]:
    async with desk.look() as session:
        (order,) = await orders_json(session, [order_id])
    found: list[Json] = order["unheard"]
    return found


async def test_a_text_that_has_failed_is_an_alarm_with_the_number_and_what_it_said_and_only_once(
    desk: Desk, site: Site, clock: Clock
) -> None:
    order_id = await assigned(desk, site)
    await claim(desk)
    await refused(desk, await text_of(desk, order_id, "driver"))
    assert await watch(desk) == 1
    assert await watch(desk) == 0
    (alarm,) = await told(desk, order_id)
    assert (alarm["audience"], alarm["state"], alarm["detail"]) == ("driver", "failed", "no such subscriber")
    assert alarm["who"].startswith("#100")
    assert "강남역 10번 출구" in alarm["text"]
    assert alarm["number"].startswith("+82")


async def test_what_stays_unknown_is_an_alarm_after_its_time_and_none_any_more_once_a_receipt_says_delivered(
    desk: Desk, site: Site, clock: Clock
) -> None:
    order_id = await assigned(desk, site)
    await claim(desk)
    message_id = await text_of(desk, order_id, "customer")
    async with desk.work() as work:
        await messages.ambiguous(work, message_id, "the link was cut")
    assert await watch(desk) == 0
    clock.forward(minutes=2)
    assert await watch(desk) == 1
    assert [alarm["state"] for alarm in await told(desk, order_id)] == ["unknown"]
    await submit(desk, message_id, "late-1")
    async with desk.work() as work:
        await messages.receipt(work, "smpp", "late-1", "delivered")
    assert await told(desk, order_id) == []
    assert await watch(desk) == 1
    async with desk.look() as session:
        assert (await session.scalars(select(TextAlarm.ending))).one() == "delivered"


async def test_a_text_without_a_receipt_is_an_alarm_only_where_the_network_sends_receipts(
    desk: Desk, site: Site, clock: Clock
) -> None:
    order_id = await assigned(desk, site)
    await claim(desk)
    customer, driver = [await text_of(desk, order_id, whom) for whom in ("customer", "driver")]
    await submit(desk, customer, "a-1")
    clock.forward(minutes=31)
    assert await watch(desk) == 0
    await submit(desk, driver, "a-2")
    async with desk.work() as work:
        await messages.receipt(work, "smpp", "a-2", "delivered")
    assert await watch(desk) == 1
    assert [alarm["message_id"] for alarm in await told(desk, order_id)] == [customer]


async def test_a_text_that_was_not_sent_in_time_is_an_alarm_and_one_that_was_withdrawn_is_none(
    desk: Desk, site: Site, clock: Clock
) -> None:
    """Seen failing with every text that expired."""
    order_id = await assigned(desk, site)
    async with desk.work() as work:
        await work.session.execute(
            update(Message).where(Message.audience == "customer").values(state="expired", detail=TOO_LATE)
        )
        await work.session.execute(
            update(Message)
            .where(Message.audience == "driver")
            .values(state="expired", detail="the driver was released")
        )
    assert await watch(desk) == 1
    assert [alarm["audience"] for alarm in await told(desk, order_id)] == ["customer"]


async def test_an_order_that_is_over_alarms_nobody_but_for_the_driver_who_was_told_not_to_come(
    desk: Desk, site: Site, clock: Clock
) -> None:
    order_id = await assigned(desk, site)
    await claim(desk)
    await refused(desk, await text_of(desk, order_id, "customer"))
    assert await watch(desk) == 1
    async with desk.work() as work:
        await orders.cancel(work, site.operator_id, order_id, "no more wanted")
    assert await watch(desk) == 1
    assert await told(desk, order_id) == []
    await claim(desk)
    await refused(desk, await text_of(desk, order_id, "driver"))
    assert await watch(desk) == 1
    (alarm,) = await told(desk, order_id)
    assert alarm["audience"] == "driver"
    async with desk.look() as session:
        assert await unheard.open_orders(session, site.office_id) == [order_id]
        assert await unheard.open_orders(session, site.office_id + 1) == []


async def test_what_a_driver_who_is_on_his_way_was_to_be_told_he_knows(desk: Desk, site: Site, clock: Clock) -> None:
    order_id = await assigned(desk, site)
    await claim(desk)
    await refused(desk, await text_of(desk, order_id, "driver"))
    async with desk.work() as work:
        order = await order_steps.hold(work, None, order_id)
        await order_steps.move(work, order, "on_the_way", site.operator_id)
    assert await watch(desk) == 0


async def test_a_text_about_an_assignment_that_has_ended_is_history(desk: Desk, site: Site, clock: Clock) -> None:
    order_id = await assigned(desk, site)
    await claim(desk)
    await refused(desk, await text_of(desk, order_id, "customer"))
    assert await watch(desk) == 1
    async with desk.work() as work:
        await dispatch.release(work, site.operator_id, order_id, "another one")
    assert await watch(desk) == 1
    assert await told(desk, order_id) == []


async def test_who_saw_to_it_or_sent_it_again_is_on_record_and_in_the_orders_history(
    desk: Desk, site: Site, clock: Clock
) -> None:
    order_id = await assigned(desk, site)
    await claim(desk)
    customer, driver = [await text_of(desk, order_id, whom) for whom in ("customer", "driver")]
    for message_id in (customer, driver):
        await refused(desk, message_id)
    assert await watch(desk) == 2
    async with desk.work() as work:
        assert await unheard.seen(work, site.operator_id, customer) == order_id
        assert await unheard.resend(work, site.operator_id, driver) == order_id
    assert await told(desk, order_id) == []
    for again in (unheard.seen, unheard.resend):
        with pytest.raises(WrongState):
            async with desk.work() as work:
                await again(work, site.operator_id, driver)
    async with desk.look() as session:
        old, new = await session.get_one(Message, driver), await session.get_one(Message, driver + 1)
        assert (new.text, new.recipient, new.state, new.order_id) == (old.text, old.recipient, "queued", order_id)
        what = select(AuditEntry.what, AuditEntry.operator_id).where(AuditEntry.what.startswith("text."))
        assert (await session.execute(what.order_by(AuditEntry.id))).all() == [
            ("text.seen_to", site.operator_id),
            ("text.resent", site.operator_id),
        ]
        deeds = await order_history.of_order(session, order_id, site.office_id)
    assert {(deed.field, deed.state) for deed in deeds if deed.what == "unheard"} == {
        ("customer", "seen"),
        ("driver", "resent"),
    }
    assert all(deed.by for deed in deeds if deed.what == "unheard")


async def test_a_text_that_was_sent_again_and_failed_again_is_an_alarm_again(
    desk: Desk, site: Site, clock: Clock
) -> None:
    order_id = await assigned(desk, site)
    await claim(desk)
    await refused(desk, await text_of(desk, order_id, "customer"))
    await watch(desk)
    async with desk.work() as work:
        await unheard.resend(work, site.operator_id, await text_of(desk, order_id, "customer"))
    (again,) = await claim(desk)
    await refused(desk, again)
    assert await watch(desk) == 1
    assert [alarm["message_id"] for alarm in await told(desk, order_id)] == [again]


async def test_another_offices_text_is_not_there(desk: Desk, site: Site, clock: Clock) -> None:
    order_id = await assigned(desk, site)
    await claim(desk)
    message_id = await text_of(desk, order_id, "customer")
    await refused(desk, message_id)
    await watch(desk)
    other = await make_site(desk, name="다른 상담실", did="15880002")
    for deed in (unheard.seen, unheard.resend):
        with pytest.raises(NotFound):
            async with desk.work() as work:
                await deed(work, other.operator_id, message_id)


async def test_who_withheld_his_number_cannot_be_phoned(desk: Desk, site: Site, clock: Clock) -> None:
    order_id = await assigned(desk, site, number=None)
    assert await watch(desk) == 0
    assert await told(desk, order_id) == []


async def test_nobody_is_texted_again_for_a_reminder_of_before_yesterday(desk: Desk, site: Site, clock: Clock) -> None:
    """What was due hours ago raises nothing when the desk comes back. Seen failing without a bound."""
    order_id = await assigned(desk, site)
    await claim(desk)
    await refused(desk, await text_of(desk, order_id, "customer"))
    clock.forward(hours=4)
    assert await watch(desk) == 0


async def test_the_part_raises_what_is_due_when_it_looks(desk: Desk, site: Site, clock: Clock) -> None:
    order_id = await assigned(desk, site)
    async with desk.work() as work:
        order = await order_steps.hold(work, None, order_id)
        message = await order_texts.to_customer(work, order, "sms.wait.customer", lambda _: {"origin": "강남역"})
        message.state = "failed"
    await Unheard(desk, desk.bus)._look()
    assert [alarm["text"] for alarm in await told(desk, order_id)] == [message.text]
