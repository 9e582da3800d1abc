"""The panel as a long-lived part: listens until cancelled, and says plainly when it cannot."""

from __future__ import annotations

import asyncio
import errno
import logging

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from desk.bus import Bus
from desk.events import PartChanged
from desk.work import Desk
from web.app import make_app
from web.keys import HUB, METRICS, Outside
from web.live.popups import Hub
from web.metrics import Metrics
from web.settings import Settings

PART = "web"
SHUTDOWN_S = 3.0

log = structlog.get_logger(__name__)


def port_log(metrics: Metrics) -> logging.Logger:
    """The log of aiohttp's server, without a stack for each stranger who does not speak HTTP: those are counted."""

    def is_ours(record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        strange = isinstance(error, HttpProcessingError)
        if strange:
            metrics.malformed.inc()
        return not strange

    made = logging.Logger("web.port")
    made.parent = logging.getLogger()
    made.addFilter(is_ours)
    return made


class PanelError(Exception):
    """The panel cannot listen; `str()` says why and what to do."""


class Panel:
    """The web panel. `port` is known once `started` is set (for port 0, the one that was given)."""

    def __init__(self, settings: Settings, desk: Desk, bus: Bus, outside: Outside) -> None:
        self._settings = settings
        self._desk = desk
        self._bus = bus
        self._outside = outside
        self.port = settings.port
        self._app: web.Application | None = None
        self.started = asyncio.Event()

    @property
    def hub(self) -> Hub:
        """The screen-pop hub of the running panel."""
        assert self._app is not None, "the panel does not run"
        return self._app[HUB]

    async def run(self) -> None:
        """Serve until cancelled. Raises PanelError when the port is taken."""
        self._app = make_app(self._settings, self._desk, self._bus, self._outside)
        runner = web.AppRunner(
            self._app,
            access_log=None,
            logger=port_log(self._app[METRICS]),
            shutdown_timeout=SHUTDOWN_S,
            # aiohttp has no limit of its own for a request's head: this one runs from the connection's beginning.
            keepalive_timeout=self._settings.head_timeout_s,
        )
        await runner.setup()
        try:
            await self._listen(runner)
            self.started.set()
            self._bus.tell(PartChanged(self._desk.clock(), PART, ok=True))
            await asyncio.Event().wait()
        finally:
            self.started.clear()
            await runner.cleanup()

    async def _listen(self, runner: web.AppRunner) -> None:
        site = web.TCPSite(runner, self._settings.host, self._settings.port)
        try:
            await site.start()
        except OSError as error:
            where = f"{self._settings.host}:{self._settings.port}"
            if error.errno == errno.EADDRINUSE:
                raise PanelError(
                    f"port {where} is in use by another program; choose another with --http-port"
                ) from error
            raise PanelError(f"the panel cannot listen on {where}: {error.strerror}") from error
        self.port = runner.addresses[0][1]
        log.info("the panel listens", host=self._settings.host, port=self.port)
