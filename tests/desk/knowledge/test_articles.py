"""Articles: written as plain text, changed by one person at a time, archived and never lost."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from desk.customer import segments
from desk.customer.segments import SegmentForm
from desk.errors import Invalid, NotFound
from desk.keeping.as_seen import Outdated
from desk.knowledge import articles
from desk.knowledge.articles import ArticleForm, TooManyArticles
from desk.knowledge.blocks import Block, blocks, cleaned
from desk.work import Desk
from models import Article, AuditEntry
from tests.desk.conftest import Clock
from tests.site import Site, make_site

CASH = ArticleForm(
    "현금 영수증 발급", "영수증은 다음 날 문자로 갑니다.\n\n- 번호를 묻는다\n- 금액을 읽는다", ("세금", "cash")
)


async def made(desk: Desk, site: Site, form: ArticleForm = CASH) -> int:
    async with desk.work() as work:
        return (await articles.make(work, site.operator_id, form)).id


async def shown(desk: Desk, site: Site, article_id: int) -> articles.WholeArticle:
    async with desk.look() as session:
        return await articles.one(session, site.office_id, article_id, desk.clock())


async def titles(desk: Desk, site: Site, *, archived: bool = False) -> list[str]:
    async with desk.look() as session:
        found = await articles.listed(session, site.office_id, desk.clock(), archived=archived)
    return [article.title for article in found]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("one\ntwo\n\nthree", (Block("paragraph", ("one", "two")), Block("paragraph", ("three",)))),
        ("- a\n- b\nc", (Block("bullets", ("a", "b")), Block("paragraph", ("c",)))),
        ("• 가\n* 나\n· 다", (Block("bullets", ("가", "나", "다")),)),
        ("-5 도\n-\n- - x", (Block("paragraph", ("-5 도", "-")), Block("bullets", ("- x",)))),
        ("<b>- a</b>", (Block("paragraph", ("<b>- a</b>",)),)),
    ],
)
def test_a_text_is_paragraphs_and_bullets_and_nothing_else(text: str, found: tuple[Block, ...]) -> None:
    assert blocks(cleaned(text)) == found


def test_a_text_is_kept_without_what_cannot_be_seen() -> None:
    assert cleaned("  a\u202e b \r\n\r\n\r\n\r\n\x00c\rd\n\n") == "a b\n\nc\nd"


async def test_an_article_says_who_wrote_it_and_who_changed_it_and_when(desk: Desk, site: Site, clock: Clock) -> None:
    begun = clock.now
    article_id = await made(desk, site)
    first = (await shown(desk, site, article_id)).view
    assert (first.made_by, first.made_at, first.changed_by, first.changed_at) == ("김상담", begun, None, None)
    changed = clock.forward(hours=1)
    async with desk.work() as work:
        await articles.change(work, site.colleague_id, article_id, ArticleForm("현금", "다르다"), first.version)
    then = (await shown(desk, site, article_id)).view
    assert (then.made_by, then.changed_by, then.changed_at) == ("김상담", "이상담", changed)
    async with desk.look() as session:
        assert list(await session.scalars(select(AuditEntry.what).order_by(AuditEntry.id))) == [
            "article.made",
            "article.changed",
        ]


async def test_who_saves_second_is_told_which_fields_stand_otherwise_and_changes_nothing(
    desk: Desk, site: Site
) -> None:
    """Seen failing without the look at the version."""
    article_id = await made(desk, site)
    opened = (await shown(desk, site, article_id)).view.version
    async with desk.work() as work:
        await articles.change(work, site.operator_id, article_id, ArticleForm("먼저", CASH.text, CASH.keywords), opened)
    mine = ArticleForm("나중", CASH.text, ("세금",))
    with pytest.raises(Outdated) as refused:
        async with desk.work() as work:
            await articles.change(work, site.colleague_id, article_id, mine, opened)
    assert refused.value.details["fields"] == "title,keywords"
    assert (await shown(desk, site, article_id)).view.title == "먼저"


async def test_a_save_that_changes_nothing_leaves_no_trace(desk: Desk, site: Site) -> None:
    article_id = await made(desk, site)
    async with desk.work() as work:
        await articles.change(work, site.colleague_id, article_id, CASH, 1)
    assert (await shown(desk, site, article_id)).view.changed_by is None


async def test_what_is_archived_is_out_of_sight_and_comes_back_as_it_was(desk: Desk, site: Site) -> None:
    article_id = await made(desk, site)
    async with desk.work() as work:
        await articles.archive(work, site.operator_id, article_id)
        await articles.archive(work, site.operator_id, article_id)
    assert await titles(desk, site) == []
    assert await titles(desk, site, archived=True) == [CASH.title]
    assert (await shown(desk, site, article_id)).text == CASH.text
    async with desk.work() as work:
        await articles.bring_back(work, site.operator_id, article_id)
    assert await titles(desk, site) == [CASH.title]
    async with desk.look() as session:
        whats = list(await session.scalars(select(AuditEntry.what).order_by(AuditEntry.id)))
    assert whats == ["article.made", "article.archived", "article.brought_back"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (ArticleForm(" ", "x"), "title"),
        (ArticleForm("???", "x"), "title"),
        (ArticleForm("x", "\u200b \n"), "text"),
        (ArticleForm("x", "가" * (articles.LONGEST_TEXT + 1)), "text"),
        (ArticleForm("x", "y", [str(n) for n in range(articles.MOST_KEYWORDS + 1)]), "keywords"),
        (ArticleForm("x", "y", line_id=999), "line_id"),
        (ArticleForm("x", "y", segment_id=999), "segment_id"),
        (ArticleForm("x", "y", order_state="completed"), "order_state"),
    ],
)
async def test_what_cannot_be_an_article_is_refused_and_names_the_field(
    desk: Desk, site: Site, form: ArticleForm, field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await made(desk, site, form)
    assert refused.value.details["field"] == field


async def test_an_articles_line_and_segment_are_those_of_its_office(desk: Desk, site: Site) -> None:
    """Seen failing with the office not looked at."""
    other = await make_site(desk, drivers=0, name="다른 사무실", did="15889999")
    async with desk.work() as work:
        theirs = (await segments.make(work, other.operator_id, SegmentForm("단골", {}, kind="list"))).id
    for form in (ArticleForm("x", "y", line_id=other.line_id), ArticleForm("x", "y", segment_id=theirs)):
        with pytest.raises(Invalid):
            await made(desk, site, form)


async def test_another_offices_article_is_not_there(desk: Desk, site: Site) -> None:
    article_id = await made(desk, site)
    other = await make_site(desk, drivers=0, name="다른 사무실", did="15889999")
    with pytest.raises(NotFound):
        await shown(desk, other, article_id)
    for deed in (articles.archive, articles.bring_back):
        with pytest.raises(NotFound):
            async with desk.work() as work:
                await deed(work, other.operator_id, article_id)
    with pytest.raises(NotFound):
        async with desk.work() as work:
            await articles.change(work, other.operator_id, article_id, CASH)


async def test_a_segment_that_is_taken_away_leaves_its_articles(desk: Desk, site: Site) -> None:
    """Seen failing (a foreign key) without the articles let go."""
    async with desk.work() as work:
        segment = await segments.make(work, site.operator_id, SegmentForm("단골", {}, kind="list"))
    article_id = await made(desk, site, ArticleForm("x", "y", segment_id=segment.id))
    async with desk.work() as work:
        await segments.remove(work, site.operator_id, segment.id)
    assert (await shown(desk, site, article_id)).view.segment_id is None


async def test_there_are_so_many_articles_and_no_more(desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(articles, "MOST_ARTICLES", 1)
    gone = await made(desk, site)
    async with desk.work() as work:
        await articles.archive(work, site.operator_id, gone)
    await made(desk, site)
    for again in (made(desk, site), _brought_back(desk, site, gone)):
        with pytest.raises(TooManyArticles):
            await again
    async with desk.look() as session:
        assert len(list(await session.scalars(select(Article.id)))) == 2


async def _brought_back(desk: Desk, site: Site, article_id: int) -> None:
    async with desk.work() as work:
        await articles.bring_back(work, site.operator_id, article_id)
