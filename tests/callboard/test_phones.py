"""The keys that take calls, where the PBX's events and an operator's finger cross each other."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select

from ami.message import Message
from ami.roster import Caller, Roster
from ami.settings import Settings
from callboard.phones import (
    LOOK_EVERY_S,
    ColleagueFirst,
    InACall,
    NoExtension,
    NoPhones,
    NoWayOut,
    PbxAway,
    Phones,
    PhoneUnavailable,
)
from desk.call import calls
from desk.call.calls import Target
from desk.call.dialling import NotDialable
from desk.events import CallSeen, CallWanted
from desk.office import pauses
from desk.work import Desk
from models import AuditEntry, Call
from tests.ami.conftest import acting
from tests.ami.peer import Headers, StandInPbx, response
from tests.site import Site
from web.keys import Person

LEG, CALLER = "cb1-2.2", "cb1-1.1"
OPERATOR = Person(1, 1, "op", "상담원", "operator", "1001", "ko")
COLLEAGUE = Person(2, 1, "op2", "동료", "operator", "1002", "ko")


@pytest.fixture
def engine_name() -> str:
    """What is asked of the database is one row."""
    return "sqlite"


def gone(headers: Headers, _peer: StandInPbx) -> bytes | None:
    if headers["action"] == "Redirect":
        return response(headers, "Message: Channel does not exist: Local/1001", word="Error")
    return None


def rings(roster: Roster) -> None:
    for name, uniqueid in (("PJSIP/callboard-trunk-1", CALLER), ("Local/1001@callboard-operator-01;2", LEG)):
        roster.see(
            Message(f"Event: Newchannel\r\nChannel: {name}\r\nUniqueid: {uniqueid}\r\nLinkedid: {CALLER}".encode())
        )


async def test_a_phone_that_stops_ringing_in_that_moment_picks_up_at_its_next_ring_and_one_that_is_refused_says_so(
    desk: Desk, site: Site
) -> None:
    """Seen failing with the refusal told at once, in Asterisk's words, for a call that rings again a second later."""
    roster = Roster(Settings())
    rings(roster)
    async with desk.work() as work:
        seen = CallSeen(work.now, "pbx", CALLER, "15880001", "01055501234", None, linkedid=CALLER)
        call_id = (await calls.open_call(work, seen)).id
    async with StandInPbx.started(gone) as peer, acting(peer.port) as actions:
        phones = Phones(desk, roster, actions)
        with pytest.raises(PhoneUnavailable, match="does not exist"):
            await phones.answer(call_id, OPERATOR)
        asyncio.get_running_loop().call_later(LOOK_EVERY_S / 5, roster.forget, LEG)
        await phones.answer(call_id, OPERATOR)
        before = len(peer.actions)
        rings(roster)
        async with asyncio.timeout(20):
            while len(peer.actions) == before:
                await asyncio.sleep(LOOK_EVERY_S)
    assert peer.actions[-1]["action"] == "Redirect"


async def test_a_call_that_an_operator_waits_for_is_his_until_he_asks_for_another(desk: Desk, site: Site) -> None:
    """Seen failing with the last one to ask getting it, and with the first wish kept beside the second."""
    roster, told = Roster(Settings()), []
    desk.bus.on(CallWanted, lambda event: told.append((event.call_id, event.operator_id)))
    first, second = [await waits(desk, roster, number) for number in (1, 2)]
    async with StandInPbx.started(gone) as peer, acting(peer.port) as actions:
        phones = Phones(desk, roster, actions)
        await phones.answer(first, OPERATOR)
        await phones.answer(first, OPERATOR)
        with pytest.raises(ColleagueFirst, match="상담원"):
            await phones.answer(first, COLLEAGUE)
        await phones.answer(second, OPERATOR)
        await asyncio.sleep(0)
        await phones.answer(first, COLLEAGUE)
        with pytest.raises(ColleagueFirst, match="상담원"):
            await phones.answer(second, COLLEAGUE)
        await asyncio.sleep(0)
    assert told == [(first, 1), (second, 1), (first, None), (first, 2)]


async def test_next_is_whose_ringing_one_hears_then_who_rings_nowhere_and_nobody_has_asked_for(
    desk: Desk, site: Site
) -> None:
    """Seen failing without each of the three, and without the priority."""
    roster = Roster(Settings())
    async with StandInPbx.started(gone) as peer, acting(peer.port) as actions:
        phones = Phones(desk, roster, actions)
        assert await phones.next(OPERATOR) is None
        first, second, third, urgent = [await waits(desk, roster, number) for number in (1, 2, 3, 4)]
        async with desk.work() as work:
            (await work.session.get_one(Call, urgent)).priority = 5
        assert await phones.next(OPERATOR) == urgent
        await phones.answer(urgent, COLLEAGUE)
        assert await phones.next(COLLEAGUE) == urgent
        assert await phones.next(OPERATOR) == first
        rings_for(roster, 1, "1003")
        assert await phones.next(OPERATOR) == second
        rings_for(roster, 3, "1001")
        assert await phones.next(OPERATOR) == third
        assert await phones.next(COLLEAGUE) == urgent


def rings_for(roster: Roster, number: int, extension: str) -> None:
    """The stand-in phone of `extension` rings for the caller `number`."""
    name = f"Channel: Local/{extension}@callboard-operator-0{number};2\r\nChannelState: 4"
    roster.see(Message(f"Event: Newchannel\r\n{name}\r\nUniqueid: cb1-{number}.2\r\nLinkedid: cb1-{number}.1".encode()))


async def waits(desk: Desk, roster: Roster, number: int) -> int:
    """A caller in the queue, whose call rings at no phone yet."""
    uniqueid = f"cb1-{number}.1"
    told = f"Channel: PJSIP/callboard-trunk-{number}\r\nUniqueid: {uniqueid}\r\nLinkedid: {uniqueid}"
    roster.see(Message(f"Event: Newchannel\r\n{told}".encode()))
    roster.callers[uniqueid] = Caller(uniqueid, "15880001", f"0105550000{number}", None)
    async with desk.work() as work:
        seen = CallSeen(work.now, "pbx", uniqueid, "15880001", f"0105550000{number}", None, linkedid=uniqueid)
        return (await calls.open_call(work, seen)).id


def queues(headers: Headers, _peer: StandInPbx) -> bytes | None:
    if headers["action"] == "Originate":
        return response(headers, "Message: Originate successfully queued")
    return None


async def test_whom_an_operator_calls_is_asked_of_the_pbx_once_and_stands_on_record(desk: Desk, site: Site) -> None:
    """Seen failing without the record."""
    async with StandInPbx.started(queues) as peer, acting(peer.port) as actions:
        phones = Phones(desk, Roster(Settings()), actions, way_out=True)
        await phones.dial(Target(number="010-5550-1234"), OPERATOR)
        (asked,) = [action for action in peer.actions if action["action"] == "Originate"]
    assert asked["channel"] == "Local/1001@callboard-operator/n"
    assert (asked["context"], asked["exten"], asked["async"]) == ("callboard-dial", "15880001", "true")
    assert asked["variable"] == "CB_DIAL=01055501234"
    assert asked["callerid"] == '"" <15880001>'
    assert asked["channelid"].startswith("callboard-dial-")
    async with desk.look() as session:
        entry = (await session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1))).one()
    assert (entry.what, entry.subject, entry.detail["number"]) == ("call.dialled", "number", "010-****-1234")


async def test_who_cannot_call_is_told_why_and_nothing_is_asked_of_the_pbx(desk: Desk, site: Site) -> None:
    """Each refusal has a code, and the panel a sentence for it. Seen failing without the look at the phone's calls."""
    target = Target(number="010-5550-1234")
    roster = Roster(Settings())
    async with StandInPbx.started(gone) as peer, acting(peer.port) as actions:
        phones = Phones(desk, roster, actions, way_out=True)
        for able, operator, error in (
            (False, OPERATOR, NoWayOut),
            (True, replace(OPERATOR, extension=None), NoExtension),
        ):
            with pytest.raises(error):
                await Phones(desk, roster, actions, way_out=able).dial(target, operator)
        with pytest.raises(NotDialable):
            await phones.dial(Target(number="112"), OPERATOR)
        up = "Channel: Local/1001@callboard-operator-01;2\r\nChannelState: 6\r\nUniqueid: cb1-2.2\r\nLinkedid: cb1-1.1"
        roster.see(Message(f"Event: Newchannel\r\n{up}".encode()))
        with pytest.raises(InACall):
            await phones.dial(target, OPERATOR)
        roster.forget(LEG)
        assert not [action for action in peer.actions if action["action"] == "Originate"]
    with pytest.raises(PbxAway):
        await phones.dial(target, OPERATOR)
    with pytest.raises(NoWayOut):
        await NoPhones().dial(target, OPERATOR)


async def test_who_takes_no_calls_is_told_so_and_waits_for_none(desk: Desk, site: Site) -> None:
    """Seen failing with a wish that no queue would ever have fulfilled."""
    roster, wished = Roster(Settings()), []
    desk.bus.on(CallWanted, wished.append)
    call_id = await waits(desk, roster, 1)
    async with desk.work() as work:
        await pauses.begin(work, site.operator_id, "break", site.operator_id)
    async with StandInPbx.started(gone) as peer, acting(peer.port) as actions:
        person = Person(site.operator_id, site.office_id, "op", "상담원", "operator", "1001", "ko")
        with pytest.raises(pauses.Paused):
            await Phones(desk, roster, actions).answer(call_id, person)
    assert wished == []
