"""Consents to advertising that are to be confirmed, for programs: who is due, what each would be told, and telling them."""

from __future__ import annotations

from desk.errors import Invalid
from desk.message import campaign_views, consent_rounds
from desk.message.consent_rounds import Due, Round, Words
from desk.office import offices
from desk.views import Json, moment
from desk.work import Work
from web.api.ask import Ask
from web.api.given_consents import ConsentRound, ConsentRoundSeen, DueConsentsQuery
from web.api.shapes import Nothing
from web.keys import COUNTING
from web.pages.campaign_api import NotSeen, look_json, person_json
from web.views.consent_view import after_of, cursor_of, mark_of


async def due(ask: Ask[DueConsentsQuery]) -> Json:
    """Whose two years are over, or will be within so many days, the oldest first. A program is told that its cursor is none."""
    query, now = ask.given, ask.desk.clock()
    after = after_of(query.cursor or "")
    if query.cursor and after is None:
        raise Invalid("that is no cursor of this list", field="cursor")
    async with ask.request.app[COUNTING], ask.desk.look() as session:
        office = await offices.by_id(session, ask.operator.office_id)
        counts = await consent_rounds.counts(session, office, query.days, now)
        found = await consent_rounds.page(session, office, query.days, now, query.limit + 1, after)
    shown = found[: query.limit]
    return {
        "items": [_due_json(one) for one in shown],
        "next": cursor_of(shown[-1].consent) if len(found) > query.limit else None,
        "due": counts.due,
        "over": counts.over,
        "on_its_way": counts.on_its_way,
        "unsure": counts.unsure,
    }


async def words(ask: Ask[Nothing]) -> Json:
    """What the office said last, or what is ready-made."""
    async with ask.desk.look() as session:
        office = await offices.by_id(session, ask.operator.office_id)
        said = await consent_rounds.words_of(session, office)
    return {"texts": dict(said.texts), "refusal": said.refusal}


async def look(ask: Ask[ConsentRound]) -> Json:
    """What each would be told; nothing is sent."""
    words, now = _words(ask.given), ask.desk.clock()
    async with ask.request.app[COUNTING], ask.desk.look() as session:
        office = await offices.by_id(session, ask.operator.office_id)
        then = await consent_rounds.prepare(session, office, ask.given.days, words, now)
    return _look_json(then, mark_of(office, ask.given.days, words, now))


async def send(ask: Ask[ConsentRoundSeen]) -> Json:
    """Tell all of them, as it was looked at."""
    words = _words(ask.given)

    async def do(work: Work) -> Json:
        office = await offices.by_id(work.session, ask.operator.office_id)
        if ask.given.seen != mark_of(office, ask.given.days, words, work.now):
            raise NotSeen("this is not what was looked at: look at it again, and send with what that gives as `seen`")
        made = await consent_rounds.send(work, ask.operator.id, ask.given.days, words)
        return (await campaign_views.one(work.session, office.id, made.id)).as_json()

    return await ask.once(do)


def _words(given: ConsentRound) -> Words:
    return Words({"ko": given.texts.ko, "en": given.texts.en}, given.refusal)


def _due_json(one: Due) -> Json:
    state, at = one.tried or (None, None)
    return person_json(one.person) | {
        "language": one.language,
        "agreed_at": moment(one.consent.agreed_at),
        "confirmed_at": moment(one.consent.confirmed_at),
        "last_day": one.last_day.isoformat(),
        "is_over": one.is_over,
        "tried": state,
        "tried_at": moment(at),
    }


def _look_json(then: Round, seen: str) -> Json:
    return look_json(then.ready, seen) | {"over": then.over, "beyond": then.beyond}
