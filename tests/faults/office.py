"""An office with many operators and drivers, whose panel runs in one or more processes of their own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from sqlalchemy import func, select, update

from desk.office.passwords import password_hash, token_hash
from desk.work import Desk
from models import Assignment, Call, Driver, Operator, Order
from models.call import OPEN_STATES
from tests.faults.panel_process import PanelProcess
from tests.site import Site, make_site

PASSWORD = "correct horse battery"
LIMIT_S = 60.0


@dataclass
class Reply:
    """An answer's status and JSON."""

    status: int
    body: Any


@dataclass
class Office:
    """`tokens` are those of programs, one for each of as many operators; `panels` serve the same database."""

    desk: Desk
    site: Site
    panels: list[PanelProcess]
    tokens: list[str]
    names: list[str]
    http: aiohttp.ClientSession = field(repr=False)

    @property
    def panel(self) -> PanelProcess:
        """The first, and mostly the only one."""
        return self.panels[0]

    async def api(
        self, who: int, method: str, path: str, body: Any = None, port: int | None = None, **headers: str
    ) -> Reply:
        """A request by operator `who`, to his panel. Raises aiohttp's errors and TimeoutError."""
        base = f"http://127.0.0.1:{port or self.panels[who % len(self.panels)].port}"
        headers = {"Authorization": f"Bearer {self.tokens[who]}", **headers}
        timeout = aiohttp.ClientTimeout(total=LIMIT_S)
        async with self.http.request(
            method, base + "/api/v1" + path, json=body, headers=headers, timeout=timeout
        ) as answer:
            return Reply(answer.status, await answer.json(content_type=None))

    async def order(self, who: int = 0, **more: Any) -> dict[str, Any]:
        """A new order."""
        body = {"number": "01055501234", "origin": {"text": "강남역"}, "fare": 20_000, **more}
        reply = await self.api(who, "POST", "/orders", body)
        assert reply.status == 201, reply
        return dict(reply.body)

    async def rows(self) -> list[str]:
        """What a console must show, read from the rows: open calls, the last ended ones, open orders."""
        async with self.desk.look() as session:
            calls = await session.execute(select(Call.id, Call.state).where(Call.state.in_(OPEN_STATES)))
            orders = await session.execute(
                select(Order.id, Order.state, func.max(Driver.number))
                .outerjoin(Assignment, (Assignment.order_id == Order.id) & (Assignment.state == "active"))
                .outerjoin(Driver, Driver.id == Assignment.driver_id)
                .where(Order.closed_at.is_(None))
                .group_by(Order.id, Order.state)
            )
            return sorted(
                [f"call {call_id} {'talks' if state == 'answered' else 'waits'}" for call_id, state in calls]
                + [f"order {order_id} {state} {number or ''}".rstrip() for order_id, state, number in orders]
            )

    async def ended_ids(self) -> set[int]:
        """Calls that are over."""
        async with self.desk.look() as session:
            return set(await session.scalars(select(Call.id).where(Call.state == "ended")))


def shown(calls: Iterable[dict[str, Any]], orders: Iterable[dict[str, Any]]) -> list[str]:
    """The same of a copy that somebody keeps by /live."""
    live = [(one["id"], "talks" if one["state"] == "answered" else "waits") for one in calls if one["state"] != "ended"]
    board = [
        (one["id"], one["state"], one["driver"]["number"] if one["driver"] else "")
        for one in orders
        if not one["closed_at"]
    ]
    return sorted(
        [f"call {call_id} {state}" for call_id, state in live]
        + [f"order {order_id} {state} {number}".rstrip() for order_id, state, number in board]
    )


def free_port() -> int:
    """A port that nobody uses right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _program(site: Site, n: int, token: str) -> Operator:
    return Operator(
        office_id=site.office_id,
        login=f"p{n}",
        name=f"상담원{n}",
        token_hash=token_hash(token),
        role="operator",
        locale="ko",
    )


@asynccontextmanager
async def office_on(
    desk: Desk, url: str, *, operators: int = 2, drivers: int = 3, panels: int = 1
) -> AsyncIterator[Office]:
    """That office, serving. The people who sign in are `op` at 1001 and `boss` (an admin) at 1002."""
    site = await make_site(desk, drivers=drivers)
    tokens = [f"token-of-operator-{n:03}-with-enough-bits" for n in range(operators)]
    hashed = password_hash(PASSWORD)
    async with desk.work() as work:
        for operator_id, login, role, extension in (
            (site.operator_id, "op", "operator", "1001"),
            (site.colleague_id, "boss", "admin", "1002"),
        ):
            await work.session.execute(
                update(Operator)
                .where(Operator.id == operator_id)
                .values(login=login, role=role, extension=extension, password_hash=hashed)
            )
        work.session.add_all(_program(site, n, token) for n, token in enumerate(tokens))
    async with AsyncExitStack() as stack:
        started = [await stack.enter_async_context(PanelProcess.running(url, free_port())) for _ in range(panels)]
        http = await stack.enter_async_context(aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)))
        yield Office(desk, site, started, tokens, [f"상담원{n}" for n in range(operators)], http)


async def until(true: Any, what: str, limit_s: float = LIMIT_S) -> None:
    """Wait until `true()` is."""
    try:
        async with asyncio.timeout(limit_s):
            while not true():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"{what} did not happen within {limit_s} s") from None
