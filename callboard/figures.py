"""What the event loop, the listener, the readings and the texts count, for the panel's /metrics."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from ami.listener import Listener
from callboard.loop_watch import LoopWatch
from callboard.readings import Readings
from desk.database_errors import in_words, is_away
from desk.message import messages
from desk.work import Desk
from web.keys import Figure

MESSAGES_EVERY_S = 5.0
"""Anybody may ask for /metrics; the database is not asked each time."""

log = structlog.get_logger(__name__)


class Figures:
    """Called at each scrape. Without an Asterisk there is no `listener`, and nothing is told of it."""

    def __init__(self, desk: Desk, loop_watch: LoopWatch, readings: Readings, listener: Listener | None) -> None:
        self._desk = desk
        self._loop_watch = loop_watch
        self._readings = readings
        self._listener = listener
        self._one_at_a_time = asyncio.Lock()
        self._asked_at: float | None = None
        self._messages: dict[str, int] | None = None

    async def __call__(self) -> Sequence[Figure]:
        """How everything stands now; a database that is away leaves out the texts."""
        texts = await self._count_messages()
        listener = [] if self._listener is None else _of_listener(self._listener)
        return [*_of_loop(self._loop_watch), *listener, *_of_readings(self._readings), *_of_messages(texts)]

    async def _count_messages(self) -> dict[str, int] | None:
        now = asyncio.get_running_loop().time()
        async with self._one_at_a_time:
            if self._asked_at is None or now - self._asked_at >= MESSAGES_EVERY_S:
                try:
                    async with self._desk.look() as session:
                        self._messages = await messages.count_by_state(session)
                except Exception as error:
                    if not is_away(error):
                        raise
                    self._messages = None
                    log.warning("the texts could not be counted for a scrape", reason=in_words(error))
                self._asked_at = now
        return self._messages


def _of_loop(watch: LoopWatch) -> list[Figure]:
    return [
        Figure("loop_held_up_seconds", "The event loop's longest hold-up of the last minute.", watch.longest_s),
        Figure("loop_tasks", "Tasks that are alive.", len(asyncio.all_tasks())),
    ]


def _of_listener(listener: Listener) -> list[Figure]:
    return [
        Figure("ami_events", "Events taken off the AMI link.", listener.events_in, grows=True),
        Figure("ami_events_dropped", "Events thrown away because too many waited.", listener.dropped, grows=True),
        Figure("ami_events_dropped_by", "The same by name.", listener.dropped_by, grows=True, label="event"),
        Figure("ami_events_ignored", "Events of a site's own dialplan, not read.", listener.ignored, grows=True),
        Figure("ami_unread", "Messages that were too long or none at all.", listener.unread, grows=True),
        Figure("ami_events_untold", "Events that could not be understood.", listener.untold, grows=True),
        Figure("ami_events_forged", "Events that a caller made up, dropped.", listener.forged, grows=True),
        Figure("ami_reconnects", "Accepted AMI log-ins after the first.", listener.reconnects, grows=True),
        Figure("ami_resyncs", "Times that the list of channels was read.", listener.resyncs, grows=True),
        Figure("ami_lag_seconds", "How long the newest handled event had waited.", listener.lag_s),
    ]


def _of_readings(readings: Readings) -> list[Figure]:
    return [
        Figure("readings_waiting", "Readings of transports that are not yet stored.", readings.waiting),
        Figure("readings_put_by", "Of these, how many wait for the database to come back.", readings.put_by),
        Figure("readings_damaged", "Lines of those that could not be read again.", readings.damaged, grows=True),
        Figure("readings_lost", "Readings that could not be stored.", readings.lost, grows=True),
    ]


def _of_messages(texts: dict[str, int] | None) -> list[Figure]:
    return [] if texts is None else [Figure("messages", "Texts by state.", dict(texts), label="state")]
