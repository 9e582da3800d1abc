"""A caller shows where he is: a link is texted to his order's telephone, and what that tells becomes the order's pin.

A link is good once, for half an hour, and dies with its order; the newest one ends those before it. The database keeps hashes
only. What the telephone says is kept with the link; it becomes the pin unless the order knows better already.
"""

from __future__ import annotations

import math
import secrets
import string
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, or_, select, update

from desk import events, numbers, trades
from desk.dispatching import pins
from desk.driver.driver_access import house_language
from desk.errors import Conflict, DeskError, Invalid, WrongState
from desk.office.passwords import token_hash
from desk.office.people import audit
from desk.order import order_places, order_steps, pin_doubt
from desk.ordering import order_changes
from desk.place.gazetteer import outlines
from desk.texts.message_states import PLACE_LINK
from desk.work import Work
from locales.catalog import Catalog
from models import Customer, Message, Office, Order, PlaceLink

GOOD_FOR = timedelta(minutes=30)
AN_HOUR = timedelta(hours=1)
LINKS_AN_HOUR = 3
"""So many for one order, and for one telephone, in an hour: nobody's telephone is filled with texts."""
WIDEST_M = 100_000
_SIGNS = string.ascii_letters + string.digits
TOKEN_LENGTH = 22
SHOWN = "place.shown_by_link"


class WrongPlaceLink(DeskError):
    """No such link, or it was used, or its time is over, or its order is closed: the answer is the same for all."""

    code = "wrong_place_link"


class TooManyPlaceLinks(Conflict):
    """This order, or this telephone, was sent as many links as one may be sent in an hour."""

    code = "too_many_place_links"


class NoMobile(Conflict):
    """The order has no number to which a text could be sent."""

    code = "no_mobile"


@dataclass(frozen=True, slots=True)
class Shown:
    """What became of it: `area` is the 읍·면·동 of the point (None: nobody knows); `taken`: it is the order's pin now."""

    order_id: int
    area: str | None
    accuracy_m: int
    taken: bool


async def send(work: Work, operator_id: int, order_id: int, page: str) -> Message:
    """Text the caller a link; `page` is the address of the page as telephones reach it.

    Raises NotFound, WrongState once the order is closed, NoMobile, TooManyPlaceLinks.
    """
    order = await order_steps.hold(work, operator_id, order_id)
    if trades.load(order.trade).is_closed(order.state):
        raise WrongState(f"an order that is {order.state} needs no place any more", before=order.state)
    office = await work.session.get_one(Office, order.office_id)
    number = order.number
    if number is None or not numbers.takes_texts(number):
        raise NoMobile(f"order {order.id} has no number that takes texts", order_id=order.id)
    await _not_too_many(work, order.id, number)
    await work.session.execute(
        update(PlaceLink)
        .where(PlaceLink.order_id == order.id, PlaceLink.used_at.is_(None), PlaceLink.expires_at > work.now)
        .values(expires_at=work.now)
    )
    token = "".join(secrets.choice(_SIGNS) for _ in range(TOKEN_LENGTH))
    message = await _message(work, office, order, number, f"{page}#{token}")
    work.session.add(
        PlaceLink(
            order_id=order.id, number=number, token_hash=token_hash(token), made_by=operator_id, message_id=message.id,
            created_at=work.now, expires_at=work.now + GOOD_FOR,
        )
    )  # fmt: skip
    audit(work, operator_id, "place.link_sent", str(order.id))
    await work.session.flush()
    work.tell(events.MessageChanged(work.now, message.id, order.id, message.state))
    return message


async def show(
    work: Work, token: str, lat: float, lon: float, accuracy_m: float, request_key: str | None = None
) -> Shown:
    """The caller's telephone says where it is. The same request again (`request_key`) is answered as the first time.

    Raises WrongPlaceLink, and Invalid for what is no point on the globe.
    """
    if not (abs(lat) <= 90 and abs(lon) <= 180 and math.isfinite(accuracy_m) and accuracy_m >= 0):
        raise Invalid("that is no place on the globe", field="lat")
    hashed, key = token_hash(token), token_hash(request_key) if request_key else None
    order_id = await work.session.scalar(select(PlaceLink.order_id).where(PlaceLink.token_hash == hashed))
    if order_id is None:
        raise WrongPlaceLink("the link was used, is too old, or never was")
    # The order first, as everybody holds it first; then its link.
    order = await order_steps.hold(work, None, order_id)
    link = await work.session.scalar(select(PlaceLink).where(PlaceLink.token_hash == hashed).with_for_update())
    if link is None or (link.used_at is not None and (key is None or key != link.used_with)):
        raise WrongPlaceLink("the link was used, is too old, or never was")
    if link.used_at is not None:
        taken = order.origin_source == "link" and (order.origin_lat, order.origin_lon) == (link.lat, link.lon)
        return Shown(order.id, _area(link.lat or lat, link.lon or lon), link.accuracy_m or 0, taken)
    if link.expires_at <= work.now or trades.load(order.trade).is_closed(order.state):
        raise WrongPlaceLink("the link was used, is too old, or never was")
    link.used_at, link.used_with = work.now, key
    link.lat, link.lon, link.accuracy_m = lat, lon, min(math.ceil(accuracy_m), WIDEST_M)
    return await _take(work, order, link)


async def _take(work: Work, order: Order, link: PlaceLink) -> Shown:
    assert link.lat is not None
    assert link.lon is not None
    assert link.accuracy_m is not None
    area = _area(link.lat, link.lon)
    told = {"lat": round(link.lat, 5), "lon": round(link.lon, 5), "accuracy_m": link.accuracy_m, "area": area}
    # A telephone that knows its place by the kilometre does not move a pin that is sure.
    sure = link.accuracy_m <= trades.load(order.trade).sure_within_m
    taken = sure or pin_doubt.doubt(order) == pin_doubt.NO_PIN or (order.origin_accuracy_m or 0) > link.accuracy_m
    if taken:
        before = order_places.pin_words(order)
        order.origin_lat, order.origin_lon, order.origin_accuracy_m = link.lat, link.lon, link.accuracy_m
        order.origin_source, order.origin_at, order.origin_area = "link", work.now, None
        await work.session.flush()
        moved = order_changes.pin_moved(order, before)
        await order_changes.record(
            work, order, None, [(name, was, f"{now} {area}" if area else now) for name, was, now in moved]
        )
        await pins.look_again(work, order)
        work.tell(events.OrderChanged(work.now, order.id, None))
    audit(work, None, SHOWN, str(order.id), {**told, "taken": taken})
    await work.session.flush()
    return Shown(order.id, area, link.accuracy_m, taken)


def _area(lat: float, lon: float) -> str | None:
    found = outlines.where(lat, lon)
    return found.area.full if found else None


async def _not_too_many(work: Work, order_id: int, number: str) -> None:
    lately = await work.session.scalar(
        select(func.count())
        .select_from(PlaceLink)
        .where(
            or_(PlaceLink.order_id == order_id, PlaceLink.number == number), PlaceLink.created_at > work.now - AN_HOUR
        )
    )
    if (lately or 0) >= LINKS_AN_HOUR:
        raise TooManyPlaceLinks(f"order {order_id} was sent {LINKS_AN_HOUR} links in an hour", order_id=order_id)


async def _message(work: Work, office: Office, order: Order, number: str, link: str) -> Message:
    language = None
    if order.customer_id is not None:
        language = (await work.session.get_one(Customer, order.customer_id)).language
    language = language or await house_language(work.session, office.id)
    values = {"link": link, "minutes": int(GOOD_FOR.total_seconds() // 60)}
    message = Message(
        office_id=office.id,
        order_id=order.id,
        audience="customer",
        recipient=number,
        sender=office.sms_sender,
        text_key=PLACE_LINK,
        language=language,
        text=Catalog.load(language).text(PLACE_LINK, **values),
        state="queued",
        next_try_at=work.now,
        created_at=work.now,
        updated_at=work.now,
    )
    work.session.add(message)
    await work.session.flush()
    return message
