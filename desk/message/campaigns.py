"""A text to many: looked at before it is sent, written whole in one transaction, watched, and stopped for whom it has not left.

    prepared = await campaigns.prepare(session, office_id, letter, now)     # each one's text, who is left out and why
    campaign = await campaigns.send(work, operator_id, letter)              # the rows

An advertisement that is not marked as the law wants it is refused whole; whoever did not agree to advertising, or refused it, is
left out, each with the reason; by night only those are written to who agreed to that, and the others wait for the morning
(desk/texts/advertising.py, desk/texts/consents.py). Whether he still agrees is asked once more when his text leaves
(desk/message/messages.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk import numbers
from desk.errors import Invalid, NotFound, WrongState
from desk.message import audiences
from desk.message.audiences import Person, Pick
from desk.office import offices
from desk.office.people import audit, operator_of
from desk.text import plain
from desk.texts import advertising, consents
from desk.texts.text_size import KoreanSize, korean, parts_of
from desk.work import Work
from models import AdConsent, Base, Campaign, CampaignLeftOut, Message, Office

PLACES = ("name", "number", "office", "phone")
"""What may stand in braces in a text: who is written to, what he is called by, who we are, and our number."""
LONGEST = 2_000
FARTHEST = timedelta(days=90)
LATE = timedelta(hours=12)
"""A text that could not leave so long after its time leaves no more."""
TEXT_KEY = "campaign"
CANCELLED = "cancelled"
NO_FAULT_OF_THE_TEXT = frozenset({"nobody", "nobody_left"})
LEFT_OUT = ("no_number", "twice", "refused", "no_consent", "consent_old", "too_long")
"""Why somebody who was picked is not written to."""
AT_A_TIME = 500
PLACE: Final = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sent, to whom and when (null: now). `kind` is "notice" or "ad"."""

    pick: Pick
    text: str
    kind: str = "notice"
    send_at: datetime | None = None
    language: str = "ko"


@dataclass(frozen=True, slots=True)
class Addressed:
    """One person's text. `held_until` is set where it waits for the morning; `language` null: the letter's."""

    person: Person
    text: str
    size: KoreanSize
    parts: int
    held_until: datetime | None
    by_day_only: bool
    language: str | None = None


@dataclass(slots=True)
class Prepared:
    """What would be sent. `left_out` says who gets none, and why: one of LEFT_OUT.

    `faults` are what keeps all of it from being sent, as keys; `lost` are signs that Korean carriers cannot carry.
    """

    texts: list[Addressed] = field(default_factory=list)
    left_out: list[tuple[Person, str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    lost: str = ""

    @property
    def picked(self) -> int:
        """How many people were picked."""
        return len(self.texts) + len(self.left_out)


async def prepare(session: AsyncSession, office_id: int, letter: Letter, now: datetime) -> Prepared:
    """Look at it before it is sent; nothing is written. Raises NotFound and Invalid for what cannot even be looked at."""
    office = await offices.by_id(session, office_id)
    text = clean(letter.text)
    ready = Prepared(faults=faults_of(letter, text, office, now))
    people = await audiences.picked(session, office.id, office.country, letter.pick)
    if not people and "nobody" not in ready.faults:
        ready.faults.append("nobody")
    known = await consents.of_numbers(session, office.id, [phone for one in people for phone in one.phones])
    at = letter.send_at or now
    seen: set[str] = set()
    for each in people:
        person = _where_agreed(each, known, at, office.timezone) if letter.kind == "ad" else each
        consent = known.get(person.phone or "")
        said = filled(text, values_for(person, office))
        _, size = korean(said)
        by_day_only = letter.kind == "ad" and not (consent and consent.night_at)
        held = advertising.morning_after(at, office.timezone) if by_day_only else None
        stands = consents.standing(consent, held or at, office.timezone) if letter.kind == "ad" else "agreed"
        why = _left_out(person, seen, size, stands)
        if why is not None:
            ready.left_out.append((person, why))
            continue
        seen.add(person.phone or "")
        ready.texts.append(Addressed(person, said, size, parts_of(said), held, by_day_only))
        ready.lost = "".join(dict.fromkeys(ready.lost + size.lost))
    if people and not ready.texts:
        ready.faults.append("nobody_left")
    return ready


async def send(work: Work, operator_id: int, letter: Letter) -> Campaign:
    """Write the campaign and every text of it. Raises Invalid, whose `field` is the first of the faults."""
    operator = await operator_of(work, operator_id)
    office = await offices.by_id(work.session, operator.office_id)
    ready = await prepare(work.session, office.id, letter, work.now)
    if ready.faults:
        raise Invalid("this text cannot be sent as it is", field=ready.faults[0])
    campaign = await write(work, office, operator.id, letter, ready)
    audit(
        work, operator.id, "campaign.sent", f"campaign {campaign.id}",
        {"kind": letter.kind, "texts": len(ready.texts), "left_out": len(ready.left_out)},
    )  # fmt: skip
    return campaign


async def write(
    work: Work,
    office: Office,
    by: int,
    letter: Letter,
    ready: Prepared,
    until: datetime | None = None,
    text_key: str = TEXT_KEY,
) -> Campaign:
    """The rows of what was looked at and has no faults: each text is due from now on. None of them leaves after `until`."""
    at = letter.send_at or work.now
    campaign = Campaign(
        office_id=office.id, kind=letter.kind, template=clean(letter.text), language=letter.language,
        picked=ready.picked, left_out=len(ready.left_out), created_at=work.now, created_by=by, send_at=at,
    )  # fmt: skip
    work.session.add(campaign)
    await work.session.flush()
    rows = [
        {
            "office_id": office.id, "campaign_id": campaign.id, "audience": one.person.audience,
            "recipient": one.person.phone, "sender": office.sms_sender, "text_key": text_key,
            "language": one.language or letter.language, "text": one.text, "state": "queued", "attempts": 0,
            "next_try_at": one.held_until or at, "valid_until": _valid_until(one.held_until or at, until),
            "by_day_only": one.by_day_only, "created_at": work.now, "updated_at": work.now,
        }
        for one in ready.texts
    ]  # fmt: skip
    await insert_some(work, Message, rows)
    await insert_some(work, CampaignLeftOut, [_not_written_to(campaign, *each) for each in ready.left_out])
    return campaign


def _valid_until(due: datetime, until: datetime | None) -> datetime:
    return due + LATE if until is None else min(due + LATE, until)


async def insert_some(work: Work, table: type[Base], rows: list[dict[str, Any]]) -> None:
    """Many rows, some at a time."""
    for first in range(0, len(rows), AT_A_TIME):
        await work.session.execute(insert(table), rows[first : first + AT_A_TIME])


def _not_written_to(campaign: Campaign, person: Person, why: str) -> dict[str, Any]:
    return {
        "office_id": campaign.office_id, "campaign_id": campaign.id, "why": why, "number": person.phone,
        "customer_id": person.id if person.audience == "customer" else None,
        "driver_id": person.id if person.audience == "driver" else None,
    }  # fmt: skip


async def cancel(work: Work, operator_id: int, campaign_id: int) -> int:
    """What has not left does not leave; returns how many those are. Raises NotFound, and WrongState when nothing is left."""
    operator = await operator_of(work, operator_id)
    campaign = await one_of(work.session, operator.office_id, campaign_id)
    stopped = await work.session.execute(
        update(Message)
        .where(Message.campaign_id == campaign.id, Message.state == "queued")
        .values(state="expired", detail=CANCELLED, updated_at=work.now)
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )
    count = len(stopped.all())
    if not count:
        raise WrongState("every text has left, or was cancelled before", campaign_id=campaign_id)
    campaign.cancelled_at, campaign.cancelled_by = work.now, operator.id
    audit(work, operator.id, "campaign.cancelled", f"campaign {campaign.id}", {"texts": count})
    return count


async def one_of(session: AsyncSession, office_id: int, campaign_id: int) -> Campaign:
    """The campaign. Raises NotFound, also for another office's."""
    found = await session.get(Campaign, campaign_id)
    if found is None or found.office_id != office_id:
        raise NotFound(f"there is no campaign {campaign_id}", campaign_id=campaign_id)
    return found


async def progress(session: AsyncSession, campaign_ids: list[int]) -> dict[int, dict[str, int]]:
    """How many texts of each campaign stand in each state."""
    rows = await session.execute(
        select(Message.campaign_id, Message.state, func.count())
        .where(Message.campaign_id.in_(campaign_ids))
        .group_by(Message.campaign_id, Message.state)
    )
    counts: dict[int, dict[str, int]] = {campaign_id: {} for campaign_id in campaign_ids}
    for campaign_id, state, count in rows:
        counts[campaign_id or 0][state] = count
    return counts


def clean(text: str) -> str:
    """As it is sent: composed, one kind of line end, nothing invisible but line ends."""
    lines = text[: LONGEST * 2].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(plain(line, LONGEST) for line in lines).strip()


def values_for(person: Person, office: Office) -> dict[str, str]:
    """What stands in the places of a text to `person`."""
    return {
        "name": person.name,
        "number": person.number,
        "office": office.name,
        "phone": numbers.display(own_number(office), office.country),
    }


def filled(text: str, values: Mapping[str, str]) -> str:
    """`text` with its places filled, once: what a name holds is never a place itself."""
    return PLACE.sub(lambda found: values.get(found[1], found[0]), text)


def own_number(office: Office) -> str:
    """By which number it texts."""
    return numbers.normalise(office.sms_sender, office.country).e164 or office.sms_sender


def _where_agreed(person: Person, known: Mapping[str, AdConsent], at: datetime, timezone: str) -> Person:
    """Of somebody's numbers, the one that he agreed with, if there is one."""
    agreed = (phone for phone in person.phones if consents.standing(known.get(phone), at, timezone) == "agreed")
    phone = next(agreed, person.phone)
    return person if phone == person.phone else replace(person, phone=phone)


def _left_out(person: Person, seen: set[str], size: KoreanSize, standing: str) -> str | None:
    if person.phone is None:
        return "no_number"
    if person.phone in seen:
        return "twice"
    if standing != "agreed":
        return standing
    return "too_long" if size.kind == "too long" else None


def faults_of(letter: Letter, text: str, office: Office, now: datetime) -> list[str]:
    """What keeps it from being sent, whoever gets it, as keys; `text` is the letter's, cleaned."""
    found = []
    if letter.pick.is_empty:
        found.append("nobody")
    if not text:
        found.append("no_text")
    if letter.kind not in ("notice", "ad"):
        found.append("kind")
    if any(name not in PLACES for name in PLACE.findall(text)):
        found.append("unknown_place")
    if letter.send_at is not None and letter.send_at < now - timedelta(minutes=2):
        found.append("past")
    if letter.send_at is not None and letter.send_at > now + FARTHEST:
        found.append("too_far")
    if letter.kind == "ad" and text:
        mine = {
            "name": "",
            "number": "",
            "office": office.name,
            "phone": numbers.display(own_number(office), office.country),
        }
        found += [f"ad_{fault}" for fault in advertising.faults(filled(text, mine), office.name)]
    elif text.startswith(advertising.MARK):
        found.append("marked_notice")
    return found
