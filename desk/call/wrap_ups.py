"""What calls were about: each by one code of a short list, which is the trade's or the office's own.

It may be said while the call lasts and afterwards, and said otherwise later. Nobody has to, unless the office wants it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from desk import trades
from desk.errors import Invalid, NotFound
from desk.events import CallCoded
from desk.office.people import audit, operator_of
from desk.text import plain
from desk.work import Work
from locales.catalog import Catalog
from models import Call, CallWrapUp, Office

LONGEST: Final = 40
MOST: Final = 9
"""One key each."""


def codes_of(office: Office) -> tuple[str, ...]:
    """The codes of an office in the order of their keys: its own, or those of its trade."""
    return tuple(office.wrap_up_codes or trades.load(office.trade).wrap_ups)


def words(code: str, language: str) -> str:
    """What a code is called; one of the office's own is its own name."""
    told, key = Catalog.load(language), f"panel.wrap_up.code.{code}"
    return told.text(key) if told.templates(key) else code


def checked(codes: Sequence[str]) -> list[str]:
    """Codes as an office keeps them. Raises Invalid for too many, and for one that is empty, too long or there twice."""
    kept = [plain(code, LONGEST + 1) for code in codes]
    if len(kept) > MOST:
        raise Invalid(f"there are at most {MOST} codes, one for each key", field="codes")
    if len(set(kept)) < len(kept) or not all(0 < len(code) <= LONGEST for code in kept):
        raise Invalid(f"each code is there once and has 1 to {LONGEST} letters", field="codes")
    return kept


async def say(work: Work, operator_id: int, call_id: int, code: str | None) -> Call:
    """What the call was about; null: nothing is said of it. What is said otherwise than before is on record.

    Raises NotFound for a call that the operator's office does not have, Invalid for a code that it does not have.
    """
    operator = await operator_of(work, operator_id)
    office = await work.session.get_one(Office, operator.office_id)
    call = await work.session.get(Call, call_id, with_for_update=True)
    if call is None or call.office_id != office.id:
        raise NotFound("there is no such call", call_id=call_id)
    row = await work.session.get(CallWrapUp, call_id, populate_existing=True)
    before = None if row is None else row.code
    if code == before:
        return call
    if code is not None and code not in codes_of(office):
        raise Invalid("the office has no such code", field="code")
    if row is not None:
        audit(work, operator_id, "call.coded", f"call {call_id}", {"before": before, "after": code})
    if row is not None and code is None:
        await work.session.delete(row)
    elif row is not None and code is not None:
        row.code, row.operator_id, row.coded_at = code, operator_id, work.now
    elif code is not None:
        work.session.add(
            CallWrapUp(call_id=call_id, office_id=office.id, code=code, operator_id=operator_id, coded_at=work.now)
        )
    await work.session.flush()
    work.tell(CallCoded(work.now, call_id, code))
    return call
