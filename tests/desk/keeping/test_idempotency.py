"""A POST that comes twice: one row, one answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from desk.errors import Invalid
from desk.events import Event, OrderTaken
from desk.keeping import idempotency
from desk.keeping.idempotency import Answer, KeyReused, request_hash
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk, Work
from models import IdempotencyKey, Order
from tests.site import Site, make_site

REQUEST = request_hash("POST", "/api/v1/orders", b'{"origin":{"text":"x"}}')


@pytest.fixture
async def site(desk: Desk) -> Site:
    return await make_site(desk)


async def post(
    desk: Desk, site: Site, key: str = "k1", request: str = REQUEST, operator_id: int | None = None
) -> Answer:
    asker = operator_id or site.operator_id
    async with desk.work() as work:

        async def act() -> tuple[int, Any]:
            form = TakeOrder(PlaceText("강남역"), number="010-1234-5678")
            return 201, {"id": (await orders.take(work, asker, form)).id, "text": "강남역"}

        return await idempotency.once(work, asker, key, request, act)


async def count(desk: Desk) -> int:
    async with desk.look() as session:
        return (await session.execute(select(func.count()).select_from(Order))).scalar_one()


async def test_the_same_key_gives_the_same_answer_and_one_order(desk: Desk, site: Site, told: list[Event]) -> None:
    """Seen failing when the key is not reserved."""
    first = await post(desk, site)
    again = await post(desk, site)
    assert (first.status, first.replayed) == (201, False)
    assert (again.status, again.body, again.replayed) == (201, first.body, True)
    assert await count(desk) == 1
    assert len([event for event in told if isinstance(event, OrderTaken)]) == 1


async def test_the_same_key_at_once_is_one_order_and_all_hear_of_it(desk: Desk, site: Site) -> None:
    """Seen failing when the key is not reserved."""
    for n in range(10):
        answers = await asyncio.gather(*(post(desk, site, key=f"k{n}") for _ in range(10)))
        assert len({answer.body["id"] for answer in answers}) == 1
        assert [answer.replayed for answer in answers].count(False) == 1
    assert await count(desk) == 10


async def test_the_same_key_for_another_request_is_refused(desk: Desk, site: Site) -> None:
    await post(desk, site)
    with pytest.raises(KeyReused) as refusal:
        await post(desk, site, request=request_hash("POST", "/api/v1/orders", b"{}"))
    assert refusal.value.code == "idempotency_key_reused"
    assert await count(desk) == 1


async def test_another_persons_key_is_another_key(desk: Desk, site: Site) -> None:
    await post(desk, site)
    assert not (await post(desk, site, operator_id=site.colleague_id)).replayed
    assert await count(desk) == 2


async def test_work_that_failed_keeps_no_answer(desk: Desk, site: Site) -> None:
    async def fail() -> tuple[int, Any]:
        raise Invalid("no", field="x")

    with pytest.raises(Invalid):
        async with desk.work() as work:
            await idempotency.once(work, site.operator_id, "k1", REQUEST, fail)
    assert not (await post(desk, site)).replayed


async def test_what_waited_for_work_that_failed_does_it_itself(desk: Desk, site: Site) -> None:
    began = asyncio.Event()

    async def fail(work: Work) -> tuple[int, Any]:
        began.set()
        await asyncio.sleep(0.05)  # long enough for the other to be waiting; either way he must end with the order
        raise Invalid("no", field="x")

    async def first() -> None:
        async with desk.work() as work:
            await idempotency.once(work, site.operator_id, "k1", REQUEST, lambda: fail(work))

    task = asyncio.create_task(first())
    await began.wait()
    answer = await post(desk, site)
    with pytest.raises(Invalid):
        await task
    assert (answer.replayed, await count(desk)) == (False, 1)


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "a\0b"])
async def test_a_key_that_is_none_is_refused(desk: Desk, site: Site, key: str) -> None:
    with pytest.raises(Invalid):
        await post(desk, site, key=key)
    assert await count(desk) == 0


async def test_answers_are_kept_thirty_days(desk: Desk, site: Site) -> None:
    past = Desk(desk.engine, desk.bus, clock=lambda: desk.clock() - timedelta(days=31))
    await post(past, site, key="old")
    await post(desk, site, key="new")
    async with desk.work() as work:
        assert await idempotency.forget_old(work) == 1
        assert (await work.session.execute(select(IdempotencyKey.key))).scalar_one() == "new"


def test_requests_are_told_apart_by_method_path_and_body() -> None:
    requests = [("POST", "/a", b"b"), ("PUT", "/a", b"b"), ("POST", "/ab", b""), ("POST", "/a", b"")]
    assert len({request_hash(*request) for request in requests}) == len(requests)
    assert request_hash("post", "/a", b"b") == request_hash("POST", "/a", b"b")


async def test_an_answer_that_was_forgotten_is_made_anew(desk: Desk, site: Site) -> None:
    await post(desk, site)
    await post(desk, site, operator_id=site.colleague_id)
    async with desk.work() as work:
        await idempotency.forget(work, site.operator_id, "k1")
    assert not (await post(desk, site)).replayed
    assert (await post(desk, site, operator_id=site.colleague_id)).replayed
