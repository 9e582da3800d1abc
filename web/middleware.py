"""What every request passes: refusals told in the asker's form, forged changes refused, safe headers on every answer."""

from __future__ import annotations

import json
import time
from http import HTTPStatus

import structlog
from aiohttp import hdrs, web

from desk.keeping.tape import silent
from web.access.auth import Handler, has_cookie
from web.access.origin import SAFE_METHODS, may_change, own_origin
from web.keys import BODY, METRICS, OUTSIDE, SETTINGS, VISITOR
from web.problems import Problem, as_answer, problem_of
from web.render import by_browser, nonce_of, page

RECORDED = "/api/v1/"
LOCATING = frozenset({"/driver", "/here"})
"""The pages that may ask a telephone where it is."""
RINGING = "/"
"""The page on which a loudspeaker can be chosen: browsers name them only to who may have the microphone."""
MAP_PAGES = frozenset({"/", "/map"})
"""The only pages with pictures from elsewhere, where a site wants them on its map."""
UNRECORDED = frozenset({"/api/v1/session"})

log = structlog.get_logger(__name__)

HEADERS = {
    "Server": "callboard",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
POLICY = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "font-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'; manifest-src 'self'; "
    "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)


def origin_of(request: web.Request) -> str:
    """Our own origin, as the browser that sent this request sees it."""
    return own_origin(request.app[SETTINGS].public_url, request.scheme, request.host)


@web.middleware
async def tell_refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors become problem+json for programs and a page for people. Redirects pass."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return await _tell(request, problem_of(error))
    except ConnectionResetError:
        return web.Response()  # whoever asked is gone: nobody reads it, and it is no fault of ours
    except Exception as error:  # noqa: BLE001 -- the last resort: nothing of the inside may go out
        return await _tell(request, problem_of(error))


async def _tell(request: web.Request, problem: Problem) -> web.StreamResponse:
    if request.path.startswith("/api/") or "text/html" not in request.headers.get(hdrs.ACCEPT, ""):
        return as_answer(problem)
    try:
        locale = by_browser(request) if problem.status == HTTPStatus.SERVICE_UNAVAILABLE else None
        answer = await page(request, "error.html", problem.status, locale, problem=problem)
    except Exception:
        log.exception("the error page cannot be shown")
        return as_answer(problem)
    answer.headers.update(problem.headers)
    return answer


@web.middleware
async def refuse_forged(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A change asked for by another site's page is refused (CSRF); a program with a token is not a browser."""
    if request.method not in SAFE_METHODS and hdrs.AUTHORIZATION not in request.headers:
        allowed = may_change(request.headers, origin_of(request), has_cookie=has_cookie(request))
        if not allowed:
            raise web.HTTPForbidden(text="cross_site")
    return await handler(request)


@web.middleware
async def tell_the_tape(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Orders come from operators: what they had changed is recorded with what else came in. Passwords never come here."""
    answer = await handler(request)
    tape = request.app[OUTSIDE].tape
    if (
        tape is silent
        or request.method in SAFE_METHODS
        or not request.path.startswith(RECORDED)
        or request.path in UNRECORDED
    ):
        return answer
    visitor = request.get(VISITOR)
    if visitor is not None:
        tape(
            "request",
            request.get(BODY, b""),
            method=request.method,
            path=request.path,
            key=request.headers.get("Idempotency-Key"),
            operator=visitor.operator.id,
            status=answer.status,
            made=_made(answer),
        )
    return answer


def _made(answer: web.StreamResponse) -> int | None:
    """The id that the answer gives to what was made, by which later requests name it."""
    if not isinstance(answer, web.Response) or answer.content_type != "application/json":
        return None
    body = json.loads(answer.body) if isinstance(answer.body, bytes) else None
    made = body.get("id") if isinstance(body, dict) else None
    return made if isinstance(made, int) else None


async def add_headers(request: web.Request, answer: web.StreamResponse) -> None:
    """Safe headers on everything; nothing personal is kept by a cache."""
    answer.headers.update(HEADERS)
    if request.path in LOCATING:
        answer.headers["Permissions-Policy"] = HEADERS["Permissions-Policy"].replace(
            "geolocation=()", "geolocation=(self)"
        )
    if request.path == RINGING:
        answer.headers["Permissions-Policy"] = HEADERS["Permissions-Policy"].replace(
            "microphone=()", "microphone=(self)"
        )
    policy = POLICY.format(nonce=nonce_of(request))
    if request.path in MAP_PAGES and (tiles := request.app[SETTINGS].tile_origin):
        policy = policy.replace("img-src 'self'", f"img-src 'self' {tiles}")
    answer.headers["Content-Security-Policy"] = policy
    if request.app[SETTINGS].secure:
        answer.headers["Strict-Transport-Security"] = "max-age=31536000"
    static = request.path.startswith("/static/") and answer.status in (200, 304)
    answer.headers["Cache-Control"] = "no-cache" if static else "no-store"


@web.middleware
async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
    """How long and how it ended, by route and never by path: a path may hold an id."""
    started = time.perf_counter()
    answer = await handler(request)
    resource = request.match_info.route.resource
    route = resource.canonical if resource is not None else "none"
    metrics = request.app[METRICS]
    if not isinstance(answer, web.WebSocketResponse):
        metrics.requests.labels(request.method, route).observe(time.perf_counter() - started)
    metrics.answers.labels(str(answer.status)).inc()
    return answer
