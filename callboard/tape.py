"""Records what comes in, into one file, without ever holding up a call: told at once, written by a thread of its own.

    tape = FileTape(path, header, scrub)      scrub: what an entry looks like in the file (secrets out, numbers masked)
    listener = Listener(..., tape=tape.source("ami"))

What the disk does not take, or takes too slowly, is dropped and counted; it is said once, here and at /healthz. The file is its
owner's only (0600) and only ever added to. Its lines are described in callboard/tape_format.py.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import structlog

from callboard.tape_format import BadRecording, Entry, Header, entry_line, header_line, read_lines
from desk.bus import Bus
from desk.events import PartChanged
from desk.keeping.tape import Fact, Tape
from desk.work import utc_now

PART = "recording"
ENTRIES_AT_MOST = 20_000
BYTES_AT_MOST = 32 * 1024 * 1024
WRITE_EVERY_S = 0.2
RETRY_S = 1.0
STOP_LIMIT_S = 3.0

Scrub = Callable[[Entry], Iterable[Entry]]

log = structlog.get_logger(__name__)


class FileTape:
    """One recording that is being made. `dropped` counts entries that are not in the file."""

    def __init__(self, path: Path, header: Header, scrub: Scrub) -> None:
        self.dropped = 0
        self.trouble = ""
        self._path = path
        self._scrub = scrub
        self._begun = time.monotonic()
        self._waiting: deque[Entry] = deque()
        self._bytes = 0
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._torn = False
        self._file = _open(path)
        self._write(header_line(header))
        self._thread = threading.Thread(target=self._work, name=PART, daemon=True)
        self._thread.start()

    def source(self, name: str) -> Tape:
        """The tape as one adapter sees it."""
        return partial(self._take, name)

    def _take(self, source: str, what: str, data: bytes = b"", **facts: Fact) -> None:
        entry = Entry(time.monotonic() - self._begun, source, what, data, facts)
        with self._lock:
            if len(self._waiting) >= ENTRIES_AT_MOST or self._bytes + len(data) > BYTES_AT_MOST:
                self.dropped += 1
                return
            self._waiting.append(entry)
            self._bytes += len(data)

    def close(self) -> None:
        """Write what waits, as long as that does not take long."""
        self._stop.set()
        self._thread.join(STOP_LIMIT_S)
        if not self._thread.is_alive():
            os.close(self._file)

    async def run(self, bus: Bus) -> None:
        """Tell when entries are lost, once, and when they are not any more; until cancelled."""
        bus.tell(PartChanged(utc_now(), PART, ok=True))
        lost, told = self.dropped, False
        while True:
            await asyncio.sleep(RETRY_S)
            loses, lost = self.dropped > lost, self.dropped
            if loses and not told:
                reason = self.trouble or "what comes in is more than the disk takes"
                sentence = f"{self._path} does not record everything: {reason}. Calls go on as ever."
                bus.tell(PartChanged(utc_now(), PART, ok=False, reason=sentence))
                log.error("the recording has gaps", file=str(self._path), reason=reason)
            elif told and not loses:
                bus.tell(PartChanged(utc_now(), PART, ok=True))
            told = loses

    # --- in the thread ---------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while not self._stop.wait(WRITE_EVERY_S):
            self._write_what_waits()
            if self.trouble:
                self._stop.wait(RETRY_S)
        self._write_what_waits()

    def _write_what_waits(self) -> None:
        with self._lock:
            taken, self._waiting, self._bytes = self._waiting, deque(), 0
        lines = [line for entry in taken for line in self._lines(entry)]
        if not lines:
            return
        try:
            self._write(b"".join(lines))
            self.trouble = ""
        except OSError as error:
            self.trouble = error.strerror or type(error).__name__
            self._lose(len(lines))

    def _lines(self, entry: Entry) -> list[bytes]:
        try:
            return [entry_line(clean) for clean in self._scrub(entry)]
        except Exception:  # what cannot be made safe is not recorded
            log.exception("something that came in could not be recorded", source=entry.source)
            self._lose(1)
            return []

    def _lose(self, count: int) -> None:
        with self._lock:
            self.dropped += count

    def _write(self, data: bytes) -> None:
        """All of it, or OSError; what a full disk cut off is ended by a line break before the next."""
        data = b"\n" + data if self._torn else data
        rest = memoryview(data)
        self._torn = True
        while rest:
            rest = rest[os.write(self._file, rest) :]
        self._torn = False


def _open(path: Path) -> int:
    """Raises BadRecording for a file that is something else, or that another callboard records into; OSError."""
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with path.open("rb") as written:
            first = written.readline()
        if first:
            next(read_lines([first]))
        os.fchmod(file, 0o600)
    except BlockingIOError:
        os.close(file)
        raise BadRecording(f"another callboard records into {path}") from None
    except BadRecording as bad:
        os.close(file)
        raise BadRecording(f"{path} is no recording ({bad}); name another file") from None
    return file
