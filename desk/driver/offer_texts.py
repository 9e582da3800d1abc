"""Offers by text, for drivers who are asked so: the text is written with the offer, and leaves before the offer ends or never."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import select

from desk import events, trades
from desk.driver.driver_access import house_language
from desk.order import money, paying
from desk.texts import message_states
from desk.work import Work
from locales.catalog import Catalog
from models import Driver, Message, Offer, Office, Order

OFFER = "sms.offer.driver"
NOT_AGAIN_WITHIN = timedelta(hours=24)
_SHORT, _LONG = range(10, 100), range(100, 10_000)
CROWDED = 60
"""With so many codes of a day used up, the next ones have more digits."""


async def write(work: Work, order: Order, offers: Sequence[Offer], answer_s: int) -> None:
    """Text those of `offers` whose drivers are asked by text; they have `answer_s` seconds, at least, to answer."""
    found = await work.session.scalars(
        select(Driver).where(Driver.id.in_([offer.driver_id for offer in offers]), Driver.by_text.is_(True))
    )
    drivers = {driver.id: driver for driver in found}
    if not drivers:
        return
    office = await work.session.get_one(Office, order.office_id)
    house = await house_language(work.session, office.id)
    used = await _used(work, drivers)
    texts: list[tuple[Offer, Message]] = []
    for offer in offers:
        driver = drivers.get(offer.driver_id)
        if driver is not None:
            offer.code = _code(used[driver.id])
            offer.expires_at = max(offer.expires_at, work.now + timedelta(seconds=answer_s))
            texts.append((offer, _one(work, order, offer, driver, office, driver.language or house)))
    work.session.add_all(message for _, message in texts)
    await work.session.flush()
    for offer, message in texts:
        offer.message_id = message.id
        work.tell(events.MessageChanged(work.now, message.id, order.id, message.state))
    await work.session.flush()


async def withdraw(work: Work, message_ids: Sequence[int]) -> None:
    """What is offered no more is not texted either, where the text has not left yet."""
    if not message_ids:
        return
    query = select(Message).where(Message.id.in_(message_ids), Message.state == "queued").with_for_update()
    for message in await work.session.scalars(query.execution_options(populate_existing=True)):
        message_states.change(work, message, "expired", "the offer had ended")


def _one(work: Work, order: Order, offer: Offer, driver: Driver, office: Office, language: str) -> Message:
    values = {
        "code": offer.code,
        "origin": order.origin_text,
        "destination": order.destination_text or "-",
        "fare": "-" if order.fare is None else money.display(order.fare, order.currency, language),
        "brief": paying.brief(order, language),
    }
    said = trades.load(order.trade).said(OFFER)
    return Message(
        office_id=office.id, order_id=order.id, audience="driver", recipient=driver.phone, sender=office.sms_sender,
        text_key=OFFER, language=language, text=Catalog.load(language).text(said, **values), state="queued",
        next_try_at=work.now, valid_until=offer.expires_at, created_at=work.now, updated_at=work.now,
    )  # fmt: skip


async def _used(work: Work, driver_ids: Collection[int]) -> dict[int, set[str]]:
    """The codes that each of these drivers was told in the last day."""
    lately = await work.session.execute(
        select(Offer.driver_id, Offer.code).where(
            Offer.driver_id.in_(driver_ids), Offer.code.is_not(None), Offer.offered_at > work.now - NOT_AGAIN_WITHIN
        )
    )
    used: dict[int, set[str]] = {driver_id: set() for driver_id in driver_ids}
    for driver_id, code in lately:
        used[driver_id].add(code or "")
    return used


def _code(used: Collection[str]) -> str:
    """A code that is not `used`. It is no secret: who answers is known by his number."""
    among = _SHORT if len(used) < CROWDED else _LONG
    free = [str(code) for code in among if str(code) not in used]
    return secrets.choice(free)
