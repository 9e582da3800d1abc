"""The OpenAPI document."""

from __future__ import annotations

from aiohttp import web

from web.ask import json_answer
from web.keys import DOCUMENT


async def document(request: web.Request) -> web.StreamResponse:
    """OpenAPI 3.1, made from the routes when the application was."""
    return json_answer(request.app[DOCUMENT])
