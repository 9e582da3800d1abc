"""Receipts over the wire: committed before they are acknowledged, in any order, as often as they come."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
import smpp34
from sqlalchemy import select
from sqlalchemy import text as sql

from models import EarlyReceipt
from tests.sms.conftest import Site, sending, smpp_settings
from tests.sms.smsc import RECEIPT_FIRST, SILENT, Smsc


async def test_a_receipt_before_the_answer_is_kept_and_applied(site: Site, smsc: Smsc) -> None:
    smsc.script.append(RECEIPT_FIRST)
    await site.queue("x")
    async with sending(site, smpp_settings(smsc)):
        await site.until_states("delivered")
    assert smsc.delivered == [0]


async def test_the_same_receipt_five_times_is_one_delivery(site: Site, smsc: Smsc) -> None:
    await site.queue("x")
    async with sending(site, smpp_settings(smsc)):
        await site.until_states("sent")
        for _ in range(5):
            assert await smsc.deliver(smsc.submits[0].message_id) == 0
        assert await site.states() == ["delivered"]


@pytest.mark.parametrize("order", list(itertools.permutations(["ACCEPTD", "DELIVRD", "UNDELIV"])))
async def test_a_state_only_moves_forward_whatever_the_order(site: Site, smsc: Smsc, order: tuple[str, ...]) -> None:
    await site.queue("x")
    async with sending(site, smpp_settings(smsc)):
        await site.until_states("sent")
        for stat in order:
            assert await smsc.deliver(smsc.submits[0].message_id, stat) == 0
        final = next(stat for stat in order if stat != "ACCEPTD")
        assert await site.states() == ["delivered" if final == "DELIVRD" else "failed"]


async def test_a_receipt_after_a_reconnect_still_finds_its_text(site: Site, smsc: Smsc) -> None:
    await site.queue("x")
    async with sending(site, smpp_settings(smsc)):
        await site.until_states("sent")
        smsc.cut()
        await smsc.until(lambda: len(smsc.binds) == 2 and smsc.sessions == 2)
        assert await smsc.deliver(smsc.submits[0].message_id) == 0
        await site.until_states("delivered")


async def test_a_receipt_for_a_text_that_nobody_knows_is_taken_and_changes_nothing(site: Site, smsc: Smsc) -> None:
    await site.queue("x")
    async with sending(site, smpp_settings(smsc)):
        await site.until_states("sent")
        assert await smsc.deliver("STRANGER") == 0
        assert await site.states() == ["sent"]


async def test_a_receipt_is_not_acknowledged_while_the_database_cannot_keep_it(site: Site, smsc: Smsc) -> None:
    await site.queue("x")
    async with sending(site, smpp_settings(smsc)):
        await site.until_states("sent")
        async with site.desk.engine.begin() as connection:
            await connection.execute(sql("alter table message_part rename to away"))
        assert await smsc.deliver(smsc.submits[0].message_id) == 0x64
        async with site.desk.engine.begin() as connection:
            await connection.execute(sql("alter table away rename to message_part"))
        assert await site.states() == ["sent"]
        assert await smsc.deliver(smsc.submits[0].message_id) == 0
        await site.until_states("delivered")


async def test_when_receipts_arrive_they_are_committed_before_they_are_acknowledged(site: Site, smsc: Smsc) -> None:
    await site.queue("x")
    async with sending(site, smpp_settings(smsc)):
        await site.until_states("sent")
        assert await smsc.deliver(smsc.submits[0].message_id) == 0
        assert await site.states() == ["delivered"]


@pytest.mark.parametrize(
    "fields",
    [
        {"esm_class": 0x04, "short_message": b"id:1 err:zzz done date:never stat:DELIVRD"},
        {"esm_class": 0x04, "short_message": b"\xff" * 254},
        {"esm_class": 0x04, "short_message": b"", "tlvs": [smpp34.Tlv(0x0424, b"id:7 stat:DELIVRD")]},
        {"esm_class": 0x04, "short_message": b"", "tlvs": [smpp34.Tlv(0x1400, b"\x00" * 60)]},
        {"esm_class": 0x04, "data_coding": 0xF5, "short_message": b"id:1 stat:DELIVRD"},
        {"short_message": b"hello"},
        {"esm_class": 0x40, "short_message": b"\x05"},
    ],
)
async def test_a_strange_receipt_costs_nobody_else_anything(site: Site, smsc: Smsc, fields: dict[str, object]) -> None:
    async with sending(site, smpp_settings(smsc)):
        await smsc.until(lambda: smsc.bound)
        assert await smsc.deliver_raw(**fields) in (0x00, 0x66)
        await site.queue("x")
        await site.until_states("sent")
    assert smsc.binds == [0]


async def test_a_late_answer_turns_unknown_into_sent_and_its_receipt_into_delivered(site: Site, smsc: Smsc) -> None:
    smsc.script.append(SILENT)
    await site.queue("x")
    async with sending(site, smpp_settings(smsc, answer_timeout_s=0.3)):
        await site.until_states("unknown")
        smsc.answer_held()
        await site.until_states("sent")
        await smsc.deliver(smsc.submits[0].message_id)
        await site.until_states("delivered")
    assert len(smsc.submits) == 1


async def test_a_receipt_whose_text_never_turned_up_is_forgotten_after_a_day(site: Site, smsc: Smsc) -> None:
    now = datetime.now(UTC)
    async with site.desk.work() as work:
        for hours in (25, 1):
            at = now - timedelta(hours=hours)
            parked = EarlyReceipt(provider="smpp", provider_id=f"M{hours}", state="delivered", received_at=at)
            work.session.add(parked)
    async with sending(site, smpp_settings(smsc)):
        await site.queue("x")
        await site.until_states("sent")
    async with site.desk.look() as session:
        assert (await session.execute(select(EarlyReceipt.provider_id))).scalars().all() == ["M1"]
