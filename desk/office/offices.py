"""The firm itself: where it is, what its money and its day are, and the numbers that its callers dial."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk import trades
from desk.errors import Conflict, Invalid, NotFound
from desk.office.people import audit
from desk.text import plain
from desk.work import Work
from models import Line, Office

_DID = re.compile(r"[0-9*#]{1,32}")
_SENDER = re.compile(r"\+?[0-9]{3,15}")


async def by_id(session: AsyncSession, office_id: int) -> Office:
    """The office. Raises NotFound."""
    office = await session.get(Office, office_id)
    if office is None:
        raise NotFound(f"there is no office {office_id}", office_id=office_id)
    return office


async def open_office(
    work: Work, *, name: str, country: str, currency: str, timezone: str, trade: str, sms_sender: str
) -> Office:
    """The firm, in a database that has none. Raises Conflict, Invalid and NoSuchPlugin (for the trade)."""
    if await work.session.scalar(select(Office.id).limit(1)) is not None:
        raise Conflict("there is an office already")
    trades.load(trade)
    for field, value, shape in (("country", country, r"[A-Z]{2}"), ("currency", currency, r"[A-Z]{3}")):
        if not re.fullmatch(shape, value):
            raise Invalid(f"{value!r} is no {field} code (capital letters, as in KR or KRW)", field=field)
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise Invalid(f"{timezone!r} is no time zone (as in Asia/Seoul)", field="timezone") from None
    if not _SENDER.fullmatch(sms_sender):
        raise Invalid("the sender of texts is a number of 3 to 15 digits", field="sms_sender")
    office = Office(
        name=_named(name), country=country, currency=currency, timezone=timezone, trade=trade, sms_sender=sms_sender
    )
    work.session.add(office)
    await work.session.flush()
    audit(work, None, "office.opened", office.name, {"office": office.id})
    return office


async def add_line(work: Work, office_id: int, *, did: str, name: str, language: str, flow: str) -> Line:
    """A number of the firm. `did` is as the trunk or the box spells it. Raises Conflict and Invalid."""
    if not _DID.fullmatch(did):
        raise Invalid("a line's number has 1 to 32 digits", field="did")
    if await work.session.scalar(select(Line.id).where(Line.did == did)) is not None:
        raise Conflict(f"there is a line {did} already", line=did)
    line = Line(office_id=office_id, did=did, name=_named(name), language=language, flow=flow)
    work.session.add(line)
    await work.session.flush()
    audit(work, None, "line.added", did, {"flow": flow, "language": language})
    return line


def _named(name: str) -> str:
    name = plain(name)
    if not name:
        raise Invalid("it needs a name", field="name")
    return name
