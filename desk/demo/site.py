"""The demo site: one office, one line, people who may sign in, drivers on shift, and thousands of customers with a past.

What is invented comes from a seed; passwords and the token are random, are returned once, and are stored as hashes only.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Table, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.demo import trades as demo_trades
from desk.demo.history import Firm, Row, make_history
from desk.demo.people import People
from desk.demo.places import Places, stations
from desk.errors import Conflict
from desk.keeping import customer_words
from desk.office import people
from desk.office.passwords import new_password, new_token
from desk.place import place_book
from desk.trades import Trade
from desk.work import Desk, Work
from models import Base, Line, Office

CUSTOMERS = 20_000
DRIVERS = 300
SEED = 20_261_122
DID = "15880001"
EXTENSIONS = (("1001", "ko"), ("1002", "en"))
FIRST_DRIVER = 101
ROWS_AT_A_TIME = 5_000


@dataclass(frozen=True, slots=True)
class DemoLogin:
    """Who may sign in; the password is known nowhere else."""

    user: str
    password: str = field(repr=False)
    extension: str = ""


@dataclass(frozen=True, slots=True)
class DemoLogins:
    """Everybody who may, with the token that has an operator's rights."""

    api_token: str = field(repr=False)
    admin: DemoLogin
    operators: tuple[DemoLogin, ...]


async def fill(
    desk: Desk,
    customers: int = CUSTOMERS,
    drivers: int = DRIVERS,
    seed: int = SEED,
    trade: str = "proxy",
    keep: Callable[[DemoLogins], None] = lambda _: None,
) -> DemoLogins:
    """Write the demo site into an empty database, in one transaction.

    Raises Conflict where there is an office, and NoSuchPlugin for a trade that is not there.

    `keep` is called with the log-ins before the commit: killed in between, nothing is lost, as the database is still empty.
    """
    chance = random.Random(seed)  # noqa: S311 -- what is secret is drawn elsewhere
    async with desk.work() as work:
        if await work.session.scalar(select(func.count(Office.id))):
            raise Conflict("there is an office already; the demo is only written into an empty database")
        firm_office, logins, operators = await _office(work, trades.load(trade))
        firm = Firm(firm_office.id, firm_office.trade, firm_office.currency, firm_office.timezone, operators)
        invented, places = People(chance), Places(chance)
        history = make_history(firm, invented, places, customers, work.now, chance)
        await _insert(work.session, "customer", history.customers)
        await _insert(work.session, "customer_phone", history.phones)
        await _insert(work.session, "place", history.places)
        await _insert(work.session, "order", history.orders)
        await (await work.session.connection()).run_sync(customer_words.repair)
        await place_book.take(work, firm_office.id, stations())
        team = _drivers(firm_office.id, drivers, work.now, invented, places, chance)
        await _insert(work.session, "driver", team)
        await _insert(work.session, "shift", [_shift(driver, work.now, chance) for driver in team])
        await _continue_keys(work.session, "customer", "order", "driver")
        keep(logins)
    return logins


async def _office(work: Work, trade: Trade) -> tuple[Office, DemoLogins, list[int]]:
    office = Office(
        name=demo_trades.firm(trade),
        country="KR",
        currency="KRW",
        timezone="Asia/Seoul",
        trade=trade.name,
        sms_sender=DID,
    )
    work.session.add(office)
    await work.session.flush()
    work.session.add(Line(office_id=office.id, did=DID, name="대표번호", language="ko", flow="welcome"))
    operators, ids = [], []
    for extension, locale in EXTENSIONS:
        login = DemoLogin(f"op{extension}", new_password(), extension)
        added = await people.add_operator(
            work,
            office.id,
            login.user,
            name=f"상담원 {extension}" if locale == "ko" else f"Operator {extension}",
            password=login.password,
            extension=extension,
            locale=locale,
        )
        operators.append(login)
        ids.append(added.id)
    admin = DemoLogin("admin", new_password())
    await people.add_operator(work, office.id, admin.user, name="관리자", role="admin", password=admin.password)
    token = new_token()
    await people.add_operator(work, office.id, "api", name="API", token=token)
    return office, DemoLogins(token, admin, tuple(operators)), ids


def _drivers(
    office_id: int, count: int, now: datetime, invented: People, places: Places, chance: random.Random
) -> list[Row]:
    found = []
    for driver_id in range(1, count + 1):
        lat, lon = places.anywhere()
        found.append(
            {
                "id": driver_id,
                "office_id": office_id,
                "number": str(FIRST_DRIVER + driver_id - 1),
                "name": invented.name(),
                "phone": invented.mobile(),
                "state": "free",
                "free_since": now - timedelta(seconds=chance.randrange(3600)),
                "lat": lat,
                "lon": lon,
                "located_at": now - timedelta(seconds=chance.randrange(120)),
            }
        )
    return found


def _shift(driver: Row, now: datetime, chance: random.Random) -> Row:
    return {"driver_id": driver["id"], "started_at": now - timedelta(seconds=3600 + chance.randrange(5 * 3600))}


async def _insert(session: AsyncSession, table: str, rows: Sequence[Row]) -> None:
    for begin in range(0, len(rows), ROWS_AT_A_TIME):
        await session.execute(insert(_table(table)), rows[begin : begin + ROWS_AT_A_TIME])


async def _continue_keys(session: AsyncSession, *tables: str) -> None:
    """PostgreSQL counts keys apart from the rows; SQLite goes on from the highest."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for name in tables:
        quoted = f'"{name}"'
        await session.execute(
            text(f"select setval(pg_get_serial_sequence('{quoted}', 'id'), max(id)) from {quoted}")  # noqa: S608
        )


def _table(name: str) -> Table:
    return Base.metadata.tables[name]
