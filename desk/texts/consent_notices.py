"""Who was told of his consent to advertising by which text: a row for each text, and his two years begin anew once it was sent.

A text that turns out not to have got there told him nothing: the consent is again as it was.
"""

from __future__ import annotations

from sqlalchemy import select

from desk.texts.consents import NOTICE_KEY
from desk.work import Work
from models import AdConsent, ConsentNotice, Message


async def follow(work: Work, message: Message) -> None:
    """What has become of a text is carried to the consent that it is about; of other texts nothing is."""
    if message.text_key != NOTICE_KEY:
        return
    query = select(ConsentNotice).where(ConsentNotice.message_id == message.id).with_for_update()
    notice = (await work.session.scalars(query)).one_or_none()
    if notice is None:
        return
    if message.state in ("sent", "delivered") and notice.told_at is None:
        await _told(work, notice)
    elif message.state in ("failed", "expired") and notice.told_at is not None:
        await _not_told(work, notice)
    await work.session.flush()


async def _told(work: Work, notice: ConsentNotice) -> None:
    notice.told_at = work.now
    consent = await _consent(work, notice)
    if consent is not None and consent.agreed_at == notice.agreed_at:
        consent.confirmed_at = max(work.now, consent.confirmed_at or work.now)


async def _not_told(work: Work, notice: ConsentNotice) -> None:
    consent = await _consent(work, notice)
    if consent is not None and consent.confirmed_at == notice.told_at:
        consent.confirmed_at = notice.confirmed_before
    notice.told_at = None


async def _consent(work: Work, notice: ConsentNotice) -> AdConsent | None:
    of_number = (AdConsent.office_id == notice.office_id) & (AdConsent.number == notice.number)
    return (await work.session.scalars(select(AdConsent).where(of_number).with_for_update())).one_or_none()
