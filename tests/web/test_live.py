"""The live feed on real sockets: a snapshot, then every delta, in order, without a gap; and who is cut off, and how."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from typing import Any
from unittest.mock import Mock

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from sqlalchemy import update

from desk.call import calls
from desk.events import PartChanged, SessionEnded
from desk.office import people
from models import Operator, WebSession
from tests.site import make_site
from tests.web.conftest import TOKEN, House
from tests.web.live_client import LIMIT_S, Console
from web.middleware import tell_refusals
from web.settings import Settings


async def test_who_connects_gets_the_whole_desk(house: House) -> None:
    call_id = await house.ring()
    order = await house.order()
    console = Console(await house.signed_in())
    snapshot = await console.connect()
    assert [call["id"] for call in snapshot["calls"]] == [call_id]
    assert [one["id"] for one in snapshot["orders"]] == [order["id"]]
    assert snapshot["me"]["login"] == "op"
    assert snapshot["parts"]["ami"]["ok"] is False
    assert snapshot["now"].endswith("Z")
    assert isinstance(snapshot["seq"], int)


async def test_a_call_is_told_from_its_arrival_to_its_end(house: House) -> None:
    console = Console(await house.signed_in())
    await console.connect()
    call_id = await house.ring("010-5550-1234", "김철수", "cb1-7.7")
    for step in (calls.rang, calls.answered):
        async with house.desk.work() as work:
            await step(work, "cb1-7.7", "1001")
    async with house.desk.work() as work:
        await calls.gone(work, "cb1-7.7", "16")
    await console.until("call.ended")
    kinds = [said["type"] for said in console.heard]
    assert kinds == ["call.arrived", "call.identified", "call.ringing", "call.answered", "call.ended"]
    cards = [said["type"] for said in console.heard if "customer" in said["call"]]
    assert cards == ["call.arrived", "call.identified", "call.answered"]
    for said in console.heard:
        assert said["call_id"] == said["call"]["id"] == call_id
        flat = (said["number"], said["name"], said["line"], said["source"], said["linkedid"])
        assert flat == ("+821055501234", "김철수", "15880001", "pbx", "cb1-7.7")
    assert console.calls[call_id]["operator"]["extension"] == "1001"
    assert console.calls[call_id]["disposition"] == "answered"


async def test_a_known_callers_card_comes_with_identified(house: House) -> None:
    order = await house.order(customer_name="단골")
    console = Console(await house.signed_in())
    await console.connect()
    await house.ring("01055501234")
    assert (await console.until("call.arrived"))["call"]["customer"] is None
    card = (await console.until("call.identified"))["call"]["customer"]
    assert card["name"] == "단골"
    assert card["live_order_id"] == order["id"]


async def test_an_order_and_its_messages_are_told(house: House) -> None:
    console = Console(await house.signed_in())
    await console.connect()
    order = await house.order()
    await house.program().api("POST", f"/orders/{order['id']}/assign", {"driver_id": house.site.drivers[0]})
    await console.until("message.changed")
    await console.until("message.changed")
    assert console.orders[order["id"]]["driver"]["id"] == house.site.drivers[0]
    assert {one["audience"] for one in console.messages.values()} == {"customer", "driver"}
    assert {"order.taken", "order.assigned"} <= {said["type"] for said in console.heard}


async def test_a_part_that_fails_is_told(house: House) -> None:
    console = Console(await house.signed_in())
    await console.connect()
    house.desk.bus.tell(PartChanged(house.desk.clock(), "ami", ok=True))
    assert (await console.until("part.changed"))["part"] == "ami"


@pytest.mark.parametrize("engine_name", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def test_fifty_tabs_miss_nothing_however_often_they_come_back(house: House) -> None:
    """Each keeps its own copy; at the end every copy is the desk, and no delta was skipped or doubled on the way.

    Seen failing when a browser joins a moment after its snapshot.
    """
    chance = random.Random(7)
    visitor = house.program()
    consoles = [Console(visitor) for _ in range(50)]
    witness = Console(visitor)
    await witness.connect()
    last: list[int] = []

    async def hear_the_end() -> None:
        last.append((await witness.until("part.changed"))["seq"])

    async def follow(console: Console) -> None:
        await console.connect()
        while not last or console.seq < last[0]:
            if not last and chance.random() < 0.08:
                await console.hang_up()
                await console.connect()
            else:
                await console._read()

    async def work_the_desk() -> None:
        for n in range(12):
            reference = f"cb1-{n}"
            await house.ring(f"0105550{n:04d}", reference=reference)
            for step in (calls.rang, calls.answered):
                async with house.desk.work() as work:
                    await step(work, reference, "1001")
            if n % 2:
                async with house.desk.work() as work:
                    await calls.gone(work, reference, "16")
        house.desk.bus.tell(PartChanged(house.desk.clock(), "the end", ok=True))

    async with asyncio.TaskGroup() as group:
        for console in consoles:
            group.create_task(follow(console))
        group.create_task(hear_the_end())
        group.create_task(work_the_desk())
    async with house.desk.look() as session:
        board = {call.id: call.as_json() for call in await calls.board(session)}
    for console in [witness, *consoles]:
        assert {call_id: console.calls[call_id] for call_id in board} == board
        await console.hang_up()


async def test_what_happens_while_a_snapshot_is_read_follows_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dangerous moment, held open: a call arrives after the snapshot's state and before the snapshot is sent.

    Seen failing when a browser joins a moment after its snapshot.
    """
    import web.live.popups as popups

    begun, go_on = asyncio.Event(), asyncio.Event()
    read = popups.read_snapshot

    async def slow(session: Any, office_id: int, started: asyncio.Event) -> dict[str, Any]:
        content = await read(session, office_id, started)
        begun.set()
        await go_on.wait()
        return content

    monkeypatch.setattr(popups, "read_snapshot", slow)
    console = Console(await house.signed_in())
    connecting = asyncio.create_task(console.connect())
    await begun.wait()
    call_id = await house.ring()
    go_on.set()
    snapshot = await connecting
    assert snapshot["calls"] == []
    said = await console.until("call.arrived")
    assert (said["call_id"], said["seq"]) == (call_id, snapshot["seq"] + 1)


async def test_who_leaves_before_he_is_answered_is_no_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket that is gone when it shall be opened. Seen failing (an error in the log) without its place in `tell_refusals`."""

    async def gone(_: web.Request) -> web.StreamResponse:
        raise ConnectionResetError("Connection lost")

    log = Mock()
    monkeypatch.setattr("web.problems.log", log)
    await tell_refusals(make_mocked_request("GET", "/live"), gone)
    assert log.mock_calls == []


async def test_tabs_that_come_together_share_one_read(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    import web.live.popups as popups

    reads = []
    read = popups.read_snapshot

    async def counted(*args: Any) -> dict[str, Any]:
        reads.append(args)
        return await read(*args)

    monkeypatch.setattr(popups, "read_snapshot", counted)
    consoles = [Console(house.program()) for _ in range(10)]
    await asyncio.gather(*(console.connect() for console in consoles))
    assert len(reads) < 10


async def test_a_restarted_server_is_found_again_with_its_whole_state(house: House) -> None:
    console = Console(await house.signed_in())
    await console.connect()
    call_id = await house.ring()
    await console.until("call.identified")
    stopping = asyncio.create_task(house.restart())
    assert await console.close_code() == 1001
    await stopping
    snapshot = await console.connect()
    assert [call["id"] for call in snapshot["calls"]] == [call_id]
    await house.ring("01055509999", reference="cb1-2")
    await console.until("call.identified")


async def test_a_tab_may_ask_for_everything_again(house: House) -> None:
    console = Console(await house.signed_in())
    await console.connect()
    await console.socket.send_json({"type": "subscribe"})
    await console.snapshot()
    await house.ring()
    await console.until("call.identified")
    assert [said["type"] for said in console.heard] == ["call.arrived", "call.identified"]


async def test_a_ping_is_answered(house: House) -> None:
    console = Console(await house.signed_in())
    await console.connect()
    await console.socket.send_json({"type": "ping"})
    await console.until("pong")


async def test_a_quiet_tab_hears_that_we_live(house: House) -> None:
    console = Console(await house.signed_in())
    await console.connect()
    await console.until("beat")


# --- who does not keep up ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        (Settings(port=0, live_send_timeout_s=3600), "queue"),
        (Settings(port=0, live_send_timeout_s=0.5, live_pending_limit=1_000_000), "timeout"),
    ],
    ids=["too many pending", "too long for one"],
)
async def test_one_frozen_tab_delays_nobody_and_is_cut_off(house: House, why: str) -> None:
    """Seen failing without the queue's limit and the time limit of a write."""
    console = Console(await house.signed_in())
    await console.connect()
    frozen = await _raw_listener(house)
    hub = house.panel.hub
    await _until(lambda: len(hub.browsers) == 2)
    sent = 0
    while len(hub.browsers) == 2:
        house.desk.bus.tell(PartChanged(house.desk.clock(), f"part{sent}", ok=False, reason="x" * 20_000))
        await console.until_part(f"part{sent}")
        sent += 1
        assert sent < 5000, "the frozen tab was never cut off"
    # The healthy one heard each, in order (the console itself refuses a gap), while the other read nothing.
    assert [said["part"] for said in console.heard if "part" in said][-1] == f"part{sent - 1}"
    metrics = (await console.visitor.ask("GET", "/metrics")).raw.decode()
    assert f'callboard_live_cut_total{{why="{why}"}} 1.0' in metrics
    frozen.close()


async def _raw_listener(house: House) -> socket.socket:
    """Shakes hands and then never reads."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, ("127.0.0.1", house.panel.port))
    await loop.sock_sendall(
        raw,
        (
            f"GET /live HTTP/1.1\r\nHost: 127.0.0.1:{house.panel.port}\r\nAuthorization: Bearer {TOKEN}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        ).encode(),
    )
    return raw


async def _until(true: Any) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not true():
            await asyncio.sleep(0.01)


# --- whose right ends ----------------------------------------------------------------------------------------------------


async def test_signing_out_closes_the_sockets_of_that_session_and_no_other(house: House) -> None:
    visitor, other = await house.signed_in(), Console(await house.signed_in("boss"))
    console = Console(visitor)
    await console.connect()
    await other.connect()
    assert (await visitor.api("DELETE", "/session")).status == 204
    assert await console.close_code() == 4001
    await house.ring()
    await other.until("call.arrived")
    assert console.heard == []


async def test_a_session_that_ends_is_shut_out_in_the_same_moment(house: House) -> None:
    """Seen failing with SessionEnded not heeded (web/live/popups.py)."""
    console = Console(await house.signed_in())
    await console.connect()
    [browser] = house.panel.hub.browsers
    assert browser.visitor.session_id is not None
    house.desk.bus.tell(SessionEnded(house.desk.clock(), browser.visitor.session_id))
    assert house.panel.hub.browsers == frozenset()
    assert await console.close_code() == 4001


async def test_a_disabled_person_hears_nothing_more(house: House) -> None:
    console = Console(await house.signed_in())
    await console.connect()
    async with house.desk.work() as work:
        await people.disable(work, house.site.operator_id)
    assert await console.close_code() == 4001


@pytest.mark.parametrize("how", ["session ended", "person disabled", "token taken", "another role", "another office"])
async def test_what_another_process_took_away_acts_here_too(house: House, how: str) -> None:
    """No event is told in this process; the rows alone must be enough.

    Seen failing without `sign_out` in web/live/guard.py; with ended sessions, disabled people and taken tokens not left out
    (desk/office/people.py); and with other rights not compared.
    """
    elsewhere = await make_site(house.desk, drivers=0, did="15889999")
    console = Console(house.program() if how == "token taken" else await house.signed_in())
    await console.connect()
    change = {
        "session ended": update(WebSession).values(ended_at=house.desk.clock()),
        "person disabled": update(Operator).values(disabled_at=house.desk.clock()),
        "another role": update(Operator).where(Operator.login == "op").values(role="admin"),
        "another office": update(Operator).where(Operator.login == "op").values(office_id=elsewhere.office_id),
        "token taken": update(Operator).where(Operator.login == "program").values(token_hash=None),
    }[how]
    async with house.desk.work() as work:
        await work.session.execute(change)
    assert await console.close_code() == 4001


# --- what clients may say ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (b"\x00\x01", 1003),
        ("{", 1007),
        ("[" * 2000, 1007),
        ('{"type":"listen-in"}', 1008),
        ('{"type":"ping","more":1}', 1008),
        ("[]", 1008),
        ("x" * 5000, 1009),
    ],
)
async def test_odd_words_close_the_socket_and_harm_nobody_else(house: House, said: Any, code: int) -> None:
    other = Console(await house.signed_in("boss"))
    await other.connect()
    console = Console(await house.signed_in())
    await console.connect()
    await (console.socket.send_bytes(said) if isinstance(said, bytes) else console.socket.send_str(said))
    assert await console.close_code() == code
    await house.ring()
    await other.until("call.arrived")


async def test_a_flood_closes_the_socket(house: House) -> None:
    """Seen failing without `Flood`."""
    console = Console(await house.signed_in())
    await console.connect()
    with contextlib.suppress(ConnectionError):
        for _ in range(200):
            await console.socket.send_json({"type": "ping"})
    assert await console.close_code() == 1008


async def test_invalid_utf8_closes_the_socket(house: House) -> None:
    console = Console(await house.signed_in())
    await console.connect()
    await console.socket._writer.send_frame(b"\xff\xfe", aiohttp.WSMsgType.TEXT)
    assert await console.close_code() == 1007


# --- who may listen at all -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "https://{host}",
        "http://sub.{host}",
    ],
)
async def test_a_cookie_listens_from_our_own_pages_only(house: House, origin: str | None) -> None:
    visitor = await house.signed_in()
    host = house.base.removeprefix("http://")
    headers = {} if origin is None else {"Origin": origin.format(host=host)}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await visitor.http.ws_connect(house.base + "/live", headers=headers)
    assert refused.value.status == 403


async def test_nobody_listens_without_signing_in(house: House) -> None:
    """Seen failing with "anyone" in the table of routes and at the handler; each of the two is enough alone."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await house.anonymous().listen()
    assert refused.value.status == 401


async def test_a_program_listens_by_its_token(house: House) -> None:
    visitor = house.program()
    console = Console(visitor)
    console.socket = await visitor.http.ws_connect(house.base + "/live")
    await console.snapshot()
