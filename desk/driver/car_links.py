"""The link by which a customer sees the photos of his own car: texted, opened once, good for a few days.

The token opens for one browser, which gets a cookie and may look again until the link's time is over. Hashes only are kept.
"""

from __future__ import annotations

import secrets
import string
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk import events
from desk.driver.driver_access import house_language
from desk.errors import Conflict, DeskError, Invalid
from desk.office.passwords import new_token, token_hash
from desk.office.people import audit
from desk.order import order_steps
from desk.texts.message_states import CAR_LINK
from desk.work import Work
from locales.catalog import Catalog
from models import CarLink, Customer, Message, Office, Order

GOOD_FOR = timedelta(days=3)
LINKS_AN_ORDER = 5
# Letters and digits only: the link must survive being recognised by a phone's text application. 22 of them are 131 bits.
_SIGNS = string.ascii_letters + string.digits
TOKEN_LENGTH = 22


class WrongCarLink(DeskError):
    """No such link, or it was opened elsewhere, or its time is over: the answer is the same for all."""

    code = "wrong_link"


class TooManyCarLinks(Conflict):
    """The customer was texted as many links for this order as are sent."""

    code = "too_many_car_links"


async def send(work: Work, operator_id: int, order_id: int, page: str) -> Message:
    """An operator has the link texted again. Raises NotFound, TooManyCarLinks, Invalid where the order has no number."""
    order = await order_steps.hold(work, operator_id, order_id)
    if order.number is None:
        raise Invalid("the order has no number to text to", field="number")
    count = await work.session.scalar(select(func.count()).where(CarLink.order_id == order_id))
    if (count or 0) >= LINKS_AN_ORDER:
        raise TooManyCarLinks(f"order {order_id} has {count} links", order_id=order_id)
    audit(work, operator_id, "car.link", str(order_id), {})
    return await _text(work, order, page)


async def send_once(work: Work, order: Order, page: str) -> None:
    """Text the link for an order that is held, unless that was done before."""
    sent = await work.session.scalar(select(CarLink.id).where(CarLink.order_id == order.id).limit(1))
    if order.number is not None and sent is None:
        await _text(work, order, page)


async def open_link(work: Work, token: str, viewer: str | None) -> tuple[str, int]:
    """Open a link for a browser: the cookie that lets it look again, and the order. Raises WrongCarLink.

    `viewer` is the cookie that the browser has already: who opened the link may do so again.
    """
    query = select(CarLink).where(CarLink.token_hash == token_hash(token), CarLink.expires_at > work.now)
    link = (await work.session.scalars(query.with_for_update())).one_or_none()
    if link is None:
        raise WrongCarLink("the link was used, is too old, or never was")
    if link.opened_at is not None:
        if viewer is None or link.viewer_hash != token_hash(viewer):
            raise WrongCarLink("the link was used, is too old, or never was")
        return viewer, link.order_id
    secret = new_token()
    link.viewer_hash, link.opened_at = token_hash(secret), work.now
    await work.session.flush()
    audit(work, None, "car.opened", str(link.order_id), {"link": link.id})
    return secret, link.order_id


async def order_of(session: AsyncSession, viewer: str, now: datetime) -> int:
    """Which order the browser with this cookie may look at. Raises WrongCarLink."""
    query = select(CarLink.order_id).where(CarLink.viewer_hash == token_hash(viewer), CarLink.expires_at > now)
    order_id = await session.scalar(query)
    if order_id is None:
        raise WrongCarLink("the link was used, is too old, or never was")
    return order_id


async def _text(work: Work, order: Order, page: str) -> Message:
    office = await work.session.get_one(Office, order.office_id)
    customer = await work.session.get(Customer, order.customer_id) if order.customer_id is not None else None
    language = (customer.language if customer else None) or await house_language(work.session, office.id)
    token = "".join(secrets.choice(_SIGNS) for _ in range(TOKEN_LENGTH))
    message = Message(
        office_id=office.id,
        order_id=order.id,
        audience="customer",
        recipient=order.number,
        sender=office.sms_sender,
        text_key=CAR_LINK,
        language=language,
        text=Catalog.load(language).text(CAR_LINK, link=f"{page}#{token}"),
        state="queued",
        next_try_at=work.now,
        created_at=work.now,
        updated_at=work.now,
    )
    work.session.add(message)
    await work.session.flush()
    link = CarLink(
        order_id=order.id,
        token_hash=token_hash(token),
        created_at=work.now,
        expires_at=work.now + GOOD_FOR,
        message_id=message.id,
    )
    work.session.add(link)
    await work.session.flush()
    work.tell(events.MessageChanged(work.now, message.id, order.id, message.state))
    return message


async def end(work: Work, order_id: int) -> None:
    """No link of this order opens any more: its photos are erased."""
    await work.session.execute(
        update(CarLink).where(CarLink.order_id == order_id, CarLink.expires_at > work.now).values(expires_at=work.now)
    )
