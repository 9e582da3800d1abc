"""The process that holds callboard's own parts, kept apart from Asterisk: when it dies, calls go on, and it is started again.

`run` (see callboard/commands/run.py) starts Asterisk and this process side by side. The pipe on its standard input is the tie
between the two: when the starter is gone, however it ended, the pipe closes and this process stops in order.
"""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import sys
from collections.abc import Sequence

from callboard.state import StateError

STOP_LIMIT_S = 12.0


class CoreProcess:
    """One run of the core, as the starter sees it."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._command = (sys.executable, "-m", "callboard", "serve", *arguments)
        self._process: asyncio.subprocess.Process | None = None

    async def run(self) -> None:
        """Keep it up until cancelled. Raises StateError when it ends by itself."""
        # A session of its own: Ctrl-C on the terminal reaches the starter only, which then stops things in order.
        process = self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        try:
            code = await process.wait()
            raise StateError(f"callboard's own process ended by itself ({_ending(code)}) and is started again")
        finally:
            await asyncio.shield(self._stop(process))

    @staticmethod
    async def _stop(process: asyncio.subprocess.Process) -> None:
        if process.returncode is not None:
            return
        process.terminate()
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


async def until_told_to_stop() -> None:
    """Come back on SIGTERM or SIGINT, or when the starter is gone (the end of standard input, where it is tied to one)."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    reader = asyncio.StreamReader()
    watching = None
    if _is_tied():
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        watching = asyncio.create_task(_to_the_end(reader, stop))
    await stop.wait()
    if watching is not None:
        watching.cancel()


def _is_tied() -> bool:
    """Whether somebody holds the other end of standard input; a terminal or /dev/null (a service manager) ties nothing."""
    mode = os.fstat(sys.stdin.fileno()).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


async def _to_the_end(reader: asyncio.StreamReader, stop: asyncio.Event) -> None:
    while await reader.read(4096):
        pass
    stop.set()
