"""The OpenAPI 3.1 document, made from the route table and the models: nothing in it is written by hand twice."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from models.vehicle_proof import CAR_SIDES, STAGES
from web.api.shapes import Nothing
from web.api.told import ProblemTold

if TYPE_CHECKING:
    from web.route import Route

REF = "#/components/schemas/{model}"
_PATH_PART = re.compile(r"\{(\w+)(?::([^{}]*(?:\{[^{}]*\}[^{}]*)*))?\}")
PROBLEM = {"application/problem+json": {"schema": {"$ref": REF.format(model=ProblemTold.__name__)}}}
ALWAYS = {
    400: "The request cannot be understood.",
    401: "Nobody is signed in.",
    403: "Not allowed, or asked for by another site's page.",
}
WHY = {
    401: "A wrong name or a wrong password.",
    404: "There is no such thing.",
    409: "Somebody was first, or the present state has no such step.",
    410: "The link was used, or its time is over.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    416: "There is no such range.",
    422: "A field cannot be used.",
    429: "Too often.",
    503: "The paper cannot be drawn now.",
}
PHOTO = ("image/jpeg", {"type": "string", "format": "binary"})
PHOTO_BODY = "/api/v1/driver/orders/{id}/photos/{stage}/{side}"
CHOICES = {"stage": STAGES, "side": CAR_SIDES}
OTHER_ANSWERS = {
    "/api/v1/driver/statement.pdf": ("application/pdf", {"type": "string", "format": "binary"}),
    "/metrics": ("text/plain", {"type": "string"}),
    "/api/v1/openapi.json": ("application/json", {"type": "object"}),
    "/api/v1/recordings/{token}": ("audio/wav", {"type": "string", "format": "binary"}),
    "/api/v1/orders/{id}/dispute": ("application/zip", {"type": "string", "format": "binary"}),
    "/api/v1/driver/photos/{id}": PHOTO,
    "/api/v1/photos/{id}": PHOTO,
    "/api/v1/car/photos/{id}": PHOTO,
}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """The whole document."""
    shown = [route for route in routes if route.shown]
    names, schemas = _schemas(shown)
    paths: dict[str, dict[str, Any]] = {}
    for route in shown:
        paths.setdefault(plain_path(route.path), {})[route.method.lower()] = _operation(route, names)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "callboard",
            "version": "1",
            "description": "Calls, orders, drivers and messages of a dispatch desk. Numbers are E.164, money whole minor units, "
            "moments RFC 3339 in UTC. Errors are RFC 9457 with a stable `code`. Operations that list an `Idempotency-Key` do "
            "their work once; others, such as signing in, pass it over.",
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "callboard",
                    "description": "The panel's session. The cookie's name carries the port, or by TLS the prefix __Host-.",
                },
                "driver": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "callboard-driver",
                    "description": "A driver's session, opened by a texted link; it is good for /driver and nothing else.",
                },
            },
        },
    }


def plain_path(path: str) -> str:
    """A route's path without the patterns of its parts: /orders/{id:...} is /orders/{id}."""
    return _PATH_PART.sub(r"{\1}", path)


def _models(route: Route) -> list[tuple[type[BaseModel], str]]:
    found: list[tuple[type[BaseModel], str]] = []
    if route.answer is not None:
        found.append((route.answer, "serialization"))
    if _has_body(route):
        found.append((route.given, "validation"))
    return found


def _schemas(routes: list[Route]) -> tuple[dict[Any, str], dict[str, Any]]:
    wanted: dict[tuple[type[BaseModel], Any], None] = {(ProblemTold, "serialization"): None}
    for route in routes:
        wanted |= dict.fromkeys(_models(route))
    refs, whole = models_json_schema(list(wanted), ref_template=REF)
    names = {model: str(ref["$ref"]).rsplit("/", 1)[-1] for (model, _mode), ref in refs.items()}
    return names, whole["$defs"]


def _has_body(route: Route) -> bool:
    return route.method not in ("GET", "HEAD", "DELETE") and route.given is not Nothing


def _operation(route: Route, names: dict[Any, str]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(route),
        "summary": route.summary,
        "parameters": _parameters(route),
        "responses": _answers(route, names),
    }
    if route.may == "anyone":
        operation["security"] = []
    if route.may == "driver.own":
        operation["security"] = [{"driver": []}]
    if _has_body(route):
        schema = {"$ref": REF.format(model=names[route.given])}
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if plain_path(route.path) == PHOTO_BODY:
        kind, schema = PHOTO
        operation["requestBody"] = {"required": True, "content": {kind: {"schema": schema}}}
    return operation


def _operation_id(route: Route) -> str:
    words = re.sub(r"[^a-z]+", "_", plain_path(route.path).removeprefix("/api/v1").lower()).strip("_")
    return f"{route.method.lower()}_{words}"


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": _path_schema(name)}
        for name, _pattern in _PATH_PART.findall(route.path)
    ]
    if route.method == "GET":
        schema = route.given.model_json_schema()
        for name, field in schema.get("properties", {}).items():
            one = {"name": name, "in": "query", "required": name in schema.get("required", []), "schema": field}
            found.append(one | ({"description": field["description"]} if "description" in field else {}))
    if route.once:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "The same key with the same request gives the first answer again.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            }
        )
    return found


def _path_schema(name: str) -> dict[str, Any]:
    if name in CHOICES:
        return {"type": "string", "enum": list(CHOICES[name])}
    return {"type": "integer", "minimum": 1} if name == "id" else {"type": "string"}


def _answers(route: Route, names: dict[Any, str]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": route.summary}
    if route.answer is not None:
        good["content"] = {"application/json": {"schema": {"$ref": REF.format(model=names[route.answer])}}}
    elif plain_path(route.path) in OTHER_ANSWERS:
        kind, schema = OTHER_ANSWERS[plain_path(route.path)]
        good["content"] = {kind: {"schema": schema}}
    answers = {str(route.status): good}
    if 416 in route.problems:
        answers["206"] = good | {"description": "The range that was asked for."}
    refusals = dict(ALWAYS) if route.may != "anyone" else {400: ALWAYS[400]}
    if route.method != "GET":
        refusals[403] = ALWAYS[403]
    refusals |= {status: WHY[status] for status in route.problems}
    if _has_body(route) or (
        route.kind == "json" and route.method in ("POST", "PUT", "PATCH")
    ):  # nothing is asked for: {}
        refusals |= {status: WHY[status] for status in (413, 415, 422)}
    for status, why in sorted(refusals.items()):
        answers[str(status)] = {"description": why, "content": PROBLEM}
    return answers
