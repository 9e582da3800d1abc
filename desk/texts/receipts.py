"""What a provider says about a text: the ids under which it took the segments, and later what became of each.

A text is delivered when every segment is, and failed or expired as soon as one segment is. Receipts come twice, in any order
and before the ids are known: states only move forward, and an early receipt waits for its id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import Invalid
from desk.texts import consent_notices
from desk.texts.message_states import change, hold
from desk.work import Work
from models import EarlyReceipt, Message, MessagePart
from models.message import NEXT_STATES

PARKED_FOR = timedelta(hours=24)
RECEIPT_STATES = ("sent", "unknown", "delivered", "failed", "expired")


async def submitted(work: Work, message_id: int, provider: str, provider_ids: Sequence[str]) -> None:
    """The provider took the whole text: `provider_ids` are its ids of the segments, in order. Applies receipts that came early.

    Raises Invalid without an id (nobody could ever tell what became of the text) and WrongState when it was not being sent.
    """
    if not provider_ids:
        raise Invalid(f"{provider} took message {message_id} but gave no id", field="provider_ids")
    for provider_id in sorted(set(provider_ids)):
        await _one_at_a_time(work.session, provider, provider_id)
    message = await hold(work, message_id)
    change(work, message, "sent", None)
    message.provider = provider
    message.provider_id = provider_ids[0]
    message.parts = len(set(provider_ids))
    # A text that was handed over again may be given the id of the first time, by a center that counts anew.
    given = select(MessagePart).where(MessagePart.message_id == message.id, MessagePart.provider == provider)
    known = {part.provider_id: part for part in await work.session.scalars(given)}
    parts = [
        known.get(provider_id)
        or MessagePart(message_id=message.id, provider=provider, provider_id=provider_id, state="sent")
        for provider_id in dict.fromkeys(provider_ids)
    ]
    work.session.add_all(parts)
    for part in parts:
        await _apply_parked(work, part)
    await work.session.flush()
    await consent_notices.follow(work, message)
    await _settle(work, message)


async def receipt(work: Work, provider: str, provider_id: str, state: str, detail: str | None = None) -> int | None:
    """A receipt for one segment. Returns the message's id, or None when the id is not known yet and the receipt was parked."""
    if state not in RECEIPT_STATES:
        raise Invalid(f"a receipt cannot say {state!r}", field="state")
    await _one_at_a_time(work.session, provider, provider_id)
    part = await _newest_part(work.session, provider, provider_id)
    if part is None:
        await _park(work, provider, provider_id, state, detail)
        return None
    # The message is held before its segments are looked at: two receipts for two segments must see one another.
    message = await hold(work, part.message_id)
    _move_part(part, state, detail)
    await work.session.flush()
    await _settle(work, message)
    return message.id


async def drop_parked(work: Work) -> int:
    """Forget receipts whose text never turned up in 24 hours. Returns how many they were."""
    old = delete(EarlyReceipt).where(EarlyReceipt.received_at < work.now - PARKED_FOR).returning(EarlyReceipt.id)
    return len((await work.session.execute(old)).all())


async def _newest_part(session: AsyncSession, provider: str, provider_id: str) -> MessagePart | None:
    query = (
        select(MessagePart)
        .where(MessagePart.provider == provider, MessagePart.provider_id == provider_id)
        .order_by(MessagePart.id.desc())
        .limit(1)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def _park(work: Work, provider: str, provider_id: str, state: str, detail: str | None) -> None:
    work.session.add(
        EarlyReceipt(
            provider=provider,
            provider_id=provider_id,
            state=state,
            detail=detail[:200] if detail else None,
            received_at=work.now,
        )
    )
    await work.session.flush()


async def _apply_parked(work: Work, part: MessagePart) -> None:
    parked = (
        delete(EarlyReceipt)
        .where(EarlyReceipt.provider == part.provider, EarlyReceipt.provider_id == part.provider_id)
        .returning(EarlyReceipt.id, EarlyReceipt.state, EarlyReceipt.detail, EarlyReceipt.received_at)
    )
    for row in sorted((await work.session.execute(parked)).all()):
        if row.received_at >= work.now - PARKED_FOR:
            _move_part(part, row.state, row.detail)


def _move_part(part: MessagePart, state: str, detail: str | None) -> None:
    """Forward only; what contradicts a final state is not believed."""
    if state != part.state and state in NEXT_STATES[part.state] and (part.state, state) != ("unknown", "sent"):
        part.state = state
        part.detail = detail[:200] if detail else None


async def _settle(work: Work, message: Message) -> None:
    """Bring the text to the state that its segments add up to, where that is a step forward."""
    query = select(MessagePart.state, MessagePart.detail).where(MessagePart.message_id == message.id)
    parts = (await work.session.execute(query)).all()
    state = _sum_of([part.state for part in parts], message.parts)
    if state == "sent" or state == message.state or state not in NEXT_STATES[message.state]:
        return
    detail = next((part.detail for part in parts if part.state == state and part.detail), None)
    change(work, message, state, detail)
    await work.session.flush()
    await consent_notices.follow(work, message)


def _sum_of(states: Sequence[str], expected: int | None) -> str:
    for bad in ("failed", "expired"):
        if bad in states:
            return bad
    if expected is None or len(states) < expected:
        return "sent"
    if all(state == "delivered" for state in states):
        return "delivered"
    return "unknown" if "unknown" in states and "sent" not in states else "sent"


async def _one_at_a_time(session: AsyncSession, provider: str, provider_id: str) -> None:
    """Make a submit answer and its early receipt wait for one another, or each would miss what the other has just written.

    SQLite admits one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        key = func.hashtextextended(f"{provider}\n{provider_id}", 0)
        await session.execute(select(func.pg_advisory_xact_lock(key)))
