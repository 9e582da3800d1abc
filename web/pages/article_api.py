"""Articles for the console and for programs: found and suggested, opened, written, changed, archived."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from desk.knowledge import articles, suggestions
from desk.knowledge.articles import ArticleForm
from desk.knowledge.suggestions import Suggestion
from desk.work import Work
from models import Article
from web.api.ask import Ask, Json
from web.api.given_articles import ArticleGiven, ArticlesQuery, OpeningGiven
from web.api.shapes import Nothing

Deed = Callable[[Work, int, int], Awaitable[Article]]


async def listed(ask: Ask[ArticlesQuery]) -> Json:
    """What is meant by what was typed; without that, what fits the call, then all others."""
    given, office_id, now = ask.given, ask.operator.office_id, ask.desk.clock()
    async with ask.desk.look() as session:
        if given.archived:
            gone = await articles.listed(session, office_id, now, archived=True)
            found = [Suggestion(each, ()) for each in gone[: given.limit]]
        else:
            found = await suggestions.for_call(
                session, office_id, now, given.q,
                call_id=given.call_id, customer_id=given.customer_id, limit=given.limit,
            )  # fmt: skip
    return {"items": [each.as_json() for each in found], "next": None}


async def shown(ask: Ask[Nothing]) -> Json:
    """One, also an archived one."""
    async with ask.desk.look() as session:
        return (await articles.one(session, ask.operator.office_id, ask.id, ask.desk.clock())).as_json()


async def opened(ask: Ask[OpeningGiven]) -> Json:
    """One, which somebody opens now: it is counted."""

    async def do(work: Work) -> Json:
        return (await suggestions.open_article(work, ask.operator.id, ask.id, ask.given.call_id)).as_json()

    return await ask.once(do)


async def make(ask: Ask[ArticleGiven]) -> Json:
    """A new one."""

    async def do(work: Work) -> Json:
        return await _told(work, ask, await articles.make(work, ask.operator.id, _form(ask)))

    return await ask.once(do)


async def change(ask: Ask[ArticleGiven]) -> Json:
    """Other words."""

    async def do(work: Work) -> Json:
        changed = await articles.change(work, ask.operator.id, ask.id, _form(ask), ask.given.version)
        return await _told(work, ask, changed)

    return await ask.once(do)


async def archive(ask: Ask[Nothing]) -> Json:
    """Out of sight."""
    return await _do(ask, articles.archive)


async def bring_back(ask: Ask[Nothing]) -> Json:
    """In sight again."""
    return await _do(ask, articles.bring_back)


async def _do(ask: Ask[Nothing], deed: Deed) -> Json:
    async def do(work: Work) -> Json:
        return await _told(work, ask, await deed(work, ask.operator.id, ask.id))

    return await ask.once(do)


async def _told(work: Work, ask: Ask[ArticleGiven] | Ask[Nothing], article: Article) -> Json:
    return (await articles.one(work.session, ask.operator.office_id, article.id, work.now)).as_json()


def _form(ask: Ask[ArticleGiven]) -> ArticleForm:
    given = ask.given
    return ArticleForm(given.title, given.text, given.keywords, given.line_id, given.segment_id, given.order_state)
