"""A text that came in is one row, however often it is brought; long ones are one text; and a driver's yes counts once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence

import pytest
from sqlalchemy import select, update

from callboard.replies import Replies
from desk.dispatching import dispatch, searching
from desk.driver import shifts
from desk.events import TextArrived, TextHandled
from desk.message import incoming_texts, messages
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.texts import consents
from desk.texts.text_came import TextCame
from desk.work import Desk, Work
from models import AdConsent, Assignment, Driver, IncomingText, Message, Offer, Search
from tests.desk.conftest import Clock
from tests.site import GANGNAM, Site, make_site

PHONE = "821020000000"
STRANGER = "821099998888"


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    """Four drivers; all are asked by text."""
    made = await make_site(desk, drivers=4)
    async with desk.work() as work:
        await work.session.execute(update(Driver).values(by_text=True))
    return made


def came(
    text: str, sender: str = PHONE, session: str = "a", part: tuple[int, int, int] | None = None, coding: str = "ucs2"
) -> TextCame:
    octets = text.encode("cp949" if coding == "cp949" else "utf-16-be")
    identity = hashlib.sha256(f"{sender} {part}".encode() + octets).hexdigest()[:40]
    return TextCame(identity, session, sender, "15880001", octets, coding, *(part or (None, 1, 1)))


async def send(desk: Desk, *texts: TextCame) -> list[int | None]:
    """They come in, one by one."""
    made = []
    for text in texts:
        async with desk.work() as work:
            row = await incoming_texts.take(work, "smpp", text)
            made.append(row.id if row else None)
    return made


async def say(desk: Desk, text: str, driver: int = 0, session: str = "a") -> IncomingText:
    """A driver's text comes in and is read."""
    [text_id] = await send(desk, came(text, f"82102000000{driver}", session))
    await Replies(desk, desk.bus)._read_what_came()
    async with desk.look() as session_:
        return await session_.get_one(IncomingText, text_id)


async def offered(desk: Desk, site: Site) -> tuple[int, Offer]:
    """An order, and the offer to the nearest driver."""
    async with desk.work() as work:
        order = await orders.take(work, site.operator_id, TakeOrder(PlaceText("강남역", *GANGNAM)))
        await searching.start(work, site.operator_id, order.id)
    return order.id, (await offers_of(desk, order.id))[-1]


async def offers_of(desk: Desk, order_id: int) -> Sequence[Offer]:
    async with desk.look() as session:
        return (await session.scalars(select(Offer).where(Offer.order_id == order_id).order_by(Offer.id))).all()


async def go_on(desk: Desk, clock: Clock, order_id: int, seconds: float) -> None:
    clock.forward(seconds=seconds)
    async with desk.work() as work:
        await searching.advance(work, order_id)


async def rows(desk: Desk) -> Sequence[IncomingText]:
    async with desk.look() as session:
        return (await session.scalars(select(IncomingText).order_by(IncomingText.id))).all()


async def answers(desk: Desk, phone: str = f"+{PHONE}") -> list[tuple[str, str]]:
    """What that driver was texted, but for offers."""
    async with desk.look() as session:
        found = await session.scalars(select(Message).where(Message.recipient == phone).order_by(Message.id))
        return [(row.text_key, row.text) for row in found if row.text_key != "sms.offer.driver"]


async def winner(desk: Desk, order_id: int) -> list[int]:
    async with desk.look() as session:
        query = select(Assignment.driver_id).where(Assignment.order_id == order_id, Assignment.state == "active")
        return list(await session.scalars(query))


# --- one row ------------------------------------------------------------------------------------------------------------


async def test_a_text_that_is_brought_again_is_one_row(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with every text written as it comes."""
    first, again, elsewhere = await send(desk, came("네"), came("네"), came("네", session="b"))
    assert first == again == elsewhere
    clock.forward(minutes=9)
    assert await send(desk, came("네", session="c")) == [first]
    clock.forward(minutes=2)
    [later] = await send(desk, came("네", session="d"))
    assert later != first
    assert [(row.sender, row.text, row.occurrence) for row in await rows(desk)] == [
        ("+821020000000", "네", 1), ("+821020000000", "네", 2)
    ]  # fmt: skip


async def test_the_same_words_once_more_over_a_link_that_has_our_answer_are_another_text(
    desk: Desk, site: Site, clock: Clock
) -> None:
    """A driver says 네 to each of two offers. Seen failing with ten minutes for the same link, too."""
    [first] = await send(desk, came("네"))
    clock.forward(seconds=31)
    assert await send(desk, came("네")) != [first]


async def test_what_is_rolled_back_is_taken_when_it_comes_again(desk: Desk, site: Site, clock: Clock) -> None:
    told: list[TextArrived] = []
    desk.bus.on(TextArrived, told.append)

    async def fail(work: Work) -> None:
        await incoming_texts.take(work, "smpp", came("네"))
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        await desk.do(fail)
    assert await rows(desk) == []
    assert told == []
    await send(desk, came("네"))
    assert len(await rows(desk)) == len(told) == 1


async def test_parts_in_any_order_are_one_text(desk: Desk, site: Site, clock: Clock) -> None:
    """Also where a letter is cut in two, and a part is brought twice. Seen failing with parts decoded one by one."""
    whole = "강남역 10번 출구 앞에 서 있습니다".encode("cp949")
    pieces = [whole[:9], whole[9:20], whole[20:]]

    def part(number: int) -> TextCame:
        octets = pieces[number - 1]
        return TextCame(f"p{number}", "a", PHONE, "15880001", octets, "cp949", 7, 3, number)

    assert await send(desk, part(3), part(1), part(3)) == [None, None, None]
    [text_id] = await send(desk, part(2))
    assert await send(desk, part(2), part(1)) == [text_id, text_id]
    [row] = await rows(desk)
    assert (row.text, row.whole) == ("강남역 10번 출구 앞에 서 있습니다", True)


async def test_a_part_that_never_comes_is_waited_for_a_minute(desk: Desk, site: Site, clock: Clock) -> None:
    await send(desk, came("수락", part=(7, 3, 1)), came("12", part=(7, 3, 3)))
    async with desk.work() as work:
        assert await incoming_texts.give_up_waiting(work) == 0
    clock.forward(seconds=60)
    async with desk.work() as work:
        assert await incoming_texts.give_up_waiting(work) == 1
    [row] = await rows(desk)
    assert (row.text, row.whole) == ("수락 … 12", False)
    await Replies(desk, desk.bus)._read_what_came()
    assert [(row.meaning, row.outcome) for row in await rows(desk)] == [("other", "inbox")]


async def test_a_number_that_counts_anew_mixes_no_two_texts(desk: Desk, site: Site, clock: Clock) -> None:
    await send(desk, came("어제", part=(7, 2, 1)))
    clock.forward(minutes=5)
    await send(desk, came("오늘 ", part=(7, 2, 1)), came("저녁", part=(7, 2, 2)))
    assert [row.text for row in await rows(desk)] == ["오늘 저녁"]


async def test_a_text_goes_to_the_office_whose_number_it_was_sent_to(desk: Desk, site: Site, clock: Clock) -> None:
    other = await make_site(desk, drivers=0, did="15990002")
    await send(desk, TextCame("x", "a", STRANGER, "15990002", "안녕".encode("utf-16-be"), "ucs2"), came("안녕"))
    assert [row.office_id for row in await rows(desk)] == [other.office_id, site.office_id]


# --- a driver's answer --------------------------------------------------------------------------------------------------


async def test_an_offer_is_texted_with_its_code_and_the_code_accepts_it(desk: Desk, site: Site, clock: Clock) -> None:
    handled: list[TextHandled] = []
    desk.bus.on(TextHandled, handled.append)
    order_id, offer = await offered(desk, site)
    async with desk.look() as session:
        [text] = (await session.scalars(select(Message))).all()
    assert offer.code
    assert f"수락{offer.code}" in text.text
    assert (text.id, text.recipient, text.valid_until) == (offer.message_id, f"+{PHONE}", offer.expires_at)
    row = await say(desk, f"수락 {offer.code}")
    assert (row.meaning, row.outcome, row.offer_id) == ("accept", "accepted", offer.id)
    assert await winner(desk, order_id) == [site.drivers[0]]
    assert [key for key, _ in await answers(desk)] == ["sms.assigned.driver"]
    assert [event.text_id for event in handled] == [row.id]


async def test_who_is_not_asked_by_text_gets_none(desk: Desk, site: Site, clock: Clock) -> None:
    async with desk.work() as work:
        await work.session.execute(update(Driver).values(by_text=False))
    _, offer = await offered(desk, site)
    assert (offer.code, offer.message_id) == (None, None)
    async with desk.look() as session:
        assert (await session.scalars(select(Message))).all() == []


async def test_a_bare_yes_is_enough_for_one_offer_and_counts_once(desk: Desk, site: Site, clock: Clock) -> None:
    order_id, _ = await offered(desk, site)
    await say(desk, "네")
    await say(desk, "네", session="b")  # the network brings it again
    assert await winner(desk, order_id) == [site.drivers[0]]
    assert [row.outcome for row in await rows(desk)] == ["accepted"]


async def test_a_no_is_a_no(desk: Desk, site: Site, clock: Clock) -> None:
    order_id, offer = await offered(desk, site)
    row = await say(desk, f"거절 {offer.code}")
    assert row.outcome == "declined"
    await go_on(desk, clock, order_id, 0)
    assert [(one.driver_id, one.state) for one in await offers_of(desk, order_id)] == [
        (site.drivers[0], "declined"), (site.drivers[1], "open")
    ]  # fmt: skip
    assert await answers(desk) == []


async def test_nobody_waits_for_who_answers_by_text_and_he_may_still_win(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with the next ring not asked before the slow offer has ended."""
    order_id, offer = await offered(desk, site)
    await go_on(desk, clock, order_id, 15)
    assert [(one.driver_id, one.state) for one in await offers_of(desk, order_id)] == [
        (site.drivers[0], "open"), (site.drivers[1], "open")
    ]  # fmt: skip
    clock.forward(seconds=50)
    await say(desk, f"수락{offer.code}")
    assert await winner(desk, order_id) == [site.drivers[0]]


async def test_the_last_ring_waits_for_who_answers_by_text(desk: Desk, site: Site, clock: Clock) -> None:
    async with desk.work() as work:
        await work.session.execute(update(Driver).where(Driver.id != site.drivers[0]).values(state="off"))
    order_id, _ = await offered(desk, site)
    await go_on(desk, clock, order_id, 15)
    async with desk.look() as session:
        assert (await session.scalars(select(Search.state))).one() == "running"
    await go_on(desk, clock, order_id, 75)
    async with desk.look() as session:
        assert (await session.scalars(select(Search.state))).one() == "unassigned"


@pytest.mark.parametrize(
    ("before", "key", "says"),
    [
        ("another", "sms.answer.taken", "103번"),
        ("late", "sms.answer.expired", ""),
        ("cancelled", "sms.answer.gone", ""),
        ("declined", "sms.answer.declined", ""),
        ("busy", "sms.answer.busy", ""),
        ("off", "sms.answer.gone", ""),
    ],
)
async def test_who_is_too_late_is_told_why(
    desk: Desk, site: Site, clock: Clock, before: str, key: str, says: str
) -> None:
    """Seen failing with `refuse` writing no text."""
    order_id, offer = await offered(desk, site)
    if before == "late":
        clock.now = offer.expires_at
    if before == "declined":
        await say(desk, f"거절 {offer.code}")
    async with desk.work() as work:
        if before == "another":
            await dispatch.assign(work, site.operator_id, order_id, site.drivers[3])
        elif before == "cancelled":
            await orders.cancel(work, site.operator_id, order_id, "손님 취소")
        elif before == "off":
            await shifts.end(work, site.drivers[0])
        elif before == "busy":
            second = await orders.take(work, site.operator_id, TakeOrder(PlaceText("역삼역", *GANGNAM)))
            await work.session.execute(update(Driver).where(Driver.id == site.drivers[0]).values(state="busy"))
            work.session.add(
                Assignment(order_id=second.id, driver_id=site.drivers[0], state="active", assigned_at=work.now)
            )
    clock.forward(seconds=1)
    row = await say(desk, f"수락 {offer.code}")
    assert (row.outcome, row.offer_id) == ("refused", offer.id)
    [(told, text)] = await answers(desk)
    assert told == key
    assert says in text
    assert str(offer.code) in text
    assert await winner(desk, order_id) == ([site.drivers[3]] if before == "another" else [])


async def test_drivers_who_say_yes_at_once_have_one_winner_and_the_others_are_told_who(
    desk: Desk, site: Site, clock: Clock
) -> None:
    order_id, _ = await offered(desk, site)
    for seconds in (15, 15, 20):
        await go_on(desk, clock, order_id, seconds)
    found = await offers_of(desk, order_id)
    waiting = [(one.driver_id - site.drivers[0], one.code) for one in found if one.state == "open"]
    assert len(waiting) > 2
    await asyncio.gather(*(send(desk, came(f"수락{code}", f"82102000000{driver}")) for driver, code in waiting))
    await asyncio.gather(*(Replies(desk, desk.bus)._read_what_came() for _ in range(3)))
    [won] = await winner(desk, order_id)
    assert sorted(row.outcome or "" for row in await rows(desk)) == ["accepted"] + ["refused"] * (len(waiting) - 1)
    for driver, _ in waiting:
        [(key, text)] = await answers(desk, f"+82102000000{driver}")
        assert key == ("sms.assigned.driver" if site.drivers[driver] == won else "sms.answer.taken")
        assert key == "sms.assigned.driver" or str(100 + site.drivers.index(won)) in text


async def test_nobody_answers_for_somebody_else(desk: Desk, site: Site, clock: Clock) -> None:
    """Held twice: by whose code it is, and by `searching.accept`; seen failing without both."""
    order_id, offer = await offered(desk, site)
    row = await say(desk, f"수락 {offer.code}", driver=2)
    assert row.outcome == "inbox"
    assert await winner(desk, order_id) == []
    async with desk.work() as work:
        await work.session.execute(update(Driver).where(Driver.id == site.drivers[0]).values(disabled_at=work.now))
    assert (await say(desk, f"수락 {offer.code}")).outcome == "inbox"
    assert await winner(desk, order_id) == []


async def test_two_drivers_with_one_telephone_are_a_persons_business(desk: Desk, site: Site, clock: Clock) -> None:
    async with desk.work() as work:
        await work.session.execute(update(Driver).values(phone=f"+{PHONE}"))
    order_id, offer = await offered(desk, site)
    assert (await say(desk, f"수락 {offer.code}")).outcome == "inbox"
    assert await winner(desk, order_id) == []


async def test_no_code_comes_back_within_a_day(desk: Desk, site: Site, clock: Clock, engine_name: str) -> None:
    """Until the short ones become few; on PostgreSQL half as many.

    Seen failing with codes drawn without a look at the last day's.
    """
    count = 70 if engine_name == "sqlite" else 35
    codes = []
    for _ in range(count):
        order_id, offer = await offered(desk, site)
        codes.append(offer.code)
        async with desk.work() as work:
            await orders.cancel(work, site.operator_id, order_id, "x")
    assert len(set(codes)) == count
    assert all(code and 2 <= len(code) <= 4 and code[0] != "0" for code in codes)


async def test_the_text_of_an_offer_that_has_ended_does_not_leave(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing without `valid_until` looked at, and without the withdrawal."""
    first, _ = await offered(desk, site)
    async with desk.work() as work:
        await orders.cancel(work, site.operator_id, first, "x")
    _, offer = await offered(desk, site)
    clock.now = offer.expires_at
    clock.forward(seconds=1)
    async with desk.work() as work:
        assert await messages.claim_due(work, 10) == []
    async with desk.look() as session:
        assert set(await session.scalars(select(Message.state))) == {"expired"}


# --- everybody else -----------------------------------------------------------------------------------------------------


async def test_a_strangers_text_waits_for_a_person_and_is_never_answered(desk: Desk, site: Site, clock: Clock) -> None:
    for text in ("수락 12", "네", "얼마예요?", "운전중이라 답장할 수 없습니다"):
        await send(desk, came(text, STRANGER))
    await Replies(desk, desk.bus)._read_what_came()
    assert [row.outcome for row in await rows(desk)] == ["inbox", "inbox", "inbox", "ignored"]
    async with desk.look() as session:
        assert (await session.scalars(select(Message))).all() == []


async def test_our_own_text_sent_back_is_not_read_as_an_answer(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing without looking at what was sent."""
    async with desk.work() as work:
        await work.session.execute(update(Driver).values(language="ko"))
    order_id, _ = await offered(desk, site)
    async with desk.work() as work:
        await work.session.execute(update(Message).values(text="1"))
    assert (await say(desk, "[Web발신] 1")).outcome == "ignored"
    assert await winner(desk, order_id) == []


async def test_machines_that_talk_to_each_other_come_to_an_end(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing without the limit."""
    for _ in range(15):
        clock.forward(seconds=31)
        await say(desk, "네")
    assert len(await answers(desk)) == 10


async def test_who_refuses_advertising_is_written_down_with_his_text(desk: Desk, site: Site, clock: Clock) -> None:
    async with desk.work() as work:
        await consents.note(work, site.office_id, site.operator_id, STRANGER, "agreed_night", "전화로 동의")
    [text_id] = await send(desk, came("수신거부", STRANGER))
    await Replies(desk, desk.bus)._read_what_came()
    assert [row.outcome for row in await rows(desk)] == ["opted_out"]
    async with desk.look() as session:
        [row] = (await session.scalars(select(AdConsent))).all()
    assert (row.number, row.refused_at, row.night_at, row.text_id) == (f"+{STRANGER}", clock.now, None, text_id)


@pytest.mark.parametrize(
    "text", ["\0\0\0", "a\u202egnp", "'; drop table message;--", "<img src=x onerror=1>", "가" * 40_000]
)
async def test_whatever_is_sent_is_plain_text_in_a_row(desk: Desk, site: Site, clock: Clock, text: str) -> None:
    await send(desk, came(text, "<b>ALPHA</b>\0" * 9))
    [row] = await rows(desk)
    assert row.text.isprintable()
    assert len(row.text) <= incoming_texts.LONGEST
    assert len(row.sender) <= 20
    assert row.sender.isprintable()
