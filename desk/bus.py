"""Who hears of what, inside this process. A listener that fails is logged and never harms another or the teller.

Listeners are plain functions and must return at once (put into a queue, set a flag); what takes time belongs to a task of
its own. Events reach every listener in the order in which they were told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import structlog

from desk.events import Event

E = TypeVar("E", bound=Event)
Listener = Callable[[Any], None]

log = structlog.get_logger(__name__)


class Bus:
    """Publish and subscribe by event class; a listener to `Event` hears everything."""

    def __init__(self) -> None:
        self._listeners: dict[type[Event], list[Listener]] = {}

    def on(self, kind: type[E], listener: Callable[[E], None]) -> Callable[[], None]:
        """Call `listener` with each event of exactly this class (or, for `Event`, of any). Returns how to stop it."""
        listeners = self._listeners.setdefault(kind, [])
        listeners.append(listener)
        return lambda: listeners.remove(listener)

    def tell(self, event: Event) -> None:
        """Hand `event` to its listeners now, in the order of their subscription."""
        for kind in (type(event), Event):
            for listener in tuple(self._listeners.get(kind, ())):
                try:
                    listener(event)
                except Exception:
                    log.exception("a listener failed", event_type=type(event).__name__)
