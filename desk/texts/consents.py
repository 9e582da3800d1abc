"""What the owners of numbers said of advertising: who agreed and when, who wants none, who agreed to it by night as well.

Nothing is sent to a number whose owner did not agree before (정보통신망법 art. 50). An agreement holds for two years from the day
on which it was given, or on which its owner was last told of it and left it as it was (art. 50-8, desk/texts/consent_years.py);
whom we tell is in desk/texts/consent_notices.py and desk/message/consent_rounds.py. A refusal wins over everything but an
agreement of the owner himself that came later, which a person writes down.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, String, and_, case, literal, null, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import numbers
from desk.clock import days
from desk.errors import Invalid
from desk.office.people import audit
from desk.text import plain
from desk.texts import consent_years, message_states
from desk.views import moment
from desk.work import Work
from models import AdConsent, Campaign, Customer, CustomerPhone, IncomingText, Message, Office, StandingRun

AT_A_TIME = 500
REFUSED = "its receiver refused advertising"
NO_CONSENT = "its receiver has not agreed to advertising"
SAID_ANEW = "its receiver has said something of advertising since"
NOTICE_KEY: Final = "consent"
"""The `text_key` of a text that tells somebody of his agreement."""
_CLOCKS_APART = timedelta(minutes=5)
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
SAID: Final = ("refused", "agreed", "agreed_night", "confirmed")
Standing = Literal["agreed", "refused", "no_consent", "consent_old"]


def holds_until(row: AdConsent, timezone: str) -> datetime | None:
    """The midnight from which on the agreement is not confirmed in time; null where there is none."""
    if row.agreed_at is None:
        return None
    since = max(row.agreed_at, row.confirmed_at or row.agreed_at)
    return consent_years.midnight(consent_years.runs_out(since, timezone), timezone)


def standing(row: AdConsent | None, at: datetime, timezone: str) -> Standing:
    """Whether an advertisement may be sent to that number then; "consent_old": the agreement was not confirmed in time."""
    if row is not None and row.refused_at is not None:
        return "refused"
    until = holds_until(row, timezone) if row is not None else None
    if row is None or until is None or row.agreed_at is None or row.agreed_at > at:
        return "no_consent"
    return "agreed" if at < until else "consent_old"


def is_agreed(now: datetime, timezone: str) -> ColumnElement[bool]:
    """The same as a condition on rows of `ad_consent`."""
    since = consent_years.run_out_before(days.today(timezone, now), timezone)
    fresh = or_(AdConsent.agreed_at >= since, AdConsent.confirmed_at >= since)
    return AdConsent.refused_at.is_(None) & (AdConsent.agreed_at <= now) & fresh


def has_number(office_id: int) -> ColumnElement[bool]:
    """Of a row of `customer`: whether there is a number by which he is called."""
    return Customer.id.in_(select(CustomerPhone.customer_id).where(CustomerPhone.office_id == office_id))


def has_refused(office_id: int) -> ColumnElement[bool]:
    """Of a row of `customer`: whether somebody said of one of his numbers that he wants no advertising."""
    return Customer.id.in_(_said(office_id).where(AdConsent.refused_at.is_not(None)))


def against_ads(office: Office, now: datetime) -> ColumnElement[str | None]:
    """Of a row of `customer`: why he is not to be advertised to, a word of Standing; null: one of his numbers agreed."""
    said = _said(office.id)
    return case(
        (Customer.id.in_(said.where(is_agreed(now, office.timezone))), null()),
        (has_refused(office.id), literal("refused", String)),
        (Customer.id.in_(said.where(AdConsent.agreed_at.is_not(None))), literal("consent_old", String)),
        else_=literal("no_consent", String),
    )


def _said(office_id: int) -> Select[int]:
    """The customers of whose numbers anything was said."""
    phones = select(CustomerPhone.customer_id).where(CustomerPhone.office_id == office_id)
    return phones.join(
        AdConsent, and_(AdConsent.office_id == CustomerPhone.office_id, AdConsent.number == CustomerPhone.number)
    )


async def refuse_by_text(work: Work, text: IncomingText) -> None:
    """The sender wants no more advertising. His consent to texts by night ends with it."""
    row = await _row(work, text.office_id, text.sender)
    row.refused_at = row.refused_at or work.now
    row.night_at = None
    row.source, row.text_id = "text", text.id
    await _withdraw_ads(work, text.office_id, text.sender)
    await _withdraw_notices(work, text.office_id, text.sender, REFUSED)
    audit(work, None, "ads.refused", f"text {text.id}", {"number": numbers.masked(text.sender)})


async def note(
    work: Work, office_id: int, operator_id: int, number: str, said: str, source: str, at: datetime | None = None
) -> AdConsent:
    """An operator writes down what somebody said, one of SAID, and when (null: now). Raises Invalid.

    `source` is where he said so, in the operator's words; it stands in the record of who did what. "confirmed": he was told of
    his agreement, and leaves it.
    """
    office = await work.session.get_one(Office, office_id)
    e164 = numbers.normalise(number, office.country).e164
    words, when = plain(source, 120), at or work.now
    if e164 is None:
        raise Invalid("that is not a telephone number", field="number")
    if said not in SAID:
        raise Invalid("that is nothing that one says of advertising", field="said")
    if not words:
        raise Invalid("where he said so is to be written down", field="source")
    if not EARLIEST <= when <= work.now + _CLOCKS_APART:
        raise Invalid("when he said so is a moment that has been", field="said_at")
    row = await _row(work, office_id, e164)
    if said == "confirmed":
        _confirm(row, when)
    elif said == "refused":
        row.refused_at, row.night_at = row.refused_at or when, None
        await _withdraw_ads(work, office_id, e164)
    else:
        if row.refused_at is not None and row.refused_at > when:
            raise Invalid("he refused after that", field="refused_later")
        row.refused_at, row.agreed_at, row.confirmed_at = None, when, None
        row.night_at = when if said == "agreed_night" else None
    row.source, row.operator_id, row.text_id = words, operator_id, None
    await _withdraw_notices(work, office_id, e164, REFUSED if said == "refused" else SAID_ANEW)
    audit(work, operator_id, f"ads.{said}", numbers.masked(e164), {"source": words, "at": when.isoformat()})
    return row


async def lapse(work: Work, office_id: int, operator_id: int, number: str) -> None:
    """The number (E.164) is somebody else's from now on: an agreement of its owner's ends, a refusal stands."""
    query = select(AdConsent).where(AdConsent.office_id == office_id, AdConsent.number == number).with_for_update()
    row = (await work.session.scalars(query)).one_or_none()
    if row is None or row.agreed_at is None:
        return
    row.agreed_at = row.confirmed_at = row.night_at = None
    await _withdraw_ads(work, office_id, number)
    await _withdraw_notices(work, office_id, number, NO_CONSENT)
    audit(work, operator_id, "ads.lapsed", numbers.masked(number))


def _confirm(row: AdConsent, when: datetime) -> None:
    if row.refused_at is not None or row.agreed_at is None or row.agreed_at > when:
        raise Invalid("there is no agreement to be confirmed", field="nothing_agreed")
    row.confirmed_at = max(when, row.confirmed_at or when)


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


def told_of(row: AdConsent | None, number: str, now: datetime, timezone: str) -> dict[str, Any]:
    """What is known of a number, for whoever shows it; `standing` is whether an advertisement may be sent there now."""
    until = holds_until(row, timezone) if row is not None else None
    return {
        "number": number,
        "standing": standing(row, now, timezone),
        "agreed_at": moment(row.agreed_at if row else None),
        "confirmed_at": moment(row.confirmed_at if row else None),
        "night_at": moment(row.night_at if row else None),
        "refused_at": moment(row.refused_at if row else None),
        "holds_until": moment(until),
        "source": row.source if row else "",
    }


async def _withdraw_ads(work: Work, office_id: int, number: str) -> None:
    """Advertisements to that number that have not left do not leave any more, nor what a standing send wrote."""
    await work.session.flush()
    by_rule = Campaign.id.in_(select(StandingRun.campaign_id).where(StandingRun.office_id == office_id))
    ads = select(Campaign.id).where(Campaign.office_id == office_id, (Campaign.kind == "ad") | by_rule)
    await _withdraw(work, number, Message.campaign_id.in_(ads), REFUSED)


async def _withdraw_notices(work: Work, office_id: int, number: str, why: str) -> None:
    """What would tell him of an agreement that is not any more what it was does not leave."""
    await work.session.flush()
    await _withdraw(work, number, (Message.office_id == office_id) & (Message.text_key == NOTICE_KEY), why)


async def _withdraw(work: Work, number: str, which: ColumnElement[bool], why: str) -> None:
    query = select(Message).where(Message.recipient == number, Message.state == "queued", which)
    for message in await work.session.scalars(query.with_for_update().execution_options(populate_existing=True)):
        message_states.change(work, message, "expired", why)
    await work.session.flush()


async def _row(work: Work, office_id: int, number: str) -> AdConsent:
    query = select(AdConsent).where(AdConsent.office_id == office_id, AdConsent.number == number).with_for_update()
    row = (await work.session.scalars(query)).one_or_none()
    if row is None:
        row = AdConsent(office_id=office_id, number=number, source="")
        work.session.add(row)
    return row
