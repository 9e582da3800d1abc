"""What calls were about: each by one code of a short list, which is the trade's or the office's own.

It may be said while the call lasts and afterwards, and said otherwise later. Nobody has to, unless the office wants it. A code
that is taken out of the list stays on the calls that have it, and is read as before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.errors import Invalid, NotFound
from desk.events import CallCoded, CodesSet
from desk.keeping import as_seen
from desk.office.people import audit, operator_of
from desk.text import plain
from desk.views import Json
from desk.work import Work
from locales import catalog
from locales.catalog import Catalog
from models import Call, CallWrapUp, Office

SET = "calls.codes_set"

LONGEST: Final = 40
MOST: Final = 9
"""One key each."""


@dataclass(frozen=True, slots=True)
class OfficeCodes:
    """What an office has set: codes of its own (null: the trade's), and whether a card is closed only after one was said."""

    codes: tuple[str, ...] | None
    required: bool


def set_for(office: Office) -> OfficeCodes:
    """What the office has set."""
    return OfficeCodes(tuple(office.wrap_up_codes) if office.wrap_up_codes else None, office.wrap_up_required)


def told(office: Office) -> Json:
    """What a console asks by: the codes in the order of their keys, and whether one must be said."""
    return {"codes": list(codes_of(office)), "required": office.wrap_up_required}


def codes_of(office: Office) -> tuple[str, ...]:
    """The codes of an office in the order of their keys: its own, or those of its trade."""
    return tuple(office.wrap_up_codes or trades.load(office.trade).wrap_ups)


def words(code: str, language: str) -> str:
    """What a code is called; one of the office's own is its own name."""
    told, key = Catalog.load(language), f"panel.wrap_up.code.{code}"
    return told.text(key) if told.templates(key) else code


def meant(text: str, office: Office) -> str:
    """The code that a person means who writes this: one of the list, one that is called so in any language, or his own words."""
    own = codes_of(office)
    written = plain(text, LONGEST + 1)
    if written in own:
        return written
    known = _by_words()
    here = [code for code in known.get(written.casefold(), ()) if code in trades.load(office.trade).wrap_ups]
    return next(iter((*here, *known.get(written.casefold(), ()))), written)


@cache
def _by_words() -> dict[str, tuple[str, ...]]:
    """The trades' codes by what they are called, in all languages."""
    found: dict[str, tuple[str, ...]] = {}
    for code in dict.fromkeys(code for name in trades.names() for code in trades.load(name).wrap_ups):
        for called in dict.fromkeys(words(code, tag).casefold() for tag in catalog.tags()):
            found[called] = (*found.get(called, ()), code)
    return found


def checked(codes: Sequence[str]) -> list[str]:
    """Codes as an office keeps them. Raises Invalid, which names the row (from 1) in `details`, for too many or none, and for one
    that is empty, too long or there twice.
    """
    if not codes:
        raise Invalid("there is at least one code; to have those of the trade, say so", field="none", row=0)
    if len(codes) > MOST:
        raise Invalid(f"there are at most {MOST} codes, one for each key", field="many", row=MOST + 1)
    kept: list[str] = []
    for row, each in enumerate(codes, 1):
        code = plain(each, LONGEST + 1)
        if not code:
            raise Invalid(f"code {row} has no letters", field="empty", row=row)
        if len(code) > LONGEST:
            raise Invalid(f"code {row} has more than {LONGEST} letters", field="long", row=row)
        if code in kept:
            raise Invalid(f"code {row} is there already: {code}", field="twice", row=row)
        kept.append(code)
    return kept


async def former(session: AsyncSession, office: Office) -> list[tuple[str, int]]:
    """Codes that are not in the list any more and that calls still have, with how many, the most first."""
    count = func.count()
    query = (
        select(CallWrapUp.code, count)
        .where(CallWrapUp.office_id == office.id, CallWrapUp.code.not_in(codes_of(office)))
        .group_by(CallWrapUp.code)
        .order_by(count.desc(), CallWrapUp.code)
    )
    return [(code, calls) for code, calls in await session.execute(query)]


async def set_codes(
    work: Work, office_id: int, by: int | None, wanted: OfficeCodes, seen: str | None = None
) -> OfficeCodes:
    """These codes from now on; `by` is null for the command line. What was before stands in the record.

    `seen` is the mark of what the form was opened with. Raises Invalid and Outdated.
    """
    office = await work.session.get_one(Office, office_id, with_for_update=True, populate_existing=True)
    before = set_for(office)
    codes = None if wanted.codes is None else tuple(checked(wanted.codes))
    if codes == trades.load(office.trade).wrap_ups:
        codes = None  # the trade's, also after the trade has others
    after = OfficeCodes(codes, wanted.required)
    as_seen.check(seen, before, after)
    if after == before:
        return after
    office.wrap_up_codes, office.wrap_up_required = list(codes) if codes else None, after.required
    await work.session.flush()
    audit(work, by, SET, str(office_id), {"before": asdict(before), "after": asdict(after)})
    work.tell(CodesSet(work.now, office_id, by))
    return after


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
