"""kill -9 at every point between the claim and the receipt: no text is lost, none is sent twice, doubt is shown as unknown."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest

from desk.texts.text_size import segment
from tests.sms.conftest import KOREAN, Site, sending, smpp_settings
from tests.sms.smsc import Smsc

ROOT = Path(__file__).parents[2]
WINDOW = 3
TEXTS = [f"{number} {KOREAN * 2}" if number % 3 == 0 else f"{number} Job assigned" for number in range(8)]
POINTS = [
    "before the claim",
    "before the claim is committed",
    "after the claim is committed",
    "after the submit is written",
    "after the answer to a part",
    "after the last answer",
    "before the outcome is committed",
    "after the outcome is committed",
]


async def run_until_killed(site: Site, smsc: Smsc, point: str, nth: int) -> asyncio.subprocess.Process:
    """Start the doomed sender; it must die by its own SIGKILL."""
    return await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "tests/sms/doomed_sender.py"), str(site.path), str(smsc.port), point, str(nth),
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def death_of(process: asyncio.subprocess.Process) -> None:
    try:
        async with asyncio.timeout(60):
            assert await process.wait() == -signal.SIGKILL
    finally:
        if process.returncode is None:
            process.kill()


def taken(smsc: Smsc) -> list[tuple[str, bytes]]:
    """Every part that reached the SMSC, by handset, without the header's reference (a repeat would have another)."""
    return [
        (submit.destination, submit.octets[4:] if submit.esm_class & 0x40 else submit.octets) for submit in smsc.submits
    ]


@pytest.mark.parametrize("nth", [1, 4])
@pytest.mark.parametrize("point", POINTS)
async def test_killed_at_any_point_the_sender_neither_loses_nor_repeats(
    site: Site, smsc: Smsc, point: str, nth: int
) -> None:
    """Seen failing with claimed rows put back to `queued`."""
    await site.queue(*TEXTS, recipients=[f"+8210123456{number:02d}" for number in range(len(TEXTS))])
    await death_of(await run_until_killed(site, smsc, point, nth))
    before = {row.id: row.state for row in await site.rows()}
    async with sending(site, smpp_settings(smsc)):
        rows = await site.until(lambda rows: all(row.state in ("sent", "unknown") for row in rows))

    assert len(taken(smsc)) == len(set(taken(smsc)))
    parts = Counter(submit.destination for submit in smsc.submits)
    for row in rows:
        whole = len(segment(row.text).parts)
        assert parts["82" + row.recipient.removeprefix("+82")] in ({whole} if row.state == "sent" else range(whole + 1))
    # What had been claimed and not finished is in doubt, nothing else is.
    assert [row.id for row in rows if row.state == "unknown"] == [
        id_ for id_, state in before.items() if state == "sending"
    ]
    assert list(before.values()).count("sending") <= WINDOW
    if point in ("before the claim", "before the claim is committed"):
        assert nth > 1 or [row.state for row in rows] == ["sent"] * len(TEXTS)
    else:
        assert point == "after the outcome is committed" or "sending" in before.values()


async def test_killed_before_a_receipt_is_committed_the_sender_gets_it_again(site: Site, smsc: Smsc) -> None:
    await site.queue("one")
    doomed = await run_until_killed(site, smsc, "before a receipt is committed", 1)
    await site.until_states("sent")
    message_id = smsc.submits[0].message_id
    unanswered = asyncio.ensure_future(smsc.deliver(message_id))
    await death_of(doomed)
    await asyncio.gather(unanswered, return_exceptions=True)
    assert smsc.delivered == []
    assert await site.states() == ["sent"]
    async with sending(site, smpp_settings(smsc)):
        await smsc.until(lambda: len(smsc.binds) == 2 and smsc.bound)
        assert await smsc.deliver(message_id) == 0
        await site.until_states("delivered")
    assert len(smsc.submits) == 1
