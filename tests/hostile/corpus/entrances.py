"""F21 to F23. What is shown at a door that it does not open: cookies, tokens of links, ids of photos and documents."""

from __future__ import annotations

import itertools

from tests.hostile.corpus import downloads

GUESSES: tuple[str, ...] = (
    "", "a", "0", "a" * 21, "a" * 22, "A" * 22, "a" * 23, "0" * 22, "_" * 22, "-" * 22, "a" * 64, "a" * 1000, "null", "None", "undefined",
    "true", "1", "-1", "%00", "a\x00b", "../" * 7, "..%2f..%2f", "' or '1'='1", "\" or \"\"=\"", "*", "%", "_", "?", "#", "&token=a",
    "ａａａａａａａａａａａａａａａａａａａａａａ", "가" * 22, "\u200b" * 22, "\u202e" + "a" * 21, "e\u0301" * 11, "😀" * 11, "a b c d e f g h i j k", "\t" * 22,
    "eyJhbGciOiJub25lIn0.e30.", "admin:admin", "${token}", "{{token}}", "<b>token</b>", "\r\nSet-Cookie: x=1", "http://example.invalid/#a",
)  # fmt: skip
LINK_DOORS = ("/api/v1/here", "/api/v1/driver/session", "/api/v1/car/open")
LINKS: tuple[tuple[str, str], ...] = tuple(itertools.product(LINK_DOORS, GUESSES))
PREVIEWS: tuple[tuple[str, str, str], ...] = tuple(
    (method, page, how)
    for method in ("GET", "HEAD", "OPTIONS")
    for page in ("/here", "/driver", "/car")
    for how in ("?token=", "?t=", "/", "?#")
)
"""What looks at a link before a person does: programs that show a preview, scanners of mail, browsers that fetch ahead."""
COOKIE_DOORS = ("/api/v1/session", "/api/v1/orders", "/api/v1/audit", "/api/v1/driver/me", "/api/v1/car")
COOKIES: tuple[tuple[str, str], ...] = tuple(
    (door, guess) for door in COOKIE_DOORS for guess in GUESSES if guess.isprintable() and guess.isascii()
)
FILE_DOORS = ("/api/v1/photos/", "/api/v1/driver/photos/", "/api/v1/car/photos/", "/drivers/documents/")
FILES: tuple[tuple[str, str], ...] = tuple((door, token) for door in FILE_DOORS for token in downloads.TOKENS[::3])
