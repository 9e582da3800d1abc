"""A driver whose licence or insurance runs out is told by text once for each warning, and reads it on his page."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select

from desk.driver import driver_papers
from desk.driver_page import driver_views
from desk.work import Desk, Work
from models import Driver, Message, PaperAlarm
from tests.desk.conftest import Clock
from tests.site import Site, make_site


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    clock.now = datetime(2026, 11, 22, 15, 5, tzinfo=UTC)  # five past midnight of the 23rd in Seoul
    made = await make_site(desk, drivers=2)
    async with desk.work() as work:
        (await work.session.get_one(Driver, made.drivers[0])).insurance_until = date(2026, 11, 30)
    return made


async def look(desk: Desk) -> None:
    async with desk.work() as work:
        await driver_papers.look(work)


async def texts(desk: Desk) -> list[tuple[str, str, datetime]]:
    async with desk.look() as session:
        query = select(Message).where(Message.text_key.startswith("sms.paper.")).order_by(Message.id)
        return [(row.recipient, row.text, row.next_try_at) for row in await session.scalars(query)]


async def test_he_is_texted_once_for_each_warning_and_not_by_night(desk: Desk, site: Site, clock: Clock) -> None:
    """Seen failing with the text written at each look, and with one that leaves at midnight."""
    for day in (23, 23, 24, 29, 30):
        clock.now = datetime(2026, 11, day - 1, 15, 5, tzinfo=UTC)
        await look(desk)
    clock.now = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)
    await look(desk)
    told = await texts(desk)
    assert [text for _, text, _ in told] == [
        "[서류] 보험 2026-11-30 만료(7일 남음). 새 서류를 사무실에 내세요",
        "[서류] 보험 2026-11-30 만료(1일 남음). 새 서류를 사무실에 내세요",
        "[서류] 보험 오늘(2026-11-30)까지입니다. 새 서류를 사무실에 내세요",
    ]
    assert {recipient for recipient, _, _ in told} == {"+821020000000"}
    assert [at for _, _, at in told] == [datetime(2026, 11, day, tzinfo=UTC) for day in (23, 29, 30)]


async def test_a_text_and_its_warning_are_one_piece_of_work(desk: Desk, site: Site) -> None:
    async def fail(work: Work) -> None:
        assert await driver_papers.look(work) == 1
        raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        await desk.do(fail)
    assert await texts(desk) == []
    await look(desk)
    async with desk.look() as session:
        assert await session.scalar(select(func.count()).select_from(PaperAlarm)) == len(await texts(desk)) == 1


async def test_he_reads_it_on_his_page_and_the_office_counts_it(desk: Desk, site: Site, clock: Clock) -> None:
    await look(desk)
    async with desk.look() as session:
        mine = await driver_views.me(session, site.drivers[0], clock())
        assert mine["papers"] == [{"paper": "insurance", "until": "2026-11-30", "days": 7}]
        assert (await driver_views.me(session, site.drivers[1], clock()))["papers"] == []
        assert await driver_papers.open_count(session, site.office_id) == 1
    async with desk.work() as work:
        await driver_papers.put_aside(work, site.operator_id, site.drivers[0])
    async with desk.look() as session:
        assert await driver_papers.open_count(session, site.office_id) == 0
