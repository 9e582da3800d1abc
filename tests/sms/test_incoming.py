"""Texts from people over the real wire: one row each before the SMSC is answered, in whatever alphabet and however many parts."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
import smpp34
from sqlalchemy import select, text

from models import IncomingPart, IncomingText
from sms import incoming, smpp_pdu
from tests.sms.conftest import Site, sending, smpp_settings
from tests.sms.smsc import Smsc

OK, TRY_LATER = 0x00, 0x64
LONG = "강남역 10번 출구 앞 편의점에서 기다리고 있습니다. " * 5


async def rows(site: Site) -> Sequence[IncomingText]:
    async with site.desk.look() as session:
        return (await session.scalars(select(IncomingText).order_by(IncomingText.id))).all()


def with_header(octets: bytes, number: int, total: int, reference: int = 42) -> dict[str, object]:
    return {"octets": bytes([5, 0, 3, reference, total, number]) + octets, "esm_class": 0x40}


def with_options(octets: bytes, number: int, total: int, reference: int = 4242) -> dict[str, object]:
    tags = {0x020C: reference.to_bytes(2, "big"), 0x020E: bytes([total]), 0x020F: bytes([number])}
    return {"octets": octets, "tlvs": [smpp34.Tlv(tag, value) for tag, value in tags.items()]}


@pytest.mark.parametrize(
    ("octets", "data_coding", "told"),
    [
        ("수락 12".encode("utf-16-be"), 8, "수락 12"),
        ("수락 12".encode("cp949"), 0x0E, "수락 12"),
        ("수락 12".encode("cp949"), 0x84, "수락 12"),
        ("똠방각하 수락".encode("cp949"), 0, "똠방각하 수락"),
        (b"ok 12 \x00\x1b\x65", 0, "ok 12 @€"),
        (b"ok 12", 1, "ok 12"),
        ("é ok".encode("latin-1"), 3, "é ok"),
        (b"\xff\xfe" + "네".encode("utf-16-le"), 8, "네"),
        ("네".encode("utf-16-be") + b"\xb1", 8, "네"),
        (b"ok\x1b", 0xF1, "ok"),
        (b"", 8, ""),
    ],
)
async def test_a_text_is_read_in_the_alphabet_that_the_network_names(
    site: Site, smsc: Smsc, octets: bytes, data_coding: int, told: str
) -> None:
    """Seen failing with everything taken for UCS-2."""
    async with sending(site, smpp_settings(smsc)):
        await smsc.until(lambda: smsc.bound)
        assert await smsc.text_us("", octets=octets, data_coding=data_coding) == OK
    [row] = await rows(site)
    assert (row.text, row.sender, row.recipient, row.provider) == (told, "+821012345678", "15880001", "smpp")


async def test_a_payload_beyond_the_short_message_is_read(site: Site, smsc: Smsc) -> None:
    payload = smpp34.Tlv(0x0424, LONG.encode("utf-16-be"))
    async with sending(site, smpp_settings(smsc)):
        await smsc.until(lambda: smsc.bound)
        assert await smsc.text_us("", tlvs=[payload]) == OK
    assert [row.text for row in await rows(site)] == [LONG.strip()]


@pytest.mark.parametrize("spelt", [with_header, with_options])
async def test_a_long_text_in_any_order_is_one_row(site: Site, smsc: Smsc, spelt) -> None:  # type: ignore[no-untyped-def]
    """Seen failing with the header left in the text."""
    octets = LONG.encode("utf-16-be")
    pieces = [octets[at : at + 134] for at in range(0, len(octets), 134)]
    order = list(range(len(pieces)))
    random.Random(7).shuffle(order)
    async with sending(site, smpp_settings(smsc)):
        await smsc.until(lambda: smsc.bound)
        for at in [*order, order[0]]:
            assert await smsc.text_us("", **spelt(pieces[at], at + 1, len(pieces))) == OK
    assert [(row.text, row.whole) for row in await rows(site)] == [(LONG.strip(), True)]


async def test_a_text_that_is_brought_again_over_another_link_is_one_row(site: Site, smsc: Smsc) -> None:
    """The SMSC did not hear our answer. Seen failing with a row for every deliver_sm."""
    async with sending(site, smpp_settings(smsc)):
        await smsc.until(lambda: smsc.bound)
        assert await smsc.text_us("네") == OK
        smsc.cut()
        await smsc.until(lambda: smsc.sessions == 2 and smsc.bound)
        assert await smsc.text_us("네") == OK
    assert len(await rows(site)) == 1


async def test_what_the_database_does_not_take_the_network_keeps(site: Site, smsc: Smsc) -> None:
    """Seen failing with ROK answered before the commit."""
    refuse = "create trigger no before insert on incoming_text begin select raise(abort, 'the disk is full'); end"
    async with site.desk.engine.begin() as connection:
        await connection.execute(text(refuse))
    async with sending(site, smpp_settings(smsc)):
        await smsc.until(lambda: smsc.bound)
        assert await smsc.text_us("네") == TRY_LATER
        assert await rows(site) == []
        async with site.desk.engine.begin() as connection:
            await connection.execute(text("drop trigger no"))
        assert await smsc.text_us("네") == OK
    assert [row.text for row in await rows(site)] == ["네"]


async def test_a_receipt_is_never_taken_for_a_text(site: Site, smsc: Smsc) -> None:
    async with sending(site, smpp_settings(smsc)):
        await smsc.until(lambda: smsc.bound)
        await smsc.deliver("M1")
        await smsc.deliver("M1", tlvs=False)
    assert await rows(site) == []


async def test_a_header_that_lies_costs_nothing_but_itself(site: Site, smsc: Smsc) -> None:
    lies = [
        b"",
        b"\xff",
        b"\x05\x00\x03\x01\x00\x00hi",
        b"\x05\x00\x03\x01\x02\x09hi",
        b"\x02\x00\xffhi",
        b"\x00hi",
        b"\x01\x00hi",
    ]
    async with sending(site, smpp_settings(smsc)):
        await smsc.until(lambda: smsc.bound)
        for lie in lies:
            assert await smsc.text_us("", octets=lie, data_coding=0, esm_class=0x40) == OK
        assert await smsc.text_us("네") == OK
    assert [row.text for row in await rows(site)][-1] == "네"
    async with site.desk.look() as session:
        assert (await session.scalars(select(IncomingPart))).all() == []


def test_a_deliver_sm_is_read_whole() -> None:
    """The bytes of the specification's own layout, written by hand."""
    body = bytes.fromhex("00 01 01") + b"821012345678\0" + b"\x05\x00" + b"15880001\0"
    body += bytes.fromhex("00 00 00 00 00 00 00 08 00 0A C2 18 B7 7D 00 20 00 31 00 32")
    came = incoming.read(smpp_pdu.deliver(body), "s")
    assert (came.sender, came.recipient, came.coding, came.total) == ("+821012345678", "15880001", "ucs2", 1)
    assert came.octets.decode("utf-16-be") == "수락 12"
    assert "8210" not in repr(came)
