"""What customers are found by is compared and mended while others write."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import event, text

from desk.customer import search_index
from desk.keeping import customer_words
from desk.work import Desk
from tests.desk.conftest import AddCustomer


async def upset(desk: Desk, *statements: str) -> None:
    """What another program did, which minds neither our sessions nor foreign keys."""
    if desk.engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(desk.engine.url.database or "")) as file, file:
            for statement in statements:
                file.execute(statement)
        return
    async with desk.engine.begin() as connection:
        for statement in ("set local session_replication_role = replica", *statements):
            await connection.execute(text(statement))


async def test_who_compares_keeps_nobody_waiting_and_waits_for_nobody(desk: Desk, add_customer: AddCustomer) -> None:
    """Seen failing on SQLite with the index examined where it lies: refused, as another one writes."""
    await add_customer("+821055501234", "김철수")
    async with desk.work() as work:
        await work.session.execute(text("update customer set note = 'x'"))
        assert (await search_index.compare(desk)).right


async def test_what_is_wrong_is_mended_slice_by_slice(
    desk: Desk, add_customer: AddCustomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen failing with all slices in one transaction, and without those who are not there any more."""
    monkeypatch.setattr(customer_words, "AT_A_TIME", 2)
    customers = [await add_customer(f"+8210555012{n:02}", "김철수") for n in range(6)]
    await upset(
        desk,
        f"update customer_words set words = 'x' where id in ({customers[0]}, {customers[5]})",
        f"delete from customer_words where id = {customers[2]}",
        "insert into customer_words (id, words) values (9001, 'x'), (9002, 'x'), (9003, 'x')",
    )
    found = await search_index.compare(desk)
    assert (found.words.wrong, found.words.left_over, found.right) == (3, 3, False)
    commits = []
    event.listen(desk.engine.sync_engine, "commit", commits.append)
    assert await search_index.mend(desk) == 3
    assert len(commits) == 5
    assert (await search_index.compare(desk)).right


@pytest.mark.parametrize("engine_name", ["sqlite"])
async def test_an_index_that_does_not_fit_is_seen_and_built_anew(desk: Desk, add_customer: AddCustomer) -> None:
    """Seen failing without `_rebuild`."""
    await add_customer("+821055501234", "김철수")
    await upset(desk, f"insert into {search_index.INDEX}({search_index.INDEX}) values ('delete-all')")
    found = await search_index.compare(desk)
    assert (found.words.none, found.index) == (True, False)
    assert await search_index.mend(desk) == 0
    assert (await search_index.compare(desk)).right
