"""The bank account that a driver is paid to: whole for those who pay out, opened on record, changed on record."""

from __future__ import annotations

from aiohttp import web

from desk.driver import payees
from desk.driver.payees import Payee
from desk.errors import Conflict, Invalid
from desk.keeping import as_seen
from desk.office import seen
from desk.rules import banks
from desk.work import Work
from web.keys import DESK, SHOWN
from web.problems import problem_of
from web.views.drivers_view import DriversView
from web.views.forms import Fields, fields_of, once, operator_id


async def shown(request: web.Request) -> web.StreamResponse:
    """The account whole, and the form to change it; that it was opened is on record."""
    driver_id = int(request.match_info["id"])

    async def there(work: Work, office_id: int) -> None:
        await payees.told(work.session, office_id, driver_id)

    await seen.note(request.app[DESK], operator_id(request), payees.OPENED, str(driver_id), there)
    return await _show(request)


async def change(request: web.Request) -> web.StreamResponse:
    """Another account; none where the form came empty."""
    driver_id, by, fields = int(request.match_info["id"]), operator_id(request), await fields_of(request)
    given = Payee(fields.get("bank", ""), fields.get("bank_account", ""), fields.get("bank_holder", ""))

    async def act(work: Work) -> str:
        kept = await payees.change(work, by, driver_id, given, fields.get("seen"))
        return "payee" if kept else "payee_removed"

    try:
        done = await once(request, fields, act)
    except (Invalid, Conflict) as error:
        refused = str(error.details.get("field") or error.code) if isinstance(error, Invalid) else error.code
        return await _show(request, problem_of(error).status, refused, fields)
    kept = {name: request.query[name] for name in ("lang",) if name in request.query}
    return web.Response(status=303, headers={"Location": str(request.rel_url.with_query({**kept, "done": done}))})


async def _show(
    request: web.Request, status: int = 200, refused: str | None = None, typed: Fields | None = None
) -> web.StreamResponse:
    async with request.app[DESK].look() as session:
        view = await DriversView.of(request, session)
        driver, payee = await payees.told(session, view.office.id, int(request.match_info["id"]))
    request[SHOWN] = True  # whole, whatever an account looks like: no telephone number is on this page
    kept = {
        "bank": banks.whole(payee.bank, view.locale),
        "bank_account": payee.account,
        "bank_holder": payee.holder,
    }
    done = request.query.get("done")
    return await view.page(
        "account", status, driver=driver, payee=payee, form=kept | {name: (typed or {}).get(name, kept[name]) for name in kept},
        seen=as_seen.mark(payee), banks=[banks.whole(code, view.locale) for code in banks.KOREAN], papers=0,
        korean=view.office.country == "KR", refused=refused, done=done if done in ("payee", "payee_removed") else None,
    )  # fmt: skip
