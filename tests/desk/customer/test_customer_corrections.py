"""What is wrong about a customer is put right by hand: his numbers, his places, his language; and somebody new without a call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from desk.call import call_views, calls
from desk.call.caller_choice import choose
from desk.customer import (
    customer_edits,
    customer_history,
    customer_numbers,
    customer_search,
    customers,
    erasure,
    merging,
    personal_data,
    saved_places,
)
from desk.customer.customer_deeds import Forgotten, StaleCustomer
from desk.customer.customer_edits import CustomerForm
from desk.customer.customer_numbers import NumberTaken
from desk.customer.merging import CannotUndo
from desk.customer.saved_places import SavedPlace
from desk.errors import Conflict, Invalid, NotFound
from desk.events import CallIdentified, CallSeen
from desk.keeping import customer_words
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.place import places
from desk.texts import consents
from desk.work import Desk, Work
from models import (
    AdConsent,
    AuditEntry,
    Customer,
    CustomerDeed,
    CustomerPhone,
    FormerNumber,
    Message,
    Office,
    Order,
    Place,
)
from tests.desk.conftest import DID, AddCustomer, Clock
from tests.hostile.corpus import numbers as hostile_numbers
from tests.hostile.corpus import shell, sql, unicode
from tests.site import Site

MINE, OTHER = "+821055501234", "+821055509999"


async def version_of(desk: Desk, customer_id: int) -> int:
    async with desk.look() as session:
        return (await session.get_one(Customer, customer_id)).version


async def done(
    desk: Desk, act: Callable[..., Awaitable[Any]], by: int, customer_id: int, *values: Any, subject: int | None = None
) -> Any:
    """`act` on the customer as he is now; `subject`: the id that it takes instead of his."""
    version = await version_of(desk, customer_id)
    return await desk.do(lambda work: act(work, by, subject or customer_id, version, *values))


async def ordered(desk: Desk, site: Site, number: str, *ends: PlaceText) -> Order:
    async with desk.work() as work:
        form = TakeOrder(ends[0], ends[1] if len(ends) > 1 else None, number=number)
        order = await orders.take(work, site.operator_id, form)
        order_id = order.id
    async with desk.work() as work:
        await orders.cancel(work, site.operator_id, order_id, "x")
        row = await work.session.get_one(Order, order_id)
        row.state = "completed"  # what was cancelled says nothing of habits
        return row


async def rung(desk: Desk, reference: str, number: str = "01055501234") -> int:
    async with desk.work() as work:
        seen = CallSeen(work.now, "pbx", reference, DID, number, None, linkedid=reference)
        return (await calls.open_call(work, seen)).id


async def heard(desk: Desk, reference: str) -> list[str]:
    """The places that the voice menu offers."""
    async with desk.look() as session:
        return [text for _, text in (await calls.greeting(session, reference, DID)).places]


async def found(desk: Desk, site: Site, q: str) -> list[int]:
    async with desk.look() as session:
        page = await customer_search.search(session, q, office_id=site.office_id, limit=20)
        return [each.id for each in page.items]


async def words_are_right(desk: Desk) -> None:
    async with desk.look() as session:
        assert (await (await session.connection()).run_sync(customer_words.differences)).none


async def place_of(desk: Desk, customer_id: int, text: str) -> int:
    async with desk.look() as session:
        told = await session.scalar(select(Place.id).where(Place.customer_id == customer_id, Place.text == text))
        assert told is not None
        return told


async def deeds(desk: Desk, customer_id: int) -> list[str]:
    async with desk.look() as session:
        query = select(CustomerDeed.what).where(CustomerDeed.customer_id == customer_id).order_by(CustomerDeed.id)
        mine = list(await session.scalars(query))
        record = select(AuditEntry.what).where(AuditEntry.subject == f"customer {customer_id}").order_by(AuditEntry.id)
        assert list(await session.scalars(record)) == [f"customer.{what}" for what in mine]
        return mine


# --- numbers ------------------------------------------------------------------------------------------------------------------


async def test_whoever_has_a_number_that_was_detached_hears_nothing_of_who_had_it(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer
) -> None:
    """Seen failing with the live call left as it was, and with the row of the number left."""
    customer_id = await add_customer(MINE)
    await ordered(desk, site, MINE, PlaceText("강남역 10번", 37.5, 127.0), PlaceText("판교역"))
    async with desk.work() as work:
        await consents.note(work, site.office_id, site.operator_id, MINE, "agreed", "전화")
    call_id = await rung(desk, "cb1-1.1")
    async with desk.work() as work:
        await choose(work, call_id, "place", await place_of(desk, customer_id, "강남역 10번"))
    assert await heard(desk, "cb1-1.1") == ["강남역 10번", "판교역"]
    told: list[CallIdentified] = []
    desk.bus.on(CallIdentified, told.append)
    await done(desk, customer_numbers.detach, site.operator_id, customer_id, "010-5550-1234")
    assert [(each.call_id, each.customer_id) for each in told] == [(call_id, None)]
    assert await heard(desk, "cb1-1.1") == []
    async with desk.look() as session:
        card = await call_views.card(session, call_id)
        assert (card.customer, card.choice) == (None, None)
        [consent] = (await session.scalars(select(AdConsent))).all()
        assert consents.standing(consent, clock.now, "Asia/Seoul") == "no_consent"
    clock.forward(hours=2)
    await rung(desk, "cb1-2.2")
    assert await heard(desk, "cb1-2.2") == []
    assert await found(desk, site, "5550") == []
    assert await deeds(desk, customer_id) == ["number_detached"]
    await words_are_right(desk)
    clock.forward(hours=2)
    order = await ordered(desk, site, MINE, PlaceText("신촌역"))
    assert order.customer_id not in (None, customer_id)


async def test_texts_stay_with_whose_number_it_was_when_they_were_sent(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer
) -> None:
    """Also in what is given to each, and in what is erased. Seen failing with all that a number was ever sent told of both."""
    first = await add_customer(MINE, "김철수")

    async def text(words: str) -> None:
        clock.forward(minutes=1)
        async with desk.work() as work:
            work.session.add(
                Message(
                    office_id=site.office_id, recipient=MINE, audience="customer", sender="15880001", text_key="x",
                    language="ko", text=words, state="delivered", next_try_at=work.now, created_at=work.now,
                    updated_at=work.now,
                )
            )  # fmt: skip

    async def of(customer_id: int) -> tuple[list[str], list[str]]:
        async with desk.look() as session:
            told = await customer_history.of_customer(session, await session.get_one(Customer, customer_id))
        data = await desk.do(lambda work: personal_data.of_customer(work, site.operator_id, customer_id))
        return [each.words for each in told.items if each.kind == "text"], [each["text"] for each in data["texts"]]

    await text("첫 주인에게")
    clock.forward(minutes=1)
    await done(desk, customer_numbers.detach, site.operator_id, first, MINE)
    clock.forward(minutes=1)
    second = (
        await desk.do(lambda work: customer_edits.register(work, site.operator_id, CustomerForm("이영희"), [MINE]))
    ).id
    await text("다음 주인에게")
    assert await of(first) == (["첫 주인에게"], ["첫 주인에게"])
    assert await of(second) == (["다음 주인에게"], ["다음 주인에게"])
    await desk.do(lambda work: erasure.erase(work, site.operator_id, second, "본인 요청"))
    async with desk.look() as session:
        texts = set(await session.scalars(select(Message.text)))
    assert texts == {"첫 주인에게", ""}
    await desk.do(lambda work: erasure.erase(work, site.operator_id, first, "본인 요청"))
    async with desk.look() as session:
        assert set(await session.scalars(select(Message.text))) == {""}
        assert await session.scalar(select(func.count()).select_from(FormerNumber)) == 0


async def test_a_number_of_somebody_else_is_refused_with_who_it_is(
    desk: Desk, site: Site, add_customer: AddCustomer
) -> None:
    """Seen failing with the owner, once found, not compared with him."""
    mine, owner = await add_customer(MINE, "김철수"), await add_customer(OTHER, "이영희")
    with pytest.raises(NumberTaken) as refused:
        await done(desk, customer_numbers.attach, site.operator_id, mine, "010-5550-9999")
    assert (refused.value.code, dict(refused.value.details)) == (
        "number_taken",
        {"customer_id": owner, "name": "이영희"},
    )
    with pytest.raises(NumberTaken):
        await desk.do(lambda work: customer_edits.register(work, site.operator_id, CustomerForm("박"), [OTHER]))
    with pytest.raises(NotFound):
        await done(desk, customer_numbers.detach, site.operator_id, mine, OTHER)
    async with desk.look() as session:
        assert await session.scalar(select(func.count()).select_from(Customer)) == 2
    assert await deeds(desk, mine) == []


async def test_a_caller_whom_nobody_knew_is_he_whose_number_it_becomes(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer
) -> None:
    """Seen failing without looking at the calls that are going on."""
    customer_id = await add_customer(OTHER)
    call_id = await rung(desk, "cb1-1.1")
    await done(desk, customer_numbers.attach, site.operator_id, customer_id, "+82 10-5550-1234")
    async with desk.look() as session:
        card = (await call_views.card(session, call_id)).customer
    assert card is not None
    assert (card.id, card.numbers) == (customer_id, (OTHER, MINE))
    assert await found(desk, site, "01055501234") == [customer_id]
    # Said once more, it is his already, and nobody did anything.
    await done(desk, customer_numbers.attach, site.operator_id, customer_id, MINE)
    assert await deeds(desk, customer_id) == ["number_added"]


async def test_a_number_comes_and_goes_and_comes_again(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer
) -> None:
    customer_id = await add_customer(MINE)
    for _ in range(2):
        clock.forward(minutes=1)
        await done(desk, customer_numbers.detach, site.operator_id, customer_id, MINE)
        await done(desk, customer_numbers.attach, site.operator_id, customer_id, MINE)
    async with desk.look() as session:
        assert list(await session.scalars(select(CustomerPhone.number))) == [MINE]
    await words_are_right(desk)


# --- places -------------------------------------------------------------------------------------------------------------------


async def test_a_corrected_place_is_what_the_menu_says_and_the_card_shows(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer
) -> None:
    """Also in trips that past orders tell of. Seen failing with trips told as they were ordered."""
    customer_id = await add_customer(MINE)
    for _ in range(2):
        await ordered(desk, site, MINE, PlaceText("강남역 19번", 35.1, 129.0), PlaceText("판교역", 37.39, 127.11))
    await ordered(desk, site, MINE, PlaceText("판교역"), PlaceText("강남역 19번"))
    call_id = await rung(desk, "cb1-1.1")
    told: list[CallIdentified] = []
    desk.bus.on(CallIdentified, told.append)
    place_id = await place_of(desk, customer_id, "강남역 19번")
    right = SavedPlace("강남역 10번", 37.498, 127.028, 15, "book", "회사")
    await done(desk, saved_places.correct, site.operator_id, customer_id, right, subject=place_id)
    assert [each.call_id for each in told] == [call_id]
    assert await heard(desk, "cb1-1.1") == ["판교역", "강남역 10번"]
    async with desk.look() as session:
        card = await customers.card(session, customer_id)
        offered = await places.suggest(session, site.office_id, "회사", customer_id=customer_id)
        by_its_old_name = await places.suggest(session, site.office_id, "19번", customer_id=customer_id)
    trip = card.usual_trips[0]
    assert (trip.origin.text, trip.origin.lat, trip.origin.accuracy_m, trip.count) == ("강남역 10번", 37.498, 15, 2)
    assert trip.destination is not None
    assert (trip.destination.text, trip.destination.lat) == ("판교역", 37.39)
    assert card.usual_trips[1].destination is not None
    assert card.usual_trips[1].destination.lat == 37.498
    assert {(place.text, place.label, place.lat) for place in card.places} == {
        ("강남역 10번", "회사", 37.498), ("판교역", None, 37.39)}  # fmt: skip
    assert [(each.text, each.alias, each.lat) for each in offered if each.kind == "saved"] == [
        ("강남역 10번", "회사", 37.498)]  # fmt: skip
    assert [each.text for each in by_its_old_name] == ["강남역 10번"]
    assert await found(desk, site, "강남역 10번") == [customer_id]
    assert await found(desk, site, "19번") == []
    assert await deeds(desk, customer_id) == ["place_changed"]
    await words_are_right(desk)
    # Past orders stay as they were ordered.
    async with desk.look() as session:
        assert set(await session.scalars(select(Order.origin_text))) == {"강남역 19번", "판교역"}


async def test_a_place_that_was_taken_away_is_offered_nowhere_and_comes_back_as_it_was(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer
) -> None:
    """Seen failing with each reader of places not looking at `removed_at`."""
    customer_id = await add_customer(MINE)
    await ordered(desk, site, MINE, PlaceText("옛집", 37.5, 127.0), PlaceText("판교역"))
    call_id = await rung(desk, "cb1-1.1")
    place_id = await place_of(desk, customer_id, "옛집")

    async def offered() -> tuple[Any, ...]:
        async with desk.look() as session:
            card = await customers.card(session, customer_id)
            typed = await places.suggest(session, site.office_id, "옛집", customer_id=customer_id)
        return (
            await heard(desk, "cb1-1.1"),
            {place.text for place in card.places},
            [trip.origin.text for trip in card.usual_trips],
            [each.text for each in typed if each.kind == "saved"],
            await found(desk, site, "옛집"),
        )

    before = (["옛집", "판교역"], {"옛집", "판교역"}, ["옛집"], ["옛집"], [customer_id])
    assert await offered() == before
    await done(desk, saved_places.take_away, site.operator_id, customer_id, subject=place_id)
    assert await offered() == (["판교역"], {"판교역"}, [], [], [])
    with pytest.raises(Invalid):
        async with desk.work() as work:
            await choose(work, call_id, "place", place_id)
    with pytest.raises(NotFound):
        await done(desk, saved_places.take_away, site.operator_id, customer_id, subject=place_id)
    await desk.do(lambda work: saved_places.bring_back(work, site.operator_id, place_id))
    assert await offered() == before
    with pytest.raises(Conflict):
        await desk.do(lambda work: saved_places.bring_back(work, site.operator_id, place_id))
    await words_are_right(desk)
    # Or by being ordered again: then as new, without the pin that somebody may have taken it away for.
    await done(desk, saved_places.take_away, site.operator_id, customer_id, subject=place_id)
    await ordered(desk, site, MINE, PlaceText("옛집"))
    async with desk.look() as session:
        row = await session.get_one(Place, place_id)
        assert (row.removed_at, row.uses, row.lat) == (None, 1, None)
    assert await found(desk, site, "옛집") == [customer_id]
    assert await deeds(desk, customer_id) == ["place_removed", "place_back", "place_removed"]
    await words_are_right(desk)


async def test_a_place_is_added_by_hand_and_not_twice(desk: Desk, site: Site, add_customer: AddCustomer) -> None:
    customer_id = await add_customer(MINE)
    await done(desk, saved_places.add, site.operator_id, customer_id, SavedPlace("서초동 1-2", label="집"))
    with pytest.raises(Conflict):
        await done(desk, saved_places.add, site.operator_id, customer_id, SavedPlace("서초동 1-2"))
    await done(desk, saved_places.add, site.operator_id, customer_id, SavedPlace("양재역", 37.48, 127.03, 30, "area"))
    other = await place_of(desk, customer_id, "양재역")
    with pytest.raises(Conflict):
        await done(desk, saved_places.correct, site.operator_id, customer_id, SavedPlace("서초동 1-2"), subject=other)
    assert await found(desk, site, "서초동") == [customer_id]
    for wrong in (
        SavedPlace(" "), SavedPlace("x", 37.0), SavedPlace("x", 91.0, 0.0), SavedPlace("x", float("nan"), 0.0),
        SavedPlace("x", 1.0, 1.0, -1), SavedPlace("x", source="satellite"),
    ):  # fmt: skip
        with pytest.raises(Invalid):
            await done(desk, saved_places.add, site.operator_id, customer_id, wrong)


# --- who he is ----------------------------------------------------------------------------------------------------------------


async def test_the_second_of_two_is_refused_with_what_is_different(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer
) -> None:
    """Seen failing with the version not looked at, and with numbers and places that leave it as it was."""
    customer_id = await add_customer(MINE, "김철수")
    await ordered(desk, site, MINE, PlaceText("강남역"))
    place_id = await place_of(desk, customer_id, "강남역")
    seen = await version_of(desk, customer_id)
    by, colleague = site.operator_id, site.colleague_id

    async def refused(act: Callable[[Work], Awaitable[Any]]) -> list[tuple[str, str | None, str | None, str | None]]:
        with pytest.raises(StaleCustomer) as met:
            await desk.do(act)
        assert met.value.details["version"] == await version_of(desk, customer_id)
        return [(each.field, each.yours, each.theirs, each.by) for each in met.value.differences]

    form = CustomerForm("김철호", "VIP", None, "en")
    await desk.do(lambda work: customer_edits.change(work, colleague, customer_id, seen, form))
    async with desk.look() as session:
        name = (await session.scalars(select(CustomerDeed.operator_id))).all()
    assert name == [colleague]
    mine = CustomerForm("김철수", "VIP", "트렁크", "en")
    told = await refused(lambda work: customer_edits.change(work, by, customer_id, seen, mine))
    assert [each[:3] for each in told] == [("name", "김철수", "김철호"), ("note", "트렁크", None)]
    assert all(each[3] for each in told)
    told = await refused(lambda work: customer_numbers.attach(work, by, customer_id, seen, OTHER))
    assert [each[:3] for each in told] == [("numbers", f"{MINE}, {OTHER}", MINE)]
    for act in (
        lambda work: customer_numbers.detach(work, by, customer_id, seen, MINE),
        lambda work: saved_places.add(work, by, customer_id, seen, SavedPlace("판교역")),
        lambda work: saved_places.correct(work, by, place_id, seen, SavedPlace("판교역")),
        lambda work: saved_places.take_away(work, by, place_id, seen),
    ):
        assert await refused(act)
    # Each of these gives him another version, so that the next one who saves learns of it.
    for act, *values in (
        (customer_numbers.attach, customer_id, OTHER), (customer_numbers.detach, customer_id, OTHER),
        (saved_places.add, customer_id, SavedPlace("판교역")), (saved_places.correct, place_id, SavedPlace("강남역 1번")),
        (saved_places.take_away, place_id),
    ):  # fmt: skip
        was = await version_of(desk, customer_id)
        await desk.do(lambda work, act=act, values=values, was=was: act(work, by, values[0], was, *values[1:]))  # type: ignore[misc]
        assert await version_of(desk, customer_id) == was + 1


async def test_the_voice_menu_speaks_his_language_at_once(desk: Desk, site: Site, add_customer: AddCustomer) -> None:
    customer_id = await add_customer(MINE)
    await rung(desk, "cb1-1.1")
    await done(desk, customer_edits.change, site.operator_id, customer_id, CustomerForm("Kim", language="en"))
    async with desk.look() as session:
        assert (await calls.greeting(session, "cb1-1.1", DID)).language == "en"
    with pytest.raises(Invalid):
        await done(desk, customer_edits.change, site.operator_id, customer_id, CustomerForm("Kim", language="xx"))


async def test_somebody_is_registered_without_a_call(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing without words in the index: he was there and found by nothing."""
    form = CustomerForm("박민수", "VIP", "문 앞", "ko")
    made = await desk.do(
        lambda work: customer_edits.register(work, site.operator_id, form, ["010-5550-1234", "02-345-6789"])
    )
    assert await found(desk, site, "박민") == [made.id]
    assert await found(desk, site, "5550") == [made.id]
    assert await deeds(desk, made.id) == ["registered"]
    call_id = await rung(desk, "cb1-1.1")
    async with desk.look() as session:
        card = (await call_views.card(session, call_id)).customer
    assert card is not None
    assert card.name == "박민수"
    for name, numbers in (("", []), ("x", ["112"]), ("x", ["전화"]), ("x", [""])):
        with pytest.raises(Invalid):
            await desk.do(
                lambda work, name=name, numbers=numbers: customer_edits.register(  # type: ignore[misc]
                    work, site.operator_id, CustomerForm(name), numbers
                )
            )


# --- who is gone --------------------------------------------------------------------------------------------------------------


async def test_who_was_erased_or_merged_away_or_is_another_office_s_is_not_corrected(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer
) -> None:
    """Seen failing without `not_forgotten` in each."""
    by = site.operator_id

    def every(customer_id: int, place_id: int) -> list[Callable[[Work], Awaitable[Any]]]:
        return [
            lambda work: customer_edits.change(work, by, customer_id, 1, CustomerForm("x")),
            lambda work: customer_numbers.attach(work, by, customer_id, 1, "01099990000"),
            lambda work: customer_numbers.detach(work, by, customer_id, 1, MINE),
            lambda work: saved_places.add(work, by, customer_id, 1, SavedPlace("x")),
            lambda work: saved_places.correct(work, by, place_id, 1, SavedPlace("x")),
            lambda work: saved_places.take_away(work, by, place_id, 1),
            lambda work: saved_places.bring_back(work, by, place_id),
        ]

    gone, kept = await add_customer(MINE, "김"), await add_customer(OTHER, "이")
    await desk.do(lambda work: merging.merge(work, by, gone, kept, kept))
    for act in every(gone, 999):
        with pytest.raises(NotFound):
            await desk.do(act)
    await done(desk, saved_places.add, by, kept, SavedPlace("집 앞"))
    place_id = await place_of(desk, kept, "집 앞")
    await desk.do(lambda work: erasure.erase(work, by, kept, "본인 요청"))
    for act in every(kept, 999)[:4]:
        with pytest.raises(Forgotten):
            await desk.do(act)
    for act in every(kept, place_id)[4:]:
        with pytest.raises(NotFound):
            await desk.do(act)
    async with desk.work() as work:
        office = Office(name="x", country="KR", currency="KRW", timezone="Asia/Seoul", trade="proxy", sms_sender="1")
        work.session.add(office)
        await work.session.flush()
        stranger = Customer(office_id=office.id, name="남", created_at=work.now)
        work.session.add(stranger)
        await work.session.flush()
        place = Place(customer_id=stranger.id, text="남의 집", source="operator", last_used_at=work.now)
        work.session.add(place)
        await work.session.flush()
        stranger_id, place_id = stranger.id, place.id
    for act in every(stranger_id, place_id):
        with pytest.raises(NotFound):
            await desk.do(act)


async def test_a_merge_whose_rows_were_corrected_since_is_not_undone(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer
) -> None:
    one, other = await add_customer(MINE, "김"), await add_customer(OTHER, "김")
    await done(desk, saved_places.add, site.operator_id, one, SavedPlace("집 앞"))
    place_id = await place_of(desk, one, "집 앞")
    merged = await desk.do(lambda work: merging.merge(work, site.operator_id, one, other, one))
    await done(desk, customer_numbers.detach, site.operator_id, other, MINE)
    with pytest.raises(CannotUndo):
        await desk.do(lambda work: merging.undo(work, site.operator_id, merged))
    # A place that moved with him is corrected on the customer that stays, and goes back as it is now.
    await done(desk, saved_places.take_away, site.operator_id, other, subject=place_id)
    async with desk.look() as session:
        assert (await session.get_one(Place, place_id)).customer_id == other


async def test_a_place_that_two_have_is_one_with_the_pin_that_somebody_set_right(
    desk: Desk, site: Site, clock: Clock, add_customer: AddCustomer
) -> None:
    """Seen failing with the pin of the one that stays taken whatever it is."""
    one, other = await add_customer(MINE, "김"), await add_customer(OTHER, "김")
    await ordered(desk, site, MINE, PlaceText("집 앞", 35.0, 129.0))
    await ordered(desk, site, OTHER, PlaceText("집 앞", 35.0, 129.0))
    place_id = await place_of(desk, one, "집 앞")
    right = SavedPlace("집 앞", 37.5, 127.0, label="집")
    await done(desk, saved_places.correct, site.operator_id, one, right, subject=place_id)
    merged = await desk.do(lambda work: merging.merge(work, site.operator_id, one, other, one))
    async with desk.look() as session:
        [place] = (await customers.card(session, other)).places
    assert (place.lat, place.label) == (37.5, "집")
    await desk.do(lambda work: merging.undo(work, site.operator_id, merged))
    async with desk.look() as session:
        assert (await customers.card(session, other)).places[0].lat == 35.0
        assert (await customers.card(session, one)).places[0].lat == 37.5


# --- hostile texts ------------------------------------------------------------------------------------------------------------


async def test_whatever_is_typed_is_plain_text_or_refused(desk: Desk, site: Site, add_customer: AddCustomer) -> None:
    """Names, notes, places and labels in every family of the corpus; what is no number never becomes one."""
    customer_id = await add_customer(MINE)
    texts = [*sql.TEXTS[::8], *shell.COMMANDS[::8], *unicode.TEXTS[::4], "\x00", "\ud800", "x" * 5_000]
    for text in texts:
        form = CustomerForm(text, text, text)
        await done(desk, customer_edits.change, site.operator_id, customer_id, form)
        try:
            await done(desk, saved_places.add, site.operator_id, customer_id, SavedPlace(text, label=text))
        except (Invalid, Conflict):
            continue
    for told in (*hostile_numbers.NOTHING, *hostile_numbers.WITHHELD):
        with pytest.raises(Invalid):
            await done(desk, customer_numbers.attach, site.operator_id, customer_id, told)
    async with desk.look() as session:
        assert list(await session.scalars(select(CustomerPhone.number))) == [MINE]
        for place in await session.scalars(select(Place)):
            assert place.text == place.text.strip()
            assert len(place.text) <= 200
            assert "\n" not in place.text
            assert place.label is None or len(place.label) <= 40
    await words_are_right(desk)
