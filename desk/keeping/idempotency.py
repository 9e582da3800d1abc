"""A POST that comes twice does its work once: the answer is kept under the asker's key, in the transaction of the work.

    async with desk.work() as work:
        answer = await idempotency.once(work, asker, key, idempotency.request_hash(...), act)

The row is reserved before the work begins, so of two requests at the same moment the second waits for the first one's answer.
Work that fails rolls its reservation back with everything else: the next try with the same key begins anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import InstrumentedAttribute

from desk.errors import Invalid
from desk.work import Work
from models import DriverRequest, IdempotencyKey

KEPT_FOR = timedelta(days=30)
MAX_KEY = 255
_NOT_ANSWERED = 0


class KeyReused(Invalid):
    """The key was used before, for another request."""

    code = "idempotency_key_reused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered: status, JSON, and whether it is an earlier request's answer said again."""

    status: int
    body: Any
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class ByDriver:
    """The asker is a driver, whose keys are his own: an operator's id may be the same number."""

    driver_id: int


Kept = type[IdempotencyKey] | type[DriverRequest]
Asker = int | ByDriver
"""Who asks: an operator by his id, or a driver."""


def request_hash(method: str, path: str, body: bytes) -> str:
    """What tells two requests apart: SHA-256 over method, path and body, each ended so that none runs into the next."""
    return hashlib.sha256(b"\0".join((method.upper().encode(), path.encode(), body))).hexdigest()


async def once(
    work: Work, asker: Asker, key: str, request: str, act: Callable[[], Awaitable[tuple[int, Any]]]
) -> Answer:
    """The saved answer to this key, or that of `act()` (a status and JSON), saved with what it did. Raises KeyReused, Invalid."""
    saved = await reserve(work, asker, key, request)
    if saved is not None:
        return saved
    status, body = await act()
    await save(work, asker, key, status, body)
    return Answer(status, body)


async def reserve(work: Work, asker: Asker, key: str, request: str) -> Answer | None:
    """Claim `key` for this work (None), or the answer that it already has. Waits while another work holds the key."""
    if not 0 < len(key) <= MAX_KEY or not key.isprintable():
        raise Invalid(f"an idempotency key is 1 to {MAX_KEY} printable characters", field="Idempotency-Key")
    if await _claimed(work, asker, key, request):
        return None
    table, column = _kept_in(asker)
    query = select(table.request_hash, table.status, table.answer).where(column == _id(asker), table.key == key)
    first_request, status, answer = (await work.session.execute(query)).one()
    if first_request != request:
        raise KeyReused("this idempotency key was used for another request", field="Idempotency-Key")
    return Answer(status, answer, replayed=True)


async def save(work: Work, asker: Asker, key: str, status: int, body: Any) -> None:
    """Keep the answer under a key reserved in this work."""
    table, column = _kept_in(asker)
    await work.session.execute(
        update(table).where(column == _id(asker), table.key == key).values(status=status, answer=body)
    )


async def forget(work: Work, asker: Asker, key: str) -> None:
    """Let `key` be used anew: what it was kept for did not happen after all."""
    table, column = _kept_in(asker)
    await work.session.execute(delete(table).where(column == _id(asker), table.key == key))


async def forget_old(work: Work) -> int:
    """Drop answers older than 30 days. Returns how many they were."""
    dropped = 0
    for table in (IdempotencyKey, DriverRequest):
        old = delete(table).where(table.created_at < work.now - KEPT_FOR).returning(table.id)
        dropped += len((await work.session.execute(old)).all())
    return dropped


async def _claimed(work: Work, asker: Asker, key: str, request: str) -> bool:
    postgresql = work.session.get_bind().dialect.name == "postgresql"
    insert = postgresql_insert if postgresql else sqlite_insert
    table, column = _kept_in(asker)
    values = {
        column.key: _id(asker),
        "key": key,
        "request_hash": request,
        "status": _NOT_ANSWERED,
        "answer": None,
        "created_at": work.now,
    }
    claim = insert(table).values(values).on_conflict_do_nothing().returning(table.id)
    return (await work.session.execute(claim)).first() is not None


def _kept_in(asker: Asker) -> tuple[Kept, InstrumentedAttribute[int]]:
    if isinstance(asker, ByDriver):
        return DriverRequest, DriverRequest.driver_id
    return IdempotencyKey, IdempotencyKey.operator_id


def _id(asker: Asker) -> int:
    return asker.driver_id if isinstance(asker, ByDriver) else asker
