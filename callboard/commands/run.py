"""Start everything in the foreground; Ctrl-C stops all that was started here, and only that."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from typing import Annotated, Any

import typer

from callboard.commands.options import (
    DEFAULT_STATE,
    ConfigOption,
    StateOption,
    database_url,
    settings_for,
    told_in_words,
)
from callboard.config import Settings
from callboard.demo import fill_demo, show_logins
from callboard.instance import CACHE, Instance, Progress, dialplan_site, make_prompts, open_desk
from callboard.logs import set_up_logs
from callboard.pbx import AsteriskProcess, ports_in_use
from callboard.pbx_root import choose
from callboard.state import State, StateError
from callboard.supervisor import Supervisor
from callboard.wiring import wire
from desk.bus import Bus
from desk.events import PartChanged

Port = Annotated[int | None, typer.Option(min=1, max=65535)]


def run(
    state: StateOption = DEFAULT_STATE,
    http_port: Port = None,
    sip_port: Port = None,
    ami_port: Port = None,
    agi_port: Port = None,
    asterisk: Annotated[str | None, typer.Option(help="auto, system, private or none.")] = None,
    no_calls: Annotated[bool, typer.Option("--no-calls", help="No demo callers.")] = False,
    config: ConfigOption = None,
) -> None:
    """Set up what is missing and start callboard."""
    site: dict[str, Any] = {"sip_port": sip_port, "asterisk": asterisk, "demo_calls": False if no_calls else None}
    overrides = {
        "site": {key: value for key, value in site.items() if value is not None},
        "web": {} if http_port is None else {"port": http_port},
        "ami": {} if ami_port is None else {"port": ami_port},
        "agi": {} if agi_port is None else {"port": agi_port},
    }
    with told_in_words():
        folder = State(state.absolute())
        settings = settings_for(folder, config, {name: values for name, values in overrides.items() if values})
        folder.claim()
        set_up_logs(folder.log, settings.site.log_level)
        asyncio.run(_run(folder, settings))


async def _run(state: State, settings: Settings) -> None:
    progress = Progress()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    work = asyncio.create_task(_work(state, settings, progress, stop))
    interrupted = asyncio.create_task(stop.wait())
    await asyncio.wait({work, interrupted}, return_when=asyncio.FIRST_COMPLETED)
    if not work.done():
        progress.line("stopping")
        work.cancel()
    interrupted.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
    progress.line("stopped")


async def _work(state: State, settings: Settings, progress: Progress, stop: asyncio.Event) -> None:
    _refuse_taken_ports(settings)
    engine = await asyncio.to_thread(choose, settings.site.asterisk, CACHE, progress.line)
    tools = await make_prompts(state, progress) if engine else None
    bus = Bus()
    desk = await open_desk(database_url(state, settings), bus)
    try:
        instance = Instance(state, settings, desk, state.secrets(), engine, tools)
        if settings.site.demo:
            await fill_demo(instance, progress)
        await _serve(instance, progress, stop)
    finally:
        await desk.engine.dispose()


async def _serve(instance: Instance, progress: Progress, stop: asyncio.Event) -> None:
    site = await dialplan_site(instance)
    process = None
    if site is not None and instance.engine is not None:
        if taken := ports_in_use(site):
            raise StateError("\n".join(taken))
        process = AsteriskProcess(instance.engine, site, instance.state.folder, progress.line)
    wired = wire(instance, site, process)
    instance.desk.bus.on(PartChanged, lambda event: _say_part(progress, event))
    supervisor = Supervisor(instance.desk.bus)
    try:
        for part in wired.parts:
            supervisor.start(part)
        await wired.panel.started.wait()
        if process is not None:
            await process.ready.wait()
        progress.line("callboard is ready")
        show_logins(instance, typer.echo)
        await stop.wait()
    finally:
        await supervisor.stop()


def _say_part(progress: Progress, event: PartChanged) -> None:
    progress.line(f"{event.part}: {'works' if event.ok else event.reason or 'does not work'}")


def _refuse_taken_ports(settings: Settings) -> None:
    wanted = [(settings.web.host, settings.web.port, "the panel", "--http-port")]
    if settings.site.asterisk != "none":
        wanted.append((settings.agi.host, settings.agi.port, "FastAGI", "--agi-port"))
    taken = [
        f"TCP port {port} ({what}) on {host} is already in use. Stop what uses it, or choose another with {option}."
        for host, port, what, option in wanted
        if _taken(host, port)
    ]
    if taken:
        raise StateError("\n".join(taken))


def _taken(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False
