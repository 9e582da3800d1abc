"""Texts about an order that no assignment has caused: its fare, its reserved time, that it takes longer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from sqlalchemy import select

from desk import events, trades
from desk.message import assignments
from desk.message.assignment_texts import NO_NUMBER, customer_language, line_language
from desk.texts.message_states import change
from desk.texts.text_size import one_sms
from desk.work import Work
from locales.catalog import Catalog
from models import Assignment, Driver, Message, Office, Order

Values = Mapping[str, str]
ValuesIn = Callable[[str], Values]
"""What stands in a text, for its language."""


GIVEN_BACK = "sms.given_back.customer"
GIVEN_BACK_AFTER = timedelta(minutes=1)
"""So long another driver may be found before the customer hears that his cannot come."""


async def language_of(work: Work, order: Order) -> str:
    """In which language the customer of `order` is written to."""
    return await customer_language(work, order) or await line_language(work, order)


async def to_customer(
    work: Work,
    order: Order,
    key: str,
    values: ValuesIn,
    after: timedelta = timedelta(0),
    briefer: ValuesIn | None = None,
) -> Message:
    """Write the customer a text in this transaction, to leave after a while: until then it can be withdrawn.

    It is in the trade's own words for `key`. `briefer` is what stands in it where only so it is one SMS.
    Without a number it is born failed, so that the desk sees it.
    """
    language = await language_of(work, order)
    return await _write(work, order, "customer", order.number, language, key, values, after, briefer)


async def to_driver(
    work: Work, order: Order, key: str, values: ValuesIn, briefer: ValuesIn | None = None
) -> Message | None:  # fmt: skip
    """Write the driver who has the order a text in this transaction; null where nobody has it."""
    active = await assignments.of_order(work.session, order.id)
    if active is None:
        return None
    driver = await work.session.get_one(Driver, active.driver_id)
    language = driver.language or await line_language(work, order)
    return await _write(work, order, "driver", driver.phone, language, key, values, briefer=briefer)


async def call_off(work: Work, order: Order, ended: Assignment, key: str) -> Message | None:
    """Write the driver whose assignment has ended that he need not go; null where the text that sent him never left."""
    sent = select(Message.id).where(
        Message.assignment_id == ended.id, Message.audience == "driver", Message.state != "expired"
    )
    if await work.session.scalar(sent.limit(1)) is None:
        return None
    driver = await work.session.get_one(Driver, ended.driver_id)
    language = driver.language or await line_language(work, order)
    return await _write(work, order, "driver", driver.phone, language, key, lambda _: {"origin": order.origin_text})


async def given_back(work: Work, order: Order, ended: Assignment) -> Message | None:
    """Tell the customer in a minute that his driver cannot come, unless another one has the order by then: that text is enough.

    Null where the office does not want it, where no number is known, and where he was never told of that driver.
    """
    office = await work.session.get_one(Office, order.office_id)
    told = select(Message.id).where(
        Message.assignment_id == ended.id, Message.audience == "customer", Message.state.not_in(("expired", "failed"))
    )
    if not office.given_back_texts or not order.number or await work.session.scalar(told.limit(1)) is None:
        return None
    return await to_customer(work, order, GIVEN_BACK, lambda _: {"origin": order.origin_text}, GIVEN_BACK_AFTER)


async def withdraw(work: Work, order_id: int, keys: tuple[str, ...], why: str) -> None:
    """Texts of these kinds that have not left yet expire: what they say is no longer true."""
    query = select(Message).where(Message.order_id == order_id, Message.text_key.in_(keys), Message.state == "queued")
    for message in await work.session.scalars(query.with_for_update().execution_options(populate_existing=True)):
        change(work, message, "expired", why)


async def _write(
    work: Work,
    order: Order,
    audience: str,
    recipient: str | None,
    language: str,
    key: str,
    values: ValuesIn,
    after: timedelta = timedelta(0),
    briefer: ValuesIn | None = None,
) -> Message:
    office = await work.session.get_one(Office, order.office_id)
    said = trades.load(order.trade).said(key)
    choices = [Catalog.load(language).text(said, **each(language)) for each in (values, briefer) if each is not None]
    message = Message(
        office_id=office.id,
        order_id=order.id,
        audience=audience,
        recipient=recipient or "",
        sender=office.sms_sender,
        text_key=key,
        language=language,
        text=one_sms(*choices),
        state="queued" if recipient else "failed",
        detail=None if recipient else NO_NUMBER,
        next_try_at=work.now + after,
        created_at=work.now,
        updated_at=work.now,
    )
    work.session.add(message)
    await work.session.flush()
    work.tell(events.MessageChanged(work.now, message.id, order.id, message.state))
    return message
