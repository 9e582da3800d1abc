"""Telephone numbers as a role sees them: whole for those that may see them so (`numbers.full`), else 010-****-5678.

One place for everything that leaves the panel: `mask_answers` goes over the finished answer, whatever made it (JSON, page, CSV,
xlsx, a refusal), and the live feed (web/live/rooms.py) over what it pushes. A handler that shows one number on purpose, on
record, says so: `request[SHOWN] = True`.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import pydantic_core
from aiohttp import web

from desk import numbers
from web.access.auth import Handler
from web.keys import SHOWN, VISITOR, Visitor

FULL = "numbers.full"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LARGE = 65_536
"""Bytes: a longer answer is masked beside the event loop."""
PIECE = 65_536
"""Letters that are looked through at a time: a regular expression lets nobody else have a turn until its end."""
_JSON = ("application/json", "application/problem+json")
_JOINT = re.compile(r"[\n<]")
_GAP = r"[ ().\-\u2010-\u2015]{0,2}"
# E.164; numbers as they are dialled in a country (0...); Korea's without either (10..., 82 10...). No dates, no amounts, no ids.
# What stands within a longer run of hexadecimal digits is a digest or a token.
_ALONE = r"[0-9A-Fa-f_]"
_NUMBER = re.compile(
    rf"(?<!{_ALONE})(?:(?:\+|%2[Bb])\d(?:{_GAP}\d){{6,14}}|0\d(?:{_GAP}\d){{6,10}}"
    rf"|(?:82{_GAP}0?1[016789]|10)(?:{_GAP}\d){{7,8}})(?!{_ALONE})"
)


# A date or an amount before a number ("11/10 010-1234-5678") would be taken for its beginning and leave its end in sight: what
# has the shape of a Korean mobile, then of a landline, is hidden first.
_SHAPES = (
    *(
        re.compile(rf"(?<!{_ALONE})(?:(?:\+|%2[Bb])?82{_GAP}0?|0){area}{_GAP}[1-9]\d{{2,3}}{_GAP}\d{{4}}(?!{_ALONE})")
        for area in ("1[016789]", r"(?:2|[3-6]\d|50\d|70|80)")
    ),
    _NUMBER,
)


def sees_all(visitor: Visitor | None) -> bool:
    """Whether numbers are whole for this visitor; nobody in particular is shown none anyway."""
    return visitor is None or FULL in visitor.may


def in_text(text: str) -> str:
    """`text` with the middle of every telephone number hidden."""
    for shape in _SHAPES:
        text = shape.sub(lambda found: numbers.masked(found.group()), text)
    return text


def in_long_text(text: str) -> str:
    """The same, piece by piece: no number goes on after the end of a line, nor into a tag."""
    masked, start = list[str](), 0
    while start < len(text):
        joint = _JOINT.search(text, start + PIECE)
        end = joint.start() if joint else len(text)
        masked.append(in_text(text[start:end]))
        start = end
    return "".join(masked)


def in_value(value: Any) -> Any:
    """The same of everything that JSON can say; what is a number to JSON is an amount or an id and stays."""
    if isinstance(value, str):
        return in_text(value)
    if isinstance(value, dict):
        return {key: in_value(each) for key, each in value.items()}
    return [in_value(each) for each in value] if isinstance(value, (list, tuple)) else value


def in_json(text: str) -> str:
    """A JSON text, masked."""
    return pydantic_core.to_json(in_value(json.loads(text))).decode()


@web.middleware
async def mask_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Hide numbers from whoever may not see them whole."""
    answer = await handler(request)
    visitor = request.get(VISITOR)
    if sees_all(visitor) or request.get(SHOWN, False) or not isinstance(answer, web.Response):
        return answer
    body = answer.body
    if not isinstance(body, (bytes, bytearray)) or not body:
        return answer
    mask = _MASKS.get("text" if answer.content_type.startswith("text/") else answer.content_type)
    if mask is not None:
        answer.body = await asyncio.to_thread(mask, bytes(body)) if len(body) > LARGE else mask(bytes(body))
    return answer


def _in_json_body(body: bytes) -> bytes:
    return in_json(body.decode()).encode()


def _in_text_body(body: bytes) -> bytes:
    return in_long_text(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _in_workbook(body: bytes) -> bytes:
    """Every sheet's words lie in XML inside of a ZIP; the rest is copied as it is."""
    masked = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(masked, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "xl/sharedStrings.xml":
                content = in_long_text(content.decode()).encode()
            new.writestr(entry, content)
    return masked.getvalue()


_MASKS: Mapping[str, Callable[[bytes], bytes]] = {
    **dict.fromkeys(_JSON, _in_json_body),
    "text": _in_text_body,
    XLSX: _in_workbook,
}
"""By type of content."""
