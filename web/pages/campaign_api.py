"""Texts to many, for programs: looked at, sent as they were looked at, watched, stopped. And who agreed to advertising."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from desk import numbers
from desk.errors import Conflict, Invalid
from desk.message import audiences, campaign_views, campaigns
from desk.message.audiences import Person, Pick
from desk.message.campaigns import Letter, Prepared
from desk.office import offices
from desk.texts import consents
from desk.views import Json, moment
from desk.work import Work
from web.api.ask import Ask
from web.api.given_texts import CampaignGiven, CampaignSeen, ConsentGiven, ConsentQuery, ResultsQuery, moment_of
from web.api.shapes import Nothing
from web.keys import COUNTING
from web.views.text_form import part_of

SHOWN = 200


class NotSeen(Conflict):
    """What is to be sent is not what was looked at."""

    code = "not_seen"


async def listed(ask: Ask[Nothing]) -> Json:
    """The last ones."""
    async with ask.desk.look() as session:
        found = await campaign_views.latest(session, ask.operator.office_id)
    return {"items": [one.as_json() for one in found], "next": None}


async def look(ask: Ask[CampaignGiven]) -> Json:
    """What would be sent to whom; nothing is."""
    async with ask.request.app[COUNTING], ask.desk.look() as session:
        ready = await campaigns.prepare(session, ask.operator.office_id, _letter(ask.given), ask.desk.clock())
    return look_json(ready, _digest(ask.given))


async def send(ask: Ask[CampaignSeen]) -> Json:
    """Send what was looked at."""
    if ask.given.seen != _digest(ask.given):
        raise NotSeen("this is not what was looked at: look at it again, and send with what that gives as `seen`")

    letter = _letter(ask.given)
    async with ask.request.app[COUNTING], ask.desk.look() as session:
        pick = await audiences.resolved(session, ask.operator.office_id, letter.pick)

    async def do(work: Work) -> Json:
        made = await campaigns.send(work, ask.operator.id, replace(letter, pick=pick))
        return (await campaign_views.one(work.session, ask.operator.office_id, made.id)).as_json()

    return await ask.once(do)


async def shown(ask: Ask[Nothing]) -> Json:
    """One, and how far it is."""
    async with ask.desk.look() as session:
        return (await campaign_views.one(session, ask.operator.office_id, ask.id)).as_json()


async def results(ask: Ask[ResultsQuery]) -> Json:
    """What became of each text."""
    query, office_id = ask.given, ask.operator.office_id
    async with ask.desk.look() as session:
        await campaigns.one_of(session, office_id, ask.id)
        rows = await campaign_views.results(session, office_id, ask.id, query.cursor or 0, query.limit + 1)
    shown = rows[: query.limit]
    return {
        "items": [one.as_json() for one in shown],
        "next": shown[-1].id if len(rows) > query.limit else None,
    }


async def left_out(ask: Ask[ResultsQuery]) -> Json:
    """Who was picked and not written to, and why."""
    query, office_id = ask.given, ask.operator.office_id
    async with ask.desk.look() as session:
        await campaigns.one_of(session, office_id, ask.id)
        rows = await campaign_views.left_out(session, office_id, ask.id, query.cursor or 0, query.limit + 1)
    shown = rows[: query.limit]
    return {
        "items": [person_json(one.person) | {"why": one.why} for one in shown],
        "next": shown[-1].id if len(rows) > query.limit else None,
    }


async def cancel(ask: Ask[Nothing]) -> Json:
    """What has not left does not leave."""

    async def do(work: Work) -> Json:
        await campaigns.cancel(work, ask.operator.id, ask.id)
        return (await campaign_views.one(work.session, ask.operator.office_id, ask.id)).as_json()

    return await ask.once(do)


async def consent(ask: Ask[ConsentQuery]) -> Json:
    """Whether an advertisement may be sent to a number."""
    async with ask.desk.look() as session:
        office = await offices.by_id(session, ask.operator.office_id)
        number = numbers.normalise(ask.given.number, office.country).e164
        if number is None:
            raise Invalid("that is not a telephone number", field="number")
        known = await consents.of_numbers(session, office.id, [number])
    return consents.told_of(known.get(number), number, ask.desk.clock(), office.timezone)


async def note_consent(ask: Ask[ConsentGiven]) -> Json:
    """Write down what somebody said of advertising."""
    given = ask.given

    async def do(work: Work) -> Json:
        row = await consents.note(
            work,
            ask.operator.office_id,
            ask.operator.id,
            given.number,
            given.said,
            given.source,
            moment_of(given.said_at),
        )
        office = await offices.by_id(work.session, row.office_id)
        return consents.told_of(row, row.number, work.now, office.timezone)

    return await ask.once(do)


def _letter(given: CampaignGiven) -> Letter:
    customers, phones = tuple(given.customers), tuple(given.phones)
    pick = Pick(
        tuple(given.drivers),
        tuple(given.states),
        customers,
        given.segment_id,
        phones,
        part_of(given.segment_part or ""),
    )
    return Letter(pick, given.text, given.kind, moment_of(given.send_at), given.language)


def _digest(given: CampaignGiven) -> str:
    told = CampaignGiven.model_validate(given.model_dump(exclude={"seen"})).model_dump_json()
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def look_json(ready: Prepared, seen: str) -> Json:
    """What would be sent, the first ones with their texts."""
    return {
        "picked": ready.picked,
        "texts": len(ready.texts),
        "left_out": len(ready.left_out),
        "faults": ready.faults,
        "lost": ready.lost,
        "seen": seen,
        "first": [
            person_json(one.person)
            | {
                "text": one.text,
                "octets": one.size.octets,
                "size": one.size.kind,
                "parts": one.parts,
                "held_until": moment(one.held_until),
            }
            for one in ready.texts[:SHOWN]
        ],
        "first_left_out": [person_json(person) | {"why": why} for person, why in ready.left_out[:SHOWN]],
    }


def person_json(person: Person) -> Json:
    """Whom a text is for."""
    return {"audience": person.audience, "id": person.id, "name": person.name, "number": person.phone}
