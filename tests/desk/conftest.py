"""A small office on a real database, and a clock that the test sets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from desk.work import Desk
from models import Customer, CustomerPhone, Operator
from tests.site import Site, make_site

NOON = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DID = "15880001"


class Clock:
    """Time that passes when the test says so."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        """Let time pass (`seconds=`, `minutes=`, `hours=`)."""
        self.now += timedelta(**by)
        return self.now


AddCustomer = Callable[..., Awaitable[int]]


@pytest.fixture
def clock(desk: Desk) -> Clock:
    """The desk's clock."""
    clock = Clock()
    desk.clock = clock
    return clock


@pytest.fixture
async def site(desk: Desk) -> Site:
    """One office in Korea with a line (15880001) and two operators, at extensions 1001 and 1002."""
    site = await make_site(desk, drivers=0)
    async with desk.work() as work:
        for operator_id, extension in ((site.operator_id, "1001"), (site.colleague_id, "1002")):
            await work.session.execute(update(Operator).where(Operator.id == operator_id).values(extension=extension))
    return site


@pytest.fixture
def add_customer(desk: Desk, site: Site) -> AddCustomer:
    """Make a customer with a number: `await add_customer("+821012345678", name="김철수")` returns the id."""

    async def add(number: str, name: str = "김철수", language: str | None = None) -> int:
        async with desk.work() as work:
            customer = Customer(office_id=site.office_id, name=name, language=language, created_at=work.now)
            work.session.add(customer)
            await work.session.flush()
            work.session.add(CustomerPhone(office_id=site.office_id, customer_id=customer.id, number=number))
            return customer.id

    return add
