"""How many texts may be claimed right now: a steady rate that halves when the network says "slow down" and creeps back. Pure.

Time comes in as an argument (seconds of a monotonic clock).
"""

from __future__ import annotations

HOLD_S = 1.0
RECOVERY_S = 10.0
SLOWEST_PER_S = 0.2


class Pace:
    """A bucket that holds at most one second's worth of texts, and at least one."""

    def __init__(self, rate_per_s: float, now: float) -> None:
        self.contract = rate_per_s
        self.rate = rate_per_s
        self._tokens = max(1.0, rate_per_s)
        self._filled_at = now
        self._held_until = now
        self._raise_at = now

    def allowance(self, now: float) -> int:
        """How many texts may leave now."""
        if now < self._held_until:
            return 0
        if self.rate < self.contract and now >= self._raise_at:
            self.rate = min(self.contract, self.rate * 1.5)
            self._raise_at = now + RECOVERY_S
        self._tokens = min(max(1.0, self.rate), self._tokens + (now - self._filled_at) * self.rate)
        self._filled_at = now
        return int(self._tokens)

    def spend(self, texts: int) -> None:
        """That many were claimed."""
        self._tokens -= texts

    def slow_down(self, now: float) -> None:
        """The network throttled us. A burst of refusals counts once: all were on their way before the first came back."""
        if now < self._held_until:
            return
        self.rate = max(SLOWEST_PER_S, self.rate / 2)
        self._held_until = now + HOLD_S
        self._raise_at = now + RECOVERY_S
        self._tokens = min(self._tokens, 1.0)
        self._filled_at = self._held_until

    def wait_s(self, now: float) -> float:
        """How long until one text may leave."""
        missing = max(0.0, 1.0 - self._tokens)
        return max(self._held_until - now, missing / self.rate, 0.01)
