"""Many customers in little time: rows made inside the database, in the order of their indexes.

Customer i of n has the number +8210 and eight digits from 10000001 on (the demo has none below
20000000), one place, two past orders and one past call. The words by which they are found are written as the desk writes them.
"""

from __future__ import annotations

from sqlalchemy import Connection, create_engine, text

from desk.keeping import customer_words

FIRST_NUMBER = 10_000_000
SERIES = {
    "sqlite": "with recursive n(i) as (select :low union all select i + 1 from n where i < :high)",
    "postgresql": "with n(i) as (select generate_series(cast(:low as bigint), cast(:high as bigint)))",
}
DIGITS = {"sqlite": "'+8210' || (:first + i)", "postgresql": "'+8210' || cast(:first + i as text)"}
EACH_TIME = 500_000
PAST = "'2026-06-01 12:00:00'"
ROWS = {
    "customer": f"""(id, office_id, name, trips, cancels, last_trip_at, created_at, version)
        {{series}} select :base + i, 1, '손님 ' || cast(i as text), 2, 0, {PAST}, {PAST}, 1 from n""",
    "customer_phone": "(office_id, customer_id, number) {series} select 1, :base + i, {digits} from n",
    "place": f"""(customer_id, text, lat, lon, accuracy_m, source, uses, last_used_at)
        {{series}}
        select :base + i, '강남역 ' || cast(i % 5000 as text) || '번지', 37.5, 127.0, 30, 'operator', 2, {PAST} from n""",
    '"order"': f"""(office_id, trade, state, customer_id, number, origin_text, origin_lat, origin_lon, origin_source,
            destination_text, destination_source, fare, currency, taken_at, closed_at, version)
        {{series}}
        select 1, 'proxy', 'completed', :base + i, {{digits}}, '강남역 ' || cast(i % 5000 as text) || '번지', 37.5, 127.0,
            'operator', '잠실역 ' || cast(twice.k as text), 'operator', 20000, 'KRW', {PAST}, {PAST}, 1
            from n, (select 1 as k union all select 2) as twice""",
    "call": f"""(office_id, line_id, source, linkedid, number, presentation, state, disposition, arrived_at, ended_at,
            customer_id, recovered)
        {{series}} select 1, 1, 'pbx', 'past-' || cast(i as text), {{digits}}, 'allowed', 'ended', 'answered', {PAST}, {PAST},
            :base + i, {{false}} from n""",
}  # fmt: skip


def number_of(customer: int) -> str:
    """E.164 of the i-th customer that was filled in, from 1 on."""
    return f"+8210{FIRST_NUMBER + customer}"


def dialled(customer: int) -> str:
    """As the trunk spells it."""
    return f"010{FIRST_NUMBER + customer}"


def fill(url: str, customers: int, *, words: bool = True) -> None:
    """Add `customers` to a database that has an office and a line. `url` as the desk is given it; nobody else may use it.

    Without `words` nobody is found by anything but his number.
    """
    engine = create_engine(url.replace("+aiosqlite", ""))
    dialect = engine.dialect.name
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if dialect == "sqlite":
            for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000"):
                connection.execute(text(f"PRAGMA {pragma}"))
        _insert(connection, dialect, customers)
        if words:
            connection.execute(text("begin"))  # not a commit for each row
            customer_words.repair(connection)
            connection.execute(text("commit"))
        connection.execute(text("analyze"))
        if dialect == "sqlite":
            connection.execute(text("PRAGMA journal_mode=WAL"))
    engine.dispose()


def _insert(connection: Connection, dialect: str, customers: int) -> None:
    base = connection.execute(text("select coalesce(max(id), 0) from customer")).scalar_one()
    words = {"series": SERIES[dialect], "digits": DIGITS[dialect], "false": "0" if dialect == "sqlite" else "false"}
    for table, rows in ROWS.items():
        for low in range(1, customers + 1, EACH_TIME):
            high = min(customers, low + EACH_TIME - 1)
            statement = f"insert into {table} {rows.format(**words)}"
            values = {"low": low, "high": high, "base": base, "first": FIRST_NUMBER}
            connection.execute(text(statement), {name: values[name] for name in values if f":{name}" in statement})
    if dialect == "postgresql":
        connection.execute(text("select setval(pg_get_serial_sequence('customer', 'id'), max(id)) from customer"))
