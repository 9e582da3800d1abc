"""Pages of drivers' records: the list with the papers that run out, and one driver."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from desk import trades
from desk.books import fee_rules, ledger
from desk.clock import days
from desk.customer.others_words import Mentions
from desk.driver import driver_blocks, driver_documents, driver_papers, driver_records, drivers, payees, shifts
from desk.driver_page import giving_back
from desk.figures import duty
from desk.keeping import as_seen
from desk.office import seen
from desk.texts import consents
from desk.work import Work
from models.driver_record import SIDES
from web.keys import DESK, DOCUMENTS, OUTSIDE, VISITOR
from web.photo_body import served
from web.render import LOCALES
from web.views import consent_view
from web.views.drivers_view import DriversView
from web.views.forms import Fields

MOST = 500
OPENED = "driver.opened"
DONE = (
    "registered", "changed", "graded", "apart", "together", "disabled", "enabled", "added", "removed", "put_aside",
    "on_duty", "off_duty", "erased",
)  # fmt: skip


class Typed(dict[str, str]):
    """What was typed into a form that was refused; nothing where nothing was."""

    def __missing__(self, name: str) -> str:
        return ""


async def listed(request: web.Request) -> web.StreamResponse:
    """All drivers, and whose papers run out."""
    return await show_list(request)


async def show_list(
    request: web.Request, status: int = 200, refused: str | None = None, typed: Fields | None = None
) -> web.StreamResponse:
    """The page, also after a new driver was refused there."""
    q, gone = request.query.get("q", "")[:80], request.query.get("gone") == "yes"
    async with request.app[DESK].look() as session:
        view = await DriversView.of(request, session)
        rows = await drivers.records(session, view.office.id, q, gone=gone, limit=MOST)
        alarms = await driver_papers.open_alarms(session, view.office.id, view.today)
        day = days.span(view.office.timezone, view.today, view.today)
        on_duty = await duty.seconds(session, view.office.id, day.since, day.until, request.app[DESK].clock())
        owed = await ledger.balances(session, view.office.id, "driver") if view.sees_money else {}
    return await view.page(
        "list", status, rows=rows, on_duty=on_duty, has={driver_id: -kept for driver_id, kept in owed.items()},
        alarms=alarms, papers=len(alarms), q=q, gone=gone, most=MOST, refused=refused, done=_done(request),
        typed=Typed(typed or {}), trade=trades.load(view.office.trade), languages=LOCALES, record=None,
    )  # fmt: skip


async def shown(request: web.Request) -> web.StreamResponse:
    """One driver's record; that its papers were opened is on record."""
    await _note(request)
    return await show_one(request)


async def _note(request: web.Request) -> None:
    """Whoever manages drivers reads the numbers of his papers there, others do not."""
    visitor = request[VISITOR]
    assert visitor is not None
    driver_id = int(request.match_info["id"])

    async def there(work: Work, office_id: int) -> None:
        await drivers.of_office(work.session, office_id, driver_id)

    if "drivers.manage" in visitor.may:
        await seen.note(request.app[DESK], visitor.operator.id, OPENED, str(driver_id), there)


async def show_one(
    request: web.Request,
    status: int = 200,
    refused: str | None = None,
    typed: Fields | None = None,
    clash: Sequence[str] = (),
    because: Sequence[str] = (),
    named: Mentions | None = None,
) -> web.StreamResponse:
    """The page, also after something was refused there. `clash`: the fields that stand otherwise than they were typed.

    `because`: what is open between him and the office, so that he is not erased (desk/driver_data/unsettled.py).
    `named`: what names him elsewhere, to be read before he is erased.
    """
    driver_id = int(request.match_info["id"])
    async with request.app[DESK].look() as session:
        view = await DriversView.of(request, session)
        driver = await drivers.of_office(session, view.office.id, driver_id)
        record = await driver_records.record_of(session, driver)
        fee = await fee_rules.for_driver(
            session, driver, view.office.trade, view.office.currency, request.app[DESK].clock()
        )
        grades = await driver_records.grades(session, driver_id)
        blocks = await driver_blocks.of_driver(session, driver_id)
        back = await giving_back.of_driver(session, driver_id)
        on_duty = await shifts.open_shift(session, driver_id) is not None
        said = await consents.of_numbers(session, view.office.id, sorted({record.phone, *record.phones} - {""}))
        changes = view.manages and driver.erased_at is None
        files = await driver_documents.of_driver(session, driver_id) if changes else []
        every = await driver_papers.open_alarms(session, view.office.id, view.today)
    alarms = [one for one in every if one.driver_id == driver_id]
    return await view.page(
        "one", status, driver=driver, record=record, grades=grades, blocks=blocks, files=files, alarms=alarms,
        trade=trades.load(view.office.trade), kinds=driver_documents.KINDS, all_grades=driver_records.GRADES,
        sides=SIDES, languages=LOCALES, refused=refused, done=_done(request), typed=Typed(typed or {}), fee=view.fee(fee),
        on_duty=on_duty, papers=len(every), seen=as_seen.mark(record), clash=clash, given_back=back,
        payee=payees.of(driver).masked(view.locale), changes=changes, because=because, named=named,
        ads=consent_view.standings(view, said, request.app[DESK].clock()),
    )  # fmt: skip


async def document(request: web.Request) -> web.StreamResponse:
    """A driver's file, to take away; never shown as a page of ours."""
    visitor_office, by = await _who(request)
    document_id = int(request.match_info["id"])
    row = await request.app[DESK].do(lambda work: driver_documents.opened(work, by, visitor_office, document_id))
    end = "pdf" if row.media_type == driver_documents.PDF else "jpg"
    return await served(
        request.app[OUTSIDE].files / DOCUMENTS,
        row.path,
        row.media_type,
        **{"Content-Disposition": f'attachment; filename="driver-{row.driver_id}-{row.kind}-{row.id}.{end}"'},
    )


async def _who(request: web.Request) -> tuple[int, int]:
    async with request.app[DESK].look() as session:
        view = await DriversView.of(request, session)
    return view.office.id, view.visitor.operator.id


def _done(request: web.Request) -> str | None:
    asked = request.query.get("done")
    return asked if asked in DONE else None
