"""Text from outside (caller names, form fields, box readings) made safe to keep and to show as plain text.

Markup and SQL stay as they were typed: they are escaped where they are shown, never here. What goes is what the eye cannot
see: control characters, direction marks, zero-width and filler characters, broken surrogates, floods of combining marks.
"""

from __future__ import annotations

import unicodedata

NAME_LIMIT = 80
# More than any living script puts on one letter; beyond it the marks only climb over the neighbouring lines.
MAX_MARKS = 4
# Letters and marks by category, yet invisible (Unicode "default ignorable"): Hangul and Braille blanks, joiners, selectors.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0\ufffc\ufffd").union(
    map(chr, range(0xFE00, 0xFE10)), map(chr, range(0xE0100, 0xE01F0))
)
_SPACES = frozenset({"Zs", "Zl", "Zp", "Cc"})
_DROPPED = frozenset({"Cf", "Cs", "Co", "Cn"})
# Longer input is cut before it is looked at, so that nobody can buy time with a megabyte of name.
_ROOM = 8


def plain(text: str | None, limit: int = NAME_LIMIT) -> str:
    """`text` in NFC on one line, without anything invisible, at most `limit` code points; "" for nothing.

    Runs of space, control characters and line ends become one space. The cut never separates a mark from its letter.
    """
    if not text:
        return ""
    text = unicodedata.normalize("NFC", text[: limit * _ROOM])
    kept: list[str] = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        if category in _SPACES:
            char = " "
            if not kept or kept[-1] == " ":
                continue
        elif category in _DROPPED or char in _INVISIBLE:
            continue
        marks = marks + 1 if category in {"Mn", "Me"} else 0
        if marks <= MAX_MARKS:
            kept.append(char)
    # Letters that stood apart only by what was taken out may now compose.
    return _cut(unicodedata.normalize("NFC", "".join(kept)), limit).strip()


def optional(text: str | None, limit: int = NAME_LIMIT) -> str | None:
    """`plain(text)`, or None where nothing is left of it."""
    return plain(text, limit) or None


def _cut(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    end = limit
    while end and unicodedata.combining(text[end]):
        end -= 1
    return text[:end]
