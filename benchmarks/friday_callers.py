"""The telephones of a Friday night: SIPp calls as the script says, an eighth of the night after the other."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Sequence
from typing import Any

from benchmarks.friday_script import HOURS, MENU, QUEUE, Caller, Script
from tests.path.running import RunningSite
from tests.sipp_fixture import Callers

PATIENCE_MS = 45_000
"""A quarter of an hour of the night: then also the most patient hangs up."""
IN_THE_QUEUE_MS, IN_THE_MENU_MS = 2_500, 500
LEFT_S = 150.0
"""So long after the night who is still on the telephone is cut off, by whoever plays him."""
_TALKS: dict[str, Any] = {"dtmf": "0", "dtmf_after_ms": 700, "hold_ms": PATIENCE_MS, "hung_up": True}
_LEAVES_QUEUE: dict[str, Any] = {"dtmf": "0", "dtmf_after_ms": 700, "hold_ms": IN_THE_QUEUE_MS, "hung_up": True}
_LEAVES_MENU: dict[str, Any] = {"hold_ms": IN_THE_MENU_MS}
_NAMELESS = {**_TALKS, "headers": "Privacy: id\n", "caller": '"Anonymous" <sip:anonymous@anonymous.invalid>'}


async def dial(site: RunningSite, script: Script, seconds: float) -> int:
    """Place every call; comes back when the last caller has hung up. How many of SIPp's runs saw a call go otherwise."""
    part = seconds / len(HOURS)
    placed: list[Callers] = []
    begun = asyncio.get_running_loop().time()
    for hour in range(len(HOURS)):
        now = [each for each in script.callers if part * hour <= each.at < part * (hour + 1)]
        await asyncio.sleep(max(0.0, begun + part * hour - asyncio.get_running_loop().time()))
        placed += [_place(site, some, how, part) for some, how in _by_manner(now) if some]
    await asyncio.sleep(max(0.0, begun + seconds - asyncio.get_running_loop().time()))
    until = begun + seconds + LEFT_S
    return sum([bool(await _ended(one, until)) for one in placed])


async def _ended(placed: Callers, until: float) -> int:
    try:
        return await placed.finished(max(1.0, until - asyncio.get_running_loop().time()))
    except subprocess.TimeoutExpired:
        placed.stop()
        return -1


def _by_manner(callers: Sequence[Caller]) -> list[tuple[list[Caller], dict[str, Any]]]:
    nameless = [each for each in callers if each.withheld]
    menu = [each for each in callers if each.wants == MENU]
    queue = [each for each in callers if each.wants == QUEUE]
    talk = [each for each in callers if not each.withheld and each.wants not in (MENU, QUEUE)]
    return [(talk, _TALKS), (nameless, _NAMELESS), (menu, _LEAVES_MENU), (queue, _LEAVES_QUEUE)]


def _place(site: RunningSite, callers: list[Caller], how: dict[str, Any], seconds: float) -> Callers:
    numbers = [(each.number, f"손님 {each.number[-4:]}") for each in callers]
    return site.dial(numbers, rate=len(numbers), rate_period_s=max(1, round(seconds)), patient=True, **how)
