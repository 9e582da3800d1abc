"""Texts that are owed: written with the fact that caused them, claimed before they are sent, and known to the end.

    queued -> sending -> sent -> delivered | failed | expired
       ^         |  \\-> unknown (cut off before the answer) -> sent, delivered, failed, expired as knowledge comes
       '---------'  (refused for now, due again later)

A state only moves along these arrows. What a provider says about a text is in `desk/texts/receipts.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import NotFound
from desk.message.assignment_texts import write_assignment_messages
from desk.texts import advertising, consents
from desk.texts.message_states import TOO_LATE, change, hold
from desk.texts.receipts import receipt, submitted
from desk.work import Work
from models import Campaign, ConsentNotice, Customer, CustomerPhone, Message, Office, StandingRun

__all__ = [
    "ambiguous",
    "claim_due",
    "count_by_state",
    "list_messages",
    "one",
    "receipt",
    "recover_claims",
    "refused",
    "submitted",
    "withdraw",
    "write_assignment_messages",
]

# A notice that a driver is on his way is worse late than never.
VALID_FOR = timedelta(minutes=30)
NOT_SERVED = "its receiver is not to be served"


async def claim_due(work: Work, limit: int) -> list[Message]:
    """Take up to `limit` due texts: queued -> sending. Leave (commit) this work BEFORE anything goes to the provider.

    No two senders ever get the same row: PostgreSQL skips rows that another holds, SQLite lets writers in one by one.
    Texts that nobody got away in time (`valid_until`, else 30 minutes) expire here instead, as do advertisements whose receiver
    does not agree to them (any more); what waits for the day waits on.
    """
    due = (
        select(Message)
        .where(Message.state == "queued", Message.next_try_at <= work.now)
        .order_by(Message.next_try_at, Message.id)
        .with_for_update(skip_locked=True)
    )
    # Ten thousand texts of a campaign do not hold up the one that says who comes.
    found = list(await work.session.scalars(due.where(Message.campaign_id.is_(None)).limit(limit)))
    if len(found) < limit:
        found += await work.session.scalars(due.where(Message.campaign_id.is_not(None)).limit(limit - len(found)))
    unwanted = await _unwanted(work, found)
    claimed = []
    for message in found:
        if (message.valid_until or message.created_at + VALID_FOR) < work.now:
            change(work, message, "expired", TOO_LATE)
            continue
        if message.by_day_only and (morning := await _until_morning(work, message.office_id)) is not None:
            message.next_try_at = morning
            continue
        if message.id in unwanted:
            change(work, message, "expired", unwanted[message.id])
            continue
        message.attempts += 1
        message.claimed_at = work.now
        change(work, message, "sending", None)
        claimed.append(message)
    await work.session.flush()
    return claimed


async def _unwanted(work: Work, found: Sequence[Message]) -> dict[int, str]:
    """Texts whose receivers do not want them in this moment, and why, whatever was looked at before.

    Advertisements, to whoever does not agree to them; what a standing send wrote, also to who refused or is not to be served;
    what tells of a consent that there is no more, or of another day than its own.
    """
    campaigns = {message.campaign_id for message in found} - {None}
    if not campaigns:
        return {}
    ads = set(await work.session.scalars(select(Campaign.id).where(Campaign.id.in_(campaigns), Campaign.kind == "ad")))
    by_rule = select(StandingRun.campaign_id).where(StandingRun.campaign_id.in_(campaigns))
    standing = set(await work.session.scalars(by_rule))
    of_consents = {message.campaign_id for message in found if message.text_key == consents.NOTICE_KEY}
    tells_of = await _told_days(work, [message.id for message in found if message.campaign_id in of_consents])
    asked = ads | standing | of_consents
    unwanted = {}
    for office_id in {message.office_id for message in found if message.campaign_id in asked}:
        theirs = [one for one in found if one.campaign_id in asked and one.office_id == office_id]
        timezone = (await work.session.get_one(Office, office_id)).timezone
        known = await consents.of_numbers(work.session, office_id, [one.recipient for one in theirs])
        blocked = await _blocked(work, office_id, [one.recipient for one in theirs if one.campaign_id in standing])
        for one in theirs:
            stands = consents.standing(known.get(one.recipient), work.now, timezone)
            consent, told = known.get(one.recipient), tells_of.get(one.id)
            nothing_to_tell = stands == "no_consent" and one.campaign_id in of_consents
            if stands == "refused" or nothing_to_tell or (stands != "agreed" and one.campaign_id in ads):
                unwanted[one.id] = consents.REFUSED if stands == "refused" else consents.NO_CONSENT
            elif told is not None and consent is not None and consent.agreed_at != told:
                unwanted[one.id] = consents.SAID_ANEW
            elif one.recipient in blocked:
                unwanted[one.id] = NOT_SERVED
    return unwanted


async def _told_days(work: Work, message_ids: Sequence[int]) -> dict[int, datetime]:
    """Of which consent each of these texts tells: when it was given."""
    if not message_ids:
        return {}
    query = select(ConsentNotice.message_id, ConsentNotice.agreed_at)
    rows = await work.session.execute(query.where(ConsentNotice.message_id.in_(message_ids)))
    return dict(rows.all())


async def _blocked(work: Work, office_id: int, numbers: Sequence[str]) -> set[str]:
    """Of these numbers those of customers who are not to be served. They are no more than are claimed at once."""
    if not numbers:
        return set()
    query = select(CustomerPhone.number).join(Customer, Customer.id == CustomerPhone.customer_id)
    of_them = (CustomerPhone.office_id == office_id) & CustomerPhone.number.in_(numbers)
    return set(await work.session.scalars(query.where(of_them, Customer.blocked_reason.is_not(None))))


async def _until_morning(work: Work, office_id: int) -> datetime | None:
    """When the night is over that it is now at the office; null by day."""
    office = await work.session.get_one(Office, office_id)
    return advertising.morning_after(work.now, office.timezone)


async def refused(work: Work, message_id: int, detail: str, permanent: bool, retry_at: datetime | None = None) -> None:
    """The provider surely did not take the text: due again at `retry_at`, or failed when permanent or without another try."""
    message = await hold(work, message_id)
    if permanent or retry_at is None:
        change(work, message, "failed", detail)
    else:
        message.next_try_at = retry_at
        message.claimed_at = None
        change(work, message, "queued", detail)
    await work.session.flush()


async def ambiguous(work: Work, message_id: int, detail: str) -> None:
    """Nobody knows whether the provider took the text: unknown, shown to a person, never sent again unasked."""
    change(work, await hold(work, message_id), "unknown", detail)
    await work.session.flush()


async def recover_claims(work: Work) -> list[int]:
    """At start: what a dead process had claimed may or may not be with the provider, so it is unknown. Returns the ids."""
    query = select(Message).where(Message.state == "sending").with_for_update()
    left = (await work.session.execute(query)).scalars().all()
    for message in left:
        change(work, message, "unknown", "the sender stopped before the provider answered")
    await work.session.flush()
    return [message.id for message in left]


async def withdraw(work: Work, assignment_id: int, detail: str) -> None:
    """Texts about an assignment that have not left yet expire: what they say is no longer true."""
    query = (
        select(Message).where(Message.assignment_id == assignment_id, Message.state == "queued").with_for_update()
    ).execution_options(populate_existing=True)
    for message in (await work.session.execute(query)).scalars():
        change(work, message, "expired", detail)
    await work.session.flush()


async def one(session: AsyncSession, message_id: int) -> Message:
    """The message with this id. Raises NotFound."""
    message = await session.get(Message, message_id)
    if message is None:
        raise NotFound("there is no such message", message_id=message_id)
    return message


async def list_messages(
    session: AsyncSession,
    office_id: int,
    order_id: int | None = None,
    limit: int = 50,
    before_id: int | None = None,
) -> Sequence[Message]:
    """Messages of an office, newest first; `before_id` continues an earlier list."""
    query = select(Message).where(Message.office_id == office_id).order_by(Message.id.desc()).limit(limit)
    if order_id is not None:
        query = query.where(Message.order_id == order_id)
    if before_id is not None:
        query = query.where(Message.id < before_id)
    return (await session.execute(query)).scalars().all()


async def count_by_state(session: AsyncSession) -> dict[str, int]:
    """How many texts stand in each state in which there are any; read from the index alone."""
    rows = await session.execute(select(Message.state, func.count()).group_by(Message.state))
    return dict(rows.all())
