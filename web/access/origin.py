"""Is this request from our own pages? Pure: judged by what browsers say of themselves and pages cannot forge.

`Sec-Fetch-Site` (Fetch Metadata) decides where it is sent; a plain-http origin other than loopback does not send it, and
then `Origin` (RFC 6454) must be exactly ours. No tokens in forms.
"""

from __future__ import annotations

from collections.abc import Mapping

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def own_origin(public_url: str | None, scheme: str, host: str) -> str:
    """The origin (scheme://host[:port], lower case) under which browsers see us."""
    return (public_url or f"{scheme}://{host}").lower()


def from_our_page(headers: Mapping[str, str], ours: str) -> bool | None:
    """True: our own page asked. False: another site did. None: nothing is said (a program, or a very old browser)."""
    origin = headers.get("Origin")
    if origin is not None and origin.lower() != ours:
        return False
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    return True if origin is not None else None


def may_change(headers: Mapping[str, str], ours: str, *, has_cookie: bool) -> bool:
    """Whether an unsafe method is allowed. With a cookie there must be evidence; without one, no contrary evidence."""
    verdict = from_our_page(headers, ours)
    return verdict is True if has_cookie else verdict is not False


def may_listen(headers: Mapping[str, str], ours: str) -> bool:
    """Whether a WebSocket handshake by cookie is allowed: browsers always send Origin there (RFC 6455, 4.1)."""
    return headers.get("Origin", "").lower() == ours and from_our_page(headers, ours) is True
