"""The two texts of an assignment: the customer learns who comes and what is fixed for it, the driver learns where to go.

The fare that stands in the customer's text is in writing from then on: it changes only for a reason, and with another text.
Where it is there for the first time, the stops and the rule of waiting that belong to it stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from desk import numbers, trades
from desk.order import money, paying, pin_doubt, waiting_rules, way_points
from desk.rules.tariff import WaitingRule
from desk.texts.text_size import one_sms
from desk.work import Work
from locales.catalog import Catalog
from models import Assignment, Call, Customer, Driver, FixedFare, Line, Message, Office, Order, WayPoint

NO_NUMBER = "no number to send to"


async def write_assignment_messages(
    work: Work, order: Order, driver: Driver, assignment: Assignment
) -> tuple[Message, Message]:
    """Write the customer's and the driver's text in this transaction; they leave once it is committed.

    A caller who withheld his number gets a row too, failed from the start, so that the desk sees that he was not told.
    """
    office = await work.session.get_one(Office, order.office_id)
    house_language = await line_language(work, order)
    for_customer = await customer_language(work, order) or house_language
    driver_language = driver.language or house_language
    texts = trades.load(order.trade).texts
    fixed = await _fixed(work, order, office)
    stops = await way_points.of_order(work.session, order.id)
    rule = await waiting_rules.of_order(work.session, order)
    who_comes = [
        Catalog.load(for_customer).text(texts["assigned", "customer"], **_for_customer(driver, office, said))
        for said in _fixed_words(order, fixed, stops, rule, for_customer)
    ]
    pair = (
        _message(
            work,
            order,
            assignment,
            office,
            "customer",
            order.number,
            for_customer,
            texts["assigned", "customer"],
            one_sms(*who_comes),
        ),
        _message(
            work,
            order,
            assignment,
            office,
            "driver",
            driver.phone,
            driver_language,
            texts["assigned", "driver"],
            _for_driver(order, stops, office, driver_language),
        ),
    )
    work.session.add_all(pair)
    if fixed is not None and order.number:
        fixed.told = True
    await work.session.flush()
    return pair


async def _fixed(work: Work, order: Order, office: Office) -> FixedFare | None:
    """The fare that is put in writing: the one that was fixed last, where there is one and the office puts any in writing."""
    if order.fare is None or office.fare_texts == "never":
        return None
    query = select(FixedFare).where(FixedFare.order_id == order.id).order_by(FixedFare.id.desc()).limit(1)
    return (await work.session.scalars(query)).one_or_none()


def _fixed_words(
    order: Order, fixed: FixedFare | None, stops: Sequence[WayPoint], rule: WaitingRule | None, language: str
) -> list[str]:
    """What the customer reads of his fare: the whole of it first, then with his stops counted; only the sum where he was told."""
    if fixed is None or fixed.amount is None:
        return [""]
    told, fare = Catalog.load(language), money.display(fixed.amount, order.currency, language)
    waiting = "" if fixed.told else waiting_rules.words(rule, order.currency, language)
    ways = [""] if fixed.told else [way_points.between(stops, language, named=named) for named in (True, False)]
    key = trades.load(order.trade).said("sms.fare.in_it")
    return [told.text(key, fare=fare, stops=way, waiting=waiting) for way in ways]


def _for_customer(driver: Driver, office: Office, fixed: str) -> dict[str, str]:
    return {
        "fixed": fixed,
        "driver_name": driver.name,
        "driver_number": driver.number,
        "driver_phone": numbers.display(driver.phone, office.country),
    }


def _for_driver(order: Order, stops: Sequence[WayPoint], office: Office, language: str) -> str:
    told = Catalog.load(language)
    values = {
        "customer_number": numbers.display(order.number, office.country) if order.number else "-",
        "origin": order.origin_text,
        "destination": told.text("sms.way.then").join([*(stop.text for stop in stops), order.destination_text or "-"]),
        "fare": "-" if order.fare is None else money.display(order.fare, order.currency, language),
        "pay": paying.words(order, language),
    }
    doubt = told.text("sms.pin.doubt") if pin_doubt.doubt(order) else ""
    return told.text(trades.load(order.trade).texts["assigned", "driver"], **values) + doubt


def _message(
    work: Work,
    order: Order,
    assignment: Assignment,
    office: Office,
    audience: str,
    recipient: str | None,
    language: str,
    text_key: str,
    text: str,
) -> Message:
    return Message(
        office_id=office.id,
        order_id=order.id,
        assignment_id=assignment.id,
        audience=audience,
        recipient=recipient or "",
        sender=office.sms_sender,
        text_key=text_key,
        language=language,
        text=text,
        state="queued" if recipient else "failed",
        detail=None if recipient else NO_NUMBER,
        next_try_at=work.now,
        created_at=work.now,
        updated_at=work.now,
    )


async def customer_language(work: Work, order: Order) -> str | None:
    """The customer's own language, where it is known."""
    if order.customer_id is None:
        return None
    return (await work.session.get_one(Customer, order.customer_id)).language


async def line_language(work: Work, order: Order) -> str:
    """The language of the line that was called; without a call, that of the office's first line."""
    query = select(Line.language).where(Line.office_id == order.office_id).order_by(Line.id).limit(1)
    if order.call_id is not None:
        query = select(Line.language).join(Call, Call.line_id == Line.id).where(Call.id == order.call_id)
    return (await work.session.execute(query)).scalar_one_or_none() or "en"
