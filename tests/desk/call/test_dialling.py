"""Calls that operators place: whom a target means, what is never dialled, and a row that is nobody's ring."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from callboard.readings import apply
from desk.call import call_views, calls
from desk.call.calls import Dial, Target
from desk.call.dialling import NobodyToCall, NotDialable
from desk.dispatching import dispatch
from desk.errors import Invalid, NotFound
from desk.events import (
    CallAnswered,
    CallArrived,
    CallDialled,
    CallEnded,
    CallGone,
    CallIdentified,
    CallPlaced,
    CallRinging,
    CallSeen,
    Event,
    PbxSnapshot,
    PhoneAnswered,
    PhoneRang,
)
from desk.order.order_places import PlaceText
from desk.ordering import orders
from desk.ordering.orders import TakeOrder
from desk.work import Desk
from models import AuditEntry, Call, CustomerPhone, Driver, Message
from tests.desk.conftest import DID, NOON, AddCustomer, Clock
from tests.site import Site, make_site

pytestmark = pytest.mark.usefixtures("site", "clock")

MOBILE = "+821012345678"
OUT = "callboard-dial-1"
DIALLED = CallDialled(NOON, OUT, DID, "01012345678", "1001")


async def dial(desk: Desk, office_id: int, **target: object) -> Dial:
    async with desk.look() as session:
        return await calls.dial_of(session, office_id, Target(**target))  # type: ignore[arg-type]


async def told(desk: Desk, *readings: Event) -> None:
    for reading in readings:
        async with desk.work() as work:
            await apply(work, reading, 8.0)


async def order_of(desk: Desk, site: Site, number: str | None = "010-1234-5678") -> int:
    async with desk.work() as work:
        return (await orders.take(work, site.operator_id, TakeOrder(origin=PlaceText("강남역"), number=number))).id


async def test_an_order_means_its_customer_or_the_driver_who_has_it_or_had_it_last(desk: Desk) -> None:
    site = await make_site(desk, drivers=2, name="다른 곳", did="15990001")
    order_id = await order_of(desk, site)
    assert await dial(desk, site.office_id, order_id=order_id) == Dial(
        "01012345678", "15990001", MOBILE, f"order {order_id} customer"
    )
    with pytest.raises(NobodyToCall):
        await dial(desk, site.office_id, order_id=order_id, whom="driver")
    async with desk.work() as work:
        await dispatch.assign(work, site.operator_id, order_id, site.drivers[1])
    assert (await dial(desk, site.office_id, order_id=order_id, whom="driver")).digits == "01020000001"


async def test_the_line_shown_is_the_one_that_the_caller_knows(
    desk: Desk, site: Site, add_customer: AddCustomer
) -> None:
    customer_id = await add_customer(MOBILE)
    async with desk.work() as work:
        seen = CallSeen(work.now, "pbx", "cb1-1.1", DID, "01012345678", None, linkedid="cb1-1.1")
        call_id = (await calls.open_call(work, seen)).id
    assert await dial(desk, site.office_id, call_id=call_id) == Dial("01012345678", DID, MOBILE, f"call {call_id}")
    assert (await dial(desk, site.office_id, customer_id=customer_id)).digits == "01012345678"
    assert (await dial(desk, site.office_id, number="02-345-6789")).digits == "023456789"


async def test_a_text_means_whom_it_was_written_to_by_the_line_that_he_called(desk: Desk, site: Site) -> None:
    other = await make_site(desk, drivers=1, name="다른 곳", did="15990001")
    order_id = await order_of(desk, other)
    async with desk.work() as work:
        await dispatch.assign(work, other.operator_id, order_id, other.drivers[0])
    async with desk.look() as session:
        texts = {text.audience: text.id for text in await session.scalars(select(Message))}
    assert await dial(desk, other.office_id, message_id=texts["driver"]) == Dial(
        "01020000000", "15990001", "+821020000000", f"message {texts['driver']}"
    )
    assert (await dial(desk, other.office_id, message_id=texts["customer"])).digits == "01012345678"
    with pytest.raises(NotFound):
        await dial(desk, site.office_id, message_id=texts["driver"])


async def test_what_belongs_to_another_office_is_not_there(desk: Desk, site: Site, add_customer: AddCustomer) -> None:
    """Seen failing without the look at the row's office."""
    other = await make_site(desk, drivers=1, name="다른 곳", did="15990001")
    order_id, customer_id = await order_of(desk, other), await add_customer(MOBILE)
    for target in ({"order_id": order_id}, {"driver_id": other.drivers[0]}):
        with pytest.raises(NotFound):
            await dial(desk, site.office_id, **target)
    with pytest.raises(NotFound):
        await dial(desk, other.office_id, customer_id=customer_id)


@pytest.mark.parametrize(
    "number",
    ["112", "119", "060-700-1234", "+1 212 555 0123", "00700 1 212 555 0123", "nobody", "", "*72", "1001", "1@callboard-incoming",
     "01012345678&PJSIP/op1002", "${SHELL(id)}", "010-1234-5678,1002", "tel:112", "9" * 30],
)  # fmt: skip
async def test_what_is_never_dialled_is_refused_in_words(desk: Desk, site: Site, number: str) -> None:
    """Short codes, numbers that cost extra, abroad, and what is no number at all."""
    with pytest.raises(NotDialable):
        await dial(desk, site.office_id, number=number)


@pytest.mark.parametrize("target", [{}, {"order_id": 1, "number": "010-1234-5678"}])
async def test_a_target_names_exactly_one(desk: Desk, site: Site, target: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        await dial(desk, site.office_id, **target)


async def test_nobody_without_a_number_is_called(desk: Desk, site: Site, add_customer: AddCustomer) -> None:
    customer_id = await add_customer(MOBILE)
    async with desk.work() as work:
        phone = await work.session.scalar(select(CustomerPhone).where(CustomerPhone.customer_id == customer_id))
        await work.session.delete(phone)
    with pytest.raises(NobodyToCall):
        await dial(desk, site.office_id, customer_id=customer_id)


async def test_who_had_whom_called_stands_on_record_without_the_number(desk: Desk, site: Site) -> None:
    """Seen failing with the number whole."""
    async with desk.work() as work:
        calls.on_record(work, site.operator_id, Dial("01012345678", DID, MOBILE, "order 7 customer"))
    async with desk.look() as session:
        entry = (await session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))).one()
    assert (entry.operator_id, entry.what, entry.subject) == (site.operator_id, "call.dialled", "order 7 customer")
    assert entry.detail == {"number": "010-****-5678", "line": DID}


async def test_a_call_that_goes_out_is_a_row_of_its_own_and_nobodys_ring(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer
) -> None:
    """Seen failing with CallArrived told of it (a pop), and with the row among those who wait."""
    customer_id = await add_customer(MOBILE)
    heard: list[Event] = []
    desk.bus.on(Event, heard.append)
    await told(desk, DIALLED, DIALLED, PhoneRang(clock.forward(seconds=3), OUT, "1001"))
    async with desk.look() as session:
        call = (await session.scalars(select(Call))).one()
        assert (call.direction, call.state, call.number, call.customer_id) == ("out", "ringing", MOBILE, customer_id)
        assert (call.operator_id, call.line_id) == (site.operator_id, site.line_id)
        assert await call_views.waiting(session, site.office_id) == []
        (shown,) = await calls.board(session, site.office_id)
        assert (shown.direction, shown.customer is not None) == ("out", True)
    await told(
        desk, PhoneAnswered(clock.forward(seconds=3), OUT, "1001"), CallGone(clock.forward(seconds=9), OUT, "16")
    )
    kinds = [type(event) for event in heard]
    assert kinds == [CallPlaced, CallRinging, CallAnswered, CallEnded]
    assert not {CallArrived, CallIdentified} & set(kinds)
    assert isinstance(heard[-1], CallEnded)
    assert heard[-1].disposition == "answered"


async def test_one_whom_nobody_took_is_no_missed_call(desk: Desk, clock: Clock) -> None:
    """Seen failing with "abandoned", which is a caller whom nobody of ours had."""
    await told(desk, DIALLED, CallGone(clock.forward(seconds=60), OUT, "19"))
    async with desk.look() as session:
        assert await session.scalar(select(Call.disposition)) == "no_answer"


async def test_a_driver_is_named_by_his_number(desk: Desk, site: Site) -> None:
    async with desk.work() as work:
        driver = Driver(office_id=site.office_id, number="117", name="박기사", phone="+821099998888", state="off")
        work.session.add(driver)
    await told(desk, CallDialled(NOON, OUT, DID, "01099998888", "1002"))
    async with desk.look() as session:
        assert await session.scalar(select(Call.caller_name)) == "#117 박기사"


async def test_a_snapshot_keeps_calls_that_go_out_and_ends_those_that_are_gone(desk: Desk, clock: Clock) -> None:
    """Seen failing with the snapshot's own calls taken for all that is up: a call of ours ended at the next resync."""
    await told(desk, DIALLED)
    other = CallDialled(NOON, "callboard-dial-2", DID, "01055501234", "1002")
    at = clock.forward(minutes=1)
    await told(desk, PbxSnapshot(at, (), dialled=(DIALLED, other), answered=(PhoneAnswered(at, OUT, "1001"),)))
    async with desk.look() as session:
        found = {call.linkedid: call.state for call in await session.scalars(select(Call))}
    assert found == {OUT: "answered", "callboard-dial-2": "arrived"}
    await told(desk, PbxSnapshot(clock.forward(minutes=1), ()))
    async with desk.look() as session:
        assert {call.state for call in await session.scalars(select(Call))} == {"ended"}


async def test_a_caller_on_the_line_from_that_number_is_a_call_of_his_own(desk: Desk, clock: Clock) -> None:
    """He calls back in the same moment. Seen failing with calls that go out among those that a box and the PBX both see."""
    await told(desk, DIALLED)
    async with desk.work() as work:
        seen = CallSeen(clock.forward(seconds=1), "box", "front/1", DID, "010-1234-5678", None)
        assert (await calls.open_call(work, seen)).direction == "in"
    async with desk.look() as session:
        assert len(list(await session.scalars(select(Call)))) == 2
