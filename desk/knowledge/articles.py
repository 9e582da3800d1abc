"""Articles as they are written, changed, archived and listed. Who did so is on record; none is ever deleted.

article = await articles.make(work, operator_id, ArticleForm("Cash only", "After midnight ..."))
await articles.change(work, operator_id, article.id, form, version=article.version)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from desk import trades
from desk.errors import Conflict, Invalid, NotFound
from desk.keeping.as_seen import Outdated
from desk.knowledge.blocks import blocks, cleaned
from desk.office.people import audit, operator_of
from desk.text import plain
from desk.views import Json, moment
from desk.work import Work
from models import Article, ArticleOpening, ArticleWords, Line, Office, Operator, Segment
from models.words import letters, words_of_article

LONGEST_TITLE: Final = 120
LONGEST_TEXT: Final = 8_000
LONGEST_KEYWORD: Final = 40
MOST_KEYWORDS: Final = 20
MOST_ARTICLES: Final = 500
"""Of one office, the archived ones apart."""
COUNTED: Final = timedelta(days=30)
"""How far back openings are counted."""


@dataclass(frozen=True, slots=True)
class ArticleForm:
    """What an article is made of. The last three say on which calls it is suggested (models/article.py)."""

    title: str
    text: str
    keywords: Sequence[str] = ()
    line_id: int | None = None
    segment_id: int | None = None
    order_state: str | None = None


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article without its text. `line` and `segment` are names; `made_by`, `changed_by` those of people.

    `used` is how often it was opened in the last 30 days.
    """

    id: int
    title: str
    keywords: tuple[str, ...]
    line_id: int | None
    line: str | None
    segment_id: int | None
    segment: str | None
    order_state: str | None
    made_by: str
    made_at: datetime
    changed_by: str | None
    changed_at: datetime | None
    archived_at: datetime | None
    version: int
    used: int

    def as_json(self) -> Json:
        """As the API tells it."""
        times = {name: moment(getattr(self, name)) for name in ("made_at", "changed_at", "archived_at")}
        return asdict(self) | {"keywords": list(self.keywords)} | times


@dataclass(frozen=True, slots=True)
class WholeArticle:
    """An article with its text."""

    view: ArticleView
    text: str

    def as_json(self) -> Json:
        """As the API tells it: the text as it was written, and in blocks as it is shown."""
        return self.view.as_json() | {"text": self.text, "blocks": [each.as_json() for each in blocks(self.text)]}


async def listed(
    session: AsyncSession, office_id: int, now: datetime, *, archived: bool = False, ids: Sequence[int] | None = None
) -> list[ArticleView]:
    """The office's articles by their titles; with `archived` those that are out of sight. `ids`: only these."""
    asked = [Article.archived_at.is_not(None) if archived else Article.archived_at.is_(None)]
    if ids is not None:
        asked.append(Article.id.in_(ids))
    return await _views(session, office_id, now, asked)


async def one(session: AsyncSession, office_id: int, article_id: int, now: datetime) -> WholeArticle:
    """An article of this office, also an archived one. Raises NotFound."""
    found = await _views(session, office_id, now, [Article.id == article_id])
    if not found:
        raise _no_such(article_id)
    text = await session.scalar(select(Article.text).where(Article.id == article_id))
    return WholeArticle(found[0], text or "")


async def make(work: Work, operator_id: int, form: ArticleForm) -> Article:
    """A new article of the operator's office. Raises Invalid, and Conflict where there are too many."""
    office_id = (await operator_of(work, operator_id)).office_id
    there = select(func.count()).where(Article.office_id == office_id, Article.archived_at.is_(None))
    if (await work.session.scalar(there) or 0) >= MOST_ARTICLES:
        raise _too_many()
    kept = await _kept(work.session, office_id, form)
    article = Article(office_id=office_id, made_by=operator_id, made_at=work.now, **kept)
    work.session.add(article)
    await work.session.flush()
    await _write_words(work, article)
    audit(work, operator_id, "article.made", _subject(article), {"title": article.title})
    return article


async def change(
    work: Work, operator_id: int, article_id: int, form: ArticleForm, version: int | None = None
) -> Article:
    """Other words. `version` is that which the form was opened with; null: whoever asks has not looked, and means it.

    Raises Invalid, NotFound, and Outdated with the fields that stand otherwise than they are wanted.
    """
    article = await _held(work, operator_id, article_id)
    kept = await _kept(work.session, article.office_id, form)
    if version is not None and version != article.version:
        other = [name for name, value in kept.items() if getattr(article, name) != value]
        raise Outdated("it was changed since it was read", fields=",".join(other), version=article.version)
    if all(getattr(article, name) == value for name, value in kept.items()):
        return article
    for name, value in kept.items():
        setattr(article, name, value)
    article.changed_by, article.changed_at = operator_id, work.now
    await work.session.flush()
    await _write_words(work, article)
    audit(work, operator_id, "article.changed", _subject(article), {"title": article.title})
    return article


async def archive(work: Work, operator_id: int, article_id: int) -> Article:
    """Take it out of sight: nobody finds it any more, and it stays. Raises NotFound."""
    article = await _held(work, operator_id, article_id)
    if article.archived_at is None:
        article.archived_at = work.now
        await work.session.flush()
        audit(work, operator_id, "article.archived", _subject(article), {"title": article.title})
    return article


async def bring_back(work: Work, operator_id: int, article_id: int) -> Article:
    """It is found again. Raises NotFound, and Conflict where there are too many."""
    article = await _held(work, operator_id, article_id)
    if article.archived_at is not None:
        if len(await listed(work.session, article.office_id, work.now)) >= MOST_ARTICLES:
            raise _too_many()
        article.archived_at = None
        await work.session.flush()
        audit(work, operator_id, "article.brought_back", _subject(article), {"title": article.title})
    return article


async def states_of(session: AsyncSession, office_id: int) -> tuple[str, ...]:
    """The states that a live order of this office may be in, in the order of its trade's table."""
    office = await session.get_one(Office, office_id)
    trade = trades.load(office.trade)
    return tuple(state for state in trade.states if not trade.is_closed(state))


async def _views(
    session: AsyncSession, office_id: int, now: datetime, asked: Sequence[ColumnElement[bool]]
) -> list[ArticleView]:
    maker, changer = aliased(Operator), aliased(Operator)
    used = (
        select(func.count())
        .where(ArticleOpening.article_id == Article.id, ArticleOpening.opened_at > now - COUNTED)
        .correlate(Article)
        .scalar_subquery()
    )
    query = (
        select(
            Article.id,
            Article.title,
            Article.keywords,
            Article.line_id,
            Line.did,
            Line.name,
            Article.segment_id,
            Segment.name,
            Article.order_state,
            maker.name,
            Article.made_at,
            changer.name,
            Article.changed_at,
            Article.archived_at,
            Article.version,
            used,
        )
        .join(maker, maker.id == Article.made_by)
        .outerjoin(changer, changer.id == Article.changed_by)
        .outerjoin(Line, Line.id == Article.line_id)
        .outerjoin(Segment, Segment.id == Article.segment_id)
        .where(Article.office_id == office_id, *asked)
        .order_by(Article.title, Article.id)
    )
    found = await session.execute(query)
    return [
        ArticleView(article_id, title, _words_of(keywords), line_id, f"{did} {name}" if did else None, *more)
        for article_id, title, keywords, line_id, did, name, *more in found
    ]


async def _held(work: Work, operator_id: int, article_id: int) -> Article:
    office_id = (await operator_of(work, operator_id)).office_id
    article = await work.session.get(Article, article_id, with_for_update=True, populate_existing=True)
    if article is None or article.office_id != office_id:
        raise _no_such(article_id)
    return article


async def _kept(session: AsyncSession, office_id: int, form: ArticleForm) -> dict[str, Any]:
    if len(form.text) > LONGEST_TEXT:
        raise Invalid(f"a text has {LONGEST_TEXT} letters at most", field="text")
    title, text = plain(form.title, LONGEST_TITLE), cleaned(form.text)
    if not letters(title):
        raise Invalid("an article needs a title with letters in it", field="title")
    if not text:
        raise Invalid("an article says something", field="text")
    keywords = dict.fromkeys(each for each in (plain(word, LONGEST_KEYWORD) for word in form.keywords) if each)
    if len(keywords) > MOST_KEYWORDS:
        raise Invalid(f"an article has {MOST_KEYWORDS} keywords at most", field="keywords")
    await _check_calls(session, office_id, form)
    return {
        "title": title,
        "text": text,
        "keywords": "\n".join(keywords),
        "line_id": form.line_id,
        "segment_id": form.segment_id,
        "order_state": form.order_state,
    }


async def _check_calls(session: AsyncSession, office_id: int, form: ArticleForm) -> None:
    line = None if form.line_id is None else await session.get(Line, form.line_id)
    if form.line_id is not None and (line is None or line.office_id != office_id):
        raise Invalid("there is no such line", field="line_id")
    segment = None if form.segment_id is None else await session.get(Segment, form.segment_id)
    if form.segment_id is not None and (segment is None or segment.office_id != office_id):
        raise Invalid("there is no such segment", field="segment_id")
    if form.order_state is not None and form.order_state not in await states_of(session, office_id):
        raise Invalid("no live order is ever in that state", field="order_state")


async def _write_words(work: Work, article: Article) -> None:
    words = words_of_article(article.office_id, (article.title, *_words_of(article.keywords)), article.text)
    await work.session.merge(ArticleWords(id=article.id, words=words))
    await work.session.flush()


def _words_of(keywords: str) -> tuple[str, ...]:
    return tuple(keywords.split("\n")) if keywords else ()


def _subject(article: Article) -> str:
    return f"article {article.id}"


def _no_such(article_id: int) -> NotFound:
    return NotFound(f"there is no article {article_id}", article_id=article_id)


class TooManyArticles(Conflict):
    """The office has as many articles as one may have."""

    code = "too_many_articles"


def _too_many() -> TooManyArticles:
    return TooManyArticles(f"there are {MOST_ARTICLES} articles, which is the most; archive one first")
