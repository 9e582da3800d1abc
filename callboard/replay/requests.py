"""Plays the operators: every recorded change is asked for again, over HTTP, in a session of the replayed site.

Requests name calls and orders by the ids that the recorded site gave them; here they are put into the ids of this site.
"""

from __future__ import annotations

import json
import re
from typing import Any

import aiohttp
from sqlalchemy import select

from callboard.tape_format import Entry
from desk.office.passwords import new_token, token_hash
from desk.work import Desk
from models import Operator, WebSession
from web.access.auth import cookie_name
from web.settings import Settings

UNPLAYED = frozenset({"/api/v1/calls/test", "/api/v1/calls/dial"})
"""Placing a call is Asterisk's business: the call itself is in the recording."""

_NAMED = re.compile(r"/api/v1/(calls|orders)/(\d+)(/|$)")


class Requests:
    """`unlike` tells of requests that were answered otherwise than in the recording."""

    def __init__(self, settings: Settings, desk: Desk, port: int) -> None:
        self.unlike: list[str] = []
        self.calls: dict[int, int] = {}
        self.orders: dict[int, int] = {}
        self._settings = settings
        self._desk = desk
        self._base = f"http://{settings.host}:{port}"
        self._tokens: dict[int, str] = {}
        self._http = aiohttp.ClientSession()

    async def close(self) -> None:
        """No more."""
        await self._http.close()

    async def play(self, entry: Entry) -> None:
        """Ask for the change; comes back when it is answered."""
        method, path = str(entry.facts.get("method", "")), str(entry.facts.get("path", ""))
        if path in UNPLAYED or not path.startswith("/api/v1/"):
            return
        recorded = entry.facts.get("operator")
        token = await self._token(recorded if isinstance(recorded, int) else 0)
        headers = {"Cookie": f"{self._cookie()}={token}", "Origin": self._base, "Content-Type": "application/json"}
        if isinstance(key := entry.facts.get("key"), str):
            headers["Idempotency-Key"] = key
        async with self._http.request(
            method, self._base + self._here(path), data=self._body(entry.data), headers=headers
        ) as answer:
            self._compare(entry, method, path, answer.status, await answer.read())

    def _compare(self, entry: Entry, method: str, path: str, status: int, body: bytes) -> None:
        if status != entry.facts.get("status"):
            self.unlike.append(f"{method} {path}: {status} instead of {entry.facts.get('status')}")
        made = entry.facts.get("made")
        if isinstance(made, int) and path == "/api/v1/orders" and status < 300:
            self.orders[made] = json.loads(body)["id"]

    def _here(self, path: str) -> str:
        found = _NAMED.match(path)
        if found is None:
            return path
        ids = self.calls if found[1] == "calls" else self.orders
        return f"/api/v1/{found[1]}/{ids.get(int(found[2]), int(found[2]))}{path[found.end(2) :]}"

    def _body(self, raw: bytes) -> bytes:
        try:
            value: Any = json.loads(raw) if raw else {}
        except (ValueError, RecursionError):
            return raw
        if isinstance(value, dict) and isinstance(call_id := value.get("call_id"), int):
            value["call_id"] = self.calls.get(call_id, call_id)
        for order in value.get("orders", ()) if isinstance(value, dict) else ():
            if isinstance(order, dict) and isinstance(order.get("id"), int):  # one of many that were marked
                order["id"] = self.orders.get(order["id"], order["id"])
        return json.dumps(value, ensure_ascii=False).encode()

    def _cookie(self) -> str:
        return cookie_name(self._settings)

    async def _token(self, recorded: int) -> str:
        """A session of the same person, or, where he is unknown here, of the first one who has a desk phone."""
        if recorded not in self._tokens:
            async with self._desk.work() as work:
                operator_id = await work.session.scalar(select(Operator.id).where(Operator.id == recorded))
                if operator_id is None:
                    query = select(Operator.id).order_by(Operator.extension.is_(None), Operator.id).limit(1)
                    operator_id = (await work.session.execute(query)).scalar_one()
                token = self._tokens[recorded] = new_token()
                work.session.add(
                    WebSession(
                        token_hash=token_hash(token),
                        operator_id=operator_id,
                        created_at=work.now,
                        last_seen_at=work.now,
                    )
                )
        return self._tokens[recorded]
