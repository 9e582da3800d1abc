"""One escaping rule for each place in Asterisk's files that takes foreign text; what cannot be escaped there is refused.

A result is `Escaped`, so that it is never escaped twice and so that `dialplan.render` can tell what was dealt with. Nothing
here is meant for a caller's text: that never enters a file, it stays in channel variables (see templates/extensions.conf.j2).
"""

from __future__ import annotations

import re
from urllib.parse import quote


class Unwritable(ValueError):
    """A text has no safe spelling at the place where it is wanted. `str()` says which text and why."""

    code = "unwritable"


class Escaped(str):
    """Text that is already in the spelling of its place."""

    __slots__ = ()


_SECTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_EXTENSION = re.compile(r"[0-9*#]{1,32}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# What the dialplan evaluates ($, backquote), quotes, or uses to join several targets (&, |, ^): no reliable escape exists.
_ARGUMENT_REFUSED = re.compile(r"[$`\"'\\&|^(){}\[\]<>]")


def config_value(text: object) -> Escaped:
    """The right-hand side of `key = value`: a semicolon would begin a comment, a line break another key (main/config.c)."""
    if isinstance(text, Escaped):
        return text
    value = _spelled(text)
    if _CONTROL.search(value):
        raise Unwritable(f"a configuration value must not hold control characters: {value!r}")
    if value != value.strip():
        raise Unwritable(f"a configuration value must not begin or end with a blank: {value!r}")
    if value.endswith("\\"):
        raise Unwritable(f"a configuration value must not end with a backslash: {value!r}")
    return Escaped(value.replace(";", "\\;"))


def dialplan_argument(text: object) -> Escaped:
    """One argument of a dialplan application: a comma would begin the next argument, `${` would be evaluated."""
    if isinstance(text, Escaped):
        return text
    value = _spelled(text)
    if _ARGUMENT_REFUSED.search(value):
        raise Unwritable(f"a dialplan argument must not hold any of $ ` \" ' \\ & | ^ ( ) {{ }} [ ] < >: {value!r}")
    return Escaped(config_value(value).replace(",", "\\,"))


def section(text: object) -> Escaped:
    """The name of a section, context, queue or endpoint: letters, digits, `_` and `-`, at most 80."""
    return _matching(_SECTION, text, "a section name")


def extension(text: object) -> Escaped:
    """A literal extension: digits, `*` and `#` only, so that it can never be read as a pattern (`_X.`) or a label."""
    return _matching(_EXTENSION, text, "an extension")


def url_part(text: object) -> Escaped:
    """A path step or query value of an `agi://` address, percent-encoded whole."""
    return Escaped(quote(_spelled(text), safe=""))


def included_path(text: object) -> Escaped:
    """A path after `#tryinclude`, which is a glob pattern between double quotes."""
    value = _spelled(text)
    if _CONTROL.search(value) or re.search(r'["*?\[\];]', value):
        raise Unwritable(f"a path to include must not hold quotes, semicolons or wildcards: {value!r}")
    return Escaped(value)


def _matching(pattern: re.Pattern[str], text: object, what: str) -> Escaped:
    value = _spelled(text)
    if not pattern.fullmatch(value):
        raise Unwritable(f"not usable as {what}: {value!r}")
    return Escaped(value)


def _spelled(text: object) -> str:
    if isinstance(text, bool):
        return "yes" if text else "no"
    return str(text)
