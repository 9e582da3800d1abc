"""Consents to advertising as pages and programs read them: a number's standing in words, and a round of telling, marked."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime

from desk import numbers
from desk.clock import days
from desk.message.consent_rounds import Words
from desk.texts import consent_years, consents
from models import AdConsent, Office
from web.views.page_view import PageView


def standing(view: PageView, consent: AdConsent, now: datetime) -> tuple[str, str]:
    """How a number stands to advertising, and the sentence that says it with its days; no sentence where nothing was said."""
    zone = view.office.timezone
    stands = consents.standing(consent, now, zone)
    if stands == "no_consent":
        return stands, ""
    told = {"agreed": consent.agreed_at, "refused": consent.refused_at}
    values = {name: days.today(zone, at).isoformat() for name, at in told.items() if at is not None}
    if consent.held_since is not None:
        values["last"] = consent_years.last_day(consent.held_since, zone).isoformat()
    number = numbers.display(consent.number, view.office.country)
    return stands, view.words.text(f"customers.ads.{stands}", number=number, **values)


def standings(view: PageView, said: Mapping[str, AdConsent], now: datetime) -> list[tuple[str, str]]:
    """Of several numbers, those of which something was said."""
    return [told for told in (standing(view, consent, now) for consent in said.values()) if told[1]]


def mark_of(office: Office, within: int, words: Words, now: datetime) -> str:
    """What was looked at, and on which day: on another one others are due."""
    what = (days.today(office.timezone, now), within, sorted(words.texts.items()), words.refusal)
    return hashlib.sha256(repr(what).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def cursor_of(consent: AdConsent) -> str | None:
    """Where the next page begins after this one."""
    return f"{consent.held_since.isoformat()}_{consent.id}" if consent.held_since else None


def after_of(told: str) -> tuple[datetime, int] | None:
    """The last one of the page before; what is nothing of the kind is the first page."""
    at, _, last = told.partition("_")
    if not (last.isascii() and last.isdigit() and len(last) < 18):
        return None
    try:
        moment = datetime.fromisoformat(at)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC), int(last)
    except (ValueError, OverflowError):
        return None
