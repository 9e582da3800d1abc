"""The text of an article: plain text, of which blank lines and dashes at the beginning of a line are all that means something.

    Cash only after midnight.          ->  paragraph ("Cash only after midnight.",)

    - the driver brings change         ->  bullets ("the driver brings change", "at most 50,000")
    - at most 50,000

Whoever shows it puts the lines into elements as text: nothing in them is markup.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from desk.text import plain

Kind = Literal["paragraph", "bullets"]
_BULLET = re.compile(r"^[-*•·]\s+(?=\S)")
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that belong together: of a paragraph, or one for each bullet."""

    kind: Kind
    lines: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """As the API tells it."""
        return {"kind": self.kind, "lines": list(self.lines)}


def cleaned(text: str) -> str:
    """As it is kept: one kind of line end, nothing invisible, no two blank lines in a row."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return _BLANK_LINES.sub("\n\n", "\n".join(plain(line, len(line)) for line in lines)).strip()


def blocks(text: str) -> tuple[Block, ...]:
    """The blocks of a text that was `cleaned`, in their order."""
    found = []
    for kind, lines in groupby(text.split("\n"), _kind):
        if kind is not None:
            found.append(Block(kind, tuple(_BULLET.sub("", line, count=1) for line in lines)))
    return tuple(found)


def _kind(line: str) -> Kind | None:
    if not line:
        return None
    return "bullets" if _BULLET.match(line) else "paragraph"
