"""Starts a watcher (see watchers.py) and collects what it noted."""

from __future__ import annotations

import asyncio
import json
import sys

from benchmarks.machine import CHECKOUT


class Watcher:
    """One watching process. `pid` is its process id."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.pid = process.pid

    @classmethod
    async def started(cls, kind: str, where: str, secret: str, count: int = 0) -> Watcher:
        """Returns when it watches."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.watchers", kind, where, secret, str(count)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**28,
            cwd=CHECKOUT,
        )
        assert process.stdout is not None
        async with asyncio.timeout(60):
            line = await process.stdout.readline()
        if line.strip() != b"ready":
            raise RuntimeError(f"the watcher of {kind} did not start")
        return cls(process)

    async def noted(self) -> dict[str, list[float]]:
        """End it; UNIX times by number."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        async with asyncio.timeout(60):
            told: dict[str, list[float]] = json.loads(await self._process.stdout.readline())
            await self._process.wait()
        return told

    def stop(self) -> None:
        """At once."""
        if self._process.returncode is None:
            self._process.kill()
