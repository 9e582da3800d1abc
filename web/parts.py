"""How the parts of the site are, as they told on the bus. Until a part has told, it counts as not yet working."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desk.bus import Bus
from desk.events import PartChanged


class Parts:
    """The last word of every part."""

    def __init__(self, bus: Bus, expected: Mapping[str, str]) -> None:
        self._parts: dict[str, tuple[bool, str]] = {name: (False, reason) for name, reason in expected.items()}
        bus.on(PartChanged, self._hear)

    def _hear(self, event: PartChanged) -> None:
        self._parts[event.part] = (event.ok, event.reason)

    def as_json(self) -> dict[str, dict[str, Any]]:
        """By name: `ok`, and an English sentence."""
        return {name: {"ok": ok, "reason": reason} for name, (ok, reason) in sorted(self._parts.items())}

    @property
    def ok(self) -> bool:
        """Whether all of them work."""
        return all(ok for ok, _ in self._parts.values())
