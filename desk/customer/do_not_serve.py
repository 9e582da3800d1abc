"""Customers who are not to be served, and why: nobody takes an order of theirs by mistake; whoever does so knowingly says why.

    await do_not_serve.block(work, operator_id, customer_id, reason)
    await do_not_serve.lift(work, operator_id, customer_id, reason)

`orders.take` asks `refuse` before it writes anything, for the console, for programs and for the IVR alike.
"""

from __future__ import annotations

from desk.customer.customer_deeds import held, not_forgotten, note
from desk.errors import Conflict, Invalid
from desk.office import roles
from desk.office.people import operator_of
from desk.text import plain
from desk.work import Work
from models import Customer, Order

REASON_LIMIT = 200


class NotServed(Conflict):
    """The customer is not to be served. `details["reason"]` says why."""

    code = "customer_not_served"


class OverrideForbidden(Conflict):
    """The customer is not to be served, and this role may not decide otherwise."""

    code = "override_forbidden"


async def block(work: Work, operator_id: int, customer_id: int, reason: str) -> Customer:
    """Serve this customer no more; said again, the reason is changed. Raises Invalid without a reason, NotFound, Forgotten."""
    customer, _ = await held(work, operator_id, customer_id)
    await not_forgotten(work, customer)
    customer.blocked_reason = _said(reason)
    note(work, customer, operator_id, "blocked", customer.blocked_reason)
    await work.session.flush()
    return customer


async def lift(work: Work, operator_id: int, customer_id: int, reason: str) -> Customer:
    """Serve him again. Raises Invalid without a reason, NotFound, and Conflict where he is served anyway."""
    customer, _ = await held(work, operator_id, customer_id)
    if customer.blocked_reason is None:
        raise Conflict("this customer is served", customer_id=customer_id)
    customer.blocked_reason = None
    note(work, customer, operator_id, "unblocked", _said(reason))
    await work.session.flush()
    return customer


async def refuse(
    work: Work, customer: Customer | None, operator_id: int | None, all_the_same: str | None
) -> str | None:
    """Raises NotServed where nobody serves him. With a reason and the right to, it is: the reason as it will be kept.

    Raises OverrideForbidden for a role that may not.
    """
    if customer is None or customer.blocked_reason is None:
        return None
    why = plain(all_the_same, REASON_LIMIT)
    if not why or operator_id is None:
        raise NotServed(
            f"customer {customer.id} is not to be served", customer_id=customer.id, reason=customer.blocked_reason
        )
    if "customers.override" not in roles.may((await operator_of(work, operator_id)).role):
        raise OverrideForbidden(f"customer {customer.id} is not to be served", customer_id=customer.id)
    return why


def served(work: Work, order: Order, customer: Customer | None, operator_id: int | None, why: str | None) -> None:
    """Keep why he was served all the same."""
    if customer is not None and why is not None:
        note(work, customer, operator_id, "served_all_the_same", why, order.id)


def _said(reason: str) -> str:
    said = plain(reason, REASON_LIMIT)
    if not said:
        raise Invalid("say why", field="reason")
    return said
