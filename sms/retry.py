"""When a text that was refused for now goes again. Pure. The desk itself lets a text expire that nobody got away in time."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from sms.outcome import Refused

AFTER_S = (10.0, 30.0, 120.0, 300.0, 900.0)
THROTTLED_AFTER_S = 2.0
JITTER = 0.2


def next_try(refused: Refused, attempts: int, now: datetime, chance: Random) -> datetime | None:
    """The moment of the next try after `attempts` of them; None: no more. A throttled text waits for the link, not its turn."""
    if refused.permanent or (refused.tries is not None and attempts >= refused.tries):
        return None
    pause_s = THROTTLED_AFTER_S if refused.throttled else AFTER_S[min(max(attempts, 1), len(AFTER_S)) - 1]
    return now + timedelta(seconds=pause_s * chance.uniform(1 - JITTER, 1 + JITTER))
