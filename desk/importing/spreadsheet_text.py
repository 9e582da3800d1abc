"""Text in a CSV file that a spreadsheet would take for a formula: how it is written so that it is none, and read back."""

from __future__ import annotations

_STARTERS = frozenset("=+-@\t\r\n|%＝＋－＠'")
"""What a spreadsheet may take for the beginning of a formula, in any width; and our own mark."""
_BLANKS = " \u00a0\u3000"


def harmless(text: str) -> str:
    """`text` so that no spreadsheet calculates it: an apostrophe before what could be a formula, or begins with one."""
    return f"'{text}" if text.lstrip(_BLANKS)[:1] in _STARTERS and text.strip(" ") else text


def meant(cell: str) -> str:
    """What `harmless` was given; what another program wrote stays as it is."""
    return cell[1:] if cell.startswith("'") and harmless(cell[1:]) == cell else cell
