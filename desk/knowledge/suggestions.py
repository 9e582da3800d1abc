"""Which articles fit the call in hand, and why, by what is known of it: its line, the customer's segments, his live order.

An article is suggested where all that it names is so (models/article.py). The same facts give the same order: an article that
names the order's state before one that names a segment, that before one that names the line; more of them before fewer; then
the one that is opened more often in calls like this one (of the same code, where somebody has said what it is about, else of the
same line), then the one that is opened more often at all, then by title.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer import segments
from desk.customer.customer_search import understood
from desk.errors import NotFound
from desk.knowledge import article_search, articles
from desk.knowledge.articles import ArticleView, WholeArticle
from desk.office.people import operator_of
from desk.views import Json
from desk.work import Work
from models import ArticleOpening, Call, CallWrapUp, Order

What = Literal["line", "segment", "order_state"]
_WEIGHTS: dict[What, int] = {"order_state": 4, "segment": 2, "line": 1}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a call. `segment_ids` are those of the segments that were asked about."""

    line_id: int | None = None
    segment_ids: frozenset[int] = frozenset()
    order_state: str | None = None


@dataclass(frozen=True, slots=True)
class Because:
    """One reason: `words` is the line, the segment's name, or the state."""

    what: What
    words: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An article; without reasons it was only found, or is simply there."""

    article: ArticleView
    because: tuple[Because, ...]

    def as_json(self) -> Json:
        """As the API tells it."""
        reasons = [{"what": each.what, "words": each.words} for each in self.because]
        return self.article.as_json() | {"because": reasons}


async def for_call(
    session: AsyncSession,
    office_id: int,
    now: datetime,
    q: str = "",
    *,
    call_id: int | None = None,
    customer_id: int | None = None,
    limit: int = 50,
) -> list[Suggestion]:
    """The articles for a call, or for a customer who was looked up: what `q` means first, without `q` what fits first.

    Without letters in `q` all articles follow those that fit, the most opened first. What is not of this office is not known.
    """
    sought = understood(q).runs
    ids = await article_search.search(session, office_id, q) if sought else None
    every = await articles.listed(session, office_id, now, ids=ids)
    known = await _known(session, office_id, every, call_id, customer_id, now)
    found = [Suggestion(article, because(article, known)) for article in every]
    alike = {} if ids is not None or call_id is None else await _openings_alike(session, office_id, call_id, now)
    if ids is not None:
        place = {article_id: at for at, article_id in enumerate(ids)}
        return sorted(found, key=lambda one: place[one.article.id])[:limit]
    return sorted(found, key=lambda one: _rank(one, alike.get(one.article.id, 0)))[:limit]


def because(article: ArticleView, known: Known) -> tuple[Because, ...]:
    """Why it fits, the weightiest reason first; nothing where it does not, or names nothing."""
    named: list[tuple[What, str | None, bool]] = [
        ("order_state", article.order_state, article.order_state == known.order_state),
        ("segment", article.segment, article.segment_id in known.segment_ids),
        ("line", article.line, article.line_id == known.line_id),
    ]
    if not all(so for _, words, so in named if words is not None):
        return ()
    return tuple(Because(what, words) for what, words, _ in named if words is not None)


async def open_article(work: Work, operator_id: int, article_id: int, call_id: int | None = None) -> WholeArticle:
    """The article, and a row that says who opened it during which call. Raises NotFound, also for an archived one."""
    office_id = (await operator_of(work, operator_id)).office_id
    article = await articles.one(work.session, office_id, article_id, work.now)
    if article.view.archived_at is not None:
        raise NotFound(f"article {article_id} is archived", article_id=article_id)
    if call_id is not None:
        call = await work.session.get(Call, call_id)
        if call is None or call.office_id != office_id:
            raise NotFound("there is no such call", call_id=call_id)
    work.session.add(
        ArticleOpening(article_id=article_id, operator_id=operator_id, call_id=call_id, opened_at=work.now)
    )
    return article


async def _known(
    session: AsyncSession,
    office_id: int,
    every: Sequence[ArticleView],
    call_id: int | None,
    customer_id: int | None,
    now: datetime,
) -> Known:
    call = None if call_id is None else await session.get(Call, call_id)
    who = call.customer_id if call is not None and call.customer_id is not None else customer_id
    named = {article.segment_id for article in every if article.segment_id is not None}
    his = await segments.of_customer(session, office_id, who, named, now) if who is not None and named else set()
    state = await _live_state(session, office_id, call_id, who)
    return Known(None if call is None else call.line_id, frozenset(his), state)


async def _live_state(
    session: AsyncSession, office_id: int, call_id: int | None, customer_id: int | None
) -> str | None:
    if customer_id is not None:
        whose = Order.customer_id == customer_id
    elif call_id is not None:
        whose = Order.call_id == call_id
    else:
        return None
    query = select(Order.state).where(whose, Order.office_id == office_id, Order.closed_at.is_(None))
    return await session.scalar(query.order_by(Order.id.desc()).limit(1))


async def _openings_alike(session: AsyncSession, office_id: int, call_id: int, now: datetime) -> dict[int, int]:
    """By article, how often it was opened lately in other calls of the same code, or while none is said of the same line."""
    call = await session.get(Call, call_id)
    if call is None or call.office_id != office_id:
        return {}
    said = await session.get(CallWrapUp, call_id)
    lately = ArticleOpening.opened_at > now - articles.COUNTED
    query = select(ArticleOpening.article_id, func.count()).join(Call, Call.id == ArticleOpening.call_id)
    if said is None:
        query = query.where(Call.line_id == call.line_id)
    else:
        query = query.join(CallWrapUp, CallWrapUp.call_id == Call.id).where(CallWrapUp.code == said.code)
    query = query.where(Call.office_id == office_id, Call.id != call_id, lately).group_by(ArticleOpening.article_id)
    return {row[0]: row[1] for row in await session.execute(query)}


def _rank(one: Suggestion, alike: int) -> tuple[int, int, int, str, int]:
    weight = sum(_WEIGHTS[reason.what] for reason in one.because)
    return (-weight, -alike, -one.article.used, one.article.title, one.article.id)
