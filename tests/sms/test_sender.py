"""The sender against a simulated SMSC: every text ends where it should, and none is sent twice."""

from __future__ import annotations

from desk.events import PartChanged
from tests.sms.conftest import KOREAN, Site, sending, smpp_settings
from tests.sms.smsc import CUT_AFTER, CUT_BEFORE, RECEIPT_FIRST, SILENT, Smsc


async def test_a_queued_text_reaches_the_smsc_once_and_is_delivered(site: Site, smsc: Smsc) -> None:
    await site.queue(KOREAN)
    async with sending(site, smpp_settings(smsc)):
        rows = await site.until_states("sent")
        assert await smsc.deliver(smsc.submits[0].message_id) == 0
        await site.until_states("delivered")
    [submit] = smsc.submits
    assert submit.text == KOREAN
    assert (submit.source, submit.destination, submit.dest_ton, submit.data_coding) == (
        "15880001",
        "821012345678",
        1,
        8,
    )
    assert submit.registered_delivery == 1
    assert (rows[0].provider, rows[0].provider_id) == ("smpp", submit.message_id)
