"""A text that nobody heard: the console says whom to phone and what it said; one key dials, one sends again, one is done."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from sqlalchemy import select, update

from desk.message import unheard
from desk.texts import message_states
from models import Message
from tests.browser.conftest import Console, OpenConsole
from tests.browser.test_call_out import OUT, marked

pytestmark = pytest.mark.browser

BAR = "candidate-list .unheard"


async def fails(console: Console, audience: str, state: str = "failed") -> None:
    """The order's text to him comes to nothing."""
    async with console.house.desk.work() as work:
        lost = update(Message).where(Message.audience == audience).values(state=state, detail="no such subscriber")
        await work.session.execute(lost)
        await unheard.watch(work)


async def test_whom_a_text_did_not_reach_is_phoned_by_one_key_and_done_by_another_over_reloads(
    console: Console,
) -> None:
    order_id = await marked(console)
    await fails(console, "driver")
    await console.sees(BAR, "문자가 전달되지 않았습니다")
    await console.sees(BAR, "#100 기사0")
    await console.sees(f"{BAR} q", "강남역")
    await console.until("document.querySelector('status-bar .trouble.unassigned')?.innerText.includes('1')")
    assert "전달되지 않았습니다" in await console.page.inner_text("#announcer")
    await console.page.reload()
    await console.page.wait_for_selector("bottom-line .link.up")
    await console.press("F8")
    await console.sees(f"order-board [data-order='{order_id}']", "문자가 전달되지 않았습니다")
    await console.sees(BAR, "전화하세요")
    if folder := os.environ.get("CALLBOARD_PICTURES"):
        await console.picture("unheard", Path(folder))
    await console.press("Control+F3")
    await console.sees(OUT, "#100 기사0")
    assert await console.page.query_selector(BAR) is not None
    await console.press("Shift+F7")
    await console.page.wait_for_selector(BAR, state="detached")
    console.unharmed()


async def test_a_text_is_sent_again_by_one_key_and_a_late_receipt_ends_the_alarm_by_itself(
    sit_down: OpenConsole,
) -> None:
    console = await sit_down(locale="en")
    await marked(console)
    await fails(console, "customer")
    await console.sees(BAR, "did not arrive")
    await console.press("Shift+F3")
    await console.page.wait_for_selector(BAR, state="detached")
    async with console.house.desk.work() as work:
        again = (await work.session.scalars(select(Message).order_by(Message.id.desc()).limit(1))).one()
        assert (again.audience, again.state) == ("customer", "queued")
        for state in ("sending", "unknown"):
            message_states.change(work, again, state, None)
        again.updated_at -= unheard.UNKNOWN_FOR
        await work.session.flush()
        assert await unheard.watch(work) == 1
    await console.sees(BAR, "Nobody knows whether")
    async with console.house.desk.work() as work:
        message_states.change(work, await message_states.hold(work, again.id), "delivered", None)
        await work.session.flush()
        await unheard.watch(work)
    await console.page.wait_for_selector(BAR, state="detached")
    await console.press("Shift+F3")
    await console.sees("bottom-line", "No text about this order")
    await console.press("Shift+F9")
    await console.sees("candidate-list .deeds", "arrived after all")
    console.unharmed()
