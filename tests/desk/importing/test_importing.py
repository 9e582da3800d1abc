"""Files of customers and drivers: looked through, taken in by batches, and taken back exactly, on both engines."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from sqlalchemy import func, select

from desk.call import calls
from desk.customer import customer_search, search_index
from desk.driver import driver_records
from desk.driver.driver_records import Record
from desk.errors import Invalid, NotFound, WrongState
from desk.events import CallSeen
from desk.importing import reading, staging, steps
from desk.importing.staging import File
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.texts import consents
from desk.work import Desk, Work
from models import (
    AdConsent,
    AuditEntry,
    Customer,
    CustomerPhone,
    Driver,
    DriverGroup,
    DriverPhone,
    DriverSkill,
    Import,
    ImportKey,
    ImportRow,
    Place,
    Shift,
)  # fmt: skip
from tests.desk.conftest import AddCustomer, Clock
from tests.site import Site

pytestmark = pytest.mark.usefixtures("clock")

CUSTOMERS = """이름,휴대폰,집전화,등급,메모,언어,주소
김철수,010-1234-5678,02-555-1234,VIP,트렁크에 자전거,한국어,강남역 10번 출구; 우리집
이영희,1098765432,,,,,
,010-5555-6666,,,,,
박,010-5555-666,,,,,
최,,,,,,
김철수,010-1234-5678,,,,,
"""


async def staged(desk: Desk, site: Site, text: str, kind: str = "customers") -> int:
    raw = text.encode()
    import_id = await staging.stage(desk, site.office_id, None, kind, File.of("고객.csv", raw), reading.read(raw))
    await steps.finish(desk, import_id)
    return import_id


async def taken_in(desk: Desk, site: Site, text: str, kind: str = "customers", *, overwrite: bool = False) -> int:
    import_id = await staged(desk, site, text, kind)
    if overwrite:
        mapping = (await told(desk, import_id)).mapping
        await desk.do(lambda work: staging.map_columns(work, site.office_id, import_id, mapping, overwrite=True))
        await steps.finish(desk, import_id)
    await desk.do(lambda work: staging.start(work, site.office_id, import_id, None))
    await steps.finish(desk, import_id)
    return import_id


async def undone(desk: Desk, site: Site, import_id: int) -> dict[int, str | None]:
    """What became of each line."""
    await desk.do(lambda work: staging.undo(work, site.office_id, import_id, site.operator_id))
    await steps.finish(desk, import_id)
    async with desk.look() as session:
        query = select(ImportRow.line, ImportRow.undo).where(
            ImportRow.import_id == import_id, ImportRow.undo.is_not(None)
        )
        return {row.line: row.undo for row in await session.execute(query.order_by(ImportRow.line))}


async def told(desk: Desk, import_id: int) -> Import:
    async with desk.look() as session:
        return await session.get_one(Import, import_id)


def counts(one: Import) -> tuple[int, int, int, int]:
    return one.created, one.updated, one.unchanged, one.refused


async def findings(desk: Desk, import_id: int) -> list[tuple[int, int | None, str, str]]:
    async with desk.look() as session:
        query = select(ImportRow).where(ImportRow.import_id == import_id, ImportRow.findings.is_not(None))
        rows = (await session.scalars(query.order_by(ImportRow.line))).all()
    return [(row.line, one["column"], one["code"], one["cell"]) for row in rows for one in row.findings]


async def everything(desk: Desk) -> Iterable[Any]:
    """All customers and drivers, as far as a file can change them."""
    async with desk.look() as session:
        people = [(c.id, c.name, c.grade, c.note, c.language) for c in await session.scalars(select(Customer))]
        phones = [(p.customer_id, p.number) for p in await session.scalars(select(CustomerPhone))]
        places = [(p.customer_id, p.text) for p in await session.scalars(select(Place))]
        drivers = [(d.id, d.number, d.name, d.phone, d.language) for d in await session.scalars(select(Driver))]
    return sorted(people), sorted(phones), sorted(places), sorted(drivers)


async def words_are_right(desk: Desk) -> bool:
    return (await search_index.compare(desk)).right


async def found(desk: Desk, q: str) -> list[str]:
    async with desk.look() as session:
        return [card.name for card in (await customer_search.search(session, q)).items]


async def test_a_dry_run_says_what_would_be_done_and_does_nothing(desk: Desk, site: Site) -> None:
    before = await everything(desk)
    import_id = await staged(desk, site, CUSTOMERS)
    one = await told(desk, import_id)
    assert (one.state, one.lines, counts(one)) == ("checked", 6, (3, 0, 0, 3))
    assert await findings(desk, import_id) == [
        (5, 1, "number_bad", "010-5555-666"),
        (6, 1, "number_missing", ""),
        (7, None, "twice", ""),
    ]
    assert await everything(desk) == before


async def test_customers_are_there_and_found_afterwards(desk: Desk, site: Site) -> None:
    import_id = await taken_in(desk, site, CUSTOMERS)
    one = await told(desk, import_id)
    assert (one.state, counts(one)) == ("applied", (3, 0, 0, 3))
    for q in ("김철수", "ㄱㅊㅅ", "5678", "강남역", "025551234"):
        assert await found(desk, q) == ["김철수"], q
    async with desk.look() as session:
        page = await customer_search.search(session, "김철수")
    [card] = page.items
    assert (card.grade, card.note, card.language) == ("VIP", "트렁크에 자전거", "ko")
    assert set(card.numbers) == {"+821012345678", "+8225551234"}
    assert [place.text for place in card.places] == ["강남역 10번 출구", "우리집"]
    assert await words_are_right(desk)
    async with desk.look() as session:
        assert await session.scalar(select(func.count()).select_from(ImportKey)) == 0
        kept = await session.scalar(select(func.count()).select_from(ImportRow).where(ImportRow.cells.is_not(None)))
    assert kept == 3, "what was taken in stands where it belongs, and no longer beside"


async def test_who_is_known_keeps_what_is_known_unless_it_shall_be_overwritten(
    desk: Desk, site: Site, add_customer: AddCustomer
) -> None:
    known = await add_customer("+821012345678", "김 사장")
    text = "이름,전화,등급,주소\n김철수,010-1234-5678 / 010-2222-3333,VIP,판교역\n"
    import_id = await taken_in(desk, site, text)
    assert counts(await told(desk, import_id)) == (0, 1, 0, 0)
    async with desk.look() as session:
        customer = await session.get_one(Customer, known)
        assert (customer.name, customer.grade, customer.version) == ("김 사장", "VIP", 2)
    again = await staged(desk, site, text)
    assert counts(await told(desk, again)) == (0, 0, 1, 0)
    with pytest.raises(Invalid, match="no line"):
        await desk.do(lambda work: staging.start(work, site.office_id, again, None))
    assert counts(await told(desk, await taken_in(desk, site, text, overwrite=True))) == (0, 1, 0, 0)
    assert await found(desk, "김철수") == ["김철수"]
    assert await found(desk, "사장") == []
    assert await words_are_right(desk)


async def test_numbers_of_two_customers_in_one_line_are_for_a_person_to_decide(
    desk: Desk, site: Site, add_customer: AddCustomer
) -> None:
    await add_customer("+821012345678", "김철수")
    await add_customer("+821022223333", "이영희")
    import_id = await staged(desk, site, "이름,전화\n둘,010-1234-5678;010-2222-3333\n")
    assert await findings(desk, import_id) == [(2, None, "two_customers", "김철수, 이영희")]


async def test_an_import_is_taken_back_exactly(desk: Desk, site: Site, add_customer: AddCustomer) -> None:
    await add_customer("+821012345678", "김 사장")
    before = await everything(desk)
    import_id = await taken_in(desk, site, CUSTOMERS, overwrite=True)
    assert await everything(desk) != before
    assert await undone(desk, site, import_id) == {2: "undone", 3: "undone", 4: "undone"}
    assert await everything(desk) == before
    one = await told(desk, import_id)
    assert (one.state, one.undone, one.kept, one.undone_by) == ("undone", 3, 0, site.operator_id)
    assert await found(desk, "이영희") == []
    assert await words_are_right(desk)


async def test_who_comes_after_a_file_that_was_taken_back_gets_an_id_of_his_own(
    desk: Desk, site: Site, add_customer: AddCustomer
) -> None:
    """Seen failing on SQLite, which gave him the id of one who is gone."""
    import_id = await taken_in(desk, site, CUSTOMERS)
    async with desk.look() as session:
        named = set(await session.scalars(select(ImportRow.subject_id).where(ImportRow.import_id == import_id)))
    await undone(desk, site, import_id)
    assert await add_customer("+821099990000", "나중 손님") not in named


async def test_what_somebody_has_changed_or_used_since_is_left_and_named(
    desk: Desk, site: Site, add_customer: AddCustomer, clock: Clock
) -> None:
    await add_customer("+821077778888", "박민수")
    lines = ["이름,전화,등급"]
    lines += [f"고객{n},010-3000-000{n}," for n in range(5)] + ["박민수,010-7777-8888,VIP"]
    import_id = await taken_in(desk, site, "\n".join(lines))
    clock.forward(minutes=1)
    async with desk.work() as work:
        for number, origin in (("01030000001", "강남역"), ("01077778888", "서초역")):
            order = TakeOrder(number=number, origin=PlaceText(origin))
            await orders.take(work, site.operator_id, order)
    async with desk.work() as work:
        customers = {c.name: c for c in await work.session.scalars(select(Customer))}
        customers["고객2"].note = "담배"
        work.session.add(
            CustomerPhone(office_id=site.office_id, customer_id=customers["고객3"].id, number="+82312345678")
        )
        seen = CallSeen(work.now, "pbx", "1.1", "15880001", "01030000004", None, linkedid="1.1")
        await calls.open_call(work, seen)
    clock.forward(minutes=1)
    told_why = {2: "undone", 3: "changed", 4: "changed", 5: "changed", 6: "used", 7: "changed"}
    assert await undone(desk, site, import_id) == told_why
    one = await told(desk, import_id)
    assert (one.undone, one.kept) == (1, 5)
    assert await words_are_right(desk)


async def test_a_customer_who_only_ordered_since_is_left_as_well(
    desk: Desk, site: Site, add_customer: AddCustomer, clock: Clock
) -> None:
    known = await add_customer("+821077778888", "박민수")
    async with desk.work() as work:
        work.session.add(Place(customer_id=known, text="서초역", source="operator", last_used_at=work.now))
    import_id = await taken_in(desk, site, "이름,전화,등급\n박민수,010-7777-8888,VIP\n")
    clock.forward(minutes=1)
    async with desk.work() as work:
        await orders.take(work, site.operator_id, TakeOrder(number="01077778888", origin=PlaceText("서초역")))
    assert await undone(desk, site, import_id) == {2: "used"}


async def test_a_kill_between_two_batches_loses_nothing_and_does_nothing_twice(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "AT_A_TIME", 3)
    before = await everything(desk)
    lines = ["이름,전화", *(f"고객{n},010-4000-{n:04d}" for n in range(8))]
    import_id = await staged(desk, site, "\n".join(lines))
    await desk.do(lambda work: staging.start(work, site.office_id, import_id, None))
    await desk.do(lambda work: steps.advance(work, import_id))

    async def dies(work: Work) -> None:
        await steps.advance(work, import_id)
        raise RuntimeError("killed before the commit")

    with pytest.raises(RuntimeError, match="killed"):
        await desk.do(dies)
    async with desk.look() as session:
        assert await staging.moving(session) == [import_id]
        assert await session.scalar(select(func.count()).select_from(Customer)) == 3
    await steps.finish(desk, import_id)
    assert counts(await told(desk, import_id)) == (8, 0, 0, 0)
    async with desk.look() as session:
        assert await session.scalar(select(func.count()).select_from(Customer)) == 8
    assert set((await undone(desk, site, import_id)).values()) == {"undone"}
    assert await everything(desk) == before


async def test_an_import_that_stands_half_way_can_be_taken_back(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "AT_A_TIME", 3)
    before = await everything(desk)
    import_id = await staged(desk, site, "\n".join(["이름,전화", *(f"고객{n},010-4000-{n:04d}" for n in range(8))]))
    await desk.do(lambda work: staging.start(work, site.office_id, import_id, None))
    await desk.do(lambda work: steps.advance(work, import_id))
    assert len(await undone(desk, site, import_id)) == 3
    assert await everything(desk) == before


async def test_drivers_come_off_duty_and_go_again(desk: Desk, site: Site) -> None:
    text = (
        "기사번호,성명,휴대폰\n007,박기사,010-1111-2222\n7,이기사,010-1111-3333\nA-12,최기사,10-1111-4444\n9,,010-1\n"
    )
    import_id = await taken_in(desk, site, text, "drivers")
    assert counts(await told(desk, import_id)) == (3, 0, 0, 1)
    assert [(line, code) for line, _, code, _ in await findings(desk, import_id)] == [
        (5, "number_bad"),
        (5, "name_missing"),
    ]
    async with desk.look() as session:
        drivers = {d.number: d for d in await session.scalars(select(Driver))}
    assert {number: (d.name, d.phone, d.state) for number, d in drivers.items()} == {
        "007": ("박기사", "+821011112222", "off"),
        "7": ("이기사", "+821011113333", "off"),
        "A-12": ("최기사", "+821011114444", "off"),
    }
    async with desk.work() as work:
        work.session.add(Shift(driver_id=drivers["7"].id, started_at=work.now))
    assert await undone(desk, site, import_id) == {2: "undone", 3: "used", 4: "undone"}
    zeros = await staged(desk, site, "번호,이름,전화\n0007,이기사,010-1111-3333\n", "drivers")
    assert [(line, code) for line, _, code, _ in await findings(desk, zeros)] == [(2, "driver_number_zeros")]


RECORD = (
    "기사번호,성명,휴대폰,추가전화,언어,면허번호,면허만료일,보험증권번호,보험만료일,가능차종,그룹,활동지역,근무요일,근무시간,비고\n"
    "7,이기사,010-1111-3333,010-9999-0001,ko,11-12-123456-01,2027-03-01,B-77,2027.5.2,"
    '"수동, 대형","야간,강남팀",강남,월-금,22~6,조용함\n'
)


async def record(desk: Desk, number: str = "7") -> Record:
    async with desk.look() as session:
        driver = (await session.scalars(select(Driver).where(Driver.number == number))).one()
        return await driver_records.record_of(session, driver)


async def test_a_driver_comes_with_the_whole_of_his_record(desk: Desk, site: Site) -> None:
    """Seen failing with one field left out of what is written."""
    import_id = await taken_in(desk, site, RECORD, "drivers")
    assert counts(await told(desk, import_id)) == (1, 0, 0, 0), await findings(desk, import_id)
    assert await record(desk) == Record(
        number="7", name="이기사", phone="+821011113333", phones=("+821099990001",), language="ko",
        licence_number="11-12-123456-01", licence_until=date(2027, 3, 1), insurance_number="B-77",
        insurance_until=date(2027, 5, 2), base_area="강남", works_days="12345", works_from=time(22), works_until=time(6),
        note="조용함", skills=("large", "manual"), groups=("강남팀", "야간"),
    )  # fmt: skip
    again = await staged(desk, site, RECORD, "drivers")
    assert counts(await told(desk, again)) == (0, 0, 1, 0)
    assert await undone(desk, site, import_id) == {2: "undone"}
    async with desk.look() as session:
        for table in (Driver, DriverPhone, DriverSkill, DriverGroup):
            assert await session.scalar(select(func.count()).select_from(table)) == 0


async def test_of_a_known_driver_what_is_empty_is_filled_and_undone_exactly(desk: Desk, site: Site) -> None:
    """Seen failing with his lists left as the file made them."""
    first = "기사번호,성명,휴대폰,면허번호,가능차종,그룹\n7,이기사,010-1111-3333,OLD-1,화물차,주간\n"
    await taken_in(desk, site, first, "drivers")
    before = await record(desk)
    import_id = await taken_in(desk, site, RECORD, "drivers")
    filled = await record(desk)
    assert (filled.licence_number, filled.skills, filled.groups) == ("OLD-1", ("truck",), ("주간",))
    assert (filled.insurance_number, filled.works_from, filled.phones) == ("B-77", time(22), ("+821099990001",))
    over = await taken_in(desk, site, RECORD, "drivers", overwrite=True)
    replaced = await record(desk)
    assert (replaced.licence_number, replaced.skills) == ("11-12-123456-01", ("large", "manual"))
    assert await undone(desk, site, over) == {2: "undone"}
    assert await record(desk) == filled
    assert await undone(desk, site, import_id) == {2: "undone"}
    assert await record(desk) == before


ACCOUNTS = (
    "기사번호,성명,휴대폰,은행,계좌번호,예금주\n7,이기사,010-1111-3333,국민은행,110-123-456789,\n"
    "8,박기사,010-1111-4444,088,222-333-444444,박사장\n"
)


async def test_drivers_come_with_the_accounts_that_they_are_paid_to_and_a_change_counts(desk: Desk, site: Site) -> None:
    """Seen failing with the version not counted: a batch would not see that an import changed where it is paid to."""

    async def kept() -> list[tuple[object, ...]]:
        async with desk.look() as session:
            found = await session.scalars(select(Driver).order_by(Driver.number))
            return [(one.bank, one.bank_account, one.bank_holder, one.payee_version) for one in found]

    await taken_in(desk, site, ACCOUNTS, "drivers")
    first = [("004", "110-123-456789", "이기사", 0), ("088", "222-333-444444", "박사장", 0)]
    assert await kept() == first
    other = ACCOUNTS.replace("110-123-456789", "999-888-777777")
    assert counts(await told(desk, await staged(desk, site, other, "drivers"))) == (0, 0, 2, 0)  # known: not replaced
    over = await taken_in(desk, site, other, "drivers", overwrite=True)
    assert await kept() == [("004", "999-888-777777", "이기사", 1), first[1]]
    assert await undone(desk, site, over) == {2: "undone"}
    assert await kept() == [("004", "110-123-456789", "이기사", 2), first[1]]
    async with desk.look() as session:
        changes = select(AuditEntry.detail).where(AuditEntry.what == "payee.changed")
        assert list(await session.scalars(changes)) == [{"by": "import"}] * 2


async def test_an_account_that_cannot_be_read_is_named(desk: Desk, site: Site) -> None:
    heads = "기사번호,성명,휴대폰,은행,계좌번호,예금주"
    bad = ("7,이,010-1111-3333,아무,110-123-456789,", "8,박,010-1111-4444,004,1.2E+11,", "9,최,010-1111-5555,004,,최",
           "10,정,010-1111-6666,004,12-34,")  # fmt: skip
    import_id = await staged(desk, site, "\n".join((heads, *bad, "")), "drivers")
    assert [(column, code) for _, column, code, _ in await findings(desk, import_id)] == [
        (3, "bank_unknown"), (4, "number_shortened"), (3, "payee_parts"), (4, "account_bad")
    ]  # fmt: skip


async def test_every_cell_of_a_driver_s_record_that_cannot_be_read_is_named(desk: Desk, site: Site) -> None:
    heads = RECORD.splitlines()[0]
    bad = "7,이기사,010-1111-3333,010-9,fr,1.2E+11,곧,B,2027-02-30,잠수,,강남,가끔,밤,"
    import_id = await staged(desk, site, f"{heads}\n{bad}\n", "drivers")
    assert [(column, code, cell) for _, column, code, cell in await findings(desk, import_id)] == [
        (4, "language_unknown", "fr"), (3, "number_bad", "010-9"), (5, "number_shortened", "1.2E+11"),
        (6, "day_bad", "곧"), (8, "day_bad", "2027-02-30"), (12, "weekdays_bad", "가끔"), (13, "hours_bad", "밤"),
        (9, "skill_unknown", "잠수"),
    ]  # fmt: skip


async def test_a_driver_s_long_note_is_refused_and_not_cut(desk: Desk, site: Site) -> None:
    text = f"기사번호,성명,휴대폰,비고\n7,이기사,010-1111-3333,{'가' * 501}\n"
    import_id = await staged(desk, site, text, "drivers")
    assert [(column, code) for _, column, code, _ in await findings(desk, import_id)] == [(3, "too_long")]


async def test_another_office_s_import_is_not_there(desk: Desk, site: Site) -> None:
    import_id = await staged(desk, site, CUSTOMERS)
    for act in (
        lambda work: staging.start(work, site.office_id + 1, import_id, None),
        lambda work: staging.undo(work, site.office_id + 1, import_id, None),
        lambda work: staging.discard(work, site.office_id + 1, import_id),
        lambda work: staging.map_columns(work, site.office_id + 1, import_id, [], overwrite=False),
    ):
        with pytest.raises(NotFound):
            await desk.do(act)
    assert (await told(desk, import_id)).state == "checked"


async def test_columns_are_named_anew_and_what_is_thrown_away_is_gone(desk: Desk, site: Site) -> None:
    import_id = await staged(desk, site, "누구,어디로\n김철수,010-1234-5678\n")
    assert (await told(desk, import_id)).state == "staged"
    for mapping, why in ((["name", None], "missing_number"), (["name"], "length"), (["name", "x"], "unknown")):
        with pytest.raises(Invalid) as refused:
            await desk.do(
                lambda work, m=mapping: staging.map_columns(work, site.office_id, import_id, m, overwrite=False)
            )
        assert refused.value.details["reason"] == why
    await desk.do(
        lambda work: staging.map_columns(work, site.office_id, import_id, ["name", "number"], overwrite=False)
    )
    await steps.finish(desk, import_id)
    assert counts(await told(desk, import_id)) == (1, 0, 0, 0)
    await desk.do(lambda work: staging.discard(work, site.office_id, import_id))
    async with desk.look() as session:
        assert await session.scalar(select(func.count()).select_from(ImportRow)) == 0
    with pytest.raises(WrongState):
        await desk.do(lambda work: staging.start(work, site.office_id, import_id, None))


async def test_a_file_whose_bringer_died_is_thrown_away_in_time(desk: Desk, site: Site, clock: Clock) -> None:
    table = reading.read(CUSTOMERS.encode())
    import_id = await desk.do(
        lambda work: staging.begin(work, site.office_id, None, "customers", File.of("x.csv", b"x"), table)
    )
    assert await desk.do(staging.discard_cut_off) == 0
    clock.forward(hours=1)
    assert await desk.do(staging.discard_cut_off) == 1
    assert (await told(desk, import_id)).state == "discarded"


async def test_consent_to_advertising_comes_with_its_day_and_a_refusal_stays(desk: Desk, site: Site) -> None:
    """Seen failing with a refusal that the file's day replaces, and with consents left behind by an undo."""
    async with desk.work() as work:
        await consents.note(work, site.office_id, site.operator_id, "010-2222-2222", "refused", "전화")
    text = (
        "이름,휴대폰,광고동의일\n하나,010-1111-1111,2026-03-01\n둘,010-2222-2222,2026.3.1\n"
        "셋,010-3333-3333,수신거부\n넷,010-4444-4444,동의\n다섯,010-5555-5555,\n"
    )
    import_id = await taken_in(desk, site, text)
    async with desk.look() as session:
        query = select(AdConsent.number, AdConsent.agreed_at, AdConsent.refused_at, AdConsent.source)
        found = {row[0]: row[1:] for row in await session.execute(query)}
        lines = select(ImportRow.line, ImportRow.findings).where(ImportRow.outcome == "refused")
        refused = (await session.execute(lines)).all()
    day = datetime(2026, 3, 1, tzinfo=UTC)
    assert found["+821011111111"] == (day, None, "import")
    assert (found["+821022222222"][0], found["+821022222222"][2]) == (None, "전화")
    assert (found["+821033333333"][0], found["+821033333333"][1] is not None) == (None, True)
    assert [(row.line, row.findings[0]["code"]) for row in refused] == [(5, "ad_consent_bad")]
    assert set((await undone(desk, site, import_id)).values()) == {"undone"}
    async with desk.look() as session:
        assert (await session.scalars(select(AdConsent.number))).all() == ["+821022222222"]
