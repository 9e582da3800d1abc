"""Articles by any part of title, keyword or text; by title and keywords also in first consonants, or with one letter wrong."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer.customer_search import Wanted, understood
from desk.keeping import word_index
from desk.knowledge.articles import MOST_ARTICLES
from desk.place.near_miss import SHORTEST_MISTYPED, nearly
from models import Article
from models.words import holds, is_open, is_plain, letters

Found = Row[int, str, str, str]
"""Id, title, keywords (a line each), text."""


async def search(session: AsyncSession, office_id: int, q: str) -> list[int]:
    """The ids of the office's articles that are meant by `q`, the likeliest first; none without letters in `q`."""
    wanted = understood(q)
    if not wanted.runs:
        return []
    found = await _meeting(session, office_id, wanted)
    if not found and is_open(wanted.runs[-1][-1]):
        found = await _meeting(session, office_id, Wanted(wanted.runs, unfinished=True))
    return [article.id for article in found or await _mistyped(session, office_id, "".join(wanted.runs))]


async def _meeting(session: AsyncSession, office_id: int, wanted: Wanted) -> list[Found]:
    rows = await _read(session, office_id, wanted.words)
    # What many articles have is a word of the index itself: they need not be read through.
    met = rows if wanted.exact else [row for row in rows if _is_meant(row, wanted)]
    return sorted(met, key=lambda row: _rank(row, "".join(wanted.runs)))


def _is_meant(article: Found, wanted: Wanted) -> bool:
    names, text, last = _names(article), "".join(letters(article.text)), len(wanted.runs) - 1
    # First consonants would find almost every long text.
    return all(
        Wanted((run,), wanted.unfinished and at == last).meets(names, ()) or (is_plain(run) and run in text)
        for at, run in enumerate(wanted.runs)
    )


async def _mistyped(session: AsyncSession, office_id: int, typed: str) -> list[Found]:
    if len(typed) < SHORTEST_MISTYPED:
        return []
    words = [*word_index.wanted(typed), typed[0]]
    rows = await _read(session, office_id, words, any_of=True)
    met = [row for row in rows if any(nearly(typed, name) for name in _beginnings(row))]
    return sorted(met, key=lambda row: _rank(row, typed))


async def _read(session: AsyncSession, office_id: int, words: Sequence[str], *, any_of: bool = False) -> list[Found]:
    # The archived ones have their words, too, and are left out here: so far as there are very many, the newest are seen.
    ids = await word_index.matching(session, "article_words", office_id, words, 2 * MOST_ARTICLES, any_of=any_of)
    query = select(Article.id, Article.title, Article.keywords, Article.text)
    asked = (Article.id.in_(ids), Article.office_id == office_id, Article.archived_at.is_(None))
    return list((await session.execute(query.where(*asked))).all())


def _names(article: Found) -> list[str]:
    return [article.title, *article.keywords.split("\n")]


def _beginnings(article: Found) -> list[str]:
    """The letters of title and keywords from each word of them on."""
    found = []
    for name in _names(article):
        runs = letters(name)
        found += ["".join(runs[at:]) for at in range(len(runs))]
    return found


def _rank(article: Found, typed: str) -> tuple[bool, bool, bool, bool, str, int]:
    """The whole title first, then its beginning, then any part of it, then a keyword; what only the text has comes last."""
    title = "".join(letters(article.title))
    keywords = ["".join(letters(word)) for word in article.keywords.split("\n")]
    return (
        title != typed,
        not holds(title[: len(typed)], typed),
        not holds(title, typed),
        not any(holds(word, typed) for word in keywords),
        article.title,
        article.id,
    )
