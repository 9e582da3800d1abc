"""What every conversation keeps, whatever its caller or the desk does: it ends, and the call goes on to the queue."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from agi import flows
from agi.sounds import Sounds
from desk import plugins
from desk.errors import NotFound
from tests.agi.caller import Caller, Held, flow_block, hold, server_of
from tests.agi.conftest import sounds as sounds
from tests.agi.noted_desk import NotedDesk

FLOWS = plugins.names(flows)
PLACES = ((11, "강남역 10번 출구"), (12, "판교역"), (13, '수원 <시청> "앞"\n0'))
LONGEST = 120
WAYS = ("eof", "hangup", "failed")


@pytest.fixture(params=[0, 1, 3])
def places(request: pytest.FixtureRequest) -> Iterator[tuple[tuple[int, str], ...]]:
    """How many usual places the caller has."""
    return PLACES[: request.param]


async def held(flow: str, desk: NotedDesk, caller: Caller, sounds: Sounds, recordings: Path) -> Held:
    """One conversation on a server of its own."""
    async with server_of(desk, sounds, recordings, flows=(flow,)) as server:
        return await hold(server.port or 0, flow_block(flow), caller.answer)


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize(
    "keys", ["", "0", "1", "2", "3", "9", "*", "99", "999", "98*7" * 50, "9 1", "#1", "A1", "1" * 200]
)
async def test_any_keys_end_in_the_queue_with_our_mark(
    flow: str, keys: str, places: tuple[tuple[int, str], ...], sounds: Sounds, tmp_path: Path
) -> None:
    desk = NotedDesk(places=places)
    conversation = await held(flow, desk, Caller(keys), sounds, tmp_path)
    assert conversation.whole
    assert len(desk.choices) == 1


@pytest.mark.parametrize("flow", FLOWS)
async def test_no_verb_outlasts_its_timer(
    flow: str, places: tuple[tuple[int, str], ...], sounds: Sounds, tmp_path: Path
) -> None:
    for keys in ("", "9 ", "1"):
        conversation = await held(flow, NotedDesk(places=places), Caller(keys), sounds, tmp_path)
        assert conversation.unguarded(sounds) == []
        assert b'SET AUTOHANGUP "0"\n' not in conversation.commands


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("flow", FLOWS)
async def test_a_hang_up_at_any_step_ends_the_conversation_and_leaves_no_task(
    flow: str, way: str, places: tuple[tuple[int, str], ...], sounds: Sounds, tmp_path: Path
) -> None:
    async with server_of(NotedDesk(places=places), sounds, tmp_path, flows=(flow,)) as server:
        before = asyncio.all_tasks()
        for step in range(1, LONGEST):
            caller = Caller("9", hangs_up_at=step, way=way)
            conversation = await hold(server.port or 0, flow_block(flow), caller.answer)
            assert len(conversation.commands) <= step + 3
            if not caller.gone:
                break
        else:
            pytest.fail("the conversation is longer than any caller's patience")
        async with asyncio.timeout(20):
            while asyncio.all_tasks() - before:
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("where", ["greeting", "choose"])
@pytest.mark.parametrize(
    "error", [RuntimeError("database is locked"), NotFound("no such call"), TimeoutError(), OSError(28, "full")]
)
async def test_a_desk_that_fails_loses_no_caller(
    flow: str, where: str, error: Exception, places: tuple[tuple[int, str], ...], sounds: Sounds, tmp_path: Path
) -> None:
    desk = NotedDesk(places=places, error=error, where=frozenset({where}))
    conversation = await held(flow, desk, Caller("1"), sounds, tmp_path)
    assert conversation.whole or conversation.failed


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("where", ["greeting", "choose"])
async def test_a_desk_that_is_slow_is_not_waited_for(
    flow: str, where: str, places: tuple[tuple[int, str], ...], sounds: Sounds, tmp_path: Path
) -> None:
    desk = NotedDesk(places=places, slow=3600, where=frozenset({where}))
    conversation = await held(flow, desk, Caller("1"), sounds, tmp_path)
    assert conversation.whole or conversation.failed


@pytest.mark.parametrize("flow", FLOWS)
@pytest.mark.parametrize("language", ["ko", "en", "xx"])
async def test_a_caller_is_spoken_to_in_his_language_or_in_english(
    flow: str, language: str, places: tuple[tuple[int, str], ...], sounds: Sounds, tmp_path: Path
) -> None:
    desk = NotedDesk(places=places, language=language)
    conversation = await held(flow, desk, Caller("0"), sounds, tmp_path)
    spoken = [line for line in conversation.commands if line.startswith(b"STREAM FILE")]
    assert spoken
    assert all(f"/{'en' if language == 'xx' else language}/callboard/".encode() in line for line in spoken)


@pytest.mark.parametrize("flow", FLOWS)
async def test_without_any_sound_the_caller_still_reaches_the_queue(
    flow: str, places: tuple[tuple[int, str], ...], tmp_path: Path
) -> None:
    conversation = await held(flow, NotedDesk(places=places), Caller(""), Sounds(tmp_path), tmp_path)
    assert conversation.whole


def test_every_flow_is_a_plug_in_with_a_way_to_run_it() -> None:
    assert "welcome" in FLOWS
    assert all(callable(plugins.load(flows, name).run) for name in FLOWS)
