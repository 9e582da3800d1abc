"""The keys that take calls, where the PBX's events and an operator's finger cross each other."""

from __future__ import annotations

import asyncio

import pytest

from ami.message import Message
from ami.roster import Roster
from ami.settings import Settings
from callboard.phones import LOOK_EVERY_S, Phones, PhoneUnavailable
from desk.call import calls
from desk.events import CallSeen
from desk.work import Desk
from tests.ami.conftest import acting
from tests.ami.peer import Headers, StandInPbx, response
from tests.site import Site
from web.keys import Person

LEG, CALLER = "cb1-2.2", "cb1-1.1"
OPERATOR = Person(1, 1, "op", "상담원", "operator", "1001", "ko")


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
