"""Customers are found by any part of what is known of them, in the right order, and whatever is typed costs little."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, insert, select, update

from desk.customer import customer_search
from desk.errors import NotFound
from desk.keeping import customer_words
from desk.work import Desk, Work
from models import Customer, CustomerPhone, CustomerWords, Place
from tests.desk.conftest import NOON, AddCustomer, Clock
from tests.desk.customer.test_customers import ordered
from tests.site import Site, make_site

MOBILE = "+821012345678"

FOUND_BY: tuple[tuple[str, list[str]], ...] = (
    ("010-1234-5678", ["김철수"]),
    ("+82 10 1234 5678", ["김철수"]),
    ("+82 10 1234", ["김철수"]),
    ("０１０１２３４", ["김철수"]),
    ("5678", ["김철수"]),
    ("2345", ["김철수"]),
    ("0123", ["김철수"]),
    ("34-56", ["김철수"]),
    ("1111", ["이철수"]),
    ("9876", ["Alex 100%", "이철수"]),
    ("철수", ["이철수", "김철수"]),
    ("김", ["김철수"]),
    ("\u1100\u1175\u11b7", ["김철수"]),
    ("ㅊㅅ", ["이철수", "김철수"]),
    ("ㄱㅊㅅ", ["김철수"]),
    ("김ㅊㅅ", ["김철수"]),
    ("ㄱ철수", ["김철수"]),
    ("김처", ["김철수"]),
    ("철수 1111", ["이철수"]),
    ("철수 5678 강남", ["김철수"]),
    ("강남역", ["김철수"]),
    ("12번 출구", ["김철수"]),
    ("강남 출구", ["김철수"]),
    ("ㄱㄴㅇ", ["김철수"]),
    ("1004동", ["이철수"]),
    ("1004", ["이철수"]),
    ("김수", []),
    ("철김", []),
    ("5679", []),
    ("ALEX", ["Alex 100%"]),
    ("lex 10", ["Alex 100%"]),
    ("100%", ["Alex 100%", "이철수"]),
    ("%", []),
    ("_", []),
    ("....", []),
    ("' OR 1=1 --", []),
    ('"office1" OR 김', []),
    ("", []),
    ("\x00", []),
    ("김\x00철", []),
    ("\ud800김", ["김철수"]),
    ("김" * 10_000, []),
    ("1" * 10_000, []),
    ("a b c d e f g h " * 2_000, []),
)

pytestmark = pytest.mark.usefixtures("clock")


async def found(desk: Desk, q: str, office_id: int | None = None, **more: int) -> list[str]:
    async with desk.look() as session:
        page = await customer_search.search(session, q, office_id=office_id, **more)
    return [card.name for card in page.items]


async def differences(desk: Desk) -> customer_words.Differences:
    async with desk.work() as work:
        connection = await work.session.connection()
        return await connection.run_sync(customer_words.differences)


async def add_place(desk: Desk, customer_id: int, text: str) -> None:
    async with desk.work() as work:
        work.session.add(Place(customer_id=customer_id, text=text, source="operator", last_used_at=work.now))


async def test_a_customer_is_found_by_any_part_of_what_is_known_of_him(
    desk: Desk, site: Site, add_customer: AddCustomer
) -> None:
    first = await add_customer(MOBILE, name="김철수")
    second = await add_customer("+821098761111", name="이철수")
    await add_customer("+821098762222", name="Alex 100%")
    await add_place(desk, first, "강남역 12번 출구")
    await add_place(desk, second, "사랑마을 1004동")
    assert [(q, await found(desk, q)) for q, _ in FOUND_BY] == list(FOUND_BY)
    assert [await found(desk, q, site.office_id + 1) for q, _ in FOUND_BY] == [[]] * len(FOUND_BY)


async def test_the_exact_number_comes_first_then_who_has_a_live_order_then_who_travelled_last(
    desk: Desk, site: Site, add_customer: AddCustomer
) -> None:
    ids = {}
    for name, number, days in (
        ("한참전", "+82215880001", 400), ("어제", "+821015880001", 1), ("처음", "+821015880002", None),
        ("그저께", "+821015880003", 2), ("지금", "+821015880004", 300), ("정확", "+8215880001", 500),
    ):  # fmt: skip
        ids[name] = await add_customer(number, name=name)
        async with desk.work() as work:
            last = None if days is None else NOON - timedelta(days=days)
            await work.session.execute(update(Customer).where(Customer.id == ids[name]).values(last_trip_at=last))
    await ordered(desk, site, ids["지금"], "강남", "판교", state="assigned")
    ranked = ["정확", "지금", "어제", "그저께", "한참전", "처음"]
    assert await found(desk, "1588-0001") == ["정확", "어제", "한참전"]
    assert (await found(desk, "1588"))[:1] == ["지금"]
    assert await found(desk, "1588") == [*ranked[1:5], "정확", "처음"]
    pages, cursor = [], None
    async with desk.look() as session:
        while True:
            page = await customer_search.search(session, "1588", limit=4, cursor=cursor)
            pages.append([card.name for card in page.items])
            if (cursor := page.next) is None:
                break
    assert pages == [["지금", "어제", "그저께", "한참전"], ["정확", "처음"]]


async def test_in_a_crowd_the_rank_is_kept_and_rare_ones_are_found(
    desk: Desk, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_search, "FEW", 10)
    monkeypatch.setattr(customer_search, "RECENT", 30)
    async with desk.work() as work:
        rows = [
            {"id": n, "office_id": site.office_id, "name": f"김손님{n}", "created_at": NOON,
             "last_trip_at": NOON - timedelta(hours=n)}
            for n in range(1, 101)
        ]  # fmt: skip
        await work.session.execute(insert(Customer), rows)
        await work.session.execute(
            insert(CustomerPhone),
            [{"office_id": site.office_id, "customer_id": n, "number": f"+8210{55550000 + n}"} for n in range(1, 101)],
        )
        await (await work.session.connection()).run_sync(customer_words.repair)
    await ordered(desk, site, 90, "강남", "판교", state="taken")
    assert (await found(desk, "김손님", limit=5)) == ["김손님90", "김손님1", "김손님2", "김손님3", "김손님4"]
    assert (await found(desk, "5555", limit=3)) == ["김손님90", "김손님1", "김손님2"]
    assert await found(desk, "손님77") == ["김손님77"]
    assert await found(desk, "0099") == ["김손님99"]
    # A crowd that has hardly travelled of late: the others come after those who have.
    hardly = await found(desk, "손님9")
    assert (hardly[:2], len(hardly) > 2) == (["김손님90", "김손님9"], True)


async def test_another_office_s_crowd_hides_nobody(
    desk: Desk, add_customer: AddCustomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customer_search, "FEW", 3)
    await add_customer(MOBILE, name="김철수")
    other = await make_site(desk, drivers=0, did="15880002")
    async with desk.work() as work:
        work.session.add_all(Customer(office_id=other.office_id, name="김철수", created_at=work.now) for _ in range(9))
    assert await found(desk, "김철수") == ["김철수"]
    assert (
        await found(desk, "김철수", other.office_id) == ["김철수"] * 3
    )  # nobody of them has travelled: some of the crowd


async def test_words_follow_every_change_in_its_own_transaction(
    desk: Desk, site: Site, add_customer: AddCustomer
) -> None:
    customer_id = await add_customer(MOBILE, name="김철수")

    async def change(work: Work) -> None:
        customer = await work.session.get_one(Customer, customer_id)
        customer.name = "박영희"
        phone = (await work.session.scalars(select(CustomerPhone))).one()
        phone.number = "+821077778888"

    async def change_and_fail(work: Work) -> None:
        await change(work)
        await work.session.flush()
        raise NotFound("on the way")

    with pytest.raises(NotFound):
        await desk.do(change_and_fail)
    assert await found(desk, "김철수 5678") == ["김철수"]
    async with desk.work() as work:
        await change(work)
    assert await found(desk, "김철수") == await found(desk, "5678") == []
    assert await found(desk, "ㅂㅇㅎ 7777") == ["박영희"]
    await add_place(desk, customer_id, "홍대입구역")
    assert await found(desk, "대입") == ["박영희"]
    async with desk.work() as work:
        await work.session.delete((await work.session.scalars(select(Place))).one())
    assert await found(desk, "대입") == []
    assert (await differences(desk)).none


async def test_a_change_that_nothing_is_found_by_writes_no_words(
    desk: Desk, site: Site, add_customer: AddCustomer
) -> None:
    customer_id = await add_customer(MOBILE)
    async with desk.work() as work:
        await work.session.execute(delete(CustomerWords))
    async with desk.work() as work:
        customer = await work.session.get_one(Customer, customer_id)
        customer.trips += 1
        customer.last_trip_at = work.now
    async with desk.look() as session:
        assert (await session.scalars(select(CustomerWords.id))).all() == []


async def test_what_is_out_of_step_is_seen_and_repaired(
    desk: Desk, site: Site, add_customer: AddCustomer, clock: Clock
) -> None:
    first, second = await add_customer(MOBILE, name="김철수"), await add_customer("+821098761111", name="이철수")
    assert (await differences(desk)).none
    async with desk.work() as work:
        await work.session.execute(update(Customer).where(Customer.id == first).values(name="박영희"))
        await work.session.execute(delete(CustomerWords).where(CustomerWords.id == second))
    assert await differences(desk) == customer_words.Differences(wrong=2, left_over=0)
    async with desk.work() as work:
        assert await (await work.session.connection()).run_sync(customer_words.repair) == 2
    assert (await differences(desk)).none
    assert await found(desk, "박영희") == ["박영희"]
    assert await found(desk, "이철") == ["이철수"]
