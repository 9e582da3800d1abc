"""What a replay has made of a recording, as text that is the same, byte for byte, whenever the same thing has happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select

from desk.work import Desk
from models import Assignment, Base, Call, CallSighting, Order, OrderStep

TABLES: tuple[type[Base], ...] = (Call, CallSighting, Order, OrderStep, Assignment)
"""What is promised to be the same: calls and orders, with every step."""
AFTERWARDS = {"origin_area", "destination_area"}
"""Worked out of an order's places once an hour by housekeeping, so it depends on when one looks."""


async def canonical(desk: Desk) -> str:
    """Every row of those tables, one JSON object a line, by table and id."""
    async with desk.look() as session:
        lines: list[str] = []
        for table in TABLES:
            rows = await session.scalars(select(table).order_by(table.__table__.c.id))
            lines += [json.dumps(dict(_values(table, row)), ensure_ascii=False) for row in rows]
    return "\n".join(lines) + "\n"


def _values(table: type[Base], row: Base) -> Iterator[tuple[str, Any]]:
    yield "table", table.__tablename__
    for column in sorted(set(table.__table__.columns.keys()) - AFTERWARDS):
        value = getattr(row, column)
        yield column, value.isoformat() if isinstance(value, datetime) else value
