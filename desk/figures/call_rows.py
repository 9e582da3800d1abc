"""The calls that the figures of what calls were about are sums of: of a code, an hour of the day, an operator, or of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.clock.days import Span
from desk.clock.local_time import LocalTime
from desk.errors import Invalid
from desk.figures.analysis import dialect_of
from desk.figures.report_rows import PAGE, beyond
from desk.figures.wrap_ups import UNCODED, answered
from models import Call, CallWrapUp, Customer, Line, Office, Operator

SIDES: Final = ("code", "clock", "operator")
"""What tells a figure's calls: a code ("": nothing was said), an hour of the day (0 to 23), an operator's id ("": nobody)."""
HOURS: Final = 24


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call that somebody answered. `talked_s` is how long it lasted from then on, in whole seconds; null: it has not ended."""

    id: int
    arrived_at: datetime
    number: str | None
    line: str
    customer_id: int | None
    customer: str | None
    operator: str | None
    code: str
    talked_s: int | None


async def count(session: AsyncSession, office: Office, span: Span, asked: Mapping[str, str]) -> int:
    """How many calls those are: the figure itself. Raises Invalid."""
    query = (
        select(func.count())
        .select_from(Call)
        .outerjoin(CallWrapUp, CallWrapUp.call_id == Call.id)
        .where(*answered(office, span), *_meets(session, office, span, asked))
    )
    return int(await session.scalar(query) or 0)


async def rows(
    session: AsyncSession,
    office: Office,
    span: Span,
    asked: Mapping[str, str],
    after: int | None = None,
    limit: int | None = PAGE,
) -> list[CallRow]:
    """These calls as they came; `after` is the id of the last one of an earlier page. No limit: all of them. Raises Invalid."""
    query = (
        select(Call, CallWrapUp.code, Line.did, Line.name, Customer.name, Operator.name)
        .outerjoin(CallWrapUp, CallWrapUp.call_id == Call.id)
        .join(Line, Line.id == Call.line_id)
        .outerjoin(Customer, Customer.id == Call.customer_id)
        .outerjoin(Operator, Operator.id == Call.operator_id)
        .where(*answered(office, span), *_meets(session, office, span, asked))
        .order_by(Call.arrived_at, Call.id)
    )
    if after is not None:
        query = query.where(beyond(Call.arrived_at, Call.id, after))
    return [
        CallRow(
            call.id, call.arrived_at, call.number, name or did, call.customer_id, customer, operator, code or UNCODED,
            _talked(call),
        )
        for call, code, did, name, customer, operator in await session.execute(query.limit(limit))
    ]  # fmt: skip


async def operator_name(session: AsyncSession, office: Office, told: str) -> str | None:
    """Who that operator of the office is. Raises Invalid."""
    query = select(Operator.name).where(Operator.id == _id(told), Operator.office_id == office.id)
    name: str | None = await session.scalar(query)
    return name


def _meets(session: AsyncSession, office: Office, span: Span, asked: Mapping[str, str]) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if (code := asked.get("code")) is not None:
        found.append(CallWrapUp.code == code if code else CallWrapUp.code.is_(None))
    if (hour := asked.get("clock")) is not None:
        if not (hour.isascii() and hour.isdigit() and len(hour) < 3 and int(hour) < HOURS):
            raise Invalid("that is no hour of the day", field="hour")
        local = LocalTime(office.timezone, dialect_of(session), span.since, span.until)
        found.append(local.hour(Call.arrived_at) == int(hour))
    if (who := asked.get("operator")) is not None:
        found.append(Call.operator_id == _id(who) if who else Call.operator_id.is_(None))
    return found


def _id(told: str) -> int:
    if not (told.isascii() and told.isdigit() and len(told) < 18):
        raise Invalid("that is no operator", field="operator")
    return int(told)


def _talked(call: Any) -> int | None:
    return None if call.ended_at is None else round((call.ended_at - call.answered_at).total_seconds())
