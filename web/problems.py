"""Every refusal in one place: which error is which status and code, and how it is told (RFC 9457).

Nothing of the inside goes out: no stack, no query, no path; a fault of ours carries a number that stands in the log.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web

from desk import errors
from desk.customer.customer_deeds import StaleCustomer
from desk.database_errors import disk_is_full, in_words, is_away, is_full
from desk.driver import car_links, driver_access
from desk.office import people, staff
from desk.ordering import order_changes, place_links
from web.api.bodies import Refused

log = structlog.get_logger(__name__)

STATUS: tuple[tuple[type[errors.DeskError], int], ...] = (
    (people.WrongLogin, 401),
    (staff.RightsGone, 403),
    (driver_access.WrongLink, 401),
    (car_links.WrongCarLink, 410),
    (place_links.WrongPlaceLink, 401),
    (errors.NotFound, 404),
    (errors.Conflict, 409),
    (errors.Invalid, 422),
    (errors.DeskError, 409),
)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is told about a refusal. `detail` is an English sentence; `code` is stable and is what clients act on."""

    status: int
    code: str
    detail: str
    more: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The members of RFC 9457, with our `code` as an extension."""
        title = HTTPStatus(self.status).phrase
        body = {"type": "about:blank", "title": title, "status": self.status, "detail": self.detail, "code": self.code}
        return self.more | body


def problem_of(error: Exception) -> Problem:
    """The problem for anything that a handler may raise."""
    if isinstance(error, Refused):
        return Problem(error.status, error.code, error.detail, {"errors": error.errors} if error.errors else {})
    if isinstance(error, errors.DeskError):
        status = next(status for kind, status in STATUS if isinstance(error, kind))
        return Problem(status, error.code, str(error), _details(error))
    if isinstance(error, web.HTTPException):
        return _http(error)
    if is_full(error):
        log.error("the database has no room", error=in_words(error))
        return Problem(503, "database_full", "There is no room on the database's disk.", headers={"Retry-After": "10"})
    if disk_is_full(error):
        log.error("a disk has no room for a file", error=str(error))
        return Problem(503, "disk_full", "There is no room on the disk for the file.", headers={"Retry-After": "60"})
    if is_away(error):
        log.error("the database does not answer", error=in_words(error))
        return Problem(
            503,
            "database_unavailable",
            "The database does not answer. Ask again in a moment.",
            headers={"Retry-After": "2"},
        )
    incident = secrets.token_hex(4)
    log.exception("a request met a fault of ours", incident=incident)
    return Problem(500, "internal", "Something went wrong here; it is written down.", {"incident": incident})


def _details(error: errors.DeskError) -> dict[str, Any]:
    more: dict[str, Any] = {"details": dict(error.details)} if error.details else {}
    if isinstance(error, (order_changes.StaleOrder, StaleCustomer)):
        more["changes"] = [difference.as_json() for difference in error.differences]
    return more


def _http(error: web.HTTPException) -> Problem:
    headers = {
        name: error.headers[name]
        for name in ("Allow", "Content-Range", "Retry-After", "WWW-Authenticate")
        if name in error.headers
    }
    phrase = HTTPStatus(error.status).phrase
    code = (
        error.text if error.text and error.text.isidentifier() else phrase.lower().replace(" ", "_").replace("-", "_")
    )
    return Problem(error.status, code, f"{phrase}.", headers=headers)


def as_answer(problem: Problem) -> web.Response:
    """`problem` as application/problem+json."""
    return web.json_response(
        problem.as_json(), status=problem.status, headers=problem.headers, content_type="application/problem+json"
    )
