"""Pages from templates: escaping always on, a missing value is an error, words from the locale's catalogue.

A template finds `t("key", name=value)`, `locale`, `nonce` (for its script and style elements), `visitor` (or None), and
what its page hands in.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from aiohttp import hdrs, web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from locales.catalog import Catalog, tags
from web.keys import NONCE, RENDERER, SETTINGS, VISITOR, Visitor

HERE = Path(__file__).parent
LOCALES = tuple(tags())
TABLE = "panel"
_LONGEST_NAMED = 200


@cache
def catalog(locale: str) -> Catalog:
    """The catalogue of `locale`, read once."""
    return Catalog.load(locale)


class Renderer:
    """Renders the templates of one folder. Escaping cannot be switched off by a file's name."""

    def __init__(self, folders: Sequence[Path] = (HERE / "templates",)) -> None:
        self.environment = Environment(
            loader=FileSystemLoader(list(folders)),
            autoescape=True,
            undefined=StrictUndefined,
            enable_async=True,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    async def text(self, template: str, locale: str, **values: Any) -> str:
        """The rendered template."""

        def t(key: str, **named: Any) -> str:
            return catalog(locale).text(f"{TABLE}.{key}", **named)

        return await self.environment.get_template(template).render_async(t=t, locale=locale, **values)


def nonce_of(request: web.Request) -> str:
    """This answer's nonce: a script or style element without it is not run by the browser."""
    if NONCE not in request:
        request[NONCE] = secrets.token_urlsafe(16)
    return request[NONCE]


def locale_of(request: web.Request) -> str:
    """The language that the address asks for, else the visitor's; for nobody in particular the site's."""
    asked = request.query.get("lang")
    if asked in LOCALES:
        return asked
    visitor: Visitor | None = request.get(VISITOR)
    if visitor is not None and visitor.operator.locale in LOCALES:
        return visitor.operator.locale
    return request.app[SETTINGS].language


def by_browser(request: web.Request) -> str | None:
    """The first of our languages that the browser of an unknown visitor names: while nobody can be looked up, it knows best."""
    if request.get(VISITOR) is not None or request.query.get("lang") in LOCALES:
        return None
    named = request.headers.get(hdrs.ACCEPT_LANGUAGE, "")[:_LONGEST_NAMED].lower().split(",")
    return next((tag for each in named if (tag := each.strip()[:2]) in LOCALES), None)


async def page(
    request: web.Request, template: str, status: int = 200, locale: str | None = None, **values: Any
) -> web.Response:
    """An HTML answer, in the visitor's language unless another is named."""
    text = await request.app[RENDERER].text(
        template, locale or locale_of(request), nonce=nonce_of(request), visitor=request.get(VISITOR), **values
    )
    return web.Response(text=text, status=status, content_type="text/html")
