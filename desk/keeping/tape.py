"""What a recorder of the outside world looks like to those who hear it: adapters tell a tape what came in, and forget it.

A tape never raises, never waits and is told no secret.
"""

from __future__ import annotations

from typing import Protocol

Fact = str | int | float | None | list[str] | list[int]


class Tape(Protocol):
    """`what` happened, the bytes as they came, and facts about them."""

    def __call__(self, what: str, data: bytes = b"", **facts: Fact) -> None:
        """Take it, at once."""


def silent(what: str, data: bytes = b"", **facts: Fact) -> None:
    """Nobody records."""
