"""From which sides closed orders are looked at, as SQL: what the cells of the analysis are sums of, and what a segment that was
made of a cell asks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, String, and_, cast, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from desk.clock.days import Span
from desk.clock.local_time import LocalTime
from desk.customer import squares
from desk.errors import Invalid
from desk.trades import COMPLETED
from models import Assignment, Call, Customer, Driver, Line, Office, Operator, Order

CLOCKS: Final = ("hour", "clock")
"""Sides that are hours: of the week, of the day."""
SQUARE: Final = "square"
"""Side of where exactly orders begin: squares of half a kilometre."""
OF_AN_ORDER: Final = (*CLOCKS, "origin", SQUARE, "destination", "grade", "driver", "operator", "channel", "payment")
"""Sides that an order has by itself."""
HOURS: Final = {"hour": 168, "clock": 24}


def closed(office: Office, span: Span) -> tuple[ColumnElement[bool], ...]:
    """The orders of the days."""
    return Order.office_id == office.id, Order.closed_at >= span.since, Order.closed_at < span.until


def driven(office: Office) -> tuple[ColumnElement[bool], ...]:
    """Trips that somebody whom we know made."""
    return Order.office_id == office.id, Order.state == COMPLETED, Order.customer_id.is_not(None)


def joined(query: Any) -> Any:
    """The query, of orders with all that the sides look at."""
    return (
        query.select_from(Order)
        .outerjoin(Assignment, driver_at_the_end())
        .outerjoin(Driver, Driver.id == Assignment.driver_id)
        .outerjoin(Customer, Customer.id == Order.customer_id)
        .outerjoin(Operator, Operator.id == Order.taken_by)
        .outerjoin(Call, Call.id == Order.call_id)
        .outerjoin(Line, Line.id == Call.line_id)
    )


@cache  # every segment that was made of a cell asks by it, on every card: to write it anew took 5 ms each time
def driver_at_the_end() -> ColumnElement[bool]:
    """Joins an order to the assignment that held when it was closed; none, where nobody had it."""
    later = aliased(Assignment)
    return and_(
        Assignment.order_id == Order.id,
        or_(
            Assignment.state == "completed",
            and_(
                Assignment.state == "released",
                Assignment.ended_at == Order.closed_at,
                ~exists().where(later.order_id == Order.id, later.id > Assignment.id),
            ),
        ),
    )


def side(dialect: str, office: Office, span: Span, by: str) -> tuple[ColumnElement[Any], ColumnElement[str]]:
    """What tells the cells of a side apart, and what they are called. Raises Invalid for what is no side of an order."""
    if by in CLOCKS:
        clock = LocalTime(office.timezone, dialect, span.since, span.until)
        return (clock.hour_of_week if by == "hour" else clock.hour)(Order.taken_at), literal("")
    sides: dict[str, tuple[Any, Any]] = {
        "origin": (Order.origin_area, Order.origin_area),
        SQUARE: (squares.key(dialect), Order.origin_area),
        "destination": (Order.destination_area, Order.destination_area),
        "grade": (Customer.grade, Customer.grade),
        "driver": (cast(Driver.id, String), Driver.number + " " + Driver.name),
        "operator": (cast(Operator.id, String), Operator.name),
        "channel": (Call.source + ":" + cast(Call.line_id, String), Call.source + " " + Line.name),
        "payment": (Order.payment, Order.payment),
    }
    if by not in sides:
        raise Invalid(f"orders are looked at by {', '.join(OF_AN_ORDER)}", field="by")
    key, label = sides[by]
    return func.coalesce(key, ""), func.coalesce(label, "")


def within(dialect: str, office: Office, span: Span, cells: Mapping[str, str]) -> list[ColumnElement[bool]]:
    """What an order in a cell of each of these sides meets. Raises Invalid."""
    asked: list[ColumnElement[bool]] = []
    for by, told in cells.items():
        key, _ = side(dialect, office, span, by)
        if by in CLOCKS:
            check_hour(by, told)
            asked.append(key == int(told))
        else:
            asked.append(key == told)
    return asked


def check_hour(by: str, told: str) -> None:
    """Raises Invalid for what is no hour of the week, or of the day."""
    if not (told.isascii() and told.isdigit() and len(told) < 4 and int(told) < HOURS[by]):
        raise Invalid("that is no hour of the week", field="hour")


def of_cell(
    dialect: str, office: Office, span: Span, cells: Mapping[str, str], only: int | None = None
) -> Select[int | None]:
    """Who ordered what is in a cell. `only`: of this customer alone."""
    mine = Order.customer_id.is_not(None) if only is None else Order.customer_id == only
    query: Select[int | None] = joined(select(Order.customer_id))
    return query.where(mine, *closed(office, span), *within(dialect, office, span, cells)).correlate(None)


def of_cohort(office: Office, first: Span, then: Span | None, only: int | None = None) -> Select[int | None]:
    """Whose very first trip was in `first`, and who made one in `then` as well where that is given."""
    mine = driven(office) if only is None else (*driven(office), Order.customer_id == only)
    begun = func.min(Order.closed_at)
    query = select(Order.customer_id).where(*mine).group_by(Order.customer_id)
    query = query.having(begun >= first.since, begun < first.until)
    if then is not None:
        again = aliased(Order)
        came = select(again.customer_id).where(
            again.office_id == office.id,
            again.state == COMPLETED,
            again.customer_id.is_not(None),
            again.closed_at >= then.since,
            again.closed_at < then.until,
        )
        query = query.where(Order.customer_id.in_(came if only is None else came.where(again.customer_id == only)))
    return query.correlate(None)
