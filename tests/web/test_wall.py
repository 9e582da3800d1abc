"""The screen on the wall over HTTP: by its token and by nothing else, and one read a second however many screens there are."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import event, select

from desk.office import wall_screens
from models import AuditEntry, WallScreen
from tests.site import make_site
from tests.web.conftest import Answer, House
from web.live import wall as live_wall


async def screen(house: House, office_id: int | None = None) -> tuple[int, str]:
    async with house.desk.work() as work:
        made, token = await wall_screens.add(work, office_id or house.site.office_id, "상담실 벽")
        return made.id, token


async def look(house: House, token: str | None) -> Answer:
    headers = {} if token is None else {"Wall-Token": token}
    return await house.visitor().api("GET", "/wall", headers=headers)


async def test_a_screen_sees_its_own_office_by_its_token_alone(house: House) -> None:
    other = await make_site(house.desk, name="다른 사무실", did="15889999")
    await house.order()
    (_, ours), (_, theirs) = await screen(house), await screen(house, other.office_id)
    told = await look(house, ours)
    assert (told.status, told.body["office"], told.body["orders"]) == (200, "시험 사무실", {"taken": 1})
    assert (await look(house, theirs)).body["orders"] == {}


@pytest.mark.parametrize("token", [None, "", "x" * 43, "a\u00e9", "' or 1=1 --", "x" * 4000])
async def test_whoever_has_no_token_of_ours_finds_nothing(house: House, token: str | None) -> None:
    """Nor does an operator's session help."""
    await screen(house)
    answer = await look(house, token)
    assert (answer.status, answer.code) == (404, "no_such_wall")
    assert (await (await house.signed_in()).api("GET", "/wall")).status == 404


async def test_a_revoked_screen_shows_nothing_from_the_next_second_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_wall, "EVERY_S", 0)
    screen_id, token = await screen(house)
    assert (await look(house, token)).status == 200
    async with house.desk.work() as work:
        await wall_screens.revoke(work, screen_id)
    answer = await look(house, token)
    assert (answer.status, answer.code) == (404, "no_such_wall")


async def test_a_token_is_kept_as_a_hash_and_opens_nothing_else(house: House) -> None:
    """Seen failing with the token itself in the row."""
    _, token = await screen(house)
    async with house.desk.look() as session:
        row = (await session.scalars(select(WallScreen))).one()
        whats = list(await session.scalars(select(AuditEntry.what).order_by(AuditEntry.id)))
    assert token not in (row.token_hash, row.name)
    assert whats[-1] == "wall.added"
    program = house.visitor(Authorization=f"Bearer {token}")
    assert (await program.api("GET", "/orders")).status == 401


async def test_twenty_screens_in_the_same_second_are_one_read(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen failing with a read for each."""
    monkeypatch.setattr(live_wall, "EVERY_S", 3600)
    tokens = [(await screen(house))[1] for _ in range(20)]
    asked: list[str] = []
    event.listen(house.desk.engine.sync_engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    answers = await asyncio.gather(*(look(house, token) for token in tokens for _ in range(3)))
    assert {answer.status for answer in answers} == {200}
    assert len([one for one in asked if "wall_screen" in one]) == 1
    assert len([one for one in asked if "FROM driver" in one]) == 1


async def test_the_page_is_the_same_for_everybody_and_has_no_token_in_its_address(house: House) -> None:
    for language, words in (("ko", "대기 전화"), ("en", "Calls waiting")):
        answer = await house.visitor().ask("GET", f"/wall?lang={language}")
        assert answer.status == 200
        assert words in answer.raw.decode()
