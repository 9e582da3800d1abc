"""The bench itself: a history that can be read after a kill, a wire that cuts where it is told, a checker that can say no.

The checker's tests were seen failing with each sentence of tests/faults/checker.py taken out, one at a time; the others without
the cut, the freeze, the line at the begin, the outcome of what was broken off, and the mark of a missed promise.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.faults.checker import check
from tests.faults.history import History
from tests.faults.proxy import Proxy
from tests.faults.table import HOSTILE_PAGE, KNOWN_BEGIN, KNOWN_END, PAGE, _cells, known, main, table, written
from tests.faults.witnesses import Witnesses
from tests.sms.smsc import Submit

AT = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
LATER = AT + timedelta(seconds=40)


def cdr(**changes: str) -> dict[str, str]:
    """One leg as Asterisk accounts for it."""
    return {
        "linkedid": "cb-1.1", "uniqueid": "cb-1.1", "cb_line": "15880001", "cb_number": "01055501234",
        "cb_presentation": "allowed", "channel": "PJSIP/callboard-trunk-00000001",
        "dstchannel": "Local/1001@callboard-operator-1;1", "start": str(AT.timestamp()),
        "end": str(LATER.timestamp()), "disposition": "ANSWERED", **changes,
    }  # fmt: skip


def call(**changes: Any) -> dict[str, Any]:
    """The row of that call."""
    return {"id": 1, "linkedid": "cb-1.1", "source": "pbx", "number": "+821055501234", "state": "ended",
            "disposition": "answered", "arrived_at": AT, "answered_at": AT, "ended_at": LATER, **changes}  # fmt: skip


def assignment(**changes: Any) -> dict[str, Any]:
    """A driver has an order."""
    return {"id": 1, "order_id": 7, "driver_id": 3, "state": "active", "assigned_at": AT, "ended_at": None, **changes}


def text(**changes: Any) -> dict[str, Any]:
    """One text owed."""
    return {"id": 1, "recipient": "+821055501234", "state": "delivered", **changes}


def order(**changes: Any) -> dict[str, Any]:
    """One order."""
    return {"id": 7, "note": None, "state": "completed", **changes}


def posting(account_id: int, amount: int, entry_id: int = 5) -> dict[str, Any]:
    """One side of an entry."""
    return {"entry_id": entry_id, "account_id": account_id, "amount": amount}


WHOLE = Witnesses(
    calls=[call()],
    orders=[order()],
    assignments=[assignment()],
    messages=[text()],
    cdr=[cdr(), cdr(uniqueid="cb-1.2", cb_line="", channel="Local/1001@callboard-operator-1;2", dstchannel="")],
    submits=[Submit("M1", "15880001", "821055501234", 0, 8, 1, b"", 0, 1)],
    accounts=[{"id": 1, "balance": 4_000}, {"id": 2, "balance": -4_000}],
    entries=[{"id": 5, "kind": "call_fee", "order_id": 7}],
    postings=[posting(1, 4_000), posting(2, -4_000)],
)


@pytest.fixture
def told(history: History) -> History:
    """A history to which WHOLE is the right end."""
    with history.doing("operator 1", "order", key="one") as taken:
        taken.ok(order_id=7)
    with history.doing("operator 1", "assign", order_id=7, driver_id=3):
        pass
    with history.doing("screen 1", "look") as look:
        look.ok(shown=[1], rows=[1])
    with history.doing("screen 1", "pops") as pops:
        pops.ok(calls=[1])
    return history


def test_a_whole_end_breaks_no_promise(told: History) -> None:
    assert check(told, WHOLE, texts_are_final=True) == []


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (replace(WHOLE, calls=[]), "N1"),
        (replace(WHOLE, calls=[call(), call(id=2)]), "N1"),
        (replace(WHOLE, calls=[call(number=None)]), "N1"),
        (replace(WHOLE, calls=[call(state="answered", ended_at=None)]), "N1"),
        (replace(WHOLE, calls=[call(ended_at=AT)]), "N1"),
        (replace(WHOLE, calls=[call(arrived_at=LATER)]), "N1"),
        (replace(WHOLE, calls=[call(disposition="lost")]), "N1"),
        (replace(WHOLE, calls=[call(disposition="pbx_restart")]), "N1"),
        (replace(WHOLE, calls=[call(), call(linkedid="cb-1.9")]), "N1"),
        (replace(WHOLE, calls=[call(answered_at=None)]), "N1"),
        (
            replace(
                WHOLE,
                calls=[call(disposition="abandoned", answered_at=None)],
                cdr=[cdr(cb_presentation="withheld", dstchannel="")],
            ),
            "N1",
        ),
        (replace(WHOLE, orders=[], entries=[], postings=[], accounts=[]), "N2"),
        (replace(WHOLE, orders=[order(note="once:a"), order(id=8, note="once:a")]), "N2"),
        (replace(WHOLE, assignments=[]), "N2"),
        (replace(WHOLE, messages=[text(state="sending")]), "N3"),
        (replace(WHOLE, submits=WHOLE.submits * 2), "N3"),
        (replace(WHOLE, postings=[posting(1, 4_000), posting(2, -3_999)], accounts=[]), "N5"),
        (replace(WHOLE, postings=[], accounts=[]), "N5"),
        (replace(WHOLE, accounts=[{"id": 1, "balance": 4_001}]), "N5"),
        (replace(WHOLE, orders=[order(state="cancelled")]), "N5"),
        (replace(WHOLE, assignments=[assignment(), assignment(id=2, driver_id=4)]), "N4"),
        (replace(WHOLE, assignments=[assignment(), assignment(id=2, order_id=8)]), "N4"),
    ],
)
def test_each_broken_promise_is_said_by_its_name(told: History, broken: Witnesses, promise: str) -> None:
    violations = check(told, broken, texts_are_final=True)
    assert [violation[:2] for violation in violations] == [promise]


@pytest.mark.parametrize(
    ("what", "details", "promise"),
    [
        ("order", {"order_id": 8, "key": "two"}, "N2"),
        ("look", {"shown": [1], "rows": [1, 2]}, "N6"),
        ("pops", {"calls": [1, 1]}, "N6"),
    ],
)
def test_what_a_person_was_told_is_held_against_the_rows(
    told: History, what: str, details: dict[str, Any], promise: str
) -> None:
    with told.doing("operator 2", what) as operation:
        operation.ok(**details)
    assert [violation[:2] for violation in check(told, WHOLE)] == [promise]


def test_what_a_killed_asterisk_does_not_account_for_is_told_so_and_as_nothing_else(told: History) -> None:
    killed = replace(WHOLE, calls=[call(), call(linkedid="cb-1.9", disposition="pbx_restart")])
    with told.doing("asterisk", "restart"):
        pass
    assert check(told, killed) == []
    killed.calls[1]["disposition"] = "abandoned"
    assert [violation[:2] for violation in check(told, killed)] == ["N1"]


def test_one_key_that_made_two_orders_is_found(told: History) -> None:
    with told.doing("operator 1", "order", key="one") as taken:
        taken.ok(order_id=8)
    assert any("the key one" in violation for violation in check(told, replace(WHOLE, orders=[order(), order(id=8)])))


def test_what_was_cut_off_may_be_there_or_not(told: History) -> None:
    with pytest.raises(ConnectionError), told.doing("operator 2", "order", order_id=99):
        raise ConnectionError
    assert told.operations[-1].outcome == "unknown"
    assert check(told, WHOLE) == []


def test_a_history_can_be_read_as_far_as_it_came(tmp_path: Path) -> None:
    history = History(tmp_path / "history.jsonl")
    with history.doing("caller 1", "call", number="01055501234") as outer:
        lines = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
        outer.fail("busy")
    assert [(line["word"], line["what"]) for line in lines] == [("begin", "call")]
    assert history.of("call", "fail") == [outer]


def test_a_figure_over_its_promise_is_marked_as_missed() -> None:
    told = {"row": "A10", "name": "back", "unit": "s", "promise": 3}
    first = {**told, "row": "A2", "name": "seen", "promise": None, "value": 9.0}
    lines = [json.dumps(one) for one in ({**told, "value": 2.5}, {**told, "value": 3.5}, first)]
    assert table(lines).splitlines()[2:] == [
        "| A2 | seen | 1 | 9 s | 9 s | 9 s |  |",
        "| A10 | back | 2 | 3 s | 3.5 s | 3.5 s | 3 s **(missed)** |",
    ]


KNOWN = f"""{KNOWN_BEGIN}
| row | figure, as it begins | no worse than | why |
| --- | --- | --- | --- |
| A10 | back | 4 s | the machine starts a program for each of them |
{KNOWN_END}"""


@pytest.mark.parametrize(
    ("changes", "ends"),
    [
        ({"value": 2.9}, 0),
        ({"value": 3.5}, 0),
        ({"value": 3.5, "row": "A1"}, 1),
        ({"value": 3.5, "name": "once back"}, 1),
        ({"value": 4.1}, 1),
        ({"value": 4.1, "counts": "fast"}, 0),
        ({"value": 9, "promise": None}, 0),
    ],
)
def test_a_full_run_that_misses_a_promise_fails_unless_the_miss_is_known(
    changes: dict[str, Any], ends: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing with misses told only, and with every known name excused however far it missed."""
    told = {"row": "A10", "name": "back after 3 s", "unit": "s", "promise": 3, "counts": "full", **changes}
    (tmp_path / "figures").write_text(json.dumps(told) + "\n", encoding="utf-8")
    (tmp_path / "promises.md").write_text(KNOWN, encoding="utf-8")
    monkeypatch.setattr("tests.faults.table.PAGE", tmp_path / "promises.md")
    assert main([str(tmp_path / "figures")]) == ends


def test_the_known_misses_of_the_page_have_reasons_and_its_own_figures_pass() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert len(known(page)) < 5
    shown = [line for line in page.splitlines() if line.endswith("**(missed)** |")]
    unknown = [line for line in shown if not any(_cells(line)[1].startswith(one.name) for one in known(page))]
    assert unknown == []


def test_the_figures_of_the_hostile_corpus_have_a_page_of_their_own() -> None:
    """Seen failing with a page that has no marks."""
    page = HOSTILE_PAGE.read_text(encoding="utf-8")
    assert "| F2 | fields | 1 |" in written(page, "| F2 | fields | 1 |")


@pytest.fixture
async def echo() -> Any:
    """A server that says back what it hears."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1000):
            writer.write(data)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.mark.parametrize(("way", "heard"), [("up", b"0123"), ("down", b"0123")])
async def test_the_wire_is_cut_after_just_so_many_bytes(echo: int, way: Any, heard: bytes) -> None:
    async with Proxy(echo) as wire:
        wire.cut_after(4, way)
        reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
        writer.write(b"0123456789")
        with pytest.raises(ConnectionResetError):
            await reader.readexactly(10)
        assert wire.carried[way] == len(heard)
        writer.close()


async def test_a_frozen_wire_carries_everything_later_and_in_order(echo: int, count: Callable[[int, int], int]) -> None:
    async with Proxy(echo) as wire:
        wire.split_at = 3
        reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
        await wire.connected(1)
        wire.freeze()
        writer.write(b"0123456789")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.2)
        wire.thaw()
        assert await reader.readexactly(10) == b"0123456789"
        writer.close()
