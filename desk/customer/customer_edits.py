"""What the desk writes about a customer by hand: who he is, somebody new without a call; one number shown whole, on record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desk.customer import customer_numbers, person_rows
from desk.customer.customer_deeds import as_read, changed, held, not_forgotten, note
from desk.errors import Invalid
from desk.office.people import operator_of
from desk.text import optional, plain
from desk.work import Work
from locales.catalog import tags
from models import Customer

GRADE_LIMIT, NOTE_LIMIT = 16, 500
MOST_NUMBERS = 20
"""So many numbers are given to somebody new at once."""


@dataclass(frozen=True, slots=True)
class CustomerForm:
    """Who somebody is, as it is typed. `language` is one that callboard speaks, or None: that of the line he calls."""

    name: str
    grade: str | None = None
    note: str | None = None
    language: str | None = None


async def register(work: Work, operator_id: int, form: CustomerForm, numbers: Sequence[str] = ()) -> Customer:
    """Somebody new, without a call. Raises Invalid without a name and a number, and what `customer_numbers` does of numbers."""
    operator = await operator_of(work, operator_id)
    kept = _kept(form)
    if not kept["name"] and not numbers:
        raise Invalid("he needs a name or a number", field="name")
    if len(numbers) > MOST_NUMBERS:
        raise Invalid(f"{MOST_NUMBERS} numbers at once at most", field="number")
    customer = Customer(office_id=operator.office_id, created_at=work.now, **kept)
    work.session.add(customer)
    await work.session.flush()
    note(work, customer, operator_id, "registered")
    for number in numbers:
        await customer_numbers.give(work, customer, number)
    await work.session.flush()
    return customer


async def change(work: Work, operator_id: int, customer_id: int, version: int, form: CustomerForm) -> Customer:
    """Raises StaleCustomer where somebody changed him since `version` was read, Invalid, NotFound, and Forgotten."""
    customer, _ = await held(work, operator_id, customer_id)
    await not_forgotten(work, customer)
    kept = _kept(form)
    await as_read(work, customer, version, {field: (value, getattr(customer, field)) for field, value in kept.items()})
    others = [field for field, value in kept.items() if getattr(customer, field) != value]
    for field in others:
        setattr(customer, field, kept[field])
    if others:
        await changed(work, customer, operator_id, "changed", ", ".join(others))
    return customer


async def numbers_shown(work: Work, operator_id: int, customer_id: int) -> list[str]:
    """His numbers (E.164), to somebody who does not see them by himself: who, whose and when is on record. Raises NotFound."""
    customer, _ = await held(work, operator_id, customer_id)
    note(work, customer, operator_id, "number_shown")
    await work.session.flush()
    return await person_rows.numbers_of(work.session, customer_id)


def _kept(form: CustomerForm) -> dict[str, str | None]:
    language = optional(form.language, 8)
    if language is not None and language not in tags():
        raise Invalid("nobody here speaks that language", field="language")
    return {
        "name": plain(form.name),
        "grade": optional(form.grade, GRADE_LIMIT),
        "note": optional(form.note, NOTE_LIMIT),
        "language": language,
    }
