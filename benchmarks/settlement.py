"""What the settlement of a month costs beside one hand-written SQL statement that sums the same rows, in the same process.

A month of orders (a sixteenth cancelled), each trip with its assignment and the fee that was booked for it, and a month before
it, so that there is something to leave out. Both sides read through the same driver; each is asked in turn, in rounds.
SQLite as in production; PostgreSQL over a unix socket.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession

from benchmarks import chain
from benchmarks.databases import database
from benchmarks.filling import SERIES
from benchmarks.machine import described
from benchmarks.report import Report, options, progress, ratio, spread, times
from desk.books import periods
from desk.bus import Bus
from desk.clock import days
from desk.figures import reports
from desk.work import Desk, open_engine

EACH_TIME = 250_000
ZONE, OFFICE = "Asia/Seoul", 1
OCTOBER = days.span(ZONE, date(2026, 10, 1), date(2026, 10, 31))
NOVEMBER = days.span(ZONE, date(2026, 11, 1), date(2026, 11, 30))
MOMENT = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f000', :begin, '+' || (:seconds * (i - 1) / :orders) || ' seconds')",
    "postgresql": "cast(:begin as timestamptz) + make_interval(secs => cast(:seconds as float8) * (i - 1) / :orders)",
}
# Orders, assignments and entries of one span have ids from :base + 1 on; driver i has account i, the fees are account :fees.
ROWS = (
    """insert into "order" (id, office_id, trade, state, number, origin_text, origin_source, destination_text,
        destination_source, fare, currency, taken_at, closed_at, version)
       {series} select :base + i, 1, 'proxy', case when i % 16 = 0 then 'cancelled' else 'completed' end, null, '강남역',
        'operator', '판교역', 'operator', 15000 + i % 20 * 1000, 'KRW', {moment}, {moment}, 1 from n""",
    """insert into assignment (id, order_id, driver_id, state, assigned_at, ended_at)
       {series} select :base + i, :base + i, :driver + i % :drivers, 'completed', {moment}, {moment} from n where i % 16 > 0""",
    """insert into entry (id, office_id, kind, key, at, happened_at, order_id)
       {series} select :base + i, 1, 'call_fee', 'call_fee:' || cast(:base + i as text), {moment}, {moment}, :base + i
        from n where i % 16 > 0""",
    """insert into posting (entry_id, account_id, amount)
       {series} select :base + i, case side when 1 then :account + i % :drivers else :fees end, side * (3000 + i % 20 * 200)
        from n, (select 1 as side union all select -1) as sides where i % 16 > 0""",
)
COMPANY = """
select count(*) filter (where state = 'completed'), count(*) filter (where state <> 'completed'),
  sum(fare) filter (where state = 'completed'),
  (select -sum(p.amount) from entry e join posting p on p.entry_id = e.id
    where e.office_id = 1 and e.at >= :since and e.at < :until and p.account_id = :fees)
from "order" where office_id = 1 and closed_at >= :since and closed_at < :until"""
DRIVERS = """
select d.id, o.trips, o.fares, m.fees, a.balance from driver d
left join (select s.driver_id, count(*) as trips, sum(o.fare) as fares from "order" o join assignment s on s.order_id = o.id
  where o.office_id = 1 and o.closed_at >= :since and o.closed_at < :until and o.state = 'completed' and s.state = 'completed'
  group by s.driver_id) o on o.driver_id = d.id
left join (select a.owner_id, sum(p.amount) as fees from entry e join posting p on p.entry_id = e.id
  join account a on a.id = p.account_id and a.kind = 'driver'
  where e.office_id = 1 and e.at >= :since and e.at < :until group by a.owner_id) m on m.owner_id = d.id
left join account a on a.kind = 'driver' and a.owner_id = d.id
where d.office_id = 1 order by d.number"""
CLOSE = """
select p.account_id, sum(p.amount) filter (where e.at < :since), sum(p.amount) filter (where e.at >= :since and p.amount > 0),
  sum(p.amount) filter (where e.at >= :since and p.amount < 0)
from entry e join posting p on p.entry_id = e.id where e.office_id = 1 and e.at < :until group by p.account_id"""


def fill(url: str, orders: int, drivers: int) -> int:
    """October and November with so many orders each; the id of the account of fees. Nobody else may use the database."""
    engine = create_engine(url.replace("+aiosqlite", ""))
    dialect = engine.dialect.name
    words = {"series": SERIES[dialect], "moment": MOMENT[dialect]}
    with engine.begin() as connection:
        first = connection.execute(text("select coalesce(max(id), 0) + 1 from driver")).scalar_one()
        account = connection.execute(text("select coalesce(max(id), 0) + 1 from account")).scalar_one()
        numbers = {"low": 0, "high": drivers - 1}
        connection.execute(
            text(
                f"""insert into driver (id, office_id, number, name, phone, state)
                {words["series"]} select :first + i, 1, 'B' || cast(i as text), '기사', '+821020000000', 'off' from n"""
            ),
            {**numbers, "first": first},
        )
        connection.execute(
            text(
                f"""insert into account (id, office_id, kind, owner_id, currency, balance)
                {words["series"]} select :account + i, 1, 'driver', :first + i, 'KRW', 0 from n"""
            ),
            {**numbers, "first": first, "account": account},
        )
        fees: int = account + drivers
        connection.execute(
            text(
                "insert into account (id, office_id, kind, owner_id, currency, balance) values (:fees, 1, 'fees', 0, 'KRW', 0)"
            ),
            {"fees": fees},
        )
        base = connection.execute(text('select coalesce(max(id), 0) from "order"')).scalar_one()
        for month in (OCTOBER, NOVEMBER):
            values = {
                "base": base,
                "orders": orders,
                "drivers": drivers,
                "driver": first,
                "account": account,
                "fees": fees,
                "seconds": int((month.until - month.since).total_seconds()),
                "begin": month.since.strftime("%Y-%m-%d %H:%M:%S" + ("" if dialect == "sqlite" else "+00")),
            }
            for statement in ROWS:
                for low in range(1, orders + 1, EACH_TIME):
                    made = text(statement.format(**words))
                    here = {**values, "low": low, "high": min(orders, low + EACH_TIME - 1)}
                    connection.execute(made, {name: here[name] for name in here if f":{name}" in made.text})
            base += orders
        kept = "select coalesce(sum(amount), 0) from posting where account_id = account.id"
        connection.execute(text(f"update account set balance = ({kept}) where id >= :account"), {"account": account})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("analyze"))
    engine.dispose()
    return fees


async def clocked(desk: Desk, act: Callable[[AsyncSession], Awaitable[Any]]) -> tuple[float, Any]:
    """Milliseconds, and what came of it."""
    async with desk.look() as session:
        begun = time.perf_counter()
        told = await act(session)
        return 1000 * (time.perf_counter() - begun), told


async def by_hand(session: AsyncSession, statement: str, **values: Any) -> Sequence[Any]:
    """The rows of the hand-written statement."""
    moments = NOVEMBER.since, NOVEMBER.until
    if session.get_bind().dialect.name == "sqlite":
        since, until = (moment.strftime("%Y-%m-%d %H:%M:%S.%f") for moment in moments)
        return (await session.execute(text(statement), {"since": since, "until": until, **values})).all()
    return (await session.execute(text(statement), {"since": moments[0], "until": moments[1], **values})).all()


async def compared(kind: str, url: str, orders: int, drivers: int, rounds: int) -> list[tuple[str, ...]]:
    """The rows of one database."""
    await chain.prepare(url)
    begun = time.monotonic()
    fees = await asyncio.to_thread(fill, url, orders, drivers)
    progress(f"{kind}: two months of {orders:,} orders in {time.monotonic() - begun:.0f} s")
    desk = Desk(open_engine(url), Bus())
    pairs: tuple[
        tuple[str, Callable[[AsyncSession], Awaitable[Any]], Callable[[AsyncSession], Awaitable[Any]]], ...
    ] = (
        (
            "the firm, by day",
            lambda session: reports.company(session, OFFICE, NOVEMBER, "day"),
            lambda session: by_hand(session, COMPANY, fees=fees),
        ),
        (
            "all drivers",
            lambda session: reports.drivers(session, OFFICE, NOVEMBER),
            lambda session: by_hand(session, DRIVERS),
        ),
        (
            "the statement of the close",
            lambda session: periods.statement(session, OFFICE, NOVEMBER.since, NOVEMBER.until),
            lambda session: by_hand(session, CLOSE),
        ),
    )
    rows: list[tuple[str, ...]] = []
    try:
        for name, ours, hand in pairs:
            waits: dict[str, list[float]] = {"ours": [], "hand": []}
            for turn in range(rounds + 1):
                told, floor = await clocked(desk, ours), await clocked(desk, hand)
                if name == "the firm, by day":
                    total = told[1].total
                    seen = tuple(int(cell) for cell in floor[1][0])
                    assert seen == (total.completed, total.cancelled, total.fares, total.call_fees), (seen, total)
                if turn:  # the first one warms both
                    waits["ours"].append(told[0])
                    waits["hand"].append(floor[0])
            rows.append(
                (
                    f"{kind}: {name}",
                    spread(waits["ours"]),
                    spread(waits["hand"]),
                    times(ratio(waits["ours"], waits["hand"])),
                )
            )
    finally:
        await desk.engine.dispose()
    return rows


async def measure(orders: int, drivers: int, rounds: int) -> Report:
    """Both databases."""
    report = Report("settlement", described())
    report.line(f"{orders:,} orders in the month, as many in the one before, {drivers:,} drivers, {rounds} rounds.")
    rows: list[tuple[str, ...]] = []
    for kind in ("SQLite", "PostgreSQL"):
        with database(kind) as url:
            rows += await compared(kind, url, orders, drivers, rounds)
    report.table(("what", "callboard, ms", "one statement, ms", "times as long"), rows)
    return report


def main() -> None:
    """Measure and report."""
    parser = options("settlement", __doc__, rounds=5)
    parser.add_argument("--orders", type=int, default=500_000, help="orders in the month (%(default)s)")
    parser.add_argument("--drivers", type=int, default=3_000, help="drivers (%(default)s)")
    chosen = parser.parse_args()
    small = (200, 7, 1)
    report = asyncio.run(measure(*(small if chosen.small else (chosen.orders, chosen.drivers, chosen.rounds))))
    report.finish(chosen.write)


if __name__ == "__main__":
    main()
