"""How orders are dispatched: how much the desk does by itself and when, what operators gave by hand, what matching has gained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from desk.dispatching import by_hand, modes, peaks
from desk.dispatching.modes import Hours
from desk.errors import DeskError, Invalid
from desk.figures import crowding as crowds_ahead
from desk.keeping import as_seen
from desk.keeping.as_seen import Outdated
from desk.work import Work
from models.dispatch import MODES
from web.api.ask import Ask, Json
from web.api.given import ModesGiven
from web.api.shapes import Nothing
from web.keys import DESK
from web.problems import problem_of
from web.views.dispatch_view import view_of
from web.views.forms import fields_of, once, operator_id

ROUNDS = 20
SPARE_ROWS = 2
WEEKDAYS = 7


async def shown(ask: Ask[Nothing]) -> Json:
    """The hours as they were set, and what holds now."""
    async with ask.desk.look() as session:
        return await modes.told(session, ask.operator.office_id, ask.desk.clock())


async def change(ask: Ask[ModesGiven]) -> Json:
    """These hours in place of those that are there."""
    hours = [Hours(each.line_id, each.days, each.from_minute, each.to_minute, each.mode) for each in ask.given.hours]

    async def do(work: Work) -> Json:
        await modes.set_hours(work, ask.operator.id, hours, ask.given.version)
        return await modes.told(work.session, ask.operator.office_id, work.now)

    return await ask.once(do)


async def rounds(ask: Ask[Nothing]) -> Json:
    """The last peaks' rounds, newest first."""
    async with ask.desk.look() as session:
        found = await peaks.latest(session, ask.operator.office_id, ROUNDS)
    return {"items": [peaks.round_json(row) for row in found], "next": None}


async def by_hand_last(ask: Ask[Nothing]) -> Json:
    """The last orders that operators gave by hand, newest first."""
    async with ask.desk.look() as session:
        found = await by_hand.latest(session, ask.operator.office_id, ROUNDS)
    return {"items": [each.as_json() for each in found], "next": None}


async def crowding(ask: Ask[Nothing]) -> Json:
    """Where orders will be asked for in the coming hour, by the office's own weeks."""
    async with ask.desk.look() as session:
        return (await crowds_ahead.coming(session, ask.operator.office_id, ask.desk.clock())).as_json()


async def page(request: web.Request) -> web.StreamResponse:
    """The hours as a form, the last orders given by hand, and the last peaks."""
    return await _show(request)


async def save(request: web.Request) -> web.StreamResponse:
    """What the form says; with what is wrong beside it where it cannot be."""
    fields = await fields_of(request)

    async def act(work: Work) -> str:
        await modes.set_hours(work, operator_id(request), read(fields), fields.get("seen"))
        return "saved"

    try:
        await once(request, fields, act)
    except DeskError as error:
        row = error.details.get("row")
        wrong = (str(error.details.get("field") or error.code), int(row) if isinstance(row, int) else 0)
        return await _show(request, problem_of(error).status, wrong, _typed(fields))
    query = f"?lang={request.query['lang']}&done=saved" if "lang" in request.query else "?done=saved"
    raise web.HTTPSeeOther(f"/dispatch{query}")


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the form as it stands in its fields: `line` is an id or nothing, times are as they were typed."""

    line: str
    days: int
    since: str
    until: str
    mode: str


def _saved(each: Hours) -> Row:
    since, until = (f"{minute // 60:02}:{minute % 60:02}" for minute in (each.from_minute, each.to_minute))
    return Row(str(each.line_id or ""), each.days, since, until, each.mode)


def _typed(fields: Mapping[str, str]) -> list[Row]:
    """The rows that name a mode, as they were typed: a refusal takes nothing away."""
    return [
        Row(fields.get(f"line{n}", ""), _days(fields, n), fields.get(f"from{n}", ""), fields.get(f"to{n}", ""), mode)
        for n in range(modes.MOST)
        if (mode := fields.get(f"mode{n}"))
    ]


def _days(fields: Mapping[str, str], number: int) -> int:
    return sum(1 << day for day in range(WEEKDAYS) if fields.get(f"day{number}.{day}") == "yes")


def read(fields: Mapping[str, str]) -> list[Hours]:
    """The rows of the form that name a mode. Raises Invalid, which names the row."""
    hours: list[Hours] = []
    for number in range(modes.MOST):
        mode = fields.get(f"mode{number}")
        if mode is None:
            break
        if not mode:
            continue
        line, row = fields.get(f"line{number}", ""), len(hours) + 1
        if line and not (line.isascii() and line.isdigit() and len(line) < 18):
            raise Invalid("there is no such line", field="line_id", row=row)
        times = _minute(fields, f"from{number}", row), _minute(fields, f"to{number}", row)
        hours.append(Hours(int(line) if line else None, _days(fields, number), *times, mode))
    return hours


def _minute(fields: Mapping[str, str], name: str, row: int) -> int:
    hour, _, minute = fields.get(name, "").partition(":")
    if not (
        hour.isascii() and minute.isascii() and hour.isdigit() and minute.isdigit() and len(hour) == len(minute) == 2
    ):
        raise Invalid("hours are written as 18:00", field="hours", row=row)
    return int(hour) * 60 + int(minute)


async def _show(
    request: web.Request, status: int = 200, wrong: tuple[str, int] | None = None, typed: list[Row] | None = None
) -> web.Response:
    desk = request.app[DESK]
    async with desk.look() as session:
        view = await view_of(request, session)
        stand = await modes.hours_of(session, view.office.id)
        hours = [_saved(each) for each in stand] if typed is None else typed
        lines = await modes.lines_of(session, view.office.id)
        now = await modes.now_of(session, view.office.id, desk.clock())
        found = await peaks.latest(session, view.office.id, ROUNDS)
        given = await by_hand.latest(session, view.office.id, ROUNDS)
    may = "dispatch.modes" in view.may
    blank: list[Row | None] = [None] * (SPARE_ROWS if may else 0)
    return await view.page(
        status, rows=[*hours, *blank], lines=lines, now=now, rounds=found, given=given, modes=MODES, may=may, wrong=wrong,
        done=request.query.get("done") == "saved", seen=as_seen.mark(*stand),
        stand=[_saved(each) for each in stand] if wrong and wrong[0] == Outdated.code else [],
    )  # fmt: skip
