"""Nobody's key press goes through all customers: what the database does for a question is looked at, not how long it took."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from desk.customer import customer_history, customer_search, segments
from desk.work import Desk
from models import Customer
from tests.desk.conftest import NOON, AddCustomer
from tests.site import Site

BY_OFFICE = "(office_id=?)"
"""How SQLite says that it goes through an index of all that the office has."""


async def plans(desk: Desk, ask: Any) -> list[str]:
    """How SQLite, without statistics as on a new site, finds what `ask(session)` wants."""
    statements: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        statements.append((statement, values))

    event.listen(desk.engine.sync_engine, "before_cursor_execute", note)
    try:
        async with desk.look() as session:
            await ask(session)
    finally:
        event.remove(desk.engine.sync_engine, "before_cursor_execute", note)
    found = []
    async with desk.look() as session:
        connection = await session.connection()
        for statement, values in statements:
            if "select" in statement.lower():
                rows = (await connection.exec_driver_sql(f"explain query plan {statement}", values)).all()
                found += [str(row[-1]) for row in rows]
    return found


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_search_looks_at_those_whom_it_found(desk: Desk, site: Site, add_customer: AddCustomer) -> None:
    """Seen failing with the office's condition as it stood: every key went through all of the office's customers."""
    await add_customer("+821012345678", "김민수")
    told = await plans(desk, lambda session: customer_search.search(session, "김민수", office_id=site.office_id))
    assert [line for line in told if line.startswith("SEARCH c ") and line.endswith(BY_OFFICE)] == []
    assert any(line.startswith("SEARCH c USING INTEGER PRIMARY KEY") for line in told)


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_customers_page_reads_his_own_rows(desk: Desk, site: Site, add_customer: AddCustomer) -> None:
    """Seen failing with texts found by their orders, and without the index of their receivers."""
    customer_id = await add_customer("+821012345678")
    async with desk.look() as session:
        customer = await session.get_one(Customer, customer_id)
    told = await plans(desk, lambda session: customer_history.of_customer(session, customer))
    assert [line for line in told if line.startswith("SCAN")] == []
    assert any("ix_message_recipient (recipient=? AND office_id=?)" in line for line in told)


@pytest.mark.parametrize(
    ("conditions", "by"),
    [
        ({"trips": [5, None]}, "ix_customer_trips (office_id=? AND trips>?)"),
        ({"cancels": [5, None]}, "ix_customer_cancels (cancels>?)"),
        ({"cancel_rate": [50, None]}, "ix_customer_cancels (cancels>?)"),
        ({"grade": ["VIP"]}, "ix_customer_grade (office_id=? AND grade=?)"),
        ({"language": ["en"]}, "ix_customer_language (office_id=? AND language=?)"),
        ({"blocked": True}, "ix_customer_blocked_reason"),
        ({"last_trip_days": [30, None]}, "ix_customer_recent (office_id=? AND last_trip_at<?)"),
        ({"fares": [500_000, None]}, "COVERING INDEX ix_order_paid"),
        ({"origin": "강남역"}, "customer_words_index VIRTUAL TABLE"),
        ({"hours": [21, 2]}, "COVERING INDEX ix_order_customer"),
        ({"opted_in": True}, "customer_phone_1 (office_id=? AND number=?)"),
    ],
)
@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_a_segment_is_found_by_an_index_of_what_it_asks_for(
    desk: Desk, site: Site, conditions: dict[str, Any], by: str
) -> None:
    """Seen failing with each of the indexes left out."""
    told = await plans(desk, lambda session: segments.preview(session, site.office_id, conditions, NOON))
    assert any(by in line for line in told), told
