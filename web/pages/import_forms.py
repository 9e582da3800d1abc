"""What is done on the import pages: a file comes in, its columns are named, it is taken in, taken back, or thrown away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import BodyPartReader, web

from desk.errors import Conflict, DeskError, Invalid, WrongState
from desk.importing import staging
from desk.importing.staging import File
from desk.importing.table import MOST_BYTES, BadTable
from desk.keeping import idempotency
from desk.views import Json
from desk.work import Work
from web.keys import DESK, OUTSIDE, VISITOR
from web.pages.imports import show_list, show_one
from web.problems import problem_of
from web.views.forms import Fields, fields_of, once, operator_id

UPLOAD_LIMIT_S = 120.0
MOST_FIELDS = 8
LONGEST_FIELD = 200


@dataclass(slots=True)
class Upload:
    """The form with the file."""

    fields: Fields = field(default_factory=dict)
    name: str = ""
    raw: bytes = b""


async def upload(request: web.Request) -> web.StreamResponse:
    """Read the file, lay it beside the desk's rows, and have it looked through; the same form twice is one import."""
    try:
        came = await come_in(request)
        import_id = await _stage(request, came)
    except DeskError as error:
        return await show_list(request, problem_of(error).status, _words_for(error))
    return _to(request, f"/import/files/{import_id}")


async def act(request: web.Request) -> web.StreamResponse:
    """Name the columns, start, undo, or throw away, as the field `do` says."""
    import_id, fields = int(request.match_info["id"]), await fields_of(request)
    visitor = request[VISITOR]
    assert visitor is not None
    office_id, by = visitor.operator.office_id, operator_id(request)

    async def map_columns(work: Work) -> str:
        mapping: list[str | None] = []
        while (name := fields.get(f"column{len(mapping)}")) is not None:
            mapping.append(name or None)
        await staging.map_columns(work, office_id, import_id, mapping, overwrite=fields.get("overwrite") == "yes")
        return "mapped"

    async def start(work: Work) -> str:
        await staging.start(work, office_id, import_id, by)
        return "started"

    async def undo(work: Work) -> str:
        await staging.undo(work, office_id, import_id, by)
        return "undoing"

    async def discard(work: Work) -> str:
        await staging.discard(work, office_id, import_id)
        return "discarded"

    does: dict[str, Callable[[Work], Awaitable[str]]] = {
        "map": map_columns,
        "start": start,
        "undo": undo,
        "discard": discard,
    }
    try:
        done = await once(request, fields, does.get(fields.get("do", ""), _nothing))
    except (Invalid, Conflict) as error:
        return await show_one(request, problem_of(error).status, _words_for(error))
    return _to(request, "/import" if done == "discarded" else f"/import/files/{import_id}", done)


async def _nothing(work: Work) -> str:
    raise Invalid("that is nothing to do", field="do")


async def _stage(request: web.Request, came: Upload) -> int:
    visitor = request[VISITOR]
    assert visitor is not None
    person, desk = visitor.operator, request.app[DESK]
    table = await request.app[OUTSIDE].read_table(came.raw)
    kind, file = came.fields.get("kind", ""), await asyncio.to_thread(File.of, came.name, came.raw)
    fingerprint = idempotency.request_hash("POST", request.path, f"{kind} {file.sha256}".encode())

    async def begin(work: Work) -> idempotency.Answer:
        async def answer() -> tuple[int, Json]:
            return 303, {"id": await staging.begin(work, person.office_id, person.id, kind, file, table)}

        return await idempotency.once(work, person.id, came.fields.get("key", ""), fingerprint, answer)

    begun = await desk.do(begin)
    import_id = int(begun.body["id"])
    if not begun.replayed:
        await staging.load(desk, import_id, table)
    return import_id


async def come_in(request: web.Request) -> Upload:
    """The form's parts, none longer than it may be. Raises BadTable."""
    if request.content_type != "multipart/form-data":
        raise BadTable("no_file")
    came = Upload()
    try:
        async with asyncio.timeout(UPLOAD_LIMIT_S):
            parts = await request.multipart()
            for _ in range(MOST_FIELDS):
                part = await parts.next()
                if part is None:
                    break
                if not isinstance(part, BodyPartReader):
                    raise BadTable("no_file")
                await _take(came, part)
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ValueError, ConnectionError, AssertionError):  # what does not hold to the form of such bodies
        raise web.HTTPBadRequest from None
    if not came.raw:
        raise BadTable("empty" if came.name else "no_file")
    return came


async def _take(came: Upload, part: BodyPartReader) -> None:
    if part.filename is None:
        came.fields[part.name or ""] = (await _bytes(part, LONGEST_FIELD)).decode("utf-8", "replace")
    elif part.name == "file":
        came.name, came.raw = part.filename, await _bytes(part, MOST_BYTES)


async def _bytes(part: BodyPartReader, most: int) -> bytes:
    raw = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        raw += chunk
        if len(raw) > most:
            raise BadTable("too_long", most=MOST_BYTES // 1_000_000)
    return bytes(raw)


def _words_for(error: DeskError) -> str:
    """The key of the sentence that is shown."""
    if isinstance(error, BadTable):
        return error.reason
    if isinstance(error, WrongState):
        return error.code
    return str(error.details.get("field") or error.code) if error.code == Invalid.code else error.code


def _to(request: web.Request, path: str, done: str | None = None) -> web.Response:
    """To the page itself, so that loading it again does nothing again."""
    kept = {name: request.query[name] for name in ("lang",) if name in request.query}
    query = {**kept, **({"done": done} if done else {})}
    return web.Response(status=303, headers={"Location": str(request.rel_url.with_path(path).with_query(query))})
