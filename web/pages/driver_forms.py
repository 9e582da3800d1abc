"""The forms of drivers' records. Each is done once, however often it is sent: it carries a key that was drawn with it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, time

from aiohttp import BodyPartReader, web

from desk.driver import driver_blocks, driver_documents, driver_papers, driver_records, drivers
from desk.driver import duty as office_duty
from desk.driver.driver_documents import BadDocument
from desk.driver.driver_records import Record
from desk.errors import Conflict, DeskError, Invalid
from desk.keeping import kept_files
from desk.keeping.as_seen import Outdated
from desk.work import Work
from web.keys import DESK, DOCUMENTS, OUTSIDE
from web.pages.driver_records import show_list, show_one
from web.problems import problem_of
from web.views.drivers_view import DriversView
from web.views.forms import Fields, fields_of, once, operator_id

UPLOAD_LIMIT_S = 120.0
MOST_FIELDS = 6
LONGEST_FIELD = 200


async def register(request: web.Request) -> web.StreamResponse:
    """A new driver."""
    fields = await fields_of(request)
    by = operator_id(request)

    async def act(work: Work) -> str:
        return str((await driver_records.register(work, by, _record(fields))).id)

    try:
        made = await once(request, fields, act)
    except (Invalid, Conflict) as error:
        return await show_list(request, problem_of(error).status, _words_for(error), fields)
    return _to(request, f"/drivers/{made}", "registered")


async def act(request: web.Request) -> web.StreamResponse:
    """Change the record, grade, keep apart, bring together, disable, enable, put a warning aside: as the field `do` says."""
    driver_id, by = int(request.match_info["id"]), operator_id(request)
    await _is_ours(request, driver_id)
    fields = await fields_of(request)

    async def change(work: Work) -> str:
        await driver_records.change(work, by, driver_id, _record(fields), fields.get("seen"))
        return "changed"

    async def grade(work: Work) -> str:
        await driver_records.grade(work, by, driver_id, fields.get("grade", ""), fields.get("reason", ""))
        return "graded"

    async def apart(work: Work) -> str:
        await driver_blocks.keep_apart(
            work, by, driver_id, fields.get("customer", ""), fields.get("side", ""), fields.get("reason", "")
        )
        return "apart"

    async def together(work: Work) -> str:
        await driver_blocks.bring_together(work, by, driver_id, _number(fields, "block"))
        return "together"

    async def disable(work: Work) -> str:
        await driver_records.disable(work, by, driver_id, fields.get("reason", ""))
        return "disabled"

    async def enable(work: Work) -> str:
        await driver_records.enable(work, by, driver_id)
        return "enabled"

    async def put_aside(work: Work) -> str:
        await driver_papers.put_aside(work, by, driver_id)
        return "put_aside"

    async def remove(work: Work) -> str:
        gone.append(await driver_documents.remove(work, by, driver_id, _number(fields, "document")))
        return "removed"

    gone: list[str] = []
    does: dict[str, Callable[[Work], Awaitable[str]]] = {
        "change": change, "grade": grade, "apart": apart, "together": together, "disable": disable, "enable": enable,
        "put_aside": put_aside, "remove": remove,
    }  # fmt: skip
    try:
        done = await once(request, fields, does.get(fields.get("do", ""), _nothing))
    except (Invalid, Conflict) as error:
        clash = str(error.details["fields"]).split(",") if isinstance(error, Outdated) else ()
        return await show_one(request, problem_of(error).status, _words_for(error), fields, clash)
    await asyncio.to_thread(kept_files.drop, request.app[OUTSIDE].files / DOCUMENTS, gone)
    return _to(request, f"/drivers/{driver_id}", done)


async def duty(request: web.Request) -> web.StreamResponse:
    """On duty, or off it, as the field `on` says: for a driver who cannot say it himself."""
    driver_id, by = int(request.match_info["id"]), operator_id(request)
    await _is_ours(request, driver_id)
    fields = await fields_of(request)
    on = fields.get("on") == "yes"

    async def put(work: Work) -> str:
        await office_duty.put(work, by, driver_id, on)
        return "on_duty" if on else "off_duty"

    try:
        done = await once(request, fields, put)
    except (Invalid, Conflict) as error:
        return await show_one(request, problem_of(error).status, _words_for(error), fields)
    return _to(request, f"/drivers/{driver_id}", done)


async def upload(request: web.Request) -> web.StreamResponse:
    """A file about a driver."""
    driver_id, by = int(request.match_info["id"]), operator_id(request)
    await _is_ours(request, driver_id)
    folder = request.app[OUTSIDE].files / DOCUMENTS
    try:
        fields, name, raw = await _come_in(request)
        file = await asyncio.to_thread(driver_documents.understood, name, raw)
        fields["sha256"] = file.sha256

        async def keep(path: str) -> bool:
            added = False

            async def add(work: Work) -> str:
                nonlocal added
                await driver_documents.add(work, by, driver_id, fields.get("kind", ""), file, path)
                added = True
                return "added"

            await once(request, fields, add)
            return added

        await kept_files.with_row(folder, file.raw, keep)
    except (Invalid, Conflict) as error:
        return await show_one(request, problem_of(error).status, _words_for(error))
    return _to(request, f"/drivers/{driver_id}", "added")


async def _is_ours(request: web.Request, driver_id: int) -> None:
    """Before anything is read: another office's driver is nobody here."""
    async with request.app[DESK].look() as session:
        view = await DriversView.of(request, session)
        await drivers.of_office(session, view.office.id, driver_id)


async def _nothing(work: Work) -> str:
    raise Invalid("that is nothing to do", field="do")


async def _come_in(request: web.Request) -> tuple[Fields, str, bytes]:
    """The form's parts, none longer than it may be. Raises BadDocument."""
    if request.content_type != "multipart/form-data":
        raise BadDocument("empty")
    fields: Fields = {}
    name, raw = "", b""
    try:
        async with asyncio.timeout(UPLOAD_LIMIT_S):
            parts = await request.multipart()
            for _ in range(MOST_FIELDS):
                part = await parts.next()
                if part is None:
                    break
                if not isinstance(part, BodyPartReader):
                    raise BadDocument("empty")
                if part.filename is None:
                    fields[part.name or ""] = (await _bytes(part, LONGEST_FIELD)).decode("utf-8", "replace")
                else:
                    name, raw = part.filename, await _bytes(part, driver_documents.MOST_BYTES)
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ValueError, ConnectionError, AssertionError):  # what does not hold to the form of such bodies
        raise web.HTTPBadRequest from None
    return fields, name, raw


async def _bytes(part: BodyPartReader, most: int) -> bytes:
    raw = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        raw += chunk
        if len(raw) > most:
            raise BadDocument("too_large")
    return bytes(raw)


def _record(fields: Fields) -> Record:
    """The form as a record. Raises Invalid for a date or an hour that is none."""
    return Record(
        number=fields.get("number", ""),
        name=fields.get("name", ""),
        phone=fields.get("phone", ""),
        phones=tuple(_split(fields.get("phones", ""))),
        language=fields.get("language") if fields.get("language") in ("ko", "en") else None,
        licence_number=fields.get("licence_number"),
        licence_until=_date(fields, "licence_until"),
        insurance_number=fields.get("insurance_number"),
        insurance_until=_date(fields, "insurance_until"),
        base_area=fields.get("base_area"),
        works_days="".join(day for day in "1234567" if fields.get(f"day{day}")),
        works_from=_time(fields, "works_from"),
        works_until=_time(fields, "works_until"),
        note=fields.get("note"),
        skills=tuple(name.removeprefix("skill_") for name in fields if name.startswith("skill_")),
        groups=tuple(_split(fields.get("groups", ""))),
    )


def _split(told: str) -> list[str]:
    return [one.strip() for one in told.split(",") if one.strip()]


def _date(fields: Fields, name: str) -> date | None:
    told = fields.get(name, "").strip()
    try:
        return date.fromisoformat(told) if told else None
    except ValueError as error:
        raise Invalid("that is no date", field=name) from error


def _time(fields: Fields, name: str) -> time | None:
    told = fields.get(name, "").strip()
    try:
        return time.fromisoformat(told).replace(tzinfo=None) if told else None
    except ValueError as error:
        raise Invalid("that is no time", field=name) from error


def _number(fields: Fields, name: str) -> int:
    told = fields.get(name, "")
    if not (told.isascii() and told.isdigit() and len(told) < 18):
        raise Invalid("that is no number", field=name)
    return int(told)


def _words_for(error: DeskError) -> str:
    """The key of the sentence that is shown."""
    return str(error.details.get("field") or error.code) if isinstance(error, Invalid) else error.code


def _to(request: web.Request, path: str, done: str) -> web.Response:
    """To the page itself, so that loading it again does nothing again."""
    kept = {name: request.query[name] for name in ("lang",) if name in request.query}
    return web.Response(
        status=303, headers={"Location": str(request.rel_url.with_path(path).with_query({**kept, "done": done}))}
    )
