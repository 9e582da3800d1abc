"""Telling people of their consent to advertising before its two years are over: who is due, the text for each, and the rows.

    found = await consent_rounds.page(session, office, within_days=30, now=now, limit=100)     # whose two years are over, or soon
    ready = await consent_rounds.prepare(session, office, 30, words, now)                      # each one's text
    campaign = await consent_rounds.send(work, operator_id, 30, words)                         # the rows

Such a text is a notice and no advertisement, but leaves by day only. It names the office, the day and the content of the consent,
and how it is withdrawn free of charge; silence keeps it (정보통신망법 art. 50-8, its decree art. 62-3). Nobody is written to
while a text to him is on its way, and nobody who was told within two years (desk/texts/consent_notices.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import numbers
from desk.clock import days
from desk.errors import Invalid
from desk.message import audiences, campaigns
from desk.message.audiences import Person, Pick
from desk.message.campaigns import Addressed, Letter, Prepared
from desk.office import offices
from desk.office.people import audit, operator_of
from desk.texts import advertising, consent_years
from desk.texts.consents import NOTICE_KEY
from desk.texts.text_size import korean, parts_of
from desk.work import Work
from locales.catalog import Catalog, tags
from models import (
    AdConsent,
    Campaign,
    ConsentNotice,
    Customer,
    CustomerPhone,
    Driver,
    Line,
    Message,
    Office,
    TextTemplate,
)

PLACES: Final = ("name", "office", "phone", "agreed", "content", "refusal")
"""What may stand in braces: besides whom and who, the day of the consent, what was agreed to, and the number to refuse by."""
FARTHEST_DAYS: Final = 365
UNSURE_FOR: Final = timedelta(days=3)
"""So long somebody is not asked again of whose text nobody knows whether it left."""
_TEMPLATE: Final = "consent"
"""The kind of the office's own words; they have no name, which those of other texts always have."""
_NUMBER = re.compile(r"[0-9][0-9 \-]{5,17}[0-9]")


@dataclass(frozen=True, slots=True)
class Words:
    """What is said, by language, and by which number it is refused free of charge."""

    texts: Mapping[str, str]
    refusal: str


@dataclass(frozen=True, slots=True)
class Due:
    """One consent that is to be confirmed. After `last_day` it is too late; `tried` is what became of the last text about it."""

    consent: AdConsent
    person: Person
    language: str
    last_day: date
    is_over: bool
    tried: tuple[str, datetime] | None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many are due, how many of them are over already; how many more have a text on its way, or one that may have left."""

    due: int = 0
    over: int = 0
    on_its_way: int = 0
    unsure: int = 0


@dataclass(slots=True)
class Round:
    """What would be sent. `beyond` are more than are written to at once: the next round begins with them."""

    ready: Prepared = field(default_factory=Prepared)
    found: Sequence[Due] = ()
    beyond: int = 0

    @property
    def over(self) -> int:
        """Of how many the two years are over."""
        return sum(one.is_over for one in self.found)


async def page(
    session: AsyncSession,
    office: Office,
    within_days: int,
    now: datetime,
    limit: int,
    after: tuple[datetime, int] | None = None,
) -> list[Due]:
    """Whose two years are over or will be within so many days, the oldest first; `after` is the last one of the page before."""
    query = select(AdConsent).where(*_due(office, within_days, now), ~_asked(now)).limit(limit)
    if after is not None:
        at, last = after
        query = query.where(AdConsent.held_since >= at, or_(AdConsent.held_since > at, AdConsent.id > last))
    found = (await session.scalars(query.order_by(AdConsent.held_since, AdConsent.id))).all()
    people = await _people(session, office, [row.number for row in found])
    tried = await _tried(session, office.id, [row.number for row in found])
    today = days.today(office.timezone, now)
    due = []
    for row in found:
        assert row.held_since is not None
        person, language = people[row.number]
        last_day = consent_years.last_day(row.held_since, office.timezone)
        due.append(Due(row, person, language, last_day, last_day < today, tried.get(row.number)))
    return due


async def counts(session: AsyncSession, office: Office, within_days: int, now: datetime) -> Counts:
    """How many they are, without who they are."""
    every, over = _due(office, within_days, now), _due(office, 0, now)
    asked = (
        select(Message.state, func.count())
        .join(ConsentNotice, Message.id == ConsentNotice.message_id)
        .where(ConsentNotice.office_id == office.id, _is_open(now))
        .group_by(Message.state)
    )
    states: dict[str, int] = dict((await session.execute(asked)).all())
    return Counts(
        await session.scalar(select(func.count()).select_from(AdConsent).where(*every, ~_asked(now))) or 0,
        await session.scalar(select(func.count()).select_from(AdConsent).where(*over, ~_asked(now))) or 0,
        states.get("queued", 0) + states.get("sending", 0),
        states.get("unknown", 0),
    )


async def words_of(session: AsyncSession, office: Office) -> Words:
    """What the office said last, for its trade; what it never said itself is ready-made."""
    own = {row.language: row.body for row in await session.scalars(_own(office))}
    ready = {tag: Catalog.load(tag).templates("texts.consents.ready")["other"] for tag in tags()}
    return Words({tag: own.get(tag, ready[tag]) for tag in ready}, office.ad_refusal or "")


async def prepare(session: AsyncSession, office: Office, within_days: int, words: Words, now: datetime) -> Round:
    """Look at it before it is sent; nothing is written."""
    found = await page(session, office, within_days, now, audiences.MOST)
    faults = faults_of(words, {one.language for one in found} or set(words.texts), office)
    ready = Prepared(faults=faults if found else [*faults, "consents_nobody"])
    held = advertising.morning_after(now, office.timezone)
    for one in found:
        text = campaigns.filled(campaigns.clean(words.texts[one.language]), _values(one, office, words))
        _, size = korean(text)
        if size.kind == "too long":
            ready.left_out.append((one.person, "too_long"))
            continue
        ready.texts.append(Addressed(one.person, text, size, parts_of(text), held, True, one.language))
        ready.lost = "".join(dict.fromkeys(ready.lost + size.lost))
    if found and not ready.texts and not ready.faults:
        ready.faults.append("nobody_left")
    beyond = (await counts(session, office, within_days, now)).due - len(found) if len(found) == audiences.MOST else 0
    return Round(ready, found, beyond)


async def send(work: Work, operator_id: int, within_days: int, words: Words) -> Campaign:
    """Write the campaign, its texts, and that each is told by his; what was said is proposed the next time.

    Raises Invalid, whose `field` is the first of the faults.
    """
    operator = await operator_of(work, operator_id)
    office = await offices.by_id(work.session, operator.office_id)
    # Two who ask at once come one after the other: the second finds nobody who has no text already.
    await work.session.execute(select(Office.id).where(Office.id == office.id).with_for_update(key_share=True))
    then = await prepare(work.session, office, within_days, words, work.now)
    if then.ready.faults:
        raise Invalid("this text cannot be sent as it is", field=then.ready.faults[0])
    used = [words.texts[tag] for tag in words.texts if any(one.language == tag for one in then.ready.texts)]
    main = then.ready.texts[0].language or ""
    letter = Letter(Pick(), "\n\n".join(used), language=main)
    campaign = await campaigns.write(work, office, operator.id, letter, then.ready, text_key=NOTICE_KEY)
    await _note(work, campaign, operator.id, then)
    await _keep(work, office, operator.id, words)
    audit(
        work, operator.id, "consents.told", f"campaign {campaign.id}",
        {"texts": len(then.ready.texts), "left_out": len(then.ready.left_out), "over": then.over, "within": within_days},
    )  # fmt: skip
    return campaign


def faults_of(words: Words, languages: set[str], office: Office) -> list[str]:
    """What keeps it from being sent, whoever gets it, as keys."""
    found = []
    if not _NUMBER.fullmatch(words.refusal.strip()):
        found.append("consents_refusal_number")
    for text in (campaigns.clean(words.texts.get(tag, "")) for tag in sorted(languages)):
        places = campaigns.PLACE.findall(text)
        if not text:
            found.append("no_text")
        elif any(name not in PLACES for name in places):
            found.append("consents_unknown_place")
        elif text.startswith(advertising.MARK):
            found.append("marked_notice")
        elif "office" not in places and office.name not in text:
            found.append("consents_no_office")
        else:
            found += [f"consents_no_{name}" for name in ("agreed", "refusal") if name not in places]
    return list(dict.fromkeys(found))


async def _note(work: Work, campaign: Campaign, operator_id: int, then: Round) -> None:
    of_number = {one.consent.number: one.consent for one in then.found}
    written = select(Message.id, Message.recipient).where(Message.campaign_id == campaign.id).order_by(Message.id)
    rows: list[dict[str, Any]] = [
        {
            "office_id": campaign.office_id, "number": number, "message_id": message_id, "operator_id": operator_id,
            "agreed_at": of_number[number].agreed_at, "confirmed_before": of_number[number].confirmed_at,
            "written_at": work.now, "told_at": None,
        }
        for message_id, number in (await work.session.execute(written)).all()
    ]  # fmt: skip
    await campaigns.insert_some(work, ConsentNotice, rows)


async def _keep(work: Work, office: Office, operator_id: int, words: Words) -> None:
    office.ad_refusal = words.refusal.strip()
    own = {row.language: row for row in await work.session.scalars(_own(office))}
    said = await words_of(work.session, office)
    for language, text in words.texts.items():
        body = campaigns.clean(text)
        if not body or body == said.texts.get(language):
            continue
        row = own.get(language)
        if row is None:
            row = TextTemplate(office_id=office.id, trade=office.trade, language=language, name="", kind=_TEMPLATE)
            work.session.add(row)
        row.body, row.changed_at, row.changed_by = body, work.now, operator_id
    await work.session.flush()


# --- asking ---------------------------------------------------------------------------------------------------------------


def _due(office: Office, within_days: int, now: datetime) -> list[ColumnElement[bool]]:
    """Of rows of `ad_consent`, by the index of `held_since`."""
    if not 0 <= within_days <= FARTHEST_DAYS:
        raise Invalid(f"that is from 0 to {FARTHEST_DAYS} days", field="consents_days")
    day = days.today(office.timezone, now) + timedelta(days=within_days)
    until = consent_years.run_out_before(day, office.timezone)
    return [AdConsent.office_id == office.id, AdConsent.held_since < until, AdConsent.refused_at.is_(None)]


def _is_open(now: datetime) -> ColumnElement[bool]:
    """Of a text: he may yet be told by it."""
    unsure = and_(Message.state == "unknown", ConsentNotice.written_at > now - UNSURE_FOR)
    return and_(ConsentNotice.told_at.is_(None), or_(Message.state.in_(("queued", "sending")), unsure))


def _asked(now: datetime) -> ColumnElement[bool]:
    about = and_(
        ConsentNotice.office_id == AdConsent.office_id,
        ConsentNotice.number == AdConsent.number,
        ConsentNotice.agreed_at == AdConsent.agreed_at,
    )
    notice = select(ConsentNotice.id).join(Message, Message.id == ConsentNotice.message_id)
    return notice.where(about, _is_open(now)).exists()


def _own(office: Office) -> Any:
    return select(TextTemplate).where(
        TextTemplate.office_id == office.id, TextTemplate.trade == office.trade, TextTemplate.kind == _TEMPLATE
    )


async def _people(session: AsyncSession, office: Office, wanted: Sequence[str]) -> dict[str, tuple[Person, str]]:
    """Whose numbers these are, and in which language he is written to: a customer, a driver, or nobody who is known."""
    line = select(Line.language).where(Line.office_id == office.id).order_by(Line.id).limit(1)
    usual = await session.scalar(line) or "en"
    found: dict[str, tuple[Person, str]] = {}
    for at in range(0, len(wanted), audiences.AT_A_TIME):
        some = wanted[at : at + audiences.AT_A_TIME]
        drivers = select(Driver).where(Driver.office_id == office.id, Driver.phone.in_(some)).order_by(Driver.id)
        for driver in await session.scalars(drivers):
            person = Person("driver", driver.id, driver.name, driver.phone, driver.number)
            found[driver.phone] = person, driver.language or usual
        customers = select(CustomerPhone.number, Customer.id, Customer.name, Customer.language)
        customers = customers.join(Customer, Customer.id == CustomerPhone.customer_id)
        of_numbers = (CustomerPhone.office_id == office.id) & CustomerPhone.number.in_(some)
        for number, customer_id, name, language in await session.execute(customers.where(of_numbers)):
            shown = numbers.display(number, office.country)
            found[number] = Person("customer", customer_id, name, number, shown), language or usual
    for number in wanted:
        if number not in found:
            found[number] = Person("other", 0, "", number, numbers.display(number, office.country)), usual
    spoken = set(tags())
    return {number: (who, said if said in spoken else "en") for number, (who, said) in found.items()}


async def _tried(session: AsyncSession, office_id: int, wanted: Sequence[str]) -> dict[str, tuple[str, datetime]]:
    """What became of the last text to each, and when it was written."""
    tried: dict[str, tuple[str, datetime]] = {}
    query = select(ConsentNotice.number, Message.state, ConsentNotice.written_at)
    query = query.join(Message, Message.id == ConsentNotice.message_id).order_by(ConsentNotice.id)
    for at in range(0, len(wanted), audiences.AT_A_TIME):
        of_them = ConsentNotice.number.in_(wanted[at : at + audiences.AT_A_TIME])
        for number, state, written in await session.execute(query.where(ConsentNotice.office_id == office_id, of_them)):
            tried[number] = state, written
    return tried


def _values(one: Due, office: Office, words: Words) -> dict[str, str]:
    said = Catalog.load(one.language)
    assert one.consent.agreed_at is not None
    agreed = one.consent.agreed_at.astimezone(ZoneInfo(office.timezone))
    return campaigns.values_for(one.person, office) | {
        "agreed": said.text("texts.consents.day", year=agreed.year, month=f"{agreed:%m}", day=f"{agreed:%d}"),
        "content": said.text("texts.consents.by_night" if one.consent.night_at else "texts.consents.by_day"),
        "refusal": words.refusal.strip(),
    }
