"""Texts of several parts: one header, one reference, an id and a receipt for each part."""

from __future__ import annotations

from tests.sms.conftest import KOREAN, Site, sending, smpp_settings
from tests.sms.smsc import CUT_AFTER, Smsc

LONG = " / ".join([KOREAN] * 4)


async def test_a_long_korean_text_travels_in_parts_of_one_reference(site: Site, smsc: Smsc) -> None:
    await site.queue(LONG)
    async with sending(site, smpp_settings(smsc)):
        await site.until_states("sent")
    headers = [submit.octets[:6] for submit in smsc.submits]
    assert len(headers) == 3
    assert {header[:3] for header in headers} == {b"\x05\x00\x03"}
    assert len({header[3] for header in headers}) == 1
    assert [(header[4], header[5]) for header in headers] == [(3, 1), (3, 2), (3, 3)]
    assert all(
        submit.esm_class & 0x40 and submit.data_coding == 8 and len(submit.octets) <= 140 for submit in smsc.submits
    )
    assert "".join(submit.text for submit in smsc.submits) == LONG


async def test_the_next_long_text_has_another_reference(site: Site, smsc: Smsc) -> None:
    await site.queue(LONG, LONG)
    async with sending(site, smpp_settings(smsc)):
        await site.until_states("sent", "sent")
    assert len({submit.octets[3] for submit in smsc.submits}) == 2


async def test_references_do_not_begin_anew_with_each_start(site: Site, smsc: Smsc) -> None:
    starts = {smpp_settings(smsc).open_provider().reference for _ in range(64)}  # type: ignore[attr-defined]
    assert len(starts) > 8


async def test_a_long_text_is_delivered_when_its_last_part_is(site: Site, smsc: Smsc) -> None:
    await site.queue(LONG)
    async with sending(site, smpp_settings(smsc)):
        await site.until_states("sent")
        first, second, third = [submit.message_id for submit in smsc.submits]
        for message_id in (third, third, first):
            assert await smsc.deliver(message_id) == 0
        assert await site.states() == ["sent"]
        await smsc.deliver(second)
        await site.until_states("delivered")


async def test_a_long_text_fails_when_one_part_does(site: Site, smsc: Smsc) -> None:
    await site.queue(LONG)
    async with sending(site, smpp_settings(smsc)):
        await site.until_states("sent")
        await smsc.deliver(smsc.submits[1].message_id, "UNDELIV")
        [row] = await site.until_states("failed")
        assert row.detail == "UNDELIV 027"


async def test_a_later_part_refused_for_now_goes_again_alone(site: Site, smsc: Smsc) -> None:
    smsc.script.extend(["accept", 0x58, 0x08])
    await site.queue(LONG)
    async with sending(site, smpp_settings(smsc)):
        await site.until_states("sent")
    assert [submit.octets[5] for submit in smsc.submits] == [1, 2, 3]
    assert [submit.octets[5] for submit in smsc.refused] == [2, 2]


async def test_a_later_part_refused_for_good_leaves_the_text_unknown_and_never_repeated(site: Site, smsc: Smsc) -> None:
    smsc.script.extend(["accept", 0x66])
    await site.queue(LONG, "next")
    async with sending(site, smpp_settings(smsc, window=1)):
        rows = await site.until_states("unknown", "sent")
    assert rows[0].detail == "only 1 of 3 parts were taken: the network rejected the text (0x66)"
    assert [submit.text for submit in smsc.submits[1:]] == ["next"]


async def test_a_first_part_refused_for_now_lets_the_whole_text_go_again(site: Site, smsc: Smsc) -> None:
    smsc.script.append(0x08)
    await site.queue(LONG)
    async with sending(site, smpp_settings(smsc)):
        [row] = await site.until(lambda rows: rows[0].state == "queued" and rows[0].attempts == 1)
    assert row.detail == "the network has a fault of its own (0x08)"
    assert smsc.submits == []


async def test_a_cut_between_two_parts_leaves_the_text_unknown_and_never_repeated(site: Site, smsc: Smsc) -> None:
    smsc.script.extend(["accept", CUT_AFTER])
    await site.queue(LONG)
    async with sending(site, smpp_settings(smsc)):
        await site.until_states("unknown")
        await smsc.until(lambda: len(smsc.binds) == 2)
    assert [submit.octets[5] for submit in smsc.submits] == [1, 2]
