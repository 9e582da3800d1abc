"""The OpenAPI document."""

from __future__ import annotations

import asyncio

from aiohttp import web

from web.api.ask import json_answer
from web.keys import DOCUMENT


async def document(request: web.Request) -> web.StreamResponse:
    """OpenAPI 3.1, made from the routes when it is first asked for: in a thread, because meanwhile calls come in."""
    return json_answer(await asyncio.to_thread(request.app[DOCUMENT]))
