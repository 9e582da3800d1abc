"""F5. Everything that some reader takes for the end of a line: one value stays one value, and an action is refused unsent."""

from __future__ import annotations

BREAKS: tuple[str, ...] = (
    "\r\n",
    "\n",
    "\r",
    "\n\n",
    "\r\n\r\n",
    "\r\r",
    "\n\r",
    "\x0b",
    "\x0c",
    "\x1c",
    "\x1d",
    "\x1e",
    "\x85",
    "\u2028",
    "\u2029",
)
_FOLLOWING = (
    "Action: Command",
    "Event: Hangup",
    "Variable: IVR_DONE=1",
    "Set-Cookie: a=b",
    "",
)  # fmt: skip

TEXTS: tuple[str, ...] = tuple(f"a{mark}{after}" for mark in BREAKS for after in _FOLLOWING)

SPELT: tuple[str, ...] = tuple(
    f"010{spelling}{after}"
    for spelling in ("%0d%0a", "%0D%0A", "%0a", "%0d", "%0d%0a%0d%0a", "%0b", "%c2%85", "%e2%80%a8", "\\r\\n", "\\n")
    for after in ("Action%3a%20Command", "Event%3a%20UserEvent", "SystemName%3a%20cb0", "x")
)

FOLDED: tuple[bytes, ...] = (
    b'"a\r\n b" <sip:%USER%@127.0.0.1>',
    b'"a\r\n\tb" <sip:%USER%@127.0.0.1>',
    b"\r\n <sip:%USER%@127.0.0.1>",
    b'"a"\r\n <sip:%USER%@127.0.0.1>',
    b'"a" <sip:%USER%@127.0.0.1>\r\n ',
    b'"a\nb" <sip:%USER%@127.0.0.1>',
    b'"a\rb" <sip:%USER%@127.0.0.1>',
    b'"a\x0bb" <sip:%USER%@127.0.0.1>',
    b'"a\x00b" <sip:%USER%@127.0.0.1>',
    b'"a\xe2\x80\xa8b" <sip:%USER%@127.0.0.1>',
    b'"a\xc2\x85b" <sip:%USER%@127.0.0.1>',
    b'"a%0d%0ab" <sip:%USER%@127.0.0.1>',
    b'"a\\\r\\\nb" <sip:%USER%@127.0.0.1>',
    b'"a\x1eb" <sip:%USER%@127.0.0.1>',
    b'"a\x0cb" <sip:%USER%@127.0.0.1>',
)  # fmt: skip
