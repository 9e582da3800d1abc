"""One letter wrong: what people type when they hurry."""

from __future__ import annotations

SHORTEST_MISTYPED = 3


def nearly(typed: str, text: str) -> bool:
    """Whether `text` begins with `typed` but for one letter: wrong, missing, too many, or exchanged with the next."""
    if len(typed) < SHORTEST_MISTYPED:
        return False
    at = next((at for at, (a, b) in enumerate(zip(typed, text, strict=False)) if a != b), len(text))
    rest, there = typed[at:], text[at:]
    return (
        not rest
        or (bool(there) and there[1:].startswith(rest[1:]))
        or there.startswith(rest[1:])
        or there[1:].startswith(rest)
        or (len(there) > 1 and len(rest) > 1 and (there[1] + there[0] + there[2:]).startswith(rest))
    )
