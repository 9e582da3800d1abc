"""A POST that comes twice does its work once: the answer is kept under the asker's key, in the transaction of the work.

    async with desk.work() as work:
        answer = await idempotency.once(work, operator_id, key, idempotency.request_hash(...), act)

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

from desk.errors import Invalid
from desk.work import Work
from models import IdempotencyKey

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


def request_hash(method: str, path: str, body: bytes) -> str:
    """What tells two requests apart: SHA-256 over method, path and body, each ended so that none runs into the next."""
    return hashlib.sha256(b"\0".join((method.upper().encode(), path.encode(), body))).hexdigest()


async def once(
    work: Work, operator_id: int, key: str, request: str, act: Callable[[], Awaitable[tuple[int, Any]]]
) -> Answer:
    """The saved answer to this key, or that of `act()` (a status and JSON), saved with what it did. Raises KeyReused, Invalid."""
    saved = await reserve(work, operator_id, key, request)
    if saved is not None:
        return saved
    status, body = await act()
    await save(work, operator_id, key, status, body)
    return Answer(status, body)


async def reserve(work: Work, operator_id: int, key: str, request: str) -> Answer | None:
    """Claim `key` for this work (None), or the answer that it already has. Waits while another work holds the key."""
    if not 0 < len(key) <= MAX_KEY or not key.isprintable():
        raise Invalid(f"an idempotency key is 1 to {MAX_KEY} printable characters", field="Idempotency-Key")
    if await _claimed(work, operator_id, key, request):
        return None
    query = select(IdempotencyKey).where(IdempotencyKey.operator_id == operator_id, IdempotencyKey.key == key)
    row = (await work.session.execute(query)).scalar_one()
    if row.request_hash != request:
        raise KeyReused("this idempotency key was used for another request", field="Idempotency-Key")
    return Answer(row.status, row.answer, replayed=True)


async def save(work: Work, operator_id: int, key: str, status: int, body: Any) -> None:
    """Keep the answer under a key reserved in this work."""
    await work.session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.operator_id == operator_id, IdempotencyKey.key == key)
        .values(status=status, answer=body)
    )


async def forget(work: Work, operator_id: int, key: str) -> None:
    """Let `key` be used anew: what it was kept for did not happen after all."""
    await work.session.execute(
        delete(IdempotencyKey).where(IdempotencyKey.operator_id == operator_id, IdempotencyKey.key == key)
    )


async def forget_old(work: Work) -> int:
    """Drop answers older than 30 days. Returns how many they were."""
    old = delete(IdempotencyKey).where(IdempotencyKey.created_at < work.now - KEPT_FOR).returning(IdempotencyKey.id)
    return len((await work.session.execute(old)).all())


async def _claimed(work: Work, operator_id: int, key: str, request: str) -> bool:
    postgresql = work.session.get_bind().dialect.name == "postgresql"
    insert = postgresql_insert if postgresql else sqlite_insert
    values = {
        "operator_id": operator_id,
        "key": key,
        "request_hash": request,
        "status": _NOT_ANSWERED,
        "answer": None,
        "created_at": work.now,
    }
    claim = insert(IdempotencyKey).values(values).on_conflict_do_nothing().returning(IdempotencyKey.id)
    return (await work.session.execute(claim)).first() is not None
