"""One deed for many orders: each is done or refused by itself, and what is told of each is what its row says.

A piece is one transaction with a savepoint an order, so a refusal takes nothing of the others with it. Many orders are done in
pieces (`pieces`): others get their turn in between, and what was done stays done whatever happens later.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from desk.dispatching import dispatch, searching
from desk.errors import DeskError, WrongState
from desk.office import people
from desk.order import order_steps
from desk.ordering import orders
from desk.work import Work
from models import Order, Search

PIECE = 20
"""Orders in one transaction: the others wait for no more than these."""

Deed = Callable[[Work, int, "Meant"], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Meant:
    """An order as somebody marked it; with `version`, only if nobody has changed it since."""

    order_id: int
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one order. `state` and `version` are its row's, null where there is none; `code` says why it was refused."""

    order_id: int
    done: bool
    state: str | None
    version: int | None
    code: str | None = None
    details: Mapping[str, str | int | None] | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "order_id": self.order_id,
            "done": self.done,
            "state": self.state,
            "version": self.version,
            "code": self.code,
            "details": dict(self.details) if self.details else None,
        }


def cancel(reason: str) -> Deed:
    """Each trip will not happen."""
    return lambda work, who, meant: orders.cancel(work, who, meant.order_id, reason, meant.version)


def release(reason: str) -> Deed:
    """Each order is taken back from its driver."""
    return lambda work, who, meant: dispatch.release(work, who, meant.order_id, reason, meant.version)


async def search(work: Work, who: int, meant: Meant) -> Search:
    """Look for a driver. One whose pick-up is uncertain is refused: why it is offered all the same is said order by order."""
    await order_steps.hold(work, who, meant.order_id, meant.version)
    return await searching.start(work, who, meant.order_id)


async def stop_search(work: Work, who: int, meant: Meant) -> None:
    """Look no further. Raises WrongState where nobody looks: there is nothing to stop."""
    order = await order_steps.hold(work, who, meant.order_id, meant.version)
    running = select(Search.id).where(Search.order_id == order.id, Search.state == "running")
    if await work.session.scalar(running) is None:
        raise WrongState("nobody looks for a driver for this order", before=order.state)
    await searching.stop(work, who, meant.order_id)


def pieces(meant: Iterable[Meant], size: int = PIECE) -> Iterator[tuple[Meant, ...]]:
    """The orders in pieces, each once and by their ids: two who do many at once wait for, and do not lock, each other."""
    rows = sorted({one.order_id: one for one in meant}.values(), key=lambda one: one.order_id)
    for begin in range(0, len(rows), size):
        yield tuple(rows[begin : begin + size])


async def do_each(work: Work, who: int, deed: Deed, meant: Sequence[Meant]) -> list[Outcome]:
    """`deed` for each order of one piece, in this transaction; what it told of a refused order is not told."""
    return [await _one(work, who, deed, one) for one in meant]


async def _one(work: Work, who: int, deed: Deed, meant: Meant) -> Outcome:
    told = len(work.events)
    try:
        async with work.session.begin_nested():
            await deed(work, who, meant)
    except DeskError as error:
        del work.events[told:]
        return await _outcome(work, who, meant.order_id, error)
    return await _outcome(work, who, meant.order_id, None)


async def _outcome(work: Work, who: int, order_id: int, error: DeskError | None) -> Outcome:
    order = await work.session.get(Order, order_id, populate_existing=True)
    if order is not None and order.office_id != (await people.operator_of(work, who)).office_id:
        order = None  # another office's is told like one that does not exist
    state, version = (order.state, order.version) if order is not None else (None, None)
    if error is None:
        return Outcome(order_id, done=True, state=state, version=version)
    return Outcome(order_id, False, state, version, error.code, error.details)
