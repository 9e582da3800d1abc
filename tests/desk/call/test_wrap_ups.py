"""What a call was about is said by one code, said otherwise later, and counted by hour and operator."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from desk import trades
from desk.call import call_life, call_views, calls, wrap_ups
from desk.call.wrap_ups import OfficeCodes
from desk.clock import days
from desk.errors import Invalid, NotFound
from desk.events import CallCoded, CallSeen, CodesSet, Event
from desk.figures import call_rows
from desk.figures import wrap_ups as figures
from desk.keeping import as_seen
from desk.keeping.as_seen import Outdated
from desk.work import Desk
from locales import catalog
from locales.catalog import Catalog
from models import AuditEntry, Call, CallWrapUp, Office, Operator
from tests.desk.conftest import Clock
from tests.site import Site, make_site


@pytest.fixture
async def site(desk: Desk, clock: Clock) -> Site:
    site = await make_site(desk, drivers=0)
    async with desk.work() as work:
        for operator_id, extension in ((site.operator_id, "1001"), (site.colleague_id, "1002")):
            await work.session.execute(update(Operator).where(Operator.id == operator_id).values(extension=extension))
    return site


async def had(desk: Desk, reference: str, extension: str | None = "1001") -> int:
    """A call that somebody answered, or nobody."""
    async with desk.work() as work:
        seen = CallSeen(work.now, "pbx", reference, "15880001", "01055501234", None)
        call_id = (await calls.open_call(work, seen)).id
        if extension is not None:
            await call_life.answered(work, reference, extension)
        await call_life.gone(work, reference, "16")
    return call_id


async def say(desk: Desk, who: int, call_id: int, code: str | None) -> None:
    async with desk.work() as work:
        await wrap_ups.say(work, who, call_id, code)


async def test_a_code_is_said_changed_and_taken_back_and_what_was_said_before_is_on_record(
    desk: Desk, site: Site
) -> None:
    """Seen failing without the row of the record."""
    told: list[Event] = []
    desk.bus.on(CallCoded, told.append)
    call_id = await had(desk, "cb-1")
    for who, code in (
        (site.operator_id, "order"),
        (site.operator_id, "order"),
        (site.colleague_id, "price"),
        (site.operator_id, None),
    ):
        await say(desk, who, call_id, code)
        async with desk.look() as session:
            assert (await call_views.card(session, call_id)).wrap_up == code
    assert [event.code for event in told if isinstance(event, CallCoded)] == ["order", "price", None]
    async with desk.look() as session:
        kept = await session.execute(select(AuditEntry.operator_id, AuditEntry.detail).order_by(AuditEntry.id))
        assert [tuple(row) for row in kept] == [
            (site.colleague_id, {"before": "order", "after": "price"}),
            (site.operator_id, {"before": "price", "after": None}),
        ]
        assert (await session.scalars(select(CallWrapUp))).all() == []


async def test_only_a_code_of_the_office_is_taken_for_a_call_of_the_office(desk: Desk, site: Site) -> None:
    call_id = await had(desk, "cb-1")
    with pytest.raises(Invalid):
        await say(desk, site.operator_id, call_id, "weather")
    elsewhere = await make_site(desk, drivers=0, did="15889999")
    for who, of in ((elsewhere.operator_id, call_id), (site.operator_id, 999_999)):
        with pytest.raises(NotFound):
            await say(desk, who, of, "order")


async def test_an_office_says_it_in_words_of_its_own(desk: Desk, site: Site) -> None:
    async with desk.work() as work:
        (await work.session.get_one(Office, site.office_id)).wrap_up_codes = wrap_ups.checked(["콜백", "order"])
    call_id = await had(desk, "cb-1")
    await say(desk, site.operator_id, call_id, "콜백")
    with pytest.raises(Invalid):
        await say(desk, site.operator_id, call_id, "price")
    assert (wrap_ups.words("콜백", "en"), wrap_ups.words("order", "en")) == ("콜백", "Order")


async def set_codes(desk: Desk, site: Site, *codes: str, required: bool = False, seen: str | None = None) -> None:
    """The trade's, where none is named."""
    wanted = OfficeCodes(codes or None, required)
    async with desk.work() as work:
        await wrap_ups.set_codes(work, site.office_id, site.operator_id, wanted, seen)


async def kept_by(desk: Desk, site: Site) -> OfficeCodes:
    async with desk.look() as session:
        return wrap_ups.set_for(await session.get_one(Office, site.office_id))


async def test_what_an_office_sets_is_on_record_and_told_and_what_changes_nothing_is_not(
    desk: Desk, site: Site
) -> None:
    """Seen failing without the row of the record, and with the event told of what stood already."""
    heard: list[Event] = []
    desk.bus.on(CodesSet, heard.append)
    await set_codes(desk, site, "콜백", "order", required=True)
    await set_codes(desk, site, "콜백", "order", required=True)
    assert await kept_by(desk, site) == OfficeCodes(("콜백", "order"), required=True)
    await set_codes(desk, site)
    assert await kept_by(desk, site) == OfficeCodes(None, required=False)
    assert [(event.office_id, event.operator_id) for event in heard if isinstance(event, CodesSet)] == [
        (site.office_id, site.operator_id)
    ] * 2
    trades_, own = {"codes": None, "required": False}, {"codes": ["콜백", "order"], "required": True}
    async with desk.look() as session:
        rows = await session.execute(select(AuditEntry.what, AuditEntry.detail).order_by(AuditEntry.id))
        assert [tuple(row) for row in rows] == [
            ("calls.codes_set", {"before": trades_, "after": own}),
            ("calls.codes_set", {"before": own, "after": trades_}),
        ]


async def test_the_trades_codes_written_out_stay_the_trades(desk: Desk, site: Site) -> None:
    """Seen failing with the list kept as the office's own: a trade that gets another code would not reach it."""
    await set_codes(desk, site, *trades.load("proxy").wrap_ups, required=True)
    assert await kept_by(desk, site) == OfficeCodes(None, required=True)


async def test_two_who_set_codes_do_not_undo_one_another(desk: Desk, site: Site) -> None:
    """Seen failing without the look at the mark."""
    seen = as_seen.mark(await kept_by(desk, site))
    await set_codes(desk, site, "콜백", seen=seen)
    with pytest.raises(Outdated):
        await set_codes(desk, site, "분실", seen=seen)
    assert await kept_by(desk, site) == OfficeCodes(("콜백",), required=False)


async def test_a_code_that_was_taken_out_stays_readable_on_its_calls_and_is_counted(desk: Desk, site: Site) -> None:
    """Seen failing with those of the list among the former ones."""
    await set_codes(desk, site, "콜백", "order")
    for reference, code in (("cb-1", "콜백"), ("cb-2", "콜백"), ("cb-3", "order")):
        await say(desk, site.operator_id, await had(desk, reference), code)
    await set_codes(desk, site, "price")
    await say(desk, site.operator_id, await had(desk, "cb-4"), "price")
    async with desk.look() as session:
        office = await session.get_one(Office, site.office_id)
        assert await wrap_ups.former(session, office) == [("콜백", 2), ("order", 1)]
        [call_id, *_] = (await session.scalars(select(CallWrapUp.call_id).where(CallWrapUp.code == "order"))).all()
        assert (await call_views.card(session, call_id)).wrap_up == "order"
        today = days.span("Asia/Seoul", desk.clock().date(), desk.clock().date())
        assert (await figures.look(session, office, today)).codes == [("콜백", 2), ("order", 1), ("price", 1)]
    assert (wrap_ups.words("order", "ko"), wrap_ups.words("콜백", "ko")) == ("접수", "콜백")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("접수", "order"), (" Order ", "order"), ("ORDER", "order"), ("price", "price"), ("콜백", "콜백"),
        ("기타 문의", "기타 문의"), ("The parcel", "parcel"),
    ],
)  # fmt: skip
async def test_a_code_of_a_trade_is_meant_by_its_words_in_any_language(
    desk: Desk, site: Site, written: str, meant: str
) -> None:
    """Seen failing with the words of one language only."""
    async with desk.look() as session:
        assert wrap_ups.meant(written, await session.get_one(Office, site.office_id)) == meant


async def test_words_that_stand_in_the_list_stay_the_offices_own(desk: Desk, site: Site) -> None:
    """Set by the command line before: a form saved untouched changes nothing. Seen failing without the look at the list."""
    await set_codes(desk, site, "접수", "콜백")
    async with desk.look() as session:
        assert wrap_ups.meant("접수", await session.get_one(Office, site.office_id)) == "접수"


@pytest.mark.parametrize("codes", [[], [""], [" \u200b"], ["a", "a"], ["x" * 41], [str(n) for n in range(10)]])
def test_codes_that_no_key_could_mean_are_refused(codes: list[str]) -> None:
    with pytest.raises(Invalid):
        wrap_ups.checked(codes)


@pytest.mark.parametrize("name", trades.names())
def test_every_trade_has_codes_with_words_and_a_key_each(name: str) -> None:
    codes = trades.load(name).wrap_ups
    assert wrap_ups.checked(codes) == list(codes)
    for tag in catalog.tags():
        assert {f"panel.wrap_up.code.{code}" for code in codes} <= set(Catalog.load(tag).keys())


async def test_the_report_counts_answered_calls_by_the_offices_hour_and_adds_up(
    desk: Desk, site: Site, clock: Clock
) -> None:
    """Seen failing with calls that nobody had, and with the hour of UTC."""
    clock.now = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # half past midnight in Seoul, the 21st
    for reference, extension, code in (
        ("cb-1", "1001", "order"),
        ("cb-2", "1001", "order"),
        ("cb-3", "1002", "price"),
        ("cb-4", "1002", None),
        ("cb-5", None, None),
    ):
        call_id = await had(desk, reference, extension)
        if code:
            await say(desk, site.operator_id, call_id, code)
        clock.forward(hours=1)
    async with desk.look() as session:
        office = await session.get_one(Office, site.office_id)
        day = days.span("Asia/Seoul", date(2026, 11, 21), date(2026, 11, 21))
        found = await figures.look(session, office, day)
        before = await figures.look(session, office, days.span("Asia/Seoul", date(2026, 11, 20), date(2026, 11, 20)))
    assert before.cells == ()
    assert before.permille is None
    assert (found.total, found.coded, found.permille) == (4, 3, 750)
    assert found.codes == [("order", 2), ("price", 1), ("", 1)]
    assert found.hours == [0, 1, 2, 3]
    assert [name for _, name in found.operators] == ["김상담", "이상담"]
    for code, count in [*found.codes, (None, found.total)]:
        assert sum(found.at(code, hour=hour) for hour in found.hours) == count
        assert sum(found.at(code, operator_id=who) for who, _ in found.operators) == count
    assert found.at("order", operator_id=site.operator_id) == 2
    assert found.at("price", hour=2) == 1
    assert clock.now - timedelta(hours=5) == datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


async def test_every_figure_opens_into_as_many_calls_as_it_says(desk: Desk, site: Site, clock: Clock) -> None:
    """Page by page, too. Seen failing with the hour of UTC, with calls that nobody answered, and with another office's."""
    elsewhere = await make_site(desk, drivers=0, did="15889999")
    clock.now = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
    for nth, (extension, code) in enumerate(
        [("1001", "order"), ("1001", "order"), ("1002", "price"), ("1002", None), (None, None), ("1001", "order")]
    ):
        call_id = await had(desk, f"cb-{nth}", extension)
        if code:
            await say(desk, site.operator_id, call_id, code)
        clock.forward(minutes=25)
    async with desk.work() as work:
        seen = CallSeen(work.now, "pbx", "cb-x", "15889999", "01055501234", None)
        (await calls.open_call(work, seen)).answered_at = work.now
        (await work.session.get_one(Call, call_id)).operator_id = None
    async with desk.look() as session:
        office = await session.get_one(Office, site.office_id)
        day = days.span("Asia/Seoul", date(2026, 11, 21), date(2026, 11, 21))
        found = await figures.look(session, office, day)
        wanted: list[tuple[dict[str, str], int]] = [({}, found.total)]
        for code, count in found.codes:
            wanted += [({"code": code}, count)]
            wanted += [({"code": code, "clock": str(hour)}, found.at(code, hour=hour)) for hour in found.hours]
            wanted += [
                ({"code": code, "operator": str(who or "")}, found.at(code, operator_id=who))
                for who, _ in found.operators
            ]
        wanted += [({"clock": str(hour)}, found.at(hour=hour)) for hour in found.hours]
        wanted += [({"operator": str(who or "")}, found.at(operator_id=who)) for who, _ in found.operators]
        assert (found.total, len(found.operators), found.hours) == (5, 3, [0, 1, 2])
        for asked, count in wanted:
            every = await call_rows.rows(session, office, day, asked, limit=None)
            assert (len(every), await call_rows.count(session, office, day, asked)) == (count, count), asked
            walked: list[int] = []
            while page := await call_rows.rows(session, office, day, asked, walked[-1] if walked else None, limit=2):
                walked += [row.id for row in page]
            assert walked == [row.id for row in every]
        for wrong in ({"clock": "24"}, {"clock": "x"}, {"operator": "x"}):
            with pytest.raises(Invalid):
                await call_rows.count(session, office, day, wrong)
        strange = await session.get_one(Office, elsewhere.office_id)
        assert await call_rows.count(session, strange, day, {}) == 1
