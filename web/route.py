"""One URL of the panel: method, path, who may, what comes in, what goes out; and the three ways to write one down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from web.access.auth import Handler, Required
from web.api.ask import JsonHandler
from web.api.shapes import Nothing

ID = "{id:[1-9][0-9]{0,17}}"
API = "/api/v1"


@dataclass(frozen=True, slots=True)
class Route:
    """One URL. `may` is the permission that it takes: desk/office/roles.py says which roles have it.

    `given` is the model of the body (unsafe methods) or of the query; `answer` that of the JSON answer.

    `kind`: "json" handlers get an understood request and return JSON; "raw" ones write their own answer;
    "page" ones are for people and stand in no API document.

    `longest`: the longest body in bytes, where it is more than the settings allow others.

    `once`: whether it takes an `Idempotency-Key`. What only looks does not, nor what gives a secret that is not kept.
    """

    method: str
    path: str
    may: Required
    handler: JsonHandler | Handler
    summary: str
    given: type[BaseModel] = Nothing
    answer: type[BaseModel] | None = None
    status: int = 200
    kind: str = "json"
    problems: tuple[int, ...] = field(default=())
    longest: int | None = None
    once: bool = False

    @property
    def shown(self) -> bool:
        """Whether the OpenAPI document has it."""
        return self.kind != "page"


def json(
    method: str,
    path: str,
    may: Required,
    handler: JsonHandler,
    summary: str,
    *,
    given: type[BaseModel] = Nothing,
    answer: Any,
    status: int = 200,
    problems: tuple[int, ...] = (),
    longest: int | None = None,
    once: bool = True,
) -> Route:
    keyed = once and method in ("POST", "PATCH")
    return Route(method, API + path, may, handler, summary, given, answer, status, "json", problems, longest, keyed)


def raw(method: str, path: str, may: Required, handler: Handler, summary: str, **more: Any) -> Route:
    return Route(method, path, may, handler, summary, kind="raw", **more)


def page(method: str, path: str, may: Required, handler: Handler, summary: str) -> Route:
    return Route(method, path, may, handler, summary, kind="page")
