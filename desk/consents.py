"""What the owners of numbers said of advertising: who wants none, and who agreed to it by night as well."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import message_states, numbers
from desk.errors import Invalid
from desk.people import audit
from desk.text import plain
from desk.work import Work
from models import AdConsent, Campaign, IncomingText, Message, Office

AT_A_TIME = 500
REFUSED = "its receiver refused advertising"


async def refuse_by_text(work: Work, text: IncomingText) -> None:
    """The sender wants no more advertising. His consent to texts by night ends with it."""
    row = await _row(work, text.office_id, text.sender)
    row.refused_at = row.refused_at or work.now
    row.night_at = None
    row.source, row.text_id = "text", text.id
    await _withdraw_ads(work, text.office_id, text.sender)
    audit(work, None, "ads.refused", f"text {text.id}", {"number": numbers.masked(text.sender)})


async def note(work: Work, office_id: int, operator_id: int, number: str, said: str, source: str) -> AdConsent:
    """An operator writes down what somebody said: "refused", "agreed" or "agreed_night". Raises Invalid.

    `source` is where he said so, in the operator's words; it stands in the record of who did what.
    """
    office = await work.session.get_one(Office, office_id)
    e164 = numbers.normalise(number, office.country).e164
    words = plain(source, 120)
    if e164 is None:
        raise Invalid("that is not a telephone number", field="number")
    if said not in ("refused", "agreed", "agreed_night"):
        raise Invalid("that is nothing that one says of advertising", field="said")
    if not words:
        raise Invalid("where he said so is to be written down", field="source")
    row = await _row(work, office_id, e164)
    row.refused_at = (row.refused_at or work.now) if said == "refused" else None
    row.night_at = work.now if said == "agreed_night" else None
    row.source, row.operator_id, row.text_id = words, operator_id, None
    if said == "refused":
        await _withdraw_ads(work, office_id, e164)
    await work.session.flush()
    audit(work, operator_id, f"ads.{said}", numbers.masked(e164), {"source": words})
    return row


async def of_numbers(session: AsyncSession, office_id: int, wanted: Collection[str]) -> dict[str, AdConsent]:
    """What is known of these numbers; those of whom nothing is known are left out."""
    found: dict[str, AdConsent] = {}
    every = sorted(set(wanted))
    for at in range(0, len(every), AT_A_TIME):
        some = select(AdConsent).where(
            AdConsent.office_id == office_id, AdConsent.number.in_(every[at : at + AT_A_TIME])
        )
        found.update({row.number: row for row in await session.scalars(some)})
    return found


async def _withdraw_ads(work: Work, office_id: int, number: str) -> None:
    """Advertisements to that number that have not left do not leave any more."""
    await work.session.flush()
    ads = select(Campaign.id).where(Campaign.office_id == office_id, Campaign.kind == "ad")
    query = select(Message).where(Message.recipient == number, Message.state == "queued", Message.campaign_id.in_(ads))
    for message in await work.session.scalars(query.with_for_update().execution_options(populate_existing=True)):
        message_states.change(work, message, "expired", REFUSED)
    await work.session.flush()


async def _row(work: Work, office_id: int, number: str) -> AdConsent:
    query = select(AdConsent).where(AdConsent.office_id == office_id, AdConsent.number == number).with_for_update()
    row = (await work.session.scalars(query)).one_or_none()
    if row is None:
        row = AdConsent(office_id=office_id, number=number, source="")
        work.session.add(row)
    return row
