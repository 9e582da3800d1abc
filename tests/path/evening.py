"""An hour at the desk in half a minute, at the real Asterisk: what operators do between the first ring and the last receipt.

python -m tests.path.evening        records tests/samples/nights/evening.jsonl anew
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from tests.callerid.test_port import Cable
from tests.path.running import CHECKOUT, RunningSite, until
from tests.sms.smsc import Smsc

SAMPLE = CHECKOUT / "tests" / "samples" / "nights" / "evening.jsonl"
CONFIG = """
[[callerid.boxes]]
name = "front"
model = "korean_stx"
port = "{box}"
lines = {{ "1" = "15880001" }}

[sms]
provider = "smpp"
[sms.providers.smpp]
host = "127.0.0.1"
port = {smsc}
system_id = "callbrd"
password = "secret"
"""


QUESTION, REFUSAL = "내일 아침 7시에 두 대 될까요?", "수신거부"


def place(text: str) -> dict[str, Any]:
    """A place of the order form."""
    return {"text": text, "source": "operator"}


async def take(site: RunningSite, number: str, key: str, origin: str, fare: int, destination: str) -> int:
    """The order of whoever calls from `number`; its id."""
    (call,) = [call for call in await site.calls(number) if call["state"] != "ended"]
    form = {"call_id": call["id"], "origin": place(origin), "destination": place(destination), "fare": fare}
    status, order = await site.call("POST", "/api/v1/orders", form, **{"Idempotency-Key": key})
    assert status == 201, order
    return int(order["id"])


async def play_evening(site: RunningSite, smsc: Smsc, cable: Cable) -> None:
    """Four callers, one of them at the box, three orders, one of them cancelled, four texts and their receipts.

    The first caller texts us, too: a question, and that he wants no advertising.
    """
    site.dial([("01055506001", "첫 손님")], dtmf="0", hold_ms=9000)
    site.dial([("01055506002", "둘째 손님")], hold_ms=5000)

    async def rings(number: str) -> bool:
        return any(call["state"] == "ringing" for call in await site.calls(number))

    await until(lambda: rings("01055506001"), what="the first ring")
    first = await take(site, "01055506001", "order-1", "시청역", 20_000, "잠실역")
    again, _ = await site.call("POST", f"/api/v1/orders/{first}/assign", {"driver_number": "103"})
    assert again == 200
    refused, _ = await site.call("POST", f"/api/v1/orders/{first}/assign", {"driver_number": "104"})
    assert refused == 409
    second = await take(site, "01055506002", "order-2", "강남역", 35_000, "수원역")

    cable.send(b"\x021I01055506003       \x03")

    async def at_the_box() -> bool:
        return bool(await site.calls("01055506003"))

    await until(at_the_box, what="the call at the box")
    third = await take(site, "01055506003", "order-3", "홍대입구", 15_000, "김포공항")
    cable.send(b"\x021S" + b" " * 18 + b"\x03")
    cable.send(b"\x021E" + b" " * 18 + b"\x03")
    status, _ = await site.call("POST", f"/api/v1/orders/{third}/assign", {"driver_id": 7})
    assert status == 200
    status, _ = await site.call("POST", f"/api/v1/orders/{second}/cancel", {"reason": "손님이 마음을 바꿈"})
    assert status == 200

    async def four_texts() -> bool:
        return len(smsc.submits) >= 4

    await until(four_texts, what="four texts")
    for submit in list(smsc.submits):
        await smsc.deliver(submit.message_id)

    for said in (QUESTION, REFUSAL):
        assert await smsc.text_us(said, sender="821055506001") == 0

    site.dial([("01055506004", "끊는 손님")], hold_ms=1500)

    async def all_over() -> bool:
        numbers = [f"0105550600{n}" for n in range(1, 5)]
        rows = [await site.calls(number) for number in numbers]
        return all(row and all(call["state"] == "ended" for call in row) for row in rows)

    await until(all_over, what="the end of the evening")

    async def both_read() -> bool:
        _, texts = await site.call("GET", "/api/v1/texts")
        return [text["outcome"] for text in texts["items"]] == ["opted_out", "inbox"]

    await until(both_read, what="two texts of the caller's, read")
    _, messages = await site.call("GET", "/api/v1/messages")
    assert {message["state"] for message in messages["items"]} == {"delivered"}


def copy_rows(site: RunningSite, to: Path) -> None:
    """The database of a running site as it is now."""
    to.mkdir(parents=True, exist_ok=True)
    source, target = sqlite3.connect(site.state / "callboard.db"), sqlite3.connect(to / "callboard.db")
    with target:
        source.backup(target)
    source.close()
    target.close()


def order_table(folder: Path) -> list[tuple[Any, ...]]:
    """Orders of calls as rows say them, without times: what was taken from whom, for what, and what became of it."""
    rows = sqlite3.connect(folder / "callboard.db")
    found = rows.execute(
        "select o.id, o.state, o.number, o.customer_id, o.origin_text, o.destination_text, o.fare, o.call_id, c.number,"
        " c.source,"
        " (select count(*) from assignment a where a.order_id = o.id),"
        " (select driver_id from assignment a where a.order_id = o.id)"
        ' from "order" o join call c on c.id = o.call_id order by o.id'
    ).fetchall()
    rows.close()
    return found


def text_table(folder: Path) -> list[tuple[Any, ...]]:
    """What people texted, and what became of it, without times."""
    rows = sqlite3.connect(folder / "callboard.db")
    found = rows.execute(
        "select id, sender, recipient, text, whole, meaning, outcome from incoming_text order by id"
    ).fetchall()
    rows.close()
    return found


def call_table(folder: Path) -> list[tuple[Any, ...]]:
    """Calls without times."""
    rows = sqlite3.connect(folder / "callboard.db")
    found = rows.execute(
        "select id, linkedid, number, presentation, caller_name, state, disposition, operator_id, choice_kind"
        " from call order by id"
    ).fetchall()
    rows.close()
    return found


async def _record() -> None:
    with tempfile.TemporaryDirectory(prefix="cb-evening-") as room:
        cable, smsc = Cable(Path(room) / "cid0"), Smsc()
        await smsc.start()
        file = Path(room) / "evening.jsonl"
        site = RunningSite("--no-calls", "--record", str(file), config=CONFIG.format(box=cable.link, smsc=smsc.port))
        try:
            await site.start()
            await play_evening(site, smsc, cable)
        finally:
            await site.stop()
            await smsc.stop()
            shutil.rmtree(site.state, ignore_errors=True)
        SAMPLE.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, SAMPLE)
        first = json.loads(SAMPLE.read_text().splitlines()[0])
        assert first["callboard"] == "recording"


if __name__ == "__main__":
    asyncio.run(_record())
