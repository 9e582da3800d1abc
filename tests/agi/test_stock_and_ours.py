"""The same probe on panoramisk's own FastAGI classes, which fail it, and on ours, which pass. F1 to F14 of our list."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from agi import protocol
from agi.errors import AGIAppError, AGIHangup, AGIUsageError
from agi.protocol import Reply
from tests.agi.peer import BLOCK, STOCK_BLOCK, TOKEN, connected, converse, header_block, ours, serving, stock

CHECKOUT = Path(__file__).parents[2]

# Prints "alive" after one connection was opened and closed, or never.
SPIN = """
import asyncio, sys
sys.path.insert(0, {checkout!r})
from panoramisk import fast_agi
from agi.server import Application
from agi.settings import Settings

async def main():
    application = {application}
    server = await asyncio.start_server(application.handler, "127.0.0.1", 0)
    _, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
    writer.close()
    await asyncio.sleep(0.5)
    print("alive", flush=True)

asyncio.run(main())
"""


def after_connect_and_close(application: str, limit_s: float) -> str:
    """What a process says that serves with `application` and is port-checked once, within `limit_s`."""
    code = SPIN.format(checkout=str(CHECKOUT), application=application)
    try:
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=limit_s, check=False
        ).stdout
    except subprocess.TimeoutExpired:
        return "frozen"


def test_f1_connect_and_close_freezes_stock() -> None:
    assert after_connect_and_close("fast_agi.Application(loop=asyncio.get_running_loop())", 10) == "frozen"


def test_f1_connect_and_close_does_not_touch_ours() -> None:
    assert after_connect_and_close(f"Application(Settings(), {TOKEN!r})", 90).strip() == "alive"


class Said:
    """What an endpoint learnt: the value of each step or the error that it raised."""

    def __init__(self, *commands: str) -> None:
        self.commands = commands
        self.learnt: list[Any] = []

    async def stock(self, request: Any) -> None:
        """Run the commands as panoramisk's users do."""
        for command in self.commands:
            try:
                self.learnt.append(await request.send_command(command))
            except Exception as error:  # noqa: BLE001 -- the probe wants to see whatever it is
                self.learnt.append(error)

    async def ours(self, request: Any) -> None:
        """Run the same with our verbs."""
        for command in self.commands:
            name, _, argument = command.partition('"')
            try:
                self.learnt.append(await request.command(name.strip(), *([argument.rstrip('"')] if argument else [])))
            except Exception as error:  # noqa: BLE001 -- as above
                self.learnt.append(error)


HUNG_UP = (
    b"HANGUP\n200 result=-1 endpos=4000\n",
    b"511 Command Not Permitted on a dead channel or intercept routine\n",
)


async def test_f2_hangup_is_taken_for_the_reply_by_stock() -> None:
    said = Said("STREAM FILE", "GET VARIABLE", "VERBOSE")
    await converse(stock(said.stock), STOCK_BLOCK, HUNG_UP[0], HUNG_UP[1], b"200 result=1\n")
    assert "AGIResultHangup" in str(said.learnt[0])
    assert "AGIAppError" in str(said.learnt[1]), "the second command got the reply to the first"
    assert "511" in str(said.learnt[2]), "the third command got the reply to the second"


async def test_f2_hangup_is_a_mark_for_ours() -> None:
    said = Said("STREAM FILE", "GET VARIABLE")
    await converse(ours(said.ours), BLOCK, HUNG_UP[0])
    assert [type(learnt) for learnt in said.learnt] == [AGIHangup, AGIHangup]


async def test_f2_what_comes_with_a_hangup_still_reaches_those_who_ask() -> None:
    learnt: list[Reply] = []

    async def endpoint(request: Any) -> None:
        learnt.append(await request.try_command("RECORD FILE", "x", "wav"))
        assert request.hung_up

    await converse(ours(endpoint), BLOCK, b"HANGUP\n200 result=-1 (hangup) endpos=24000\n")
    assert (learnt[0].failed, learnt[0].value, learnt[0].endpos) == (True, "hangup", 24000)


async def test_f3_a_closed_socket_is_a_value_error_for_stock() -> None:
    said = Said("ANSWER")
    await converse(stock(said.stock), STOCK_BLOCK, b"")
    assert isinstance(said.learnt[0], ValueError)


async def test_f3_a_closed_socket_is_a_hangup_for_ours() -> None:
    said = Said("ANSWER")
    await converse(ours(said.ours), BLOCK, b"")
    assert isinstance(said.learnt[0], AGIHangup)


USAGE = b"520-Invalid command syntax.  Proper usage follows:\nUsage: ANSWER\n Answers channel\n more\n520 End of proper usage.\n"


async def test_f4_a_usage_block_desynchronises_stock() -> None:
    said = Said("ANSWER", "NOOP")
    await converse(stock(said.stock), STOCK_BLOCK, USAGE, b"200 result=0\n")
    assert isinstance(said.learnt[1], ValueError)


async def test_f4_a_usage_block_is_read_whole_by_ours() -> None:
    said = Said("ANSWER", "NOOP")
    await converse(ours(said.ours), BLOCK, USAGE, b"200 result=0\n")
    assert isinstance(said.learnt[0], AGIUsageError)
    assert "Answers channel" in str(said.learnt[0])
    assert said.learnt[1].result == "0"


CUT_NAME = header_block("probe", agi_calleridname="NAME").replace(b"NAME", "홍길동".encode()[:-1])


async def test_f5_a_name_cut_inside_a_letter_drops_the_call_on_stock() -> None:
    said = Said("ANSWER")
    with pytest.raises(UnicodeDecodeError):
        await _handled(stock(said.stock), CUT_NAME)
    assert said.learnt == []


async def test_f5_a_name_cut_inside_a_letter_is_a_name_for_ours() -> None:
    said = Said("ANSWER")
    await converse(ours(said.ours), CUT_NAME, b"200 result=0\n")
    assert said.learnt[0].result == "0"


async def _handled(application: Any, block: bytes) -> None:
    """Hand one block to a handler directly, so that what it raises can be seen."""
    reader = asyncio.StreamReader()
    reader.feed_data(block)
    await application.handler(reader, _NoWriter())


class _NoWriter:
    def get_extra_info(self, _: str) -> None:
        return None


async def test_f6_the_word_hangup_as_a_value_is_a_hangup_for_stock() -> None:
    said = Said('GET VARIABLE "A"')
    await converse(stock(said.stock), STOCK_BLOCK, b"200 result=1 (hangup)\n")
    assert "AGIResultHangup" in str(said.learnt[0])


async def test_f6_the_word_hangup_as_a_value_is_a_value_for_ours() -> None:
    said = Said('GET VARIABLE "A"')
    await converse(ours(said.ours), BLOCK, b"200 result=1 (hangup)\n")
    assert said.learnt[0].value == "hangup"


async def test_f7_a_failure_and_a_dead_channel_look_alike_neither_right_on_stock() -> None:
    said = Said("STREAM FILE", "STREAM FILE")
    await converse(stock(said.stock), STOCK_BLOCK, b"200 result=-1\n", b"511 Command Not Permitted on a dead channel\n")
    assert "AGIAppError" in str(said.learnt[0])
    assert "AGIUnknownError" in str(said.learnt[1])


async def test_f7_a_failure_and_a_dead_channel_are_told_apart_by_ours() -> None:
    said = Said("STREAM FILE", "STREAM FILE")
    await converse(ours(said.ours), BLOCK, b"200 result=-1\n", b"511 Command Not Permitted on a dead channel\n")
    assert [type(learnt) for learnt in said.learnt] == [AGIAppError, AGIHangup]


async def fails(_: Any) -> None:
    raise RuntimeError("a flow with a defect")


async def test_f8_a_flow_that_fails_is_a_success_for_the_dialplan_on_stock() -> None:
    assert await converse(stock(fails), STOCK_BLOCK) == [b""]


async def test_f8_a_flow_that_fails_is_said_to_asterisk_by_ours() -> None:
    assert await converse(ours(fails), BLOCK) == [b"FAILURE\n"]


async def waits(_: Any) -> None:
    await asyncio.sleep(3600)


async def test_f9_a_cancelled_call_is_swallowed_by_stock() -> None:
    assert not await _cancelled(stock(waits), STOCK_BLOCK)


async def test_f9_a_cancelled_call_is_cancelled_on_ours_and_asterisk_is_told() -> None:
    assert await _cancelled(ours(waits), BLOCK)


async def _cancelled(application: Any, block: bytes) -> bool:
    """Whether the task of a running call, once cancelled, ends as cancelled."""
    before = asyncio.all_tasks()
    async with serving(application) as port, connected(port) as peer:
        peer.send(block)
        async with asyncio.timeout(20):
            while not (running := [task for task in asyncio.all_tasks() - before if "handler" in repr(task)]):
                await asyncio.sleep(0)
            await asyncio.sleep(0.1)
            running[0].cancel()
            await asyncio.wait(running)
        if told := await peer.rest():
            assert told == b"FAILURE\n"
        return running[0].cancelled()


async def test_f10_a_query_hides_the_route_from_stock() -> None:
    said = Said("ANSWER")
    await converse(stock(said.stock), header_block("probe?lang=ko"))
    assert said.learnt == []


async def test_f10_a_query_is_cut_from_the_route_by_ours() -> None:
    said = Said("ANSWER")
    await converse(ours(said.ours), header_block("probe?lang=ko"), b"200 result=0\n")
    assert len(said.learnt) == 1


async def test_f11_half_a_block_is_kept_open_for_ever_by_stock() -> None:
    assert not await _closed_by_server(stock(fails), b"agi_network: yes\n", 1.0)


async def test_f11_half_a_block_is_given_up_by_ours() -> None:
    assert await _closed_by_server(ours(fails, header_seconds=0.2), b"agi_network: yes\n", 20.0)


async def test_f11_a_block_without_an_end_is_never_refused_by_stock() -> None:
    assert not await _closed_by_server(stock(fails), b"agi_x: " + b"y" * 30_000 + b"\n", 1.0, times=3)


async def test_f11_a_block_without_an_end_is_refused_by_ours() -> None:
    assert await _closed_by_server(ours(fails), b"agi_x: " + b"y" * 30_000 + b"\n", 4.0, times=3)


async def test_f11_one_byte_at_a_time_does_not_hold_ours() -> None:
    application = ours(fails, header_seconds=0.5)
    async with serving(application) as port, connected(port) as peer:
        started = time.monotonic()
        closed = asyncio.create_task(peer.rest())
        while not closed.done() and time.monotonic() < started + 20:
            peer.send(b"a")
            await asyncio.sleep(0.05)
        assert closed.done()


async def _closed_by_server(application: Any, data: bytes, limit: float, times: int = 1) -> bool:
    async with serving(application) as port, connected(port) as peer:
        for _ in range(times):
            peer.send(data)
        try:
            async with asyncio.timeout(limit):
                await peer.rest()
        except TimeoutError:
            return False
        return True


INJECTED = 'x"\nSET VARIABLE "IVR_DONE" "1'


async def test_f12_a_line_break_in_an_argument_is_a_second_command_on_stock() -> None:
    said = Said(f'NOOP "{INJECTED}"')
    (first, rest) = await converse(stock(said.stock), STOCK_BLOCK, b"200 result=0\n")
    assert (first + rest).count(b"\n") == 2


async def test_f12_an_argument_is_one_argument_on_ours() -> None:
    async def endpoint(request: Any) -> None:
        await request.command("NOOP", INJECTED)

    (first, rest) = await converse(ours(endpoint), BLOCK, b"200 result=0\n")
    assert first == b'NOOP "x\\" SET VARIABLE \\"IVR_DONE\\" \\"1"\n'
    assert rest == b""


async def test_f12_a_ready_made_command_of_two_lines_is_refused_by_ours() -> None:
    said = Said(f'NOOP "{INJECTED}"')
    assert await converse(ours(said.stock), BLOCK) == [b""]
    assert isinstance(said.learnt[0], ValueError)


async def test_f12_a_command_longer_than_asterisk_takes_is_refused_by_ours() -> None:
    async def endpoint(request: Any) -> None:
        with pytest.raises(ValueError, match="longer"):
            await request.command("NOOP", "x" * 2000)

    assert await converse(ours(endpoint), BLOCK) == [b""]


async def test_f13_the_word_timeout_is_lost_by_stock() -> None:
    said = Said("RECORD FILE")
    await converse(stock(said.stock), STOCK_BLOCK, b"200 result= (timeout)\n")
    assert "timeout" not in str(said.learnt[0].get("result"))


async def test_f13_the_word_timeout_is_read_by_ours() -> None:
    said = Said("RECORD FILE")
    await converse(ours(said.ours), BLOCK, b"200 result= (timeout)\n")
    assert said.learnt[0] == Reply(200, "", "timeout", None, "result= (timeout)")


async def test_f14_trying_is_not_the_reply_on_either() -> None:
    for application, block in ((stock, STOCK_BLOCK), (ours, BLOCK)):
        said = Said("GOSUB")
        method = said.stock if application is stock else said.ours
        await converse(application(method), block, b"100 result=0 Trying...\n200 result=0 Gosub complete\n")
        assert not isinstance(said.learnt[0], Exception)


async def test_a_caller_without_a_value_for_each_key_keeps_the_first() -> None:
    block = BLOCK.removesuffix(b"\n") + b"agi_uniqueid: forged\nagi_network_script: other\n\n"
    assert protocol.parse_headers(block)["agi_uniqueid"].startswith("cb12ab34cd")
    assert protocol.parse_headers(block)["agi_network_script"].startswith("probe")
