"""A text to many: each number once, written whole or not at all, lawful or refused, stopped for whom it has not left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select, update

from desk.customer import segments
from desk.customer.segments import SegmentForm
from desk.errors import Invalid, NotFound, WrongState
from desk.message import audiences, campaign_views, campaigns, messages, text_templates
from desk.message.audiences import Pick
from desk.message.campaigns import Letter
from desk.texts import advertising, consents
from desk.work import Desk
from models import AdConsent, AuditEntry, Campaign, CampaignLeftOut, Customer, CustomerPhone, Driver, Message
from tests.desk.conftest import Clock
from tests.site import Site, make_site

AD = "(광고)시험 사무실 1588-0001\n주말 10% 할인, {name}님\n무료수신거부 080-123-4567"
EVENING = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)  # 21:30 in Seoul
MORNING = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)  # 08:00 of the next day
EVERYBODY = Pick(states=("free", "busy", "off"))


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    return await make_site(desk, drivers=3)


async def customer(desk: Desk, site: Site, name: str, *phones: str) -> int:
    async with desk.work() as work:
        row = Customer(office_id=site.office_id, name=name, created_at=work.now)
        work.session.add(row)
        await work.session.flush()
        work.session.add_all(
            CustomerPhone(office_id=site.office_id, customer_id=row.id, number=phone) for phone in phones
        )
        return row.id


async def agree(desk: Desk, site: Site, *numbers: str, said: str = "agreed", at: datetime | None = None) -> None:
    """Who has these numbers wants advertising; without numbers the three drivers."""
    async with desk.work() as work:
        for number in numbers or ("010-2000-0000", "010-2000-0001", "010-2000-0002"):
            await consents.note(work, site.office_id, site.operator_id, number, said, "전화 14:00", at)


async def prepared(desk: Desk, site: Site, letter: Letter) -> campaigns.Prepared:
    async with desk.look() as session:
        return await campaigns.prepare(session, site.office_id, letter, desk.clock())


async def sent(desk: Desk, site: Site, letter: Letter) -> int:
    async with desk.work() as work:
        return (await campaigns.send(work, site.operator_id, letter)).id


async def rows(desk: Desk) -> Sequence[Message]:
    async with desk.look() as session:
        return (await session.scalars(select(Message).order_by(Message.id))).all()


async def claimed(desk: Desk, limit: int = 10) -> list[str]:
    async with desk.work() as work:
        return [message.recipient for message in await messages.claim_due(work, limit)]


async def test_each_gets_his_own_text_and_every_number_one(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing without the set of numbers, and with a land line taken before a mobile."""
    mobile = await customer(desk, site, "김{office}철수", "+82212345678", "+821055550001")
    same = await customer(desk, site, "이영희", "+821020000000")
    nobody = await customer(desk, site, "박무명")
    letter = Letter(
        Pick(drivers=site.drivers[:1], customers=(mobile, same, nobody, 999_999)), "{name}({number})님, {office}"
    )
    ready = await prepared(desk, site, letter)
    assert [(one.person.phone, one.text) for one in ready.texts] == [
        ("+821020000000", "기사0(100)님, 시험 사무실"),
        ("+821055550001", "김{office}철수(010-5555-0001)님, 시험 사무실"),
    ]
    assert [(person.name, why) for person, why in ready.left_out] == [("이영희", "twice"), ("박무명", "no_number")]
    campaign_id = await sent(desk, site, letter)
    assert [(row.recipient, row.audience, row.state, row.campaign_id) for row in await rows(desk)] == [
        ("+821020000000", "driver", "queued", campaign_id), ("+821055550001", "customer", "queued", campaign_id)
    ]  # fmt: skip
    async with desk.look() as session:
        assert (await session.scalars(select(AuditEntry.what))).all() == ["campaign.sent"]
        one = await session.get_one(Campaign, campaign_id)
        assert (one.picked, one.left_out, one.created_by) == (4, 2, site.operator_id)


async def test_a_segment_is_whoever_is_in_it_now(desk: Desk, site: Site, clock: Clock) -> None:
    inside = await customer(desk, site, "단골", "+821055550001")
    await customer(desk, site, "다른 손님", "+821055550002")
    async with desk.work() as work:
        segment = await segments.make(work, site.operator_id, SegmentForm("단골", {}, kind="list"))
        await segments.add_members(work, site.operator_id, segment.id, [inside])
    ready = await prepared(desk, site, Letter(Pick(segment_id=segment.id), "안녕하세요"))
    assert [one.person.name for one in ready.texts] == ["단골"]
    other = await make_site(desk, drivers=1, did="15990002")
    with pytest.raises(NotFound):
        async with desk.look() as session:
            await campaigns.prepare(session, other.office_id, Letter(Pick(segment_id=segment.id), "x"), clock.now)


async def test_another_offices_people_are_not_written_to(desk: Desk, site: Site, clock: Clock) -> None:
    other = await make_site(desk, drivers=1, did="15990002")
    stranger = await customer(desk, other, "남의 손님", "+821055550001")
    ready = await prepared(desk, site, Letter(Pick(drivers=other.drivers, customers=(stranger,)), "안녕하세요"))
    assert (ready.texts, ready.faults) == ([], ["nobody"])


@pytest.mark.parametrize(
    ("letter", "fault"),
    [
        (Letter(Pick(), "x"), "nobody"),
        (Letter(EVERYBODY, " \u200b\n "), "no_text"),
        (Letter(EVERYBODY, "{nmae}님"), "unknown_place"),
        (Letter(EVERYBODY, "x", kind="spam"), "kind"),
        (Letter(EVERYBODY, "x", send_at=EVENING - timedelta(days=1)), "past"),
        (Letter(EVERYBODY, "x", send_at=EVENING + timedelta(days=365)), "too_far"),
        (Letter(EVERYBODY, AD), "marked_notice"),
        (Letter(EVERYBODY, "가" * 1001), "nobody_left"),
        (Letter(EVERYBODY, AD, "ad"), "nobody_left"),
        (Letter(EVERYBODY, AD.replace("(광고)", "[광고]"), "ad"), "ad_mark"),
        (Letter(EVERYBODY, AD.replace("(광고)", "(광 고)"), "ad"), "ad_mark"),
        (Letter(EVERYBODY, AD.replace("시험 사무실", "우리"), "ad"), "ad_sender"),
        (Letter(EVERYBODY, AD.replace(" 1588-0001", ""), "ad"), "ad_contact"),
        (Letter(EVERYBODY, AD.replace("무료수신거부", "거부"), "ad"), "ad_refusal"),
        (Letter(EVERYBODY, AD + "\n감사합니다", "ad"), "ad_refusal"),
    ],
)
async def test_what_is_not_right_is_refused_whole(
    desk: Desk, site: Site, clock: Clock, letter: Letter, fault: str
) -> None:
    """Seen failing with each fault's line taken out; `nobody` is found in two places, and is missed with both taken out."""
    with pytest.raises(Invalid) as refused:
        await sent(desk, site, letter)
    assert refused.value.details["field"] == fault
    assert await rows(desk) == []
    async with desk.look() as session:
        assert await session.scalar(select(func.count()).select_from(Campaign)) == 0


async def test_by_night_only_who_agreed_to_it_is_written_to(desk: Desk, site: Site, clock: Clock) -> None:
    """The others wait for eight in the morning. Seen failing with the hour read in the server's zone."""
    clock.now = EVENING
    await agree(desk, site)
    await agree(desk, site, "010-2000-0001", said="agreed_night")
    await sent(desk, site, Letter(EVERYBODY, AD, "ad"))
    assert await claimed(desk) == ["+821020000001"]
    assert [row.next_try_at for row in await rows(desk)] == [MORNING, EVENING, MORNING]
    clock.now = MORNING - timedelta(seconds=1)
    assert await claimed(desk) == []
    clock.now = MORNING
    assert await claimed(desk) == ["+821020000000", "+821020000002"]


async def test_what_did_not_leave_before_nine_waits_for_the_morning(desk: Desk, site: Site, clock: Clock) -> None:
    """A long campaign, begun by day. Seen failing with the night looked at only when it is written."""
    clock.now = EVENING - timedelta(hours=1)
    await agree(desk, site)
    await sent(desk, site, Letter(EVERYBODY, AD, "ad"))
    assert len(await claimed(desk, 1)) == 1
    clock.now = EVENING
    assert await claimed(desk) == []
    clock.now = MORNING
    assert len(await claimed(desk)) == 2


async def test_notices_leave_by_night(desk: Desk, site: Site, clock: Clock) -> None:
    clock.now = EVENING
    await sent(desk, site, Letter(EVERYBODY, "{name}님, 오늘 밤 강남 일대 통제"))
    assert len(await claimed(desk)) == 3


async def test_who_refused_gets_no_advertisement_also_not_one_that_waits(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing without `_withdraw_ads`, and without looking at consents.

    What waits is withdrawn at once, and looked at once more when it would leave: with one of the two, nobody is written to.
    """
    await agree(desk, site)
    async with desk.work() as work:
        await consents.note(work, site.office_id, site.operator_id, "010-2000-0000", "refused", "전화")
    ready = await prepared(desk, site, Letter(EVERYBODY, AD, "ad"))
    assert [(person.name, why) for person, why in ready.left_out] == [("기사0", "refused")]
    assert len((await prepared(desk, site, Letter(EVERYBODY, "공지"))).texts) == 3
    campaign_id = await sent(desk, site, Letter(EVERYBODY, AD, "ad", send_at=clock.now + timedelta(hours=2)))
    await sent(desk, site, Letter(EVERYBODY, "공지", send_at=clock.now + timedelta(hours=2)))
    async with desk.work() as work:
        await consents.note(work, site.office_id, site.operator_id, "010-2000-0001", "refused", "전화")
    ads = {row.recipient: row.state for row in await rows(desk) if row.campaign_id == campaign_id}
    assert ads == {"+821020000001": "expired", "+821020000002": "queued"}
    clock.forward(hours=2)
    everybody = ["+821020000000", "+821020000001", "+821020000002"]
    assert sorted(await claimed(desk)) == sorted([*everybody, "+821020000002"])


async def test_each_who_did_not_agree_in_time_is_left_out_and_it_is_kept_why(
    desk: Desk, site: Site, clock: Clock
) -> None:
    """Seen failing with an agreement that holds for ever, and with nothing kept of who was left out."""
    await agree(desk, site, "010-2000-0000", at=clock.now - timedelta(days=731))
    await agree(desk, site, "010-2000-0001", at=clock.now - timedelta(days=729))
    other = await customer(desk, site, "두 번호", "+821055550001", "+821055550002")
    await agree(desk, site, "010-5555-0002")
    letter = Letter(Pick(drivers=site.drivers, customers=(other,)), AD, "ad")
    ready = await prepared(desk, site, letter)
    assert [one.person.phone for one in ready.texts] == ["+821020000001", "+821055550002"]
    assert [(person.name, why) for person, why in ready.left_out] == [("기사0", "consent_old"), ("기사2", "no_consent")]
    later = await prepared(desk, site, Letter(letter.pick, AD, "ad", send_at=clock.now + timedelta(days=5)))
    assert [why for _, why in later.left_out] == ["consent_old", "consent_old", "no_consent"]
    await agree(desk, site, "010-2000-0000", said="confirmed")
    campaign_id = await sent(desk, site, letter)
    async with desk.look() as session:
        query = select(CampaignLeftOut.driver_id, CampaignLeftOut.why, CampaignLeftOut.number)
        left = (await session.execute(query.where(CampaignLeftOut.campaign_id == campaign_id))).all()
    assert [tuple(row) for row in left] == [(site.drivers[2], "no_consent", "+821020000002")]


async def test_whoever_does_not_agree_any_more_when_his_text_leaves_gets_none(
    desk: Desk, site: Site, clock: Clock
) -> None:
    """Whatever was looked at before. Seen failing without `_unwanted`."""
    await agree(desk, site)
    await sent(desk, site, Letter(EVERYBODY, AD, "ad"))
    async with desk.work() as work:  # as a refusal and a sending do that meet
        await work.session.execute(
            update(AdConsent).where(AdConsent.number == "+821020000000").values(refused_at=work.now)
        )
        await work.session.execute(delete(AdConsent).where(AdConsent.number == "+821020000001"))
    assert await claimed(desk) == ["+821020000002"]
    assert [(row.state, row.detail) for row in await rows(desk)][:2] == [
        ("expired", consents.REFUSED), ("expired", consents.NO_CONSENT)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("said", "before_s", "field"),
    [("agreed", 60, "refused_later"), ("confirmed", 0, "nothing_agreed"), ("agreed", -3600, "said_at")],
)
async def test_a_refusal_wins_over_what_was_said_before_it(
    desk: Desk, site: Site, clock: Clock, said: str, before_s: int, field: str
) -> None:
    """Seen failing with each of the three refusals taken out."""
    await agree(desk, site, "010-2000-0000", said="refused")
    with pytest.raises(Invalid) as refused:
        await agree(desk, site, "010-2000-0000", said=said, at=clock.now - timedelta(seconds=before_s))
    assert refused.value.details["field"] == field
    clock.forward(seconds=60)
    await agree(desk, site, "010-2000-0000")
    assert len((await prepared(desk, site, Letter(Pick(drivers=site.drivers[:1]), AD, "ad"))).texts) == 1


async def test_a_campaign_leaves_at_its_time_and_is_cancelled_for_whom_it_has_not_left(
    desk: Desk, site: Site, clock: Clock
) -> None:
    campaign_id = await sent(desk, site, Letter(EVERYBODY, "공지", send_at=clock.now + timedelta(hours=1)))
    assert await claimed(desk) == []
    clock.forward(hours=1)
    assert len(await claimed(desk, 1)) == 1
    async with desk.work() as work:
        assert await campaigns.cancel(work, site.operator_id, campaign_id) == 2
    assert await claimed(desk) == []
    with pytest.raises(WrongState):
        async with desk.work() as work:
            await campaigns.cancel(work, site.operator_id, campaign_id)
    async with desk.look() as session:
        view = await campaign_views.one(session, site.office_id, campaign_id)
        results = await campaign_views.results(session, site.office_id, campaign_id)
    assert (view.counts, view.total, view.waiting) == ({"sending": 1, "expired": 2}, 3, 1)
    assert [(one.name, one.state, one.detail) for one in results] == [
        ("#100 기사0", "sending", None), ("#101 기사1", "expired", "cancelled"), ("#102 기사2", "expired", "cancelled")
    ]  # fmt: skip


async def test_another_office_neither_sees_nor_stops_a_campaign(desk: Desk, site: Site, clock: Clock) -> None:
    campaign_id = await sent(desk, site, Letter(EVERYBODY, "공지"))
    other = await make_site(desk, drivers=0, did="15990002")
    with pytest.raises(NotFound):
        async with desk.work() as work:
            await campaigns.cancel(work, other.operator_id, campaign_id)
    async with desk.look() as session:
        assert await campaign_views.latest(session, other.office_id) == []
        with pytest.raises(NotFound):
            await campaign_views.one(session, other.office_id, campaign_id)


async def test_a_campaign_does_not_hold_up_the_text_that_says_who_comes(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with one queue for both."""
    await sent(desk, site, Letter(EVERYBODY, "공지"))
    clock.forward(seconds=1)
    async with desk.work() as work:
        work.session.add(
            Message(
                office_id=site.office_id,
                audience="customer",
                recipient="+821055550009",
                sender="15880001",
                text_key="x",
                language="ko",
                text="배차",
                state="queued",
                next_try_at=work.now,
                created_at=work.now,
                updated_at=work.now,
            )
        )
    assert await claimed(desk, 2) == ["+821055550009", "+821020000000"]


async def test_more_people_than_may_be_written_to_are_refused(
    desk: Desk, site: Site, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audiences, "MOST", 2)
    with pytest.raises(Invalid) as refused:
        await sent(desk, site, Letter(EVERYBODY, "공지"))
    assert refused.value.details["field"] == "too_many"


async def test_a_disabled_driver_is_not_written_to(desk: Desk, site: Site, clock: Clock) -> None:
    async with desk.work() as work:
        await work.session.execute(update(Driver).where(Driver.number == "101").values(disabled_at=work.now))
    assert len((await prepared(desk, site, Letter(EVERYBODY, "공지"))).texts) == 2


async def test_templates_are_kept_by_name_and_language(desk: Desk, site: Site, clock: Clock) -> None:
    async with desk.work() as work:
        await text_templates.keep(work, site.operator_id, "ko", "통제", "notice", "첫 글")
        kept = await text_templates.keep(work, site.operator_id, "ko", "통제", "notice", "{name}님,\n강남 통제")
        await text_templates.keep(work, site.operator_id, "en", "통제", "notice", "closed")
    async with desk.look() as session:
        found = await text_templates.listed(session, site.office_id, "ko")
    assert (found[0].id, found[0].name, found[0].body) == (kept.id, "통제", "{name}님,\n강남 통제")
    assert all(one.id is None for one in found[1:])
    other = await make_site(desk, drivers=0, did="15990002")
    async with desk.work() as work:
        await text_templates.drop(work, other.operator_id, kept.id)
    async with desk.look() as session:
        assert (await text_templates.listed(session, site.office_id, "ko"))[0].id == kept.id
    async with desk.work() as work:
        await text_templates.drop(work, site.operator_id, kept.id)
    async with desk.look() as session:
        assert (await text_templates.listed(session, site.office_id, "ko"))[0].id is None


@pytest.mark.parametrize(
    ("at", "morning"),
    [
        ("2026-11-22T11:59:59+00:00", None),
        ("2026-11-22T12:00:00+00:00", "2026-11-22T23:00:00+00:00"),
        ("2026-11-22T22:59:59+00:00", "2026-11-22T23:00:00+00:00"),
        ("2026-11-22T23:00:00+00:00", None),
        ("2026-12-31T15:30:00+00:00", "2026-12-31T23:00:00+00:00"),
    ],
)
def test_the_night_is_from_nine_to_eight_in_seoul(at: str, morning: str | None) -> None:
    found = advertising.morning_after(datetime.fromisoformat(at), "Asia/Seoul")
    assert found == (datetime.fromisoformat(morning) if morning else None)
