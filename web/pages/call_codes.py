"""The page on which an office says by which codes its operators note what calls were about: a row for each key."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from desk import trades
from desk.call import wrap_ups
from desk.call.wrap_ups import OfficeCodes
from desk.errors import Conflict, Invalid
from desk.keeping import as_seen
from desk.keeping.as_seen import Outdated
from desk.office import offices, people
from desk.text import plain
from desk.work import Work
from models import Office
from web.keys import DESK
from web.problems import problem_of
from web.views.calls_view import CallsPage
from web.views.forms import Fields, fields_of, once, operator_id

DONE = ("saved", "trade")
REFUSED = ("none", "long", "twice", Outdated.code)


async def shown(request: web.Request) -> web.StreamResponse:
    """The codes as they stand; a form for who may set them."""
    return await _show(request)


async def save(request: web.Request) -> web.StreamResponse:
    """What the form says, or the trade's codes again; with what is wrong beside it where it cannot be."""
    fields, by = await fields_of(request), operator_id(request)

    async def act(work: Work) -> str:
        office = await offices.by_id(work.session, (await people.operator_of(work, by)).office_id)
        to_trade, required = fields.get("do") == "trade", fields.get("required") == "yes"
        codes = None if to_trade else tuple(wrap_ups.meant(text, office) for _, text in _rows(fields))
        await wrap_ups.set_codes(work, office.id, by, OfficeCodes(codes, required), fields.get("seen"))
        return "trade" if to_trade else "saved"

    try:
        done = await once(request, fields, act)
    except (Invalid, Conflict) as error:
        told = error.details.get("field") if isinstance(error, Invalid) else error.code
        refused = str(told) if told in REFUSED else "anything"
        return await _show(request, problem_of(error).status, refused, _row_of(fields, error), fields)
    kept = {name: request.query[name] for name in ("lang",) if name in request.query}
    there = request.rel_url.with_query({**kept, "done": done})
    return web.Response(status=303, headers={"Location": str(there)})


def _rows(fields: Fields) -> list[tuple[int, str]]:
    """The rows in which something stands, with the keys that they had in the form."""
    told = ((number, fields.get(f"code{number}", "")) for number in range(1, wrap_ups.MOST + 1))
    return [(number, text) for number, text in told if plain(text)]


def _row_of(fields: Fields, error: Invalid | Conflict) -> int:
    """The key of the form's row that was refused; 0: none of them by itself."""
    told, rows = error.details.get("row"), _rows(fields)
    return rows[told - 1][0] if isinstance(told, int) and 0 < told <= len(rows) else 0


async def _show(
    request: web.Request, status: int = 200, refused: str | None = None, row: int = 0, typed: Fields | None = None
) -> web.Response:
    async with request.app[DESK].look() as session:
        view: CallsPage = await CallsPage.of(request, session)
        former = await wrap_ups.former(session, view.office)
    stands = wrap_ups.set_for(view.office)
    codes = [view.called(code) for code in wrap_ups.codes_of(view.office)]
    asked = request.query.get("done")
    return await view.page(
        "codes",
        status,
        refused=None,
        wrong=refused,
        row=row,
        done=asked if asked in DONE else None,
        rows=_padded(codes if typed is None else [typed.get(f"code{n + 1}", "") for n in range(wrap_ups.MOST)]),
        required=stands.required if typed is None else typed.get("required") == "yes",
        stands=codes if refused == Outdated.code else [],
        own=stands.codes is not None,
        seen=as_seen.mark(stands),
        offered=[view.called(code) for code in _of_trade(view.office)],
        former=[(view.called(code), count) for code, count in former],
        sets=view.may("calls.codes"),
        longest=wrap_ups.LONGEST,
    )


def _padded(rows: Sequence[str]) -> list[str]:
    return [*rows, *[""] * (wrap_ups.MOST - len(rows))]


def _of_trade(office: Office) -> tuple[str, ...]:
    return trades.load(office.trade).wrap_ups
