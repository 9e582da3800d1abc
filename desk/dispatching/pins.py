"""Whether the desk knows well enough where an order begins to send drivers there by itself, and who said "all the same".

A place without a pin, or with a wide radius of accuracy, sends somebody on foot to the wrong corner. Such an order is offered
to drivers only when an operator says why; his words stand in the record of who did what. Who gives it to a driver himself is
asked nothing, but that stands in the record, too, and the driver's text and page tell him to ask the customer.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.driver import offers
from desk.errors import Conflict
from desk.office.people import audit
from desk.order.pin_doubt import doubt
from desk.text import plain
from desk.work import Work
from models import AuditEntry, Driver, Operator, Order

OFFERED_ALL_THE_SAME = "order.offered_all_the_same"
ASSIGNED_ALL_THE_SAME = "order.assigned_all_the_same"
UNCERTAIN = "uncertain"
"""Why a search ended by itself: see `look_again`."""


class PinUncertain(Conflict):
    """Where the order begins is not known well enough to offer it. `details["why"]` is "no_pin" or "wide"."""

    code = "pin_uncertain"


def check(work: Work, order: Order, operator_id: int | None, all_the_same: str | None) -> None:
    """Raises PinUncertain where the origin is in doubt and nobody says why it shall be offered; who does is written down."""
    why = doubt(order)
    if why is None:
        return
    reason = plain(all_the_same, 200)
    if not reason or operator_id is None:
        raise PinUncertain(
            f"where order {order.id} begins is uncertain",
            order_id=order.id,
            why=why,
            place=order.origin_text,
            accuracy_m=order.origin_accuracy_m,
            source=order.origin_source,
        )
    told = {"why": why, "reason": reason, "accuracy_m": order.origin_accuracy_m, "source": order.origin_source}
    audit(work, operator_id, OFFERED_ALL_THE_SAME, str(order.id), told)


def note_assigned(work: Work, operator_id: int | None, order: Order, driver: Driver) -> None:
    """An operator has given this order to a driver himself: where its origin is in doubt, that is written down."""
    why = doubt(order)
    if why is not None:
        told = {
            "why": why, "accuracy_m": order.origin_accuracy_m, "source": order.origin_source, "driver": driver.number,
        }  # fmt: skip
        audit(work, operator_id, ASSIGNED_ALL_THE_SAME, str(order.id), told)


async def look_again(work: Work, order: Order) -> None:
    """The origin of an order has moved: where it is uncertain now, nobody is asked any more until an operator says so again.

    What he said of the origin before does not count for this one. The order is held.
    """
    why = doubt(order)
    if why is not None:
        await offers.withdraw_of_order(
            work, order.id, "it became uncertain where the order begins", "stopped", ended_why=UNCERTAIN
        )


async def all_the_same(session: AsyncSession, order: Order) -> Sequence[tuple[AuditEntry, str | None]]:
    """Who had this order offered in spite of its pin, or gave it to a driver, with his name; oldest first."""
    query = (
        select(AuditEntry, Operator.name)
        .outerjoin(Operator, Operator.id == AuditEntry.operator_id)
        .where(
            AuditEntry.at >= order.taken_at,
            AuditEntry.what.in_((OFFERED_ALL_THE_SAME, ASSIGNED_ALL_THE_SAME)),
            AuditEntry.subject == str(order.id),
        )
        .order_by(AuditEntry.id)
    )
    if order.closed_at is not None:
        query = query.where(AuditEntry.at <= order.closed_at)
    return [(entry, name) for entry, name in await session.execute(query)]
