"""Start everything in the foreground; Ctrl-C stops all that was started here, and only that.

Asterisk and callboard's own process (`serve`) run side by side: either may die and is started again while the other goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Sequence
from typing import Any

from callboard.commands.asked import (
    Asked,
    AsteriskOption,
    MaskOption,
    NoCallsOption,
    PortOption,
    RecordOption,
    TradeOption,
)
from callboard.commands.options import (
    DEFAULT_STATE,
    ConfigOption,
    StateOption,
    database_url,
    told_in_words,
)
from callboard.config import Settings
from callboard.core import CoreProcess
from callboard.demo import fill_demo
from callboard.instance import CACHE, Instance, Progress, asterisk_ports, dialplan_site, make_prompts, open_desk
from callboard.logs import set_up_logs
from callboard.pbx import AsteriskProcess, ports_in_use
from callboard.pbx_root import choose
from callboard.ports import refusal
from callboard.state import State, StateError
from callboard.supervisor import Part, Supervisor
from desk.bus import Bus
from desk.events import PartChanged

LONGEST_PAUSE_S = 1.0
"""However often one of the two dies: without them nobody is heard, or nobody sees."""


def run(
    state: StateOption = DEFAULT_STATE,
    http_port: PortOption = None,
    sip_port: PortOption = None,
    ami_port: PortOption = None,
    agi_port: PortOption = None,
    asterisk: AsteriskOption = None,
    no_calls: NoCallsOption = False,
    record: RecordOption = None,
    mask: MaskOption = False,
    trade: TradeOption = None,
    config: ConfigOption = None,
) -> None:
    """Set up what is missing and start callboard."""
    with told_in_words():
        asked = Asked(
            state.absolute(), config, http_port, sip_port, ami_port, agi_port, asterisk, no_calls, record, mask, trade
        )
        folder, settings = State(asked.state), asked.settings()
        folder.claim()
        set_up_logs(folder.log, settings.site.log_level, "run.log")
        asyncio.run(_until_interrupted(_work(folder, settings, asked.arguments())))


async def _until_interrupted(work: Any) -> None:
    progress = Progress()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    task = asyncio.create_task(work)
    interrupted = asyncio.create_task(stop.wait())
    await asyncio.wait({task, interrupted}, return_when=asyncio.FIRST_COMPLETED)
    if not task.done():
        progress.line("stopping")
        task.cancel()
    interrupted.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    progress.line("stopped")


async def _work(state: State, settings: Settings, arguments: Sequence[str]) -> None:
    progress = Progress()
    _refuse_taken_ports(settings)
    engine = await asyncio.to_thread(choose, settings.site.asterisk, CACHE, progress.line)
    # Before prompts and the demo are made, which takes a while: whoever must choose another port is told at once.
    if engine is not None and (taken := ports_in_use(settings.dialplan.sip_address, asterisk_ports(settings))):
        raise StateError("\n".join(taken))
    tools = await make_prompts(state, progress) if engine else None
    desk = await open_desk(database_url(state, settings), Bus())
    try:
        instance = Instance(state, settings, desk, state.secrets(), engine, tools)
        if settings.site.demo:
            await fill_demo(instance, progress)
        site = await dialplan_site(instance)
    finally:
        await desk.engine.dispose()
    process = None
    if site is not None and engine is not None:
        process = AsteriskProcess(engine, site, state.folder, progress.line)
    await _keep_up(process, CoreProcess(arguments), progress)


async def _keep_up(process: AsteriskProcess | None, core: CoreProcess, progress: Progress) -> None:
    bus = Bus()
    bus.on(PartChanged, lambda event: progress.line(f"{event.part}: {event.reason or 'works'}"))
    supervisor = Supervisor(bus)
    try:
        if process is not None:
            await first_try(process, bus, supervisor)
            if process.ready.is_set():
                progress.line(process.engine.warning or f"{process.engine.name} is up")
        supervisor.start(Part("callboard", core.run, LONGEST_PAUSE_S))
        await asyncio.Event().wait()
    finally:
        await supervisor.stop()


async def first_try(process: AsteriskProcess, bus: Bus, supervisor: Supervisor) -> None:
    """Start Asterisk and wait until it is up or has failed once: the panel comes either way, and shows what is missing."""
    failed = asyncio.Event()
    stop_listening = bus.on(PartChanged, lambda _: failed.set())
    supervisor.start(Part("asterisk", process.run, LONGEST_PAUSE_S))
    waiting = [asyncio.create_task(event.wait()) for event in (process.ready, failed)]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop_listening()
        for task in waiting:
            task.cancel()


def _refuse_taken_ports(settings: Settings) -> None:
    wanted = [(settings.web.host, settings.web.port, "the panel", "--http-port")]
    if settings.site.asterisk != "none":
        wanted.append((settings.agi.host, settings.agi.port, "FastAGI", "--agi-port"))
    refused = [sentence for port in wanted if (sentence := refusal(socket.SOCK_STREAM, *port))]
    if refused:
        raise StateError("\n".join(refused))
