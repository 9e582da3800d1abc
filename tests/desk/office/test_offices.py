"""A firm and its numbers are made once, and what cannot be is refused in words."""

from __future__ import annotations

import pytest

from desk.errors import Conflict, Invalid, NoSuchPlugin
from desk.events import CallSeen
from desk.office import offices
from desk.work import Desk

FIRM = {
    "name": "시험 사무실",
    "country": "KR",
    "currency": "KRW",
    "timezone": "Asia/Seoul",
    "trade": "proxy",
    "sms_sender": "15880001",
}


async def test_a_firm_and_its_number_take_calls(desk: Desk) -> None:
    from desk.call import calls

    async with desk.work() as work:
        office = await offices.open_office(work, **FIRM)
        await offices.add_line(work, office.id, did="15880001", name="main", language="ko", flow="welcome")
    async with desk.work() as work:
        call = await calls.open_call(work, CallSeen(work.now, "pbx", "cb1-1.1", "15880001", "01012345678", None))
    assert (call.office_id, call.number) == (office.id, "+821012345678")


async def test_there_is_one_firm_and_a_number_is_there_once(desk: Desk) -> None:
    async with desk.work() as work:
        office = await offices.open_office(work, **FIRM)
        await offices.add_line(work, office.id, did="15880001", name="main", language="ko", flow="welcome")
    with pytest.raises(Conflict, match="already"):
        async with desk.work() as work:
            await offices.open_office(work, **FIRM)
    with pytest.raises(Conflict, match="15880001"):
        async with desk.work() as work:
            await offices.add_line(work, office.id, did="15880001", name="x", language="ko", flow="welcome")


@pytest.mark.parametrize(
    ("field", "value"),
    [("country", "korea"), ("currency", "₩"), ("timezone", "Seoul"), ("sms_sender", "us"), ("name", "\u202e ")],
)
async def test_what_a_firm_cannot_be_is_refused_by_field(desk: Desk, field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        async with desk.work() as work:
            await offices.open_office(work, **{**FIRM, field: value})
    assert refused.value.details["field"] == field


async def test_an_unknown_trade_names_those_that_there_are(desk: Desk) -> None:
    with pytest.raises(NoSuchPlugin, match="proxy"):
        async with desk.work() as work:
            await offices.open_office(work, **{**FIRM, "trade": "pizza"})


@pytest.mark.parametrize("did", ["", "1588-0001", "1; drop", "${EXTEN}", "1" * 33, "_X."])
async def test_a_number_that_is_none_never_reaches_the_dialplan(desk: Desk, did: str) -> None:
    async with desk.work() as work:
        office = await offices.open_office(work, **FIRM)
    with pytest.raises(Invalid):
        async with desk.work() as work:
            await offices.add_line(work, office.id, did=did, name="x", language="ko", flow="welcome")
