"""F11: keys by SIP INFO and by RTP (RFC 4733) into the voice menu of known callers: the menu hears one key or none, and ends.

Every day 60 of the cases, all the good ones among them; all with CALLBOARD_FAULTS=full.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.faults.conftest import Figure
from tests.hostile.cases import CASES, KEYS, slice_of
from tests.hostile.corpus.keys import Events, Info
from tests.hostile.oracles import Watched
from tests.hostile.sip_wire import SipPort, Voice, all_at, sip_port, voice
from tests.path.running import until

pytestmark = [pytest.mark.pbx, pytest.mark.asyncio(loop_scope="module")]

AT_A_TIME = 15
CHOICES = {None, "none", "place", "operator", "recording"}


def known_callers(site: Watched, count: int) -> list[str]:
    """Numbers of customers whom the menu offers usual places."""
    found = site.rows(
        "select min(p.number) from customer_phone p join place on place.customer_id = p.customer_id"
        " where p.number like '+8210%' group by p.customer_id having count(distinct place.id) >= 2 limit ?",
        count,
    )
    assert len(found) == count
    return [row[0] for row in found]


async def press(site: Watched, sip: SipPort, number: str, case: Info | Events) -> int:
    """One call in which the keys are pressed as soon as the menu is heard; its status."""
    async with voice() as own:
        call = sip.new_call(f'"key" <sip:{number}@127.0.0.1>'.encode())
        status = await sip.place(call, own.port)
        if status != 200:
            return status
        async with asyncio.timeout(60):
            while own.heard < 15:  # what is pressed before the menu speaks is lost, as on any telephone
                own.silence(call.media_port)
                await asyncio.sleep(0.02)
        if isinstance(case, Info):
            for body in case.bodies:
                await sip.info(call, body, case.kind)
        else:
            await _events(own, call.media_port, case)
        for _ in range(1000 if case.choice else 75):
            own.silence(call.media_port)
            await asyncio.sleep(0.02)
            if case.choice and site.rows("select 1 from call where number = ? and choice_kind is not null", number):
                break
        await sip.hang_up(call)
        return status


async def _events(own: Voice, to: int, case: Events) -> None:
    for event, milliseconds, ends in case.keys:
        await own.key(to, event, milliseconds, ends=ends)
    for payload in case.payloads:
        own.packet(to, payload)
        await asyncio.sleep(0.005)
    for data in case.raw:
        own.raw(to, data)
        await asyncio.sleep(0.005)


async def test_any_keys_are_one_choice_or_none(site: Watched, figure: Figure) -> None:
    """Seen failing with the keys left out of STREAM FILE. (Wrong keys without an end: tests/agi/test_welcome.py.)"""
    every = CASES["F11"][KEYS]
    good = [case for case in every if case.choice is not None]
    cases = [*good, *slice_of([case for case in every if case.choice is None], 60 - len(good))]
    numbers = known_callers(site, len(cases))
    async with sip_port(site.sip) as sip:
        statuses = await all_at(
            AT_A_TIME,
            [
                lambda number=number, case=case: press(site, sip, number, case)
                for number, case in zip(numbers, cases, strict=True)
            ],
        )
    assert statuses == [200] * len(cases)

    async def all_there() -> bool:
        return bool(site.rows("select count(*) from call where caller_name = 'key'")[0][0] == len(cases))

    await until(all_there, 60, "a row for each call")
    await site.all_ended()
    wrong = []
    for number, case in zip(numbers, cases, strict=True):
        [(choice, place, customer)] = site.rows(
            "select choice_kind, choice_place_id, customer_id from call where number = ?", number
        )
        if choice not in CHOICES or (case.choice is not None and choice != case.choice):
            wrong.append((case, choice))
        if place is not None and not site.rows("select 1 from place where id = ? and customer_id = ?", place, customer):
            wrong.append((case, "a place of somebody else"))
    assert wrong == []
    figure("F11", "event loop held up, keys", await site.held_up_s(), "s", promise=0.1)
    await site.unharmed()
