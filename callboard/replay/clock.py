"""The clock of a replay: it stands still until the next thing that came in, so every run sees the same moments."""

from __future__ import annotations

from datetime import datetime


class ReplayClock:
    """Given to every part in place of the real one."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """The moment that is being played."""
        return self.now

    def turn_to(self, at: datetime) -> None:
        """Go on to `at`; never back."""
        self.now = max(self.now, at)
