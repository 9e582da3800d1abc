"""Is anything gone? What callers, operators and drivers were told is held against the rows that are left."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.friday_people import Night, dialled

SETTLE_S = 60.0
HOME_S = 90.0
"""After the last call: for orders to find a driver, and for drivers to come home."""
OPEN = "('taken', 'reserved', 'assigned', 'on_the_way', 'arrived', 'driving')"
ENDS = ("completed", "cancelled", "no_show")


@dataclass
class Lost:
    """Sentences about what is gone, and how many things were looked for."""

    lines: list[str] = field(default_factory=list)
    looked_for: int = 0


def open_orders(file: Path) -> list[tuple[int, str]]:
    """Orders that are not closed, with their state."""
    with closing(_look(file)) as database:
        return list(database.execute(f'select id, state from "order" where state in {OPEN}'))


def check(file: Path, night: Night, begun: datetime) -> Lost:
    """Every call that was placed has its row; every order that was acknowledged stands as it was said to stand."""
    lost = Lost()
    since = begun.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    with closing(_look(file)) as database:
        calls = database.execute("select number from call where arrived_at >= ?", (since,)).fetchall()
        states = dict(database.execute('select id, state from "order" where taken_at >= ?', (since,)).fetchall())
    placed = Counter("withheld" if each.withheld else each.number for each in night.script.callers)
    found = Counter("withheld" if number is None else dialled(number) for (number,) in calls)
    lost.looked_for += placed.total()
    lost.lines += [f"a call from {number[:-4]}**** has no row" for number in (placed - found).elements()]
    for order_id in night.kept["taken"]:
        lost.looked_for += 1
        if order_id not in states:
            lost.lines.append(f"order {order_id} was acknowledged and is not there")
    for end in ENDS:
        for order_id in night.kept[end]:
            lost.looked_for += 1
            if states.get(order_id, end) != end:
                lost.lines.append(f"order {order_id} was said to be {end} and is {states[order_id]}")
    return lost


def _look(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{file}?mode=ro", uri=True)
