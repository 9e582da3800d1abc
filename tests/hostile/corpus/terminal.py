"""F13. What a terminal would obey, in names: gone from the log and the row, which stay one line."""

from __future__ import annotations

_ESCAPES = (
    "\x1b[31mred", "\x1b[2J", "\x1b[H", "\x1b[1A", "\x1b[999D", "\x1b[?25l", "\x1b[?1049h", "\x1b[5i", "\x1b[6n", "\x1b[c",
    "\x1b[20t", "\x1b[21t", "\x1b]0;title\x07", "\x1b]2;title\x1b\\", "\x1b]8;;http://e.example\x07x\x1b]8;;\x07",
    "\x1b]52;c;YWJj\x07", "\x1b]4;1;?\x07", "\x1b]1337;File=\x07", "\x1bP$q\x1b\\", "\x1b_x\x1b\\", "\x1b^x\x1b\\", "\x1b#8",
    "\x1bc", "\x1b(0", "\x1bZ", "\x1b[200~x\x1b[201~", "\x9b31m", "\x9d0;x\x9c", "\x90x\x9c", "\x9e", "\x85",
    "\x07", "\x08\x08\x08", "\x7f\x7f", "\x0e", "\x0f", "\x05", "\x13", "\x11", "\x1a", "\x04", "\x03", "\x1b", "\x1b[",
    "a\rb", "a\x0bb", "a\x0cb", "\x1b[8mhidden", "\x1b[7m", "\x1b[38;5;1m",
)  # fmt: skip

TEXTS: tuple[str, ...] = (*(f"x{escape}y" for escape in _ESCAPES), *(escape * 9 for escape in _ESCAPES[:22]))
