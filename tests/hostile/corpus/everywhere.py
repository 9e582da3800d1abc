"""F2, F3, F9, F12, F18 for whatever takes something in: made from the tables of routes, models and templates, so nothing is left out.

A case of JSON is (method, path, body): all fields as they should be but one. A case of a page is (path, fields): what its forms
send, with one text in every field. Each text of a family is used in turn.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.hostile.corpus import numbers, shell, sql, unicode
from web.api.openapi import plain_path
from web.route import Route
from web.routes import ROUTES

SKIPPED = (
    "/login",
    "/logout",
    "/session",
    "/driver/link",
    "/second-factor",
    "/password",
    "/here",
    "/car/open",
    "/calls/test",
)
"""What is limited to so many tries a minute has cases of its own (F21, F22)."""
TEMPLATES = Path(__file__).parents[3] / "web" / "templates"
TEXTS: dict[str, Sequence[str]] = {
    "F2": sql.TEXTS,
    "F3": (*shell.COMMANDS, *shell.PATHS),
    "F9": (*(text for text, _ in numbers.SPELT), *numbers.WITHHELD, *numbers.NOTHING),
    "F12": unicode.TEXTS,
}
BODIES: tuple[bytes, ...] = (
    b"", b"null", b"[]", b'"x"', b"1", b"NaN", b"{", b'{"a":1,"a":2}', b"[" * 10_000, b'{"a":' * 40 + b"1" + b"}" * 40,
    b'{"role":"admin","office_id":2,"id":1,"is_admin":true}', b'{"__proto__":{"role":"admin"}}', b'\xff\xfe{\x00}\x00', b"{}\0",
    b'{"x":1e999}', b'{"x":"\\ud800"}', b"a=1&b=2",
)  # fmt: skip


def paths(method: str, kind: str) -> list[tuple[Route, str]]:
    """The routes of that kind, with a path that has the first row's id."""
    found = [(route, plain_path(route.path)) for route in ROUTES if route.method == method and route.kind == kind]
    return [(route, re.sub(r"\{\w+\}", "1", path)) for route, path in found if not route.path.endswith(SKIPPED)]


def sample(schema: dict[str, Any], defs: dict[str, Any]) -> Any:
    """Something that the schema takes, mostly."""
    if "$ref" in schema:
        return sample(defs[schema["$ref"].rpartition("/")[2]], defs)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return sample(schema[several][0], defs)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    if kind == "object":
        return {name: sample(each, defs) for name, each in schema.get("properties", {}).items()}
    if kind == "array":
        return [sample(schema.get("items", {"type": "string"}), defs)]
    return {"integer": schema.get("minimum", 1), "number": 37.5, "boolean": True, "null": None}.get(str(kind), "x")


def spots(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where texts stand in a sample."""
    if isinstance(value, str):
        yield at
    elif isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from spots(each, (*at, key))


def changed(value: Any, at: tuple[Any, ...], text: str) -> Any:
    """The sample with `text` at that spot."""
    if not at:
        return text
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = changed(value[at[0]], at[1:], text)
    return copy


def _json() -> Iterator[tuple[str, str, Any, tuple[Any, ...]]]:
    for method in ("POST", "PATCH", "PUT"):
        for route, path in paths(method, "json"):
            schema = route.given.model_json_schema()
            body = sample(schema, schema.get("$defs", {}))
            for at in spots(body):
                yield method, path, body, at


_SPOTS = list(_json())
_NAMES = sorted(
    {name for file in TEMPLATES.glob("*.html") for name in re.findall(r'name="([a-z_]+)"', file.read_text())}
)
_DEEDS = sorted(
    {do for file in TEMPLATES.glob("*.html") for do in re.findall(r'name="do" value="([a-z_]+)"', file.read_text())}
)


def fields_of(family: str) -> tuple[tuple[str, str, Any], ...]:
    """Each field of each JSON body with a text of the family."""
    texts = itertools.cycle(TEXTS[family])
    return tuple((method, path, changed(body, at, next(texts))) for method, path, body, at in _SPOTS)


def forms_of(family: str) -> tuple[tuple[str, dict[str, str]], ...]:
    """Each page that takes a form, with each thing that a form may ask for, and a text of the family in all other fields."""
    texts = itertools.cycle(TEXTS[family])
    asked = [(path, do) for _, path in paths("POST", "page") for do in _DEEDS[len(family + path) % 3 :: 3]]
    return tuple(
        (path, dict.fromkeys(_NAMES, next(texts)) | {"do": do, "key": f"{family}-{path}-{do}"[:64]})
        for path, do in asked
    )


QUERIES: tuple[tuple[str, str, str], ...] = tuple(
    (path, name, value)
    for n, (_, path) in enumerate([*paths("GET", "json"), *paths("GET", "page")])
    for name, value in (
        (sql.COLUMN_PARAMETERS[n % len(sql.COLUMN_PARAMETERS)], sql.COLUMN_VALUES[n % len(sql.COLUMN_VALUES)]),
        ("from", sql.TEXTS[n % len(sql.TEXTS)]),
        ("cursor", sql.TEXTS[(n + 7) % len(sql.TEXTS)]),
        ("q", sql.TEXTS[(n + 13) % len(sql.TEXTS)]),
    )
)
MALFORMED: tuple[tuple[str, str, bytes], ...] = tuple(
    (method, path, raw)
    for method in ("POST", "PATCH", "PUT")
    for n, (_, path) in enumerate(paths(method, "json"))
    for raw in (*BODIES[n % 3 :: 3], json.dumps({"office_id": 2, "role": "admin"}).encode())
)
