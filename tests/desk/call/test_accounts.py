"""The PBX's own account of a call: what nobody saw becomes one ended row, what was seen is put right, and nothing is doubled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from desk.call import calls
from desk.call.calls import CallAccount, NoSuchLine
from desk.events import CallAnswered, CallArrived, CallEnded, CallSeen, Event, PbxSnapshot
from desk.work import Desk
from models import Call
from tests.desk.conftest import DID, NOON, AddCustomer, Clock
from tests.site import Site

LINKEDID = "cb12ab34-1763776800.7"
END = NOON + timedelta(seconds=40)
MISSED = CallAccount(LINKEDID, DID, "01012345678", "김철수", "allowed", NOON, END)
ANSWERED = replace(MISSED, extension="1001", answered_at=NOON + timedelta(seconds=9))
SEEN = CallSeen(NOON, "pbx", LINKEDID, DID, "01012345678", None, linkedid=LINKEDID)
BOX = CallSeen(NOON - timedelta(seconds=4), "box", "front/1", DID, "01012345678", None)

pytestmark = pytest.mark.usefixtures("site", "clock")


async def settle(desk: Desk, account: CallAccount) -> None:
    async with desk.look() as session:
        wanted = await calls.unsettled(session, [account])
    for one in wanted:
        async with desk.work() as work:
            await calls.settle(work, one)


async def only_row(desk: Desk) -> Call:
    async with desk.look() as session:
        return (await session.scalars(select(Call))).one()


async def apply(desk: Desk, *readings: CallSeen | PbxSnapshot) -> None:
    for reading in readings:
        async with desk.work() as work:
            if isinstance(reading, CallSeen):
                await calls.open_call(work, reading)
            else:
                await calls.resync(work, reading)


@pytest.mark.parametrize(("account", "disposition"), [(MISSED, "abandoned"), (ANSWERED, "answered")])
async def test_a_call_that_nobody_saw_becomes_one_ended_row_and_pops_nowhere(
    desk: Desk, site: Site, add_customer: AddCustomer, told: list[Event], account: CallAccount, disposition: str
) -> None:
    """Seen failing with the events of the arrival told."""
    customer = await add_customer("+821012345678")
    for _ in range(3):
        await settle(desk, account)
    call = await only_row(desk)
    assert (call.number, call.caller_name, call.customer_id) == ("+821012345678", "김철수", customer)
    assert (call.state, call.disposition, call.recovered) == ("ended", disposition, True)
    assert (call.arrived_at, call.answered_at, call.ended_at) == (NOON, account.answered_at, END)
    assert call.operator_id == (site.operator_id if account.extension else None)
    assert [type(event) for event in told] == [CallEnded]


async def test_its_events_that_come_later_make_no_second_row_and_do_not_open_it_again(
    desk: Desk, told: list[Event]
) -> None:
    await settle(desk, MISSED)
    await apply(desk, SEEN)
    async with desk.work() as work:
        await calls.rang(work, LINKEDID, "1001")
        await calls.answered(work, LINKEDID, "1001")
        await calls.gone(work, LINKEDID, "16")
    assert (await only_row(desk)).disposition == "abandoned"
    assert not any(isinstance(event, CallArrived | CallAnswered) for event in told)


async def test_a_call_that_was_followed_to_its_end_is_left_as_it_is(desk: Desk) -> None:
    await apply(desk, SEEN)
    async with desk.work() as work:
        await calls.answered(work, LINKEDID, "1002", NOON + timedelta(seconds=8))
        await calls.gone(work, LINKEDID, "16", END + timedelta(seconds=1))
    async with desk.look() as session:
        assert await calls.unsettled(session, [ANSWERED]) == []
    assert not (await only_row(desk)).recovered


async def test_a_call_whose_end_nobody_heard_ends_when_and_how_the_pbx_says(desk: Desk, clock: Clock) -> None:
    """Seen failing without the mark `recovered`."""
    await apply(desk, SEEN)
    clock.forward(minutes=3)
    await settle(desk, ANSWERED)
    call = await only_row(desk)
    assert (call.state, call.disposition, call.ended_at) == ("ended", "answered", END)
    assert call.recovered


async def test_what_was_given_up_as_lost_is_told_as_it_was(desk: Desk) -> None:
    await apply(desk, SEEN, PbxSnapshot(NOON + timedelta(minutes=2), calls=(), system_name="cb12ab34"))
    assert (await only_row(desk)).disposition == "lost"
    await settle(desk, ANSWERED)
    call = await only_row(desk)
    assert (call.disposition, call.ended_at, call.answered_at) == ("answered", END, ANSWERED.answered_at)


async def test_what_a_restart_ended_stays_told_so_with_the_pbx_s_times(desk: Desk) -> None:
    await apply(desk, SEEN, PbxSnapshot(NOON + timedelta(minutes=2), calls=(), system_name="cb99ffee"))
    assert (await only_row(desk)).disposition == "pbx_restart"
    await settle(desk, ANSWERED)
    call = await only_row(desk)
    assert (call.disposition, call.ended_at, call.answered_at) == ("pbx_restart", END, ANSWERED.answered_at)
    async with desk.look() as session:
        assert await calls.unsettled(session, [ANSWERED]) == []


async def test_a_call_that_came_late_off_a_frozen_wire_gets_the_times_at_which_it_was(desk: Desk) -> None:
    late = timedelta(seconds=30)
    await apply(desk, replace(SEEN, at=NOON + late))
    async with desk.work() as work:
        await calls.gone(work, LINKEDID, "16", END + late)
    await settle(desk, MISSED)
    call = await only_row(desk)
    assert (call.arrived_at, call.ended_at) == (NOON, END)


async def test_a_call_that_a_box_saw_too_is_one_row_which_began_when_the_box_saw_it(desk: Desk) -> None:
    await apply(desk, BOX)
    await settle(desk, ANSWERED)
    call = await only_row(desk)
    assert (call.linkedid, call.arrived_at, call.ended_at) == (LINKEDID, BOX.at, END)
    async with desk.look() as session:
        assert await calls.unsettled(session, [ANSWERED]) == []


async def test_a_line_that_is_no_longer_ours_is_refused_and_nothing_is_made(desk: Desk) -> None:
    with pytest.raises(NoSuchLine):
        await settle(desk, replace(MISSED, line="0299999999"))
    async with desk.look() as session:
        assert (await session.scalars(select(Call))).all() == []


def test_legs_of_one_call_are_one_account() -> None:
    first = replace(MISSED, ended_at=NOON + timedelta(seconds=8))
    second = replace(ANSWERED, started_at=NOON + timedelta(seconds=8))
    assert calls.merged([first, second]) == calls.merged([second, first]) == [ANSWERED]
