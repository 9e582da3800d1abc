"""What panoramisk 1.4 does as it comes, and what our link does instead: the same probe on both, at the same stand-in.

Each test first shows the stock class misbehaving; where that stops being true, the repair can go.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import pickle
from typing import Any

import panoramisk
import pytest
from panoramisk.message import Message as StockMessage

from ami.backlog import Backlog
from ami.errors import LinkLost, LinkSilent, LoginRefused, NotConnected, UnsafeAction
from ami.link import Link
from ami.message import Message
from ami.roster import Roster
from ami.settings import Settings
from tests.ami.both import Ours, Stock, Subject, ours, stock
from tests.ami.peer import Headers, StandInPbx, event, response

NAME = "홍길동"
ORIGINATE: dict[str, str | int] = {
    "Action": "Originate",
    "Channel": "Local/1@c",
    "Exten": "1",
    "Context": "c",
    "Priority": 1,
}


async def has_settled(subject: Subject) -> None:
    """Three questions and answers later, whatever the subject was about to do by itself is done."""
    for _ in range(3):
        await asyncio.wait_for(subject.ask({"Action": "Ping"}), 5)


async def is_back(subject: Stock | Ours, peer: StandInPbx, connections: int = 2) -> None:
    """The subject has connected again and logged in."""
    up = subject.manager if isinstance(subject, Stock) else subject.link
    await peer.until(lambda: peer.connections >= connections and bool(up.authenticated))


# --- A1, P3 ------------------------------------------------------------------------------------------------------------


async def originates_after_a_cut(subject: Stock | Ours, peer: StandInPbx) -> int:
    asked = subject.ask({**ORIGINATE, "Async": "true"})
    await is_back(subject, peer)
    await has_settled(subject)
    asked.cancel()
    with contextlib.suppress(asyncio.CancelledError, LinkLost):
        await asked
    return peer.names().count("Originate")


def cut_at_the_first_originate(headers: Headers, peer: StandInPbx) -> bytes | None:
    if headers["action"] == "Originate" and peer.names().count("Originate") == 1:
        peer.writer.transport.abort()
        return b""
    return None


async def test_an_originate_cut_off_before_its_answer_reaches_the_pbx_once() -> None:
    async with StandInPbx.started(cut_at_the_first_originate) as peer, stock(peer) as subject:
        assert await originates_after_a_cut(subject, peer) == 2
    async with StandInPbx.started(cut_at_the_first_originate) as peer, ours(peer) as subject:
        assert await originates_after_a_cut(subject, peer) == 1


# --- A2 ----------------------------------------------------------------------------------------------------------------


def queues_the_originate(headers: Headers, peer: StandInPbx) -> bytes | None:
    return response(headers, "Message: Originate successfully queued") if headers["action"] == "Originate" else None


async def test_an_originate_without_async_is_answered_and_the_link_stays() -> None:
    async with StandInPbx.started(queues_the_originate) as peer, stock(peer) as subject:
        subject.manager.loop.set_exception_handler(lambda *_: None)
        subject.ask(ORIGINATE)
        await is_back(subject, peer)
        assert peer.connections == 2
    async with StandInPbx.started(queues_the_originate) as peer, ours(peer) as subject:
        [answer] = await subject.ask(ORIGINATE)
        await has_settled(subject)
        assert answer["Message"] == "Originate successfully queued"
        assert peer.connections == 1


# --- A3, P6 ------------------------------------------------------------------------------------------------------------


def raise_on_the_third(subject: Subject) -> None:
    def note(name: str, number: str) -> None:
        subject.heard.append((name, number))
        if number == "3":
            raise RuntimeError("a listener's own problem")

    subject.note = note  # type: ignore[attr-defined]


async def test_a_listener_that_raises_costs_neither_the_other_events_nor_the_link() -> None:
    ten = b"".join(event("TestX", N=number) for number in range(1, 11))
    async with StandInPbx.started() as peer, stock(peer) as subject:
        subject.manager.loop.set_exception_handler(lambda *_: None)
        raise_on_the_third(subject)
        peer.writer.write(ten)
        await is_back(subject, peer)
        assert len(subject.heard) == 3
    async with StandInPbx.started() as peer, ours(peer) as subject:
        raise_on_the_third(subject)
        peer.writer.write(ten)
        await has_settled(subject)
        assert [number for _, number in subject.heard] == [str(number) for number in range(1, 11)]
        assert peer.connections == 1


# --- A4, A5, lists -----------------------------------------------------------------------------------------------------


def lists_and_refusals(headers: Headers, peer: StandInPbx) -> bytes | None:
    name, id_ = headers["action"], headers.get("actionid")
    if name == "QueueAdd":
        return response(headers, "Message: Added interface to queue")
    if name == "QueueStatus":
        return response(headers, "Message: Permission denied", word="Error")
    if name == "OddList":
        items = event("TransferComplete", ActionID=id_) + event("OddItem", ActionID=id_)
        return (
            response(headers, "EventList: start", "Message: will follow")
            + items
            + event("OddEnd", ActionID=id_, EventList="Complete")
        )
    return None


async def answer_to(subject: Subject, action: str) -> int | None:
    """How many messages the answer has; None where it never comes."""
    asked = subject.ask({"Action": action})
    await has_settled(subject)
    if not asked.done():
        asked.cancel()
        return None
    answer = asked.result()
    return len(answer) if isinstance(answer, list) else 1


async def test_queue_add_is_answered() -> None:
    async with StandInPbx.started(lists_and_refusals) as peer, stock(peer) as subject:
        assert await answer_to(subject, "QueueAdd") is None
    async with StandInPbx.started(lists_and_refusals) as peer, ours(peer) as subject:
        assert await answer_to(subject, "QueueAdd") == 1


async def test_a_refused_list_is_answered() -> None:
    async with StandInPbx.started(lists_and_refusals) as peer, stock(peer) as subject:
        asked = subject.manager.send_action({"Action": "QueueStatus"}, as_list=True)
        await has_settled(subject)
        assert not asked.done()
    async with StandInPbx.started(lists_and_refusals) as peer, ours(peer) as subject:
        [answer] = await subject.ask({"Action": "QueueStatus"})
        assert answer["Response"] == "Error"


async def test_a_list_ends_where_asterisk_says_and_not_where_a_name_looks_like_it() -> None:
    async with StandInPbx.started(lists_and_refusals) as peer, stock(peer) as subject:
        assert await answer_to(subject, "OddList") == 2
    async with StandInPbx.started(lists_and_refusals) as peer, ours(peer) as subject:
        assert await answer_to(subject, "OddList") == 4


# --- A6, A7, A19 -------------------------------------------------------------------------------------------------------


async def leftovers_of_200_timeouts(subject: Subject) -> int:
    for _ in range(200):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(subject.ask({"Action": "NeverAnswered"}), 0.002)
    await has_settled(subject)
    return subject.waiting()


async def test_200_actions_without_an_answer_leave_nothing_behind() -> None:
    async with StandInPbx.started() as peer, stock(peer) as subject:
        assert await leftovers_of_200_timeouts(subject) == 200
    async with StandInPbx.started() as peer, ours(peer) as subject:
        assert await leftovers_of_200_timeouts(subject) == 0


async def test_an_action_while_the_link_is_down_is_refused_at_once() -> None:
    async with StandInPbx.started() as peer, stock(peer, reconnect_timeout=60) as subject:
        peer.writer.transport.abort()
        await peer.until(lambda: not subject.manager._connected)
        asked = subject.ask({"Action": "Ping"})
        await asyncio.sleep(0)
        assert not asked.done()
    async with StandInPbx.started() as peer, ours(peer, retry_first_s=60, retry_absent_s=60) as subject:
        peer.writer.transport.abort()
        await peer.until(lambda: not subject.link.connected)
        with pytest.raises(NotConnected):
            await subject.ask({"Action": "Ping"})


async def test_an_action_before_the_first_connection_is_refused_in_words() -> None:
    with pytest.raises(AttributeError):
        panoramisk.Manager(loop=asyncio.get_running_loop()).send_action({"Action": "Ping"})
    with pytest.raises(NotConnected):
        await Link(Settings(), "u", "s").ask({"Action": "Ping"})


async def test_the_callers_fields_are_left_as_they_are() -> None:
    fields: dict[str, Any] = {"Action": "Ping"}
    async with StandInPbx.started() as peer, stock(peer) as subject:
        await subject.manager.send_action(fields, Extra="1")
        assert fields == {"Action": "Ping", "Extra": "1"}
    fields = {"Action": "Ping"}
    async with StandInPbx.started() as peer, ours(peer) as subject:
        await subject.ask(fields)
        assert fields == {"Action": "Ping"}


# --- A8, A10, A20 ------------------------------------------------------------------------------------------------------


async def test_a_wrong_secret_is_told_in_words_and_not_hammered() -> None:
    told: list[LinkLost] = []
    async with StandInPbx.started(secret="right") as theirs, StandInPbx.started(secret="right") as mine:
        manager = panoramisk.Manager(
            host="127.0.0.1", port=theirs.port, username="u", secret="wrong", reconnect_timeout=0
        )
        link = Link(Settings(port=mine.port, retry_first_s=0.01), "u", "wrong")
        kept = asyncio.ensure_future(link.keep(asyncio.Event().wait, told.append))
        connecting = manager.connect()
        await theirs.until(lambda: theirs.connections >= 20)
        manager.loop = type("Closed", (), {"call_later": lambda *_: None, "call_soon": lambda *_: None})()
        await mine.until(lambda: bool(told))
        kept.cancel()
        await connecting
        manager.close()
        assert mine.connections == 1
    assert isinstance(told[0], LoginRefused)
    assert "'u'" in str(told[0])
    assert "Authentication failed" in str(told[0])
    assert "wrong" not in str(told[0])


async def test_nothing_connects_again_after_closing() -> None:
    async with StandInPbx.started() as theirs, StandInPbx.started() as mine:
        manager = panoramisk.Manager(host="127.0.0.1", port=theirs.port, username="u", secret="s", reconnect_timeout=1)
        await manager.connect()
        async with ours(mine, retry_first_s=0.5, retry_absent_s=0.5) as subject:
            for peer in (theirs, mine):
                peer.writer.transport.abort()
            await mine.until(lambda: not subject.link.connected)
        await theirs.until(lambda: not manager._connected)
        manager.close()
        await theirs.until(lambda: theirs.connections == 2)  # a second later, although closed
        assert mine.connections == 1
        manager.close()


async def test_the_secret_does_not_cross_the_wire() -> None:
    async with StandInPbx.started(secret="quite-secret") as peer, stock(peer):
        assert b"quite-secret" in b"".join(peer.raw)
    async with StandInPbx.started(secret="quite-secret") as peer, ours(peer):
        assert b"quite-secret" not in b"".join(peer.raw)


# --- A9, P4 ------------------------------------------------------------------------------------------------------------


def no_pong(headers: Headers, peer: StandInPbx) -> bytes | None:
    return b"" if headers["action"] == "Ping" else None


async def test_a_peer_that_falls_silent_is_dropped_and_pings_do_not_pile_up() -> None:
    async with StandInPbx.started(no_pong) as peer, stock(peer) as subject:
        subject.manager.ping_interval = 0.05
        subject.manager.ping()
        await peer.until(lambda: sum(one["action"] == "Ping" for one in peer.actions) >= 14)
        assert subject.waiting() >= 14
        assert subject.manager._connected
        assert peer.connections == 1
    async with StandInPbx.started(no_pong) as peer, ours(peer, silent_after_s=0.4) as subject:
        waiting = []
        await peer.until(lambda: waiting.append(subject.waiting()) or peer.connections >= 2)  # type: ignore[func-returns-value]
        assert max(waiting) <= 1
        assert "nothing has come from it" in subject.link.reason


async def test_a_peer_that_answers_pings_is_kept() -> None:
    async with StandInPbx.started() as peer, ours(peer, silent_after_s=0.4):
        await peer.until(lambda: sum(one["action"] == "Ping" for one in peer.actions) >= 8)
        assert peer.connections == 1


async def test_a_log_in_that_is_never_answered_is_given_up() -> None:
    def mute(headers: Headers, peer: StandInPbx) -> bytes:
        return b""

    async with StandInPbx.started(mute) as peer:
        with pytest.raises(LinkSilent):
            await Link(Settings(port=peer.port, login_timeout_s=0.1), "u", "s").open()


# --- A12, P2 -----------------------------------------------------------------------------------------------------------


async def names_heard(subject: Stock | Ours, peer: StandInPbx, blob: bytes, cut: int) -> list[str]:
    heard: list[str] = []
    if isinstance(subject, Stock):
        subject.manager.register_event("Newchannel", lambda _manager, found: heard.append(found.calleridname))
    else:
        subject.link.on_event = lambda name, raw: heard.append(Message(raw).name("CallerIDName") or "")
    await has_settled(subject)
    before = subject.manager.protocol if isinstance(subject, Stock) else subject.link.protocol
    fed = before.data_received  # the reads themselves, so that the cut falls where we want it
    fed(blob[:cut])
    fed(blob[cut:])
    return heard


async def test_a_letter_cut_between_two_reads_stays_whole() -> None:
    blob = event("Newchannel", CallerIDName=NAME, Exten=1)
    cut = blob.index(NAME.encode()) + 1
    async with StandInPbx.started() as peer, stock(peer) as subject:
        assert await names_heard(subject, peer, blob, cut) == ["길동"]
    async with StandInPbx.started() as peer, ours(peer) as subject:
        assert await names_heard(subject, peer, blob, cut) == [NAME]


async def test_a_korean_trunks_own_encoding_is_read() -> None:
    blob = event("Newchannel", CallerIDName="#", Exten=1).replace(b"#", NAME.encode("cp949"))
    async with StandInPbx.started() as peer, stock(peer) as subject:
        assert NAME not in await names_heard(subject, peer, blob, len(blob))
    async with StandInPbx.started() as peer, ours(peer) as subject:
        assert await names_heard(subject, peer, blob, len(blob)) == [NAME]


# --- A13, P1 -----------------------------------------------------------------------------------------------------------


async def test_a_line_break_in_a_value_cannot_become_an_action() -> None:
    fields = {
        "Action": "Setvar",
        "Variable": "X",
        "Value": "a\r\n\r\nAction: Originate\r\nApplication: System\r\nData: id",
    }
    async with StandInPbx.started() as peer, stock(peer) as subject:
        subject.ask(fields)
        await has_settled(subject)
        assert peer.names() == ["Setvar", "Originate"]
    async with StandInPbx.started() as peer, ours(peer) as subject:
        with pytest.raises(UnsafeAction):
            await subject.ask(fields)
        await has_settled(subject)
        assert peer.names() == []


# --- A14 ---------------------------------------------------------------------------------------------------------------


async def test_a_stuck_consumer_costs_bounded_memory_and_the_socket_is_drained() -> None:
    storm = b"".join(event("TestX", N=number) for number in range(20_000))
    async with StandInPbx.started() as peer, stock(peer) as subject:
        never = asyncio.Event()

        async def stuck(_manager: object, _event: object) -> None:
            await never.wait()

        before = len(asyncio.all_tasks())
        subject.manager.register_event("TestX", stuck)
        peer.writer.write(storm)
        await peer.writer.drain()
        await has_settled(subject)
        assert len(asyncio.all_tasks()) - before >= 20_000
        never.set()
        await asyncio.sleep(0)
    async with StandInPbx.started() as peer, ours(peer) as subject:
        backlog = Backlog(limit=1_000)
        longest = 0

        def hear(name: str, raw: bytes) -> None:
            nonlocal longest
            backlog.put(name, raw)
            longest = max(longest, len(backlog))

        subject.link.on_event = hear
        before = len(asyncio.all_tasks())
        peer.writer.write(storm)
        await peer.writer.drain()
        await has_settled(subject)
        assert subject.link.events_in == 20_000
        assert longest <= 1_000
        assert len(backlog) + backlog.dropped == 20_000
        assert backlog.torn
        assert len(asyncio.all_tasks()) - before <= 1


async def test_events_are_handed_over_in_order() -> None:
    async with StandInPbx.started() as peer, stock(peer) as subject:
        order: list[int] = []

        async def slow(_manager: object, found: Any) -> None:
            for _ in range(1 + 3 * (int(found.n) % 2 == 0)):
                await asyncio.sleep(0)
            order.append(int(found.n))

        subject.manager.register_event("TestX", slow)
        peer.writer.write(b"".join(event("TestX", N=number) for number in range(8)))
        await peer.until(lambda: len(order) == 8)
        assert order != list(range(8))
    async with StandInPbx.started() as peer, ours(peer) as subject:
        peer.writer.write(b"".join(event("TestX", N=number) for number in range(5_000)))
        await has_settled(subject)
        assert subject.heard == [("TestX", str(number)) for number in range(5_000)]


# --- A15 ---------------------------------------------------------------------------------------------------------------


def test_two_callers_of_one_second_are_two_and_are_forgotten_when_they_go() -> None:
    manager = panoramisk.CallManager()
    lines = [f"Event: Newchannel\r\nChannel: PJSIP/t-{n}\r\nUniqueid: 1700000000.{n}" for n in (1, 2)]
    for line in lines:
        manager.dispatch(StockMessage.from_line(line))
    assert len(manager.calls_queues) == 1
    roster = Roster(Settings())
    for line in lines:
        roster.see(Message(line.encode()))
    assert len(roster.channels) == 2
    for n in (1, 2):
        roster.forget(f"1700000000.{n}")
    assert not roster.channels


# --- A16, A17, A18 -----------------------------------------------------------------------------------------------------


def test_a_header_that_may_repeat_is_always_read_as_a_list() -> None:
    once, twice = "Event: X\r\nChanVariable: A=1", "Event: X\r\nChanVariable: A=1\r\nChanVariable: B=2"
    with pytest.raises(TypeError):
        StockMessage.from_line(once).getdict("ChanVariable")
    assert Message(once.encode()).texts("ChanVariable") == ["A=1"]
    assert Message(twice.encode()).texts("chanvariable") == ["A=1", "B=2"]
    assert Message(b"Event: X").texts("ChanVariable") == []


async def test_an_empty_last_header_is_kept() -> None:
    blob = b"Event: TestX\r\nN: 1\r\nAccountCode: \r\n\r\n"
    seen: list[bool] = []
    async with StandInPbx.started() as peer, stock(peer) as subject:
        subject.manager.register_event("TestX", lambda _manager, found: seen.append("AccountCode" in found))
        peer.writer.write(blob)
        await has_settled(subject)
    async with StandInPbx.started() as peer, ours(peer) as subject:
        subject.link.on_event = lambda name, raw: seen.append("AccountCode" in Message(raw))
        peer.writer.write(blob)
        await has_settled(subject)
    assert seen == [False, True]


def test_a_message_can_be_copied_and_a_misspelt_name_is_an_error() -> None:
    line = "Event: TestX\r\nN: 1"
    with pytest.raises(RecursionError):
        pickle.loads(pickle.dumps(StockMessage.from_line(line)))
    assert StockMessage.from_line(line).callerid_nmae == ""
    ours_ = Message(line.encode())
    assert dict(copy.copy(ours_)) == dict(pickle.loads(pickle.dumps(ours_))) == {"event": "TestX", "n": "1"}
    with pytest.raises(AttributeError):
        ours_.callerid_nmae  # type: ignore[attr-defined]  # noqa: B018
