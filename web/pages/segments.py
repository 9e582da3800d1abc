"""The page of segments: what there is, who is in one, and a form that asks before it is saved."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from desk.customer import segments
from desk.customer.segments import Preview, SegmentForm
from desk.errors import DeskError, Invalid
from desk.work import Work
from web.keys import COUNTING, DESK, OUTSIDE
from web.problems import problem_of
from web.views.customer_view import CustomerPage, to, words_for
from web.views.forms import Fields, fields_of, once, operator_id

COUNTS = ("trips", "cancels", "cancel_rate", "last_trip_days", "fares")
DAYS = ("last_trip",)
MONTHS = ("cohort",)
KEPT = ("cell", "member_of")
"""What was asked elsewhere (a cell of the analysis): a form hands it on as it is, or leaves it out."""
MOST_KEPT = 4_000
CHOICES = ("blocked", "opted_in")
WORDS = ("grade", "language")


async def listed(request: web.Request) -> web.StreamResponse:
    """All segments, and the form for a new one."""
    return await _show(request)


async def shown(request: web.Request) -> web.StreamResponse:
    """One segment in the form, and who is in it now."""
    return await _show(request, int(request.match_info["id"]))


async def act(request: web.Request) -> web.StreamResponse:
    """Preview or save a new one."""
    return await _act(request, None)


async def change(request: web.Request) -> web.StreamResponse:
    """Preview, save, fill or remove one."""
    return await _act(request, int(request.match_info["id"]))


async def _act(request: web.Request, segment_id: int | None) -> web.StreamResponse:
    fields, by = await fields_of(request), operator_id(request)
    do = fields.get("do", "")

    async def save(work: Work) -> str:
        form = _form(request, fields)
        if segment_id is None:
            return f"saved {(await segments.make(work, by, form)).id}"
        if do == "remove":
            await segments.remove(work, by, segment_id)
            return "removed"
        if do in ("add", "take_out"):
            change = segments.add_members if do == "add" else segments.remove_members
            await change(work, by, segment_id, _ids(fields.get("members", "")))
            return f"members {segment_id}"
        await segments.change(work, by, segment_id, form, _whole("version", fields.get("version", "")))
        return f"saved {segment_id}"

    try:
        if do == "preview":
            form = _form(request, fields)
            async with request.app[COUNTING], request.app[DESK].look() as session:
                view = await CustomerPage.of(request, session)
                found = await segments.preview(session, view.office.id, form.conditions, request.app[DESK].clock())
            return await _show(request, segment_id, typed=fields, found=found)
        done, _, made = (await once(request, fields, save)).partition(" ")
    except DeskError as error:
        status = problem_of(error).status
        if status == 404 and do not in ("add", "take_out"):
            raise
        return await _show(request, segment_id, status, words_for(error), fields)
    return to(request, f"/segments/{made}" if made else "/segments", done)


async def _show(
    request: web.Request,
    segment_id: int | None = None,
    status: int = 200,
    refused: str | None = None,
    typed: Fields | None = None,
    found: Preview | None = None,
) -> web.StreamResponse:
    desk = request.app[DESK]
    async with desk.look() as session:
        view: CustomerPage = await CustomerPage.of(request, session)
        every = await segments.listed(session, view.office.id)
        one = None if segment_id is None else await segments.one(session, view.office.id, segment_id)
    if one is not None and found is None:
        async with request.app[COUNTING], desk.look() as session:
            found = await segments.preview_of(session, view.office.id, one.id, desk.clock())
    return await view.page(
        "segments",
        status,
        every=every,
        one=one,
        found=found,
        typed=typed if typed is not None else _typed(one),
        counts=COUNTS,
        days=DAYS,
        months=MONTHS,
        kept=KEPT,
        words=WORDS,
        choices=CHOICES,
        sounds=request.app[OUTSIDE].sounds(),
        refused=refused,
    )


def _typed(one: Any) -> Fields:
    """The form's fields of a saved segment."""
    if one is None:
        return {}
    told = {"name": one.name, "greeting": one.greeting or "", "hint": one.hint or "", "priority": str(one.priority)}
    told |= {"sound": one.sound or "", "said": one.said or ""}
    for name, value in one.conditions.items():
        if name in KEPT:
            told[name] = json.dumps(value, ensure_ascii=False)
        elif name in (*COUNTS, *DAYS, *MONTHS, "hours"):
            told |= {f"{name}_{end}": "" if each is None else str(each) for end, each in zip("ab", value, strict=True)}
        else:
            told[name] = ", ".join(value) if isinstance(value, list) else str(value).lower()
    return told


def check_sound(request: web.Request, name: str | None) -> None:
    """Raises Invalid for a sound that the site does not have."""
    if name and name not in request.app[OUTSIDE].sounds():
        raise Invalid("there is no such sound", field="sound")


def _form(request: web.Request, fields: Fields) -> SegmentForm:
    kind, sound = fields.get("kind", "query"), fields.get("sound", "").strip()
    check_sound(request, sound)
    priority = _whole("priority", fields.get("priority", "")) or 0
    return SegmentForm(
        fields.get("name", ""),
        {} if kind == "list" else _conditions(fields),
        kind,
        fields.get("greeting"),
        fields.get("hint"),
        priority,
        sound,
        fields.get("said"),
    )


def _conditions(fields: Fields) -> dict[str, Any]:
    asked: dict[str, Any] = {}
    for name in (*COUNTS, *DAYS, *MONTHS, "hours"):
        ends = [fields.get(f"{name}_{end}", "").strip() for end in "ab"]
        if any(ends):
            told = name in (*DAYS, *MONTHS)
            asked[name] = [end or None if told else _whole("conditions", end) for end in ends]
    for name in KEPT:
        if fields.get(name) and not fields.get(f"no_{name}"):
            asked[name] = _read(fields[name])
    for name in WORDS:
        if words := [word.strip() for word in fields.get(name, "").split(",") if word.strip()]:
            asked[name] = words
    if origin := fields.get("origin", "").strip():
        asked["origin"] = origin
    for name in CHOICES:
        if fields.get(name) in ("true", "false"):
            asked[name] = fields[name] == "true"
    return asked


def _read(told: str) -> Any:
    try:
        return json.loads(told[:MOST_KEPT])
    except (ValueError, RecursionError):
        raise Invalid("that is no condition", field="conditions") from None


def _whole(name: str, told: str) -> int | None:
    told = told.strip().replace(",", "")
    if not told:
        return None
    if not told.isascii() or not told.isdigit() or len(told) > 15:
        raise Invalid("that is no whole number", field=name)
    return int(told)


def _ids(told: str) -> list[int]:
    found = [_whole("members", each) for each in told.split(",")]
    return [each for each in found if each is not None]
