"""callboard's own parts without Asterisk: what `run` keeps up beside it, and what a service manager starts in production."""

from __future__ import annotations

import asyncio

import typer

from callboard.commands.asked import Asked, AsteriskOption, MaskOption, NoCallsOption, PortOption, RecordOption
from callboard.commands.options import DEFAULT_STATE, ConfigOption, StateOption, database_url, told_in_words
from callboard.config import Settings
from callboard.core import until_told_to_stop
from callboard.demo import show_logins
from callboard.instance import ROOT, Instance, Progress, open_desk
from callboard.logs import set_up_logs
from callboard.loop_watch import let_threads_take_turns, spare_what_is_loaded
from callboard.prompts import PromptError, find_tools
from callboard.state import State
from callboard.supervisor import Supervisor
from callboard.taping import start_tape, tape_parts
from callboard.wiring import World, wire
from desk.bus import Bus
from desk.events import PartChanged
from desk.keeping.claim import Claim


def serve(
    state: StateOption = DEFAULT_STATE,
    http_port: PortOption = None,
    sip_port: PortOption = None,
    ami_port: PortOption = None,
    agi_port: PortOption = None,
    asterisk: AsteriskOption = None,
    no_calls: NoCallsOption = False,
    record: RecordOption = None,
    mask: MaskOption = False,
    config: ConfigOption = None,
) -> None:
    """Start callboard's own parts; Asterisk is started by `run` or by the system."""
    with told_in_words():
        asked = Asked(
            state.absolute(), config, http_port, sip_port, ami_port, agi_port, asterisk, no_calls, record, mask
        )
        folder, settings = State(asked.state), asked.settings()
        folder.claim("serve.lock")
        set_up_logs(folder.log, settings.site.log_level)
        asyncio.run(_serve(folder, settings, asked))


async def _serve(state: State, settings: Settings, asked: Asked) -> None:
    let_threads_take_turns()
    progress = Progress()
    bus = Bus()
    desk = await open_desk(database_url(state, settings), bus)
    claim = Claim(desk.engine)
    await claim.take()
    try:
        tools = find_tools(ROOT)
    except PromptError:
        tools = None
    instance = Instance(state, settings, desk, state.secrets(), None, tools)
    tape = await start_tape(instance, asked.record, mask=asked.mask) if asked.record else None
    wired = wire(instance, World(recorder=tape) if tape else None)
    bus.on(PartChanged, lambda event: progress.line(f"{event.part}: {event.reason or 'works'}"))
    supervisor = Supervisor(bus)
    try:
        for part in (*wired.parts, *(tape_parts(tape, desk) if tape else ())):
            supervisor.start(part)
        told = asyncio.create_task(_say_when_ready(instance, wired.panel.started, progress))
        await _until_stopped(claim)
        told.cancel()
    finally:
        await supervisor.stop()
        await claim.release()
        await desk.engine.dispose()
        if tape is not None:
            await asyncio.to_thread(tape.close)


async def _until_stopped(claim: Claim) -> None:
    """Come back when we are told to stop. Raises DatabaseInUse when another callboard has taken the database."""
    stopped, keeping = asyncio.create_task(until_told_to_stop()), asyncio.create_task(claim.keep())
    await asyncio.wait((stopped, keeping), return_when=asyncio.FIRST_COMPLETED)
    for task in (stopped, keeping):
        task.cancel()
    await asyncio.gather(stopped, keeping, return_exceptions=True)
    if not keeping.cancelled():
        keeping.result()


async def _say_when_ready(instance: Instance, started: asyncio.Event, progress: Progress) -> None:
    await started.wait()
    spare_what_is_loaded()
    progress.line("callboard is ready")
    show_logins(instance, typer.echo)
