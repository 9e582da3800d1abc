"""A small office on a real database, and a clock that the test sets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from desk.work import Desk
from models import Customer, CustomerPhone, Line, Office, Operator

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


@dataclass(frozen=True)
class Site:
    """The ids of one small office: a line (15880001) and two operators, at extensions 1001 and 1002."""

    office_id: int
    line_id: int
    operator_id: int
    other_operator_id: int


AddCustomer = Callable[..., Awaitable[int]]


@pytest.fixture
def clock(desk: Desk) -> Clock:
    """The desk's clock."""
    clock = Clock()
    desk.clock = clock
    return clock


@pytest.fixture
async def site(desk: Desk) -> Site:
    """One office in Korea with a line and two operators."""
    async with desk.work() as work:
        office = Office(
            name="시험 대리",
            country="KR",
            currency="KRW",
            timezone="Asia/Seoul",
            trade="proxy",
            sms_sender="15880001",
        )
        work.session.add(office)
        await work.session.flush()
        line = Line(office_id=office.id, did=DID, name="대표", language="ko", flow="welcome")
        operators = [
            Operator(
                office_id=office.id,
                login=f"op{extension}",
                name=f"상담 {extension}",
                role="operator",
                extension=extension,
                locale="ko",
            )
            for extension in ("1001", "1002")
        ]
        work.session.add_all([line, *operators])
        await work.session.flush()
        return Site(office.id, line.id, operators[0].id, operators[1].id)


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
