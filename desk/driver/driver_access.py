"""How a driver comes to his own page: by a link that is texted to his registered phone, good once and for a short time.

The database keeps hashes only. The token itself stands in the text until that has left the house, and nowhere else; who looks
at the list of texts is shown the link without it. One phone a driver: a new log-in ends the one before.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events, numbers
from desk.errors import Conflict, DeskError, Invalid, NotFound
from desk.office import people
from desk.office.passwords import new_token, token_hash
from desk.texts.message_states import ONE_TIME_LINK
from desk.work import Work
from locales.catalog import Catalog
from models import Driver, DriverLink, DriverSession, Line, Message, Office

GOOD_FOR = timedelta(minutes=10)
AN_HOUR = timedelta(hours=1)
LINKS_AN_HOUR = 5
"""Nobody fills a driver's phone with texts: more in an hour are not sent."""
IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=90)
KEPT_FOR = timedelta(days=30)
TOUCH_EVERY = timedelta(minutes=10)
# Letters and digits only: the link must survive being recognised by a phone's text application. 22 of them are 131 bits.
_SIGNS = string.ascii_letters + string.digits
TOKEN_LENGTH = 22


class WrongLink(DeskError):
    """No such link, or it was used, or its time is over: the answer is the same for all."""

    code = "wrong_link"


class TooManyLinks(Conflict):
    """The driver was sent as many links as one may be sent in an hour."""

    code = "too_many_links"


@dataclass(frozen=True, slots=True)
class DriverPerson:
    """A driver who is signed in, free of the database."""

    id: int
    office_id: int
    number: str
    name: str
    language: str
    session_id: int


@dataclass(frozen=True, slots=True)
class DriverSignedIn:
    """A new session. `token` is for the cookie and is known nowhere else."""

    token: str
    driver_id: int


async def send_link(work: Work, operator_id: int, driver_id: int, page: str) -> Message:
    """Text a log-in link to the driver; `page` is the address of the driver's page as phones reach it.

    Raises NotFound (also for another office's driver), TooManyLinks, Invalid where he has no phone.
    """
    operator = await people.operator_of(work, operator_id)
    driver = await work.session.get(Driver, driver_id)
    if driver is None or driver.office_id != operator.office_id or driver.disabled_at is not None:
        raise NotFound(f"there is no driver {driver_id}", driver_id=driver_id)
    if not driver.phone:
        raise Invalid(f"driver {driver.number} has no phone", field="phone")
    token = await new_link(work, driver, operator_id)
    return await _text(work, driver, token, page)


async def ask_for_link(work: Work, phone: str, page: str) -> None:
    """Somebody says that this is his phone: if it is a driver's, the link goes to that phone and nowhere else.

    Nothing tells the asker whether it is. Raises Invalid for what is no telephone number.
    """
    offices = (await work.session.scalars(select(Office))).all()
    written = {office.id: numbers.normalise(phone, office.country).e164 for office in offices}
    if not any(written.values()):
        raise Invalid("that is not a telephone number", field="phone")
    for office in (each for each in offices if written[each.id]):
        found = await work.session.scalars(
            select(Driver).where(
                Driver.office_id == office.id, Driver.phone == written[office.id], Driver.disabled_at.is_(None)
            )
        )
        for driver in found.all():
            try:
                token = await new_link(work, driver, None)
            except TooManyLinks:
                continue
            await _text(work, driver, token, page)


async def new_link(work: Work, driver: Driver, operator_id: int | None) -> str:
    """A link's token, which the driver's own text alone should carry. Raises TooManyLinks."""
    # The row is held, so that many who ask at once do not all count to four.
    await work.session.execute(select(Driver.id).where(Driver.id == driver.id).with_for_update(key_share=True))
    lately = await work.session.scalar(
        select(func.count())
        .select_from(DriverLink)
        .where(DriverLink.driver_id == driver.id, DriverLink.created_at > work.now - AN_HOUR)
    )
    if (lately or 0) >= LINKS_AN_HOUR:
        raise TooManyLinks(f"driver {driver.number} was sent {LINKS_AN_HOUR} links in an hour", driver_id=driver.id)
    token = "".join(secrets.choice(_SIGNS) for _ in range(TOKEN_LENGTH))
    link = DriverLink(
        driver_id=driver.id,
        token_hash=token_hash(token),
        created_at=work.now,
        expires_at=work.now + GOOD_FOR,
        made_by=operator_id,
    )
    work.session.add(link)
    await work.session.flush()
    return token


def address_of(page: str, token: str) -> str:
    """The link. The token is behind the `#`: no server and no proxy on the way is ever told it in an address."""
    return f"{page}#{token}"


async def sign_in(work: Work, token: str, request_key: str | None = None) -> DriverSignedIn:
    """Open the driver's session with a link's token; his other sessions and links end. Raises WrongLink.

    A link is good once. The same request again (`request_key`), because its answer was lost on the way, opens it again.
    """
    link = await _use(work, token, token_hash(request_key) if request_key else None)
    driver = await work.session.get(Driver, link.driver_id) if link is not None else None
    if link is None or driver is None or driver.disabled_at is not None:
        raise WrongLink("the link was used, is too old, or never was")
    await end_sessions(work, driver.id)
    await work.session.execute(
        update(DriverLink)
        .where(DriverLink.driver_id == driver.id, DriverLink.used_at.is_(None))
        .values(used_at=work.now)
    )
    secret = new_token()
    opened = DriverSession(
        driver_id=driver.id, token_hash=token_hash(secret), created_at=work.now, last_seen_at=work.now
    )
    work.session.add(opened)
    await work.session.flush()
    return DriverSignedIn(secret, driver.id)


# Asked by every request of every phone: built once, and without the rest of the driver's row.
_BY_SESSION = (
    select(
        DriverSession.id.label("session_id"),
        DriverSession.last_seen_at,
        Driver.id,
        Driver.office_id,
        Driver.number,
        Driver.name,
        Driver.language,
    )
    .join(Driver, Driver.id == DriverSession.driver_id)
    .where(
        DriverSession.token_hash == bindparam("hash"),
        DriverSession.ended_at.is_(None),
        DriverSession.last_seen_at > bindparam("idle_since"),
        DriverSession.created_at > bindparam("opened_since"),
        Driver.disabled_at.is_(None),
    )
)


async def by_session(session: AsyncSession, token: str, now: datetime) -> tuple[DriverPerson, datetime] | None:
    """Whose session this cookie opens, and when it was last used. None: unknown, ended, too old, or the driver is disabled."""
    told = {"hash": token_hash(token), "idle_since": now - IDLE, "opened_since": now - ABSOLUTE}
    row = (await session.execute(_BY_SESSION, told)).one_or_none()
    if row is None:
        return None
    language = row.language or await house_language(session, row.office_id)
    return DriverPerson(row.id, row.office_id, row.number, row.name, language, row.session_id), row.last_seen_at


async def touch(work: Work, session_id: int) -> None:
    """The session is in use; written at most once in TOUCH_EVERY."""
    await work.session.execute(
        update(DriverSession)
        .where(DriverSession.id == session_id, DriverSession.last_seen_at < work.now - TOUCH_EVERY)
        .values(last_seen_at=work.now)
    )


async def end_sessions(work: Work, driver_id: int) -> None:
    """No phone is signed in as this driver any more."""
    await work.session.execute(
        update(DriverSession)
        .where(DriverSession.driver_id == driver_id, DriverSession.ended_at.is_(None))
        .values(ended_at=work.now)
    )


async def forget_old(work: Work) -> None:
    """Drop links and sessions that have let nobody in for a month."""
    month_ago = work.now - KEPT_FOR
    await work.session.execute(delete(DriverLink).where(DriverLink.expires_at < month_ago))
    over = or_(DriverSession.ended_at < month_ago, DriverSession.last_seen_at < month_ago - IDLE)
    await work.session.execute(delete(DriverSession).where(over))


async def _use(work: Work, token: str, key_hash: str | None) -> DriverLink | None:
    query = select(DriverLink).where(DriverLink.token_hash == token_hash(token), DriverLink.expires_at > work.now)
    link = (await work.session.scalars(query.with_for_update())).one_or_none()
    if link is None:
        return None
    if link.used_at is None:
        link.used_at, link.used_with = work.now, key_hash
        await work.session.flush()
        return link
    repeated = key_hash is not None and link.used_with == key_hash
    return link if repeated else None


async def _text(work: Work, driver: Driver, token: str, page: str) -> Message:
    office = await work.session.get_one(Office, driver.office_id)
    language = driver.language or await house_language(work.session, office.id)
    values = {"link": address_of(page, token), "minutes": int(GOOD_FOR.total_seconds() // 60)}
    message = Message(
        office_id=office.id,
        audience="driver",
        recipient=driver.phone,
        sender=office.sms_sender,
        text_key=ONE_TIME_LINK,
        language=language,
        text=Catalog.load(language).text(ONE_TIME_LINK, **values),
        state="queued",
        next_try_at=work.now,
        created_at=work.now,
        updated_at=work.now,
    )
    work.session.add(message)
    await work.session.flush()
    await work.session.execute(
        update(DriverLink).where(DriverLink.token_hash == token_hash(token)).values(message_id=message.id)
    )
    work.tell(events.MessageChanged(work.now, message.id, None, message.state))
    return message


async def house_language(session: AsyncSession, office_id: int) -> str:
    """What a driver is spoken to in who has said nothing else: the language of the office's first line."""
    query = select(Line.language).where(Line.office_id == office_id).order_by(Line.id).limit(1)
    return await session.scalar(query) or "en"
