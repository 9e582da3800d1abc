"""For machines that watch us: health without personal data, and counters."""

from __future__ import annotations

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from web.api.ask import json_answer
from web.keys import METRICS, OUTSIDE, PARTS


async def healthz(request: web.Request) -> web.StreamResponse:
    """Always 200 while we can answer; `status` says whether every part works."""
    parts = request.app[PARTS]
    return json_answer({"status": "ok" if parts.ok else "degraded", "parts": parts.as_json()})


async def metrics(request: web.Request) -> web.StreamResponse:
    """The text format of Prometheus."""
    body = request.app[METRICS].text(await request.app[OUTSIDE].figures())
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
