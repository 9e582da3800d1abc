"""Requests to a running site, with how long the answer took; patient, because how long it takes is the question."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

import aiohttp

from tests.path.running import RunningSite


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, JSON (or text), and seconds."""

    status: int
    body: Any
    seconds: float


async def ask(site: RunningSite, method: str, path: str, body: Any = None, limit_s: float = 60.0) -> Reply:
    """One request with the demo's token."""
    began = time.monotonic()
    headers = {"Authorization": f"Bearer {site.logins['api_token']}"} if path.startswith("/api") else {}
    timeout = aiohttp.ClientTimeout(total=limit_s)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.request(method, site.base + path, json=body, headers=headers) as answer,
    ):
        text = await answer.text()
        told = json.loads(text) if "json" in answer.content_type else text
        return Reply(answer.status, told, time.monotonic() - began)
