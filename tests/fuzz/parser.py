"""What a parser under the fuzzers is: its name, what must be true of it, and the words that its inputs are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

LITERAL = 0xE0


@dataclass(frozen=True)
class Parser:
    """`check` raises where something is not as it must be. `words` are what its inputs are made of."""

    name: str
    check: Callable[[bytes], None]
    words: tuple[bytes, ...]
    every: int = 1
    """One of so many inputs in the everyday suite: for what is slow."""

    def case(self, data: bytes) -> bytes:
        """The input that `data` stands for; see the frame in tests/fuzz/parsers.py."""
        if not data or data[0] & 1:
            return data[1:]
        made = bytearray()
        stream = iter(data[1:])
        for byte in stream:
            made += self.words[byte % len(self.words)] if byte < LITERAL else bytes([next(stream, 0)])
        return bytes(made)

    def __call__(self, data: bytes) -> None:
        """Check the case that `data` stands for."""
        self.check(self.case(data))
