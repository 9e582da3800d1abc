"""What callers may put into SIP reaches the rows as plain text, and nothing of it is ever obeyed."""

from __future__ import annotations

import json

import pytest

from tests.path.running import RunningSite, until

pytestmark = pytest.mark.pbx

# %CANARY% is a file in a folder that our Asterisk may write to: elsewhere its cage alone would keep the file away.
NAMES = {
    "01055505001": "${SHELL(touch %CANARY%)}",
    "01055505002": "<script>alert(1)</script>",
    "01055505003": "'; drop table call; --",
    "01055505004": "{{7*7}} {% raw %}",
    "01055505005": "a&PJSIP/op1001,b|c^d",
    "01055505006": "홍길동" * 60,
    "01055505007": "\udcc8\udcab\udcb1\udce6\udcb5\udcbf",  # 홍길동 in CP949, as bytes
    "01055505008": "\udcff\udcfe\udc80",
    "01055505009": "%0d%0aAction: Command",
}


async def test_hostile_names_are_stored_as_text_and_cost_nobody_else_anything(site: RunningSite) -> None:
    canary = site.state / "recordings" / "canary"
    callers = site.dial(
        [(number, name.replace("%CANARY%", str(canary))) for number, name in NAMES.items()], hold_ms=1500, rate=3
    )
    await callers.finished()

    async def all_there() -> bool:
        return all([len(await site.calls(number)) == 1 for number in NAMES])

    await until(all_there, what="a row for each call")
    rows = {number: (await site.calls(number))[0] for number in NAMES}
    assert not canary.exists()
    assert rows["01055505001"]["name"].startswith("${SHELL(touch ")
    for row in rows.values():
        assert row["name"] is None or (len(row["name"]) <= 80 and row["name"].isprintable())
    assert rows["01055505002"]["name"] == "<script>alert(1)</script>"
    assert rows["01055505004"]["name"] == "{{7*7}} {% raw %}"
    assert rows["01055505006"]["name"].startswith("홍길동")
    log = (site.state / "log" / "callboard.log").read_text()
    for number in NAMES:
        assert number not in log
        assert number.replace("0", "+82", 1) not in log
    for line in log.splitlines():
        json.loads(line)
    assert await site.healthy()


async def test_withheld_and_garbage_numbers_are_legal_calls(site: RunningSite) -> None:
    callers = site.dial([("anonymous", "Anonymous"), ("abc-def", "x"), ("1" * 60, "y")], hold_ms=1500, rate=2)
    await callers.finished()

    async def three_without_number() -> bool:
        _, calls = await site.call("GET", "/api/v1/calls")
        return sum(call["number"] is None for call in calls["items"]) == 3

    await until(three_without_number, what="three calls without a number")
    _, calls = await site.call("GET", "/api/v1/calls")
    told = sorted(call["presentation"] for call in calls["items"] if call["number"] is None)
    assert told == ["unavailable", "unavailable", "withheld"]
