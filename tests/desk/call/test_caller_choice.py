"""What the IVR offers to a caller, what he answers, and what the one-shot script brings home later."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from desk.call import calls
from desk.errors import DeskError, Invalid, NotFound
from desk.events import CallArrived, CallChosen, Event, PbxSnapshot
from desk.work import Desk
from models import Call, Place, Recording
from tests.desk.call.test_calls import MOBILE, PBX, open_call, pbx, view
from tests.desk.conftest import DID, NOON, AddCustomer, Clock
from tests.desk.customer.test_customers import ordered
from tests.site import Site

pytestmark = pytest.mark.usefixtures("site", "clock")


async def add_place(desk: Desk, customer_id: int, text: str, uses: int = 1, days: int = 1) -> int:
    async with desk.work() as work:
        place = Place(
            customer_id=customer_id,
            text=text,
            source="operator",
            uses=uses,
            last_used_at=NOON - timedelta(days=days),
        )
        work.session.add(place)
        await work.session.flush()
        return place.id


async def greeting(desk: Desk, linkedid: str = PBX.reference, line: str = DID) -> calls.Greeting:
    async with desk.look() as session:
        return await calls.greeting(session, linkedid, line)


async def choose(desk: Desk, call_id: int, kind: str, **answer: Any) -> None:
    async with desk.work() as work:
        await calls.choose(work, call_id, kind, **answer)


# --- greeting ----------------------------------------------------------------------------------------------------------


async def test_a_known_caller_is_offered_three_places_the_last_pick_up_first(
    desk: Desk, site: Site, add_customer: AddCustomer
) -> None:
    customer_id = await add_customer(MOBILE)
    ids = {text: await add_place(desk, customer_id, text, uses) for text, uses in
           (("집", 50), ("강남", 3), ("회사", 4), ("신촌", 1))}  # fmt: skip
    for origin in ("회사", "회사", "강남", "회사", "신촌"):
        await ordered(desk, site, customer_id, origin, "집")
    await ordered(desk, site, customer_id, "강남", "집", state="cancelled")
    call_id = await open_call(desk, PBX)
    told = await greeting(desk)
    assert (told.call_id, told.known, told.customer_name, told.language) == (call_id, True, "김철수", "ko")
    assert told.places == ((ids["신촌"], "신촌"), (ids["회사"], "회사"), (ids["강남"], "강남"))


async def test_a_customer_is_greeted_in_his_own_language(desk: Desk, add_customer: AddCustomer) -> None:
    await add_customer(MOBILE, name="Alex", language="en")
    await open_call(desk, PBX)
    assert (await greeting(desk)).language == "en"


async def test_a_stranger_is_greeted_in_the_language_of_the_line(desk: Desk) -> None:
    call_id = await open_call(desk, PBX)
    assert await greeting(desk) == calls.Greeting(call_id, "ko", False, None, ())


async def test_a_call_that_is_not_open_yet_is_greeted_as_a_stranger_s(desk: Desk) -> None:
    assert await greeting(desk) == calls.Greeting(None, "ko", False, None, ())
    with pytest.raises(calls.NoSuchLine):
        await greeting(desk, line="99999999")


# --- choice ------------------------------------------------------------------------------------------------------------


async def test_the_chosen_place_stands_on_the_card(desk: Desk, told: list[Event], add_customer: AddCustomer) -> None:
    place_id = await add_place(desk, await add_customer(MOBILE), "강남역 10번 출구")
    call_id = await open_call(desk, PBX)
    await choose(desk, call_id, "place", place_id=place_id)
    assert told[-1] == CallChosen(NOON, call_id, "place")
    assert (await view(desk, call_id)).as_json()["choice"] == {
        "kind": "place",
        "place_id": place_id,
        "text": "강남역 10번 출구",
        "recording": None,
    }


async def test_nobody_chooses_another_customer_s_place(desk: Desk, add_customer: AddCustomer) -> None:
    await add_customer(MOBILE)
    other = await add_place(desk, await add_customer("+821099998888"), "남의 집")
    call_id = await open_call(desk, PBX)
    for place_id in (other, 4711, None):
        with pytest.raises(Invalid):
            await choose(desk, call_id, "place", place_id=place_id)
    stranger = await open_call(desk, pbx(2, number=None))
    with pytest.raises(Invalid):
        await choose(desk, stranger, "place", place_id=other)
    assert (await view(desk, call_id)).choice is None


async def test_a_recording_is_had_by_a_random_token_and_kept_once(desk: Desk) -> None:
    call_id = await open_call(desk, PBX)
    await choose(desk, call_id, "recording", recording_path="/somewhere/recordings/abcdefgh.wav")
    await choose(desk, call_id, "recording", recording_path="abcdefgh.wav")
    async with desk.look() as session:
        recording = (await session.scalars(select(Recording))).one()
    assert recording.path == "abcdefgh.wav"
    assert len(recording.token) >= 32
    assert (await view(desk, call_id)).as_json()["choice"]["recording"] == recording.token


@pytest.mark.parametrize(
    "path", [None, "", "..", "../x.wav/..", "a.wav\n", "a b.wav", "x.mp3", ".wav", "x" * 200 + ".wav"]
)
async def test_a_recording_with_an_odd_name_is_refused(desk: Desk, path: str | None) -> None:
    call_id = await open_call(desk, PBX)
    with pytest.raises(Invalid):
        await choose(desk, call_id, "recording", recording_path=path)
    assert (await view(desk, call_id)).choice is None


async def test_a_later_answer_replaces_an_earlier_one_and_silence_replaces_nothing(desk: Desk) -> None:
    call_id = await open_call(desk, PBX)
    for kind, kept in (("none", "none"), ("operator", "operator"), ("none", "operator")):
        await choose(desk, call_id, kind)
        choice = (await view(desk, call_id)).choice
        assert choice is not None
        assert choice.kind == kept


async def test_an_unknown_choice_or_call_is_refused(desk: Desk) -> None:
    with pytest.raises(Invalid):
        await choose(desk, await open_call(desk, PBX), "shell")
    with pytest.raises(NotFound):
        await choose(desk, 4711, "operator")


# --- spool -------------------------------------------------------------------------------------------------------------


def note(**changes: Any) -> dict[str, Any]:
    """A record as the one-shot script writes it."""
    return {
        "linkedid": PBX.reference,
        "line": DID,
        "number": "01012345678",
        "name": "",
        "presentation": "allowed",
        "at": "2026-11-22T03:00:00.000+00:00",
        "choice": {"kind": "place", "rank": 1, "key": "1"},
    } | changes


async def merge(desk: Desk, record: dict[str, Any]) -> int:
    async with desk.work() as work:
        return (await calls.merge_spooled(work, record)).id


async def test_a_spooled_call_is_merged_exactly_once(desk: Desk, told: list[Event], add_customer: AddCustomer) -> None:
    place_id = await add_place(desk, await add_customer(MOBILE), "강남역")
    call_id = await merge(desk, note())
    assert await merge(desk, note()) == call_id
    shown = await view(desk, call_id)
    assert shown.choice is not None
    assert (shown.source, shown.recovered, shown.choice.place_id) == ("spool", True, place_id)
    assert [type(event).__name__ for event in told] == ["CallArrived", "CallIdentified", "CallChosen"]
    async with desk.look() as session:
        assert await session.scalar(select(func.count(Call.id))) == 1


async def test_a_spooled_call_joins_the_call_that_the_pbx_told_of(desk: Desk, told: list[Event]) -> None:
    call_id = await open_call(desk, PBX)
    assert await merge(desk, note(choice={"kind": "operator", "rank": 1})) == call_id
    assert await open_call(desk, PBX) == call_id
    choice = (await view(desk, call_id)).choice
    assert choice is not None
    assert choice.kind == "operator"
    assert sum(isinstance(event, CallArrived) for event in told) == 1


async def test_the_pbx_s_snapshot_after_a_spooled_call_is_the_same_call(desk: Desk) -> None:
    call_id = await merge(desk, note())
    async with desk.work() as work:
        await calls.resync(work, PbxSnapshot(NOON + timedelta(seconds=30), calls=(PBX,)))
    assert (await view(desk, call_id)).state == "arrived"
    async with desk.look() as session:
        assert await session.scalar(select(func.count(Call.id))) == 1


async def test_a_note_that_gets_its_choice_later_is_merged_with_it(desk: Desk, add_customer: AddCustomer) -> None:
    await add_place(desk, await add_customer(MOBILE), "강남역")
    call_id = await merge(desk, note(choice=None))
    assert (await view(desk, call_id)).choice is None
    await merge(desk, note())
    choice = (await view(desk, call_id)).choice
    assert choice is not None
    assert choice.text == "강남역"


async def test_a_choice_that_the_server_heard_itself_is_not_replaced_by_a_note(
    desk: Desk, told: list[Event], add_customer: AddCustomer
) -> None:
    await add_place(desk, await add_customer(MOBILE), "강남역")
    call_id = await open_call(desk, PBX)
    await choose(desk, call_id, "operator")
    told.clear()
    await merge(desk, note())
    choice = (await view(desk, call_id)).choice
    assert choice is not None
    assert choice.kind == "operator"
    assert told == []


async def test_who_pressed_for_a_place_that_we_do_not_know_goes_to_a_person(desk: Desk) -> None:
    choice = (await view(desk, await merge(desk, note()))).choice
    assert choice is not None
    assert (choice.kind, choice.place_id) == ("operator", None)


async def test_a_spooled_call_of_long_ago_is_kept_and_pops_no_more(desk: Desk, told: list[Event], clock: Clock) -> None:
    clock.forward(hours=2)
    call_id = await merge(desk, note(choice=None))
    shown = await view(desk, call_id)
    assert (shown.state, shown.disposition, shown.arrived_at) == ("ended", "lost", NOON)
    assert told == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda record: record.pop("linkedid"),
        lambda record: record.pop("line"),
        lambda record: record.update(at="yesterday"),
        lambda record: record.update(at="2026-11-22T03:00:00"),
        lambda record: record.update(number=1012345678),
        lambda record: record.update(choice="1"),
        lambda record: record.update(choice={"kind": "place", "rank": 10**9}),
        lambda record: record.update(choice={"kind": "place", "rank": True}),
        lambda record: record.update(choice={"kind": "shell"}),
        lambda record: record.update(choice={"kind": "recording", "recording": "../../etc/passwd"}),
        lambda record: record.update(linkedid="x" * 500),
        lambda record: record.update(line="99999999"),
    ],
)
async def test_a_spoiled_note_is_refused_and_leaves_nothing(
    desk: Desk, spoil: Callable[[dict[str, Any]], object]
) -> None:
    record = note()
    spoil(record)
    with pytest.raises(DeskError):
        await merge(desk, record)
    async with desk.look() as session:
        assert await session.scalar(select(func.count(Call.id))) == 0
