"""The pages of articles: all of them with how often they are opened, and one, to read and (for whoever may) to change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer import segments
from desk.dispatching import modes
from desk.errors import Conflict, Invalid
from desk.keeping.as_seen import Outdated
from desk.knowledge import articles, suggestions
from desk.knowledge.articles import ArticleForm, WholeArticle
from desk.knowledge.blocks import blocks
from desk.work import Work
from web.keys import DESK
from web.problems import problem_of
from web.views.articles_view import ArticlesPage
from web.views.forms import Fields, fields_of, once, operator_id

DONE = ("saved", "archived", "back")


async def listed(request: web.Request) -> web.StreamResponse:
    """All articles, or those that are meant by what was typed; with `archived` those that are out of sight."""
    return await _list(request)


async def make(request: web.Request) -> web.StreamResponse:
    """A new one."""
    fields, by = await fields_of(request), operator_id(request)

    async def act(work: Work) -> str:
        return str((await articles.make(work, by, _form(fields))).id)

    try:
        made = await once(request, fields, act)
    except (Invalid, Conflict) as error:
        return await _list(request, problem_of(error).status, _words_for(error), fields)
    return _to(request, f"/articles/{made}", "saved")


async def shown(request: web.Request) -> web.StreamResponse:
    """One article."""
    return await _one(request)


async def act(request: web.Request) -> web.StreamResponse:
    """Change it, archive it, bring it back: as the field `do` says."""
    article_id, by = int(request.match_info["id"]), operator_id(request)
    fields = await fields_of(request)

    async def do(work: Work) -> str:
        if fields.get("do") == "archive":
            await articles.archive(work, by, article_id)
            return "archived"
        if fields.get("do") == "back":
            await articles.bring_back(work, by, article_id)
            return "back"
        await articles.change(work, by, article_id, _form(fields), _number(fields, "version"))
        return "saved"

    try:
        done = await once(request, fields, do)
    except (Invalid, Conflict) as error:
        clash = str(error.details["fields"]).split(",") if isinstance(error, Outdated) else ()
        return await _one(request, problem_of(error).status, _words_for(error), fields, clash)
    return _to(request, f"/articles/{article_id}", done)


async def _list(
    request: web.Request, status: int = 200, refused: str | None = None, typed: Fields | None = None
) -> web.StreamResponse:
    desk = request.app[DESK]
    q, archived = request.query.get("q", "")[:80], request.query.get("archived") == "yes"
    async with desk.look() as session:
        view: ArticlesPage = await ArticlesPage.of(request, session)
        now = desk.clock()
        if archived:
            rows = await articles.listed(session, view.office.id, now, archived=True)
        else:
            found = await suggestions.for_call(session, view.office.id, now, q, limit=articles.MOST_ARTICLES)
            rows = [each.article for each in found]
        choices = await _choices(session, view.office.id)
    return await view.page(
        "list", status, rows=rows, q=q, archived=archived, refused=refused, done=_done(request), article=None,
        typed=_typed(None) | (typed or {}), **choices,
    )  # fmt: skip


async def _one(
    request: web.Request,
    status: int = 200,
    refused: str | None = None,
    typed: Fields | None = None,
    clash: Sequence[str] = (),
) -> web.StreamResponse:
    desk = request.app[DESK]
    async with desk.look() as session:
        view: ArticlesPage = await ArticlesPage.of(request, session)
        whole = await articles.one(session, view.office.id, int(request.match_info["id"]), desk.clock())
        choices = await _choices(session, view.office.id)
    return await view.page(
        "one", status, article=whole.view, stands=_typed(whole), blocks=blocks(whole.text), refused=refused,
        done=_done(request), typed=_typed(whole) | (typed or {}), clash=[name for name in clash if name], **choices,
    )  # fmt: skip


async def _choices(session: AsyncSession, office_id: int) -> dict[str, Any]:
    """What the form offers: (value, words) each."""
    lines = [(str(line.id), f"{line.did} {line.name}") for line in await modes.lines_of(session, office_id)]
    groups = [(str(segment.id), segment.name) for segment in await segments.listed(session, office_id)]
    return {"lines": lines, "segments": groups, "states": await articles.states_of(session, office_id)}


def _typed(whole: WholeArticle | None) -> Fields:
    """The form's fields of an article; of a new one they are empty."""
    if whole is None:
        return dict.fromkeys(("title", "keywords", "text", "line_id", "segment_id", "order_state"), "")
    article = whole.view
    return {
        "title": article.title,
        "keywords": ", ".join(article.keywords),
        "text": whole.text,
        "line_id": str(article.line_id or ""),
        "segment_id": str(article.segment_id or ""),
        "order_state": article.order_state or "",
    }


def _form(fields: Fields) -> ArticleForm:
    return ArticleForm(
        fields.get("title", ""),
        fields.get("text", "").replace("\r\n", "\n"),
        fields.get("keywords", "").split(","),
        _number(fields, "line_id"),
        _number(fields, "segment_id"),
        fields.get("order_state") or None,
    )


def _number(fields: Fields, name: str) -> int | None:
    told = fields.get(name, "")
    if not told:
        return None
    if not told.isascii() or not told.isdigit() or len(told) > 18:
        raise Invalid("that is no choice of the list", field=name)
    return int(told)


def _words_for(error: Invalid | Conflict) -> str:
    """The key of the sentence that is shown."""
    return str(error.details.get("field") or error.code) if isinstance(error, Invalid) else error.code


def _done(request: web.Request) -> str | None:
    asked = request.query.get("done")
    return asked if asked in DONE else None


def _to(request: web.Request, path: str, done: str) -> web.Response:
    """To the page itself, so that loading it again does nothing again."""
    kept = {name: request.query[name] for name in ("lang",) if name in request.query}
    return web.Response(
        status=303, headers={"Location": str(request.rel_url.with_path(path).with_query({**kept, "done": done}))}
    )
