"""An operator's key, and whose phone the product's own Asterisk then rings."""

from __future__ import annotations

import asyncio

import pytest

from tests.ami.pbx import engine
from tests.path.running import RunningSite, until
from tests.path.test_two_operators import consoles

pytestmark = [pytest.mark.pbx, pytest.mark.browser]


async def channels(site: RunningSite) -> str:
    """What Asterisk's own console says is up."""
    conf = str(site.state / "asterisk/etc/asterisk.conf")
    asked = await asyncio.create_subprocess_exec(
        *engine().program, "-C", conf, "-rx", "core show channels concise", stdout=asyncio.subprocess.PIPE
    )
    told, _ = await asked.communicate()
    return told.decode(errors="replace")


async def test_a_paused_operators_phone_does_not_ring_and_rings_again_when_he_is_ready(site: RunningSite) -> None:
    first, second = (site.logins["operators"][number]["extension"] for number in (0, 1))
    async with consoles(site, 2) as (one, _other):
        await one.keyboard.press("Control+Shift+F6")
        await one.wait_for_selector("pause-sheet dialog[open]")
        await one.keyboard.press("1")
        await one.wait_for_selector("status-bar .me.paused")
        site.dial([("01055501234", "첫째")], dtmf="0", dtmf_after_ms=9_000, hold_ms=120_000)

        async def rings_at(extension: str) -> bool:
            return f"Local/{extension}@callboard-operator" in await channels(site)

        await until(lambda: rings_at(second), what="a ring at the colleague's phone")
        assert not await rings_at(first)
        await one.keyboard.press("Control+Shift+F6")
        await one.wait_for_selector("status-bar .me.ready")
        await until(lambda: rings_at(first), what="a ring at the phone of who is ready again")
