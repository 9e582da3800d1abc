"""What a conversation asks of the desk: the call is there whoever told of it first, and what is known of it is not told twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from callboard.voice_desk import PlacesAhead, VoiceDesk
from desk.call import calls
from desk.events import CallSeen, Event
from desk.ordering.orders import PlaceText, TakeOrder, take
from desk.work import Desk
from models import Call, CallSighting
from tests.desk.conftest import DID, Clock
from tests.site import Site

NUMBER = "01012345678"


class Spoken(PlacesAhead):
    """Notes what it would speak."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[str]]] = []

    def take(self, language: str, places: list[str]) -> None:
        self.taken.append((language, places))


def seen(clock: Clock, number: str | None = NUMBER, line: str = DID) -> CallSeen:
    return CallSeen(clock(), "pbx", "cb1-1.1", line, number, None, linkedid="cb1-1.1")


async def test_a_caller_whom_nobody_told_of_yet_is_opened_once(desk: Desk, site: Site, clock: Clock) -> None:
    voice = VoiceDesk(desk, calls.SAME_CALL_WINDOW_S)
    first, again = await voice.greeting(seen(clock)), await voice.greeting(seen(clock))
    assert first == again
    async with desk.look() as session:
        assert [call.id for call in await session.scalars(select(Call))] == [first.call_id]
        assert await session.scalar(select(func.count()).select_from(CallSighting)) == 1


async def test_a_call_that_a_list_showed_without_its_number_gets_it_from_the_conversation(
    desk: Desk, site: Site, clock: Clock, told: list[Event]
) -> None:
    """Seen failing when what is found is believed whatever it is."""
    async with desk.work() as work:
        await calls.open_call(work, replace(seen(clock, number=None), recovered=True))
    greeting = await VoiceDesk(desk, calls.SAME_CALL_WINDOW_S).greeting(seen(clock))
    async with desk.look() as session:
        call = await session.get(Call, greeting.call_id)
        assert call is not None
        assert call.number == "+821012345678"


async def test_a_known_callers_places_are_spoken_ahead(desk: Desk, site: Site, clock: Clock) -> None:
    async with desk.work() as work:
        order = TakeOrder(number=NUMBER, customer_name="단골", origin=PlaceText("강남역"), destination=None)
        await take(work, site.operator_id, order)
    ahead = Spoken()
    greeting = await VoiceDesk(desk, calls.SAME_CALL_WINDOW_S, ahead).greeting(seen(clock))
    assert greeting.known
    assert ahead.taken == [("ko", ["강남역"])]


async def test_a_line_that_nobody_has_is_refused(desk: Desk, site: Site, clock: Clock) -> None:
    with pytest.raises(calls.NoSuchLine):
        await VoiceDesk(desk, calls.SAME_CALL_WINDOW_S).greeting(seen(clock, line="nobody's"))
