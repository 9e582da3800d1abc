"""A serial port that is read for ever: opened, fed to a decoder, and opened again when the plug comes back.

pyserial blocks, so each port has a thread of its own; its bytes are handed to the event loop, where everything else happens.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import termios
import threading
from collections.abc import Callable
from datetime import datetime

import serial
import structlog

from callerid import boxes
from callerid.lines import Lines
from callerid.reading import BoxModel, Decoder, as_model
from callerid.settings import Box
from desk import plugins
from desk.bus import Bus
from desk.events import Event, PartChanged
from desk.keeping.tape import Tape, silent
from desk.work import utc_now

READ_TIMEOUT_S = 0.2
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 4.0
CHUNK = 4096

log = structlog.get_logger(__name__)


class Port:
    """One box. `run()` reads until it is cancelled."""

    def __init__(
        self, box: Box, quiet_s: float, bus: Bus, clock: Callable[[], datetime] = utc_now, tape: Tape = silent
    ) -> None:
        self._box = box
        self._bus = bus
        self._clock = clock
        self._tape = tape
        self._model: BoxModel = as_model(plugins.load(boxes, box.model))
        self._lines = Lines(box.name, box.lines, quiet_s)
        self._decoder: Decoder = self._model.decoder(box.charset)
        self._link_ok: bool | None = None
        self._stop = threading.Event()
        self._told_unknown: set[str] = set()

    @property
    def name(self) -> str:
        """How /healthz and the log call this part."""
        return f"box:{self._box.name}"

    async def run(self) -> None:
        """Read the port until cancelled."""
        loop = asyncio.get_running_loop()
        self._stop.clear()

        def in_loop(call: Callable[..., None], *values: object) -> None:
            with contextlib.suppress(RuntimeError):  # the loop may close while the thread still reads
                loop.call_soon_threadsafe(call, *values)

        thread = threading.Thread(target=self._read_for_ever, args=(in_loop,), name=self.name, daemon=True)
        thread.start()
        try:
            while True:
                await asyncio.sleep(1)
                self.tick()
        finally:
            self._stop.set()
            await asyncio.to_thread(thread.join, 2)

    def tick(self) -> None:
        """End the calls of which nothing was heard for too long."""
        self._tell(self._lines.tick(self._clock()))

    def _read_for_ever(self, in_loop: Callable[..., None]) -> None:
        pause = FIRST_PAUSE_S
        while not self._stop.is_set():
            try:
                with serial.serial_for_url(
                    self._box.port,
                    baudrate=self._box.baud or self._model.BAUD,
                    timeout=READ_TIMEOUT_S,
                    write_timeout=2,
                    exclusive=True,
                ) as port:
                    _keep_others_out(port)
                    in_loop(self._link, True, "")
                    pause = FIRST_PAUSE_S
                    while not self._stop.is_set():
                        data = port.read(min(port.in_waiting, CHUNK) or 1)
                        if data:
                            self._hand_over(in_loop, data)
            except (OSError, ValueError, TypeError) as error:
                in_loop(self._link, False, _sentence(self._box, error))
                self._stop.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE_S)

    def _hand_over(self, in_loop: Callable[..., None], data: bytes) -> None:
        """Feed `data` in the loop and wait until that is done: what comes faster than it is read stays with the sender."""
        done = threading.Event()

        def feed() -> None:
            try:
                self._feed(data)
            finally:
                done.set()

        in_loop(feed)
        while not done.wait(READ_TIMEOUT_S) and not self._stop.is_set():
            pass

    def _feed(self, data: bytes) -> None:
        self._tape("heard", data)
        now = self._clock()
        for reading in self._decoder.feed(data):
            self._tell(self._lines.feed(reading, now))
        for line in self._lines.unknown_lines - self._told_unknown:
            self._told_unknown.add(line)
            log.warning("a box rings on a line that the configuration does not name", box=self._box.name, line=line)

    def _tell(self, events: list[Event]) -> None:
        for event in events:
            self._bus.tell(event)

    def _link(self, ok: bool, reason: str) -> None:
        if not ok:
            # Half a frame from before the unplug must not be glued to the first bytes after it.
            self._decoder = self._model.decoder(self._box.charset)
            self._tape("lost")
        if ok is self._link_ok:
            return
        self._link_ok = ok
        self._bus.tell(PartChanged(self._clock(), self.name, ok=ok, reason=reason))
        (log.info if ok else log.warning)("box", box=self._box.name, connected=ok, reason=reason)


def _keep_others_out(port: serial.SerialBase) -> None:
    """Not only a lock that others must ask for: nobody but root can open the device any more (tty_ioctl(4), TIOCEXCL)."""
    with contextlib.suppress(OSError, ValueError, AttributeError):  # a socket:// or rfc2217:// port is no device
        fcntl.ioctl(port.fileno(), termios.TIOCEXCL)


def _sentence(box: Box, error: Exception) -> str:
    text = str(error)
    if isinstance(error, FileNotFoundError) or getattr(error, "errno", None) == 2:
        return f"The box {box.name} is not there: {box.port} does not exist. Check the cable and its power."
    if getattr(error, "errno", None) == 13:
        return f"The port {box.port} may not be opened. Add the user that runs callboard to the group dialout."
    if "exclusively lock" in text or getattr(error, "errno", None) == 16:
        return f"Another program uses {box.port}. Stop it: two readers steal each other's bytes."
    return f"The box {box.name} on {box.port} is gone: {text}. It is opened again as soon as it is back."
