"""Foreign JSON and foreign query strings, read strictly: what is odd is refused, never guessed at (RFC 8259, I-JSON)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError

M = TypeVar("M", bound=BaseModel)
MAX_DEPTH = 32


class Refused(Exception):
    """A request that cannot be understood. `errors` name the fields, without repeating what stood in them."""

    def __init__(self, status: int, code: str, detail: str, errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = errors or []


def strict_json(raw: bytes) -> Any:
    """The value in `raw`: UTF-8, no NaN, no infinity, no repeated names, at most 32 levels deep. Raises Refused (400)."""
    try:
        value = json.loads(
            raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
        )
    except (ValueError, RecursionError) as error:
        raise Refused(400, "bad_json", "The body is not valid JSON.") from error
    if _deeper_than(value, MAX_DEPTH):
        raise Refused(400, "bad_json", "The body is nested too deeply.")
    return value


def body_as(model: type[M], raw: bytes) -> M:
    """`raw` as `model`; types are not converted and unknown fields are refused. Raises Refused (400 or 422)."""
    value = strict_json(raw)
    try:
        return model.model_validate(value, strict=True)
    except ValidationError as error:
        raise Refused(422, "invalid", "A field cannot be used.", _fields(error)) from error


def query_as(model: type[M], pairs: Iterable[tuple[str, str]]) -> M:
    """A query string as `model`; unknown and repeated parameters are refused. Raises Refused (400)."""
    values: dict[str, str] = {}
    for name, value in pairs:
        if name in values:
            raise Refused(400, "bad_query", "A parameter is repeated.")
        values[name] = value
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise Refused(400, "bad_query", "A parameter cannot be used.", _fields(error)) from error


def _fields(error: ValidationError) -> list[dict[str, str]]:
    # Neither the value nor the name of an unknown field is repeated: both are the sender's text.
    return [
        {
            "field": "(unknown)" if item["type"] == "extra_forbidden" else ".".join(str(part) for part in item["loc"]),
            "reason": item["type"],
        }
        for item in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is repeated")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number is too large")
    return value


def _deeper_than(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True
