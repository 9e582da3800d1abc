"""What the desk writes about a customer by hand: his name, his mark, his note; and one number of his shown whole, on record."""

from __future__ import annotations

from desk.customer import person_rows
from desk.customer.customer_deeds import held, not_forgotten, note
from desk.errors import Conflict
from desk.text import optional, plain
from desk.work import Work
from models import Customer

GRADE_LIMIT, NOTE_LIMIT = 16, 500


async def change(
    work: Work, operator_id: int, customer_id: int, version: int, name: str, grade: str | None, words: str | None
) -> Customer:
    """Raises Conflict where somebody changed him since `version` was read, NotFound, and Forgotten."""
    customer, _ = await held(work, operator_id, customer_id)
    await not_forgotten(work, customer)
    if customer.version != version:
        raise Conflict("somebody has changed him meanwhile; load the page again", customer_id=customer_id)
    kept = {"name": plain(name), "grade": optional(grade, GRADE_LIMIT), "note": optional(words, NOTE_LIMIT)}
    changed = [field for field, value in kept.items() if getattr(customer, field) != value]
    for field in changed:
        setattr(customer, field, kept[field])
    if changed:
        note(work, customer, operator_id, "changed", ", ".join(changed))
    await work.session.flush()
    return customer


async def numbers_shown(work: Work, operator_id: int, customer_id: int) -> list[str]:
    """His numbers (E.164), to somebody who does not see them by himself: who, whose and when is on record. Raises NotFound."""
    customer, _ = await held(work, operator_id, customer_id)
    note(work, customer, operator_id, "number_shown")
    await work.session.flush()
    return await person_rows.numbers_of(work.session, customer_id)
