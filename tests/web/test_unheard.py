"""Texts that nobody heard, over the API: who may see to them, and what the page hears."""

from __future__ import annotations

from sqlalchemy import select, update

from desk.message import unheard
from models import AuditEntry, Message
from tests.web.conftest import House, Visitor
from tests.web.live_client import Console


async def unheard_text(house: House, visitor: Visitor) -> tuple[int, int]:
    """An order whose customer's text has failed, and that text."""
    order = await house.order(number="01012345678")
    body = {"driver_id": house.site.drivers[0]}
    assert (await visitor.api("POST", f"/orders/{order['id']}/assign", body)).status == 200
    async with house.desk.work() as work:
        failed = update(Message).where(Message.audience == "customer").values(state="failed", detail="no subscriber")
        message_id = (await work.session.execute(failed.returning(Message.id))).scalar_one()
        await unheard.watch(work)
    return int(order["id"]), message_id


async def test_an_unheard_text_stands_on_its_order_until_somebody_is_done_with_it(house: House) -> None:
    visitor = await house.signed_in()
    order_id, message_id = await unheard_text(house, visitor)
    (told,) = (await visitor.api("GET", f"/orders/{order_id}")).body["unheard"]
    assert (told["message_id"], told["number"], told["detail"]) == (message_id, "+821012345678", "no subscriber")
    done = await visitor.api("POST", f"/messages/{message_id}/seen", {})
    assert (done.status, done.body["unheard"]) == (200, [])
    again = await visitor.api("POST", f"/messages/{message_id}/resend", {})
    assert (again.status, again.code) == (409, "wrong_state")
    async with house.desk.look() as session:
        assert (await session.scalars(select(AuditEntry.what).where(AuditEntry.what == "text.seen_to"))).all()


async def test_a_text_is_sent_again_once_however_often_the_answer_is_lost(house: House) -> None:
    program = house.program()
    _, message_id = await unheard_text(house, program)
    for _ in range(2):
        headers = {"Idempotency-Key": "again"}
        assert (await program.api("POST", f"/messages/{message_id}/resend", {}, headers=headers)).status == 200
    async with house.desk.look() as session:
        rows = await session.scalars(select(Message.state).where(Message.audience == "customer").order_by(Message.id))
        assert rows.all() == ["failed", "queued"]


async def test_whoever_opens_a_console_is_told_of_it_although_the_order_is_over_and_long_ago(house: House) -> None:
    """Seen failing with open and recent orders only."""
    visitor = await house.signed_in()
    order = await house.order(number="01012345678")
    body = {"driver_id": house.site.drivers[0]}
    assert (await visitor.api("POST", f"/orders/{order['id']}/assign", body)).status == 200
    async with house.desk.work() as work:
        await work.session.execute(update(Message).values(state="delivered"))
    assert (await visitor.api("POST", f"/orders/{order['id']}/cancel", {"reason": "x"})).status == 200
    async with house.desk.work() as work:
        gone = update(Message).where(Message.text_key.startswith("sms.called_off.")).values(state="failed")
        await work.session.execute(gone)
        assert await unheard.watch(work) == 1
    for _ in range(21):
        other = await house.order()
        await visitor.api("POST", f"/orders/{other['id']}/cancel", {"reason": "x"})
    console = Console(visitor)
    listed = {each["id"]: each for each in (await console.connect())["orders"]}
    await console.hang_up()
    assert [text["audience"] for text in listed[order["id"]]["unheard"]] == ["driver"]
