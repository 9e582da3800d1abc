"""The record of who did what: chained, written once, never forked, and whole or told where it is not."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from desk import audit_chain
from desk.bus import Bus
from desk.office import people
from desk.work import Desk, Work, open_engine
from models import AuditEntry, chain, migrations
from tests.desk.conftest import Clock
from tests.site import Site

RECORDED = 6


@pytest.fixture
async def recorded(desk: Desk, site: Site, clock: Clock) -> Desk:
    """Some rows, two of them in one transaction."""
    for n in range(RECORDED // 2):
        clock.forward(seconds=0.123456)
        async with desk.work() as work:
            people.audit(work, site.operator_id, "made.up", f"사람 {n}", {"b": [1, None, "é"], "a": {"김": n}})
            people.audit(work, None, "made.up", f"after {n}")
    return desk


async def verified(desk: Desk, known: str | None = None) -> audit_chain.Verified:
    async with desk.look() as session:
        return await audit_chain.verify(session, known)


async def unguarded(desk: Desk, *statements: str) -> None:
    """What somebody does who owns the database."""
    async with desk.engine.begin() as connection:
        if desk.engine.dialect.name == "sqlite":
            for action in ("update", "delete"):
                await connection.execute(text(f"drop trigger audit_entry_keeps_{action}"))
        else:
            await connection.execute(text("alter table audit_entry disable trigger user"))
        for statement in statements:
            await connection.execute(text(statement))


async def test_what_is_written_is_whole_and_its_end_can_be_kept(recorded: Desk) -> None:
    """Seen failing with the moment left out of what is read back (`_digest`)."""
    found = await verified(recorded)
    assert (found.rows, found.broken) == (RECORDED, None)
    async with recorded.look() as session:
        rows = (await session.scalars(select(AuditEntry).order_by(AuditEntry.id))).all()
    assert [row.previous for row in rows] == [chain.BEGINNING, *(row.digest for row in rows[:-1])]
    assert found.digest == rows[-1].digest
    assert (await verified(recorded, rows[1].digest)).has_known
    assert not (await verified(recorded, "f" * 64)).has_known


@pytest.mark.parametrize("how", ["change", "take away"])
async def test_no_row_is_changed_or_taken_away(recorded: Desk, how: str) -> None:
    """Seen failing without the triggers of migration 0008."""
    act = update(AuditEntry).values(subject="x") if how == "change" else delete(AuditEntry)
    with pytest.raises(DBAPIError, match="written once"):
        async with recorded.work() as work:
            await work.session.execute(act)
    if recorded.engine.dialect.name == "postgresql":
        with pytest.raises(DBAPIError, match="written once"):
            async with recorded.engine.begin() as connection:
                await connection.execute(text("truncate audit_entry"))
    assert (await verified(recorded)).rows == RECORDED


@pytest.mark.parametrize(
    ("what", "first"),
    [
        ("update audit_entry set subject = 'another' where id = 3", 3),
        ("update audit_entry set detail = '{}' where id = 3", 3),
        ("update audit_entry set at = '2026-01-01 00:00:00' where id = 3", 3),
        ("update audit_entry set operator_id = 2 where id = 3", 3),
        ("delete from audit_entry where id = 3", 4),
        ("update audit_entry set id = 100 where id = 3", 4),
    ],
)
async def test_the_first_broken_row_is_named(recorded: Desk, what: str, first: int) -> None:
    """Seen failing with the column left out of the digest (models/chain.py)."""
    await unguarded(recorded, what)
    found = await verified(recorded)
    assert found.broken is not None
    assert (found.broken.id, found.rows) == (first, first - 1 if "set id" not in what and "delete" not in what else 2)


async def test_an_end_that_was_cut_off_is_seen_by_a_digest_kept_elsewhere(recorded: Desk) -> None:
    """Seen failing with any digest taken for a known one."""
    kept = (await verified(recorded)).digest
    await unguarded(recorded, f"delete from audit_entry where id = {RECORDED}")
    found = await verified(recorded, kept)
    assert (found.broken, found.has_known) == (None, False)


async def test_writers_at_once_make_one_chain(desk: Desk, site: Site) -> None:
    """Seen failing on PostgreSQL without the advisory lock: all read the same last row, and all but one are refused."""

    async def write(n: int) -> None:
        async with desk.work() as work:
            people.audit(work, site.operator_id, "at.once", str(n))
            await work.session.flush()
            await asyncio.sleep(0)
            people.audit(work, site.operator_id, "at.once", f"{n} again")

    await asyncio.gather(*(write(n) for n in range(12)))
    found = await verified(desk)
    assert (found.rows, found.broken) == (24, None)


async def test_what_is_rolled_back_leaves_no_gap_in_the_chain(desk: Desk, site: Site) -> None:
    async def fails(work: Work) -> None:
        people.audit(work, site.operator_id, "made.up", "never")
        await work.session.flush()
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await desk.do(fails)
    async with desk.work() as work:
        people.audit(work, site.operator_id, "made.up", "really")
    assert ((await verified(desk)).rows, (await verified(desk)).broken) == (1, None)


async def test_the_database_lets_no_two_rows_follow_one(recorded: Desk) -> None:
    """Seen failing without the unique key of `previous`."""
    fork = "select at, what, subject, detail, previous, 'fork' from audit_entry where id = 3"
    with pytest.raises(DBAPIError, match=r"(?i)unique"):
        await unguarded(recorded, f"insert into audit_entry (at, what, subject, detail, previous, digest) {fork}")


def test_rows_of_an_older_callboard_are_chained_when_it_is_brought_up(empty_url: str) -> None:
    """Seen failing with the migration's own chain begun at another row."""
    migrations.upgrade(empty_url, "0007")
    with migrations.open_engine(empty_url).begin() as connection:
        for n in range(3):
            connection.execute(
                text("insert into audit_entry (at, what, subject, detail) values (:at, 'old', '김', '{\"a\": [1]}')"),
                {
                    "at": f"2026-11-22 01:02:03.00000{n}+00:00"
                    if "postgresql" in empty_url
                    else f"2026-11-22 01:02:03.00000{n}"
                },
            )
    migrations.upgrade(empty_url)
    asyncio.run(_verified_at(empty_url))
    migrations.downgrade(empty_url, "0007")


async def _verified_at(url: str) -> None:
    desk = Desk(open_engine(url), Bus())
    async with desk.work() as work:
        people.audit(work, None, "new", "first of ours")
    found = await verified(desk)
    assert (found.rows, found.broken) == (4, None)
    async with desk.look() as session:
        first = await session.scalar(select(AuditEntry.at).order_by(AuditEntry.id).limit(1))
    assert first == datetime.fromisoformat("2026-11-22T01:02:03+00:00")
    await desk.engine.dispose()
