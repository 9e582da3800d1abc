"""What is done about a text that came in: what a driver says counts as on his page, who refuses advertising gets no more.

All the rest waits for a person. `act` does it in one piece of work with the text's own row, so a yes counts once. What refuses
it undoes that work; `refuse` then tells the driver why. Nobody but a driver is ever answered, and he not without an end.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, or_, select

from desk import events
from desk.dispatching import searching
from desk.dispatching.searching import OfferGone
from desk.driver import offers
from desk.driver.driver_access import house_language
from desk.driver_page import text_deeds
from desk.driver_page.text_deeds import DEEDS, Answer
from desk.errors import Conflict, DeskError, DriverNotFree, DriverTaken
from desk.message import assignments, incoming_texts
from desk.texts import consents, replies
from desk.texts.replies import OTHER, Reading
from desk.work import Work
from locales.catalog import Catalog
from models import Driver, DriverPhone, IncomingText, Message, Offer, Office

ECHO_WITHIN = timedelta(hours=1)
ANSWERS_AN_HOUR = 10
"""No number is sent more answers than this in an hour: two machines shall not talk to each other."""
LATELY = timedelta(minutes=30)
BY_TEXT = "by text"


class NotAnOffer(DeskError):
    """The driver says yes or no, and it is not clear to what. `details["reason"]`: none, several or unknown."""

    code = "not_an_offer"


async def act(work: Work, text_id: int) -> None:
    """Do what the text means; once. Raises NotAnOffer, Conflict (the offer is gone, the driver has another order)."""
    text = await incoming_texts.hold(work, text_id)
    if text.read_at is not None:
        return
    reading, driver = await _understand(work, text)
    if reading.meaning == "opt_out":
        await consents.refuse_by_text(work, text)
        _done(work, text, reading, "opted_out")
    elif reading.meaning == "automatic":
        _done(work, text, reading, "ignored")
    elif driver is not None and reading.meaning in ("accept", "decline"):
        await _answer(work, text, reading, driver)
    elif driver is not None and reading.meaning in DEEDS:
        answer = await text_deeds.do(work, driver, reading, await _words(work, driver))
        _done(work, text, reading, "done")
        await _tell(work, driver, answer)
    else:
        _done(work, text, reading, "inbox")
        if driver is not None and driver.by_text:  # he has nothing but texts: what was not understood is told how
            await _tell(work, driver, Answer("help"))


async def refuse(work: Work, text_id: int, error: DeskError) -> None:
    """What the driver said came to nothing: it is kept with the text, and he is told why."""
    text = await incoming_texts.hold(work, text_id)
    if text.read_at is not None:
        return
    reading, driver = await _understand(work, text)
    if driver is None:
        _done(work, text, reading, "inbox")
        return
    if reading.meaning in DEEDS:
        _done(work, text, reading, "refused")
        await _tell(work, driver, await text_deeds.why(work, driver, error, await _words(work, driver)))
        return
    offer = await _meant(work, driver, reading)
    text.offer_id = offer.id if offer else None
    # What nobody can make out is for a person as well; a yes that came too late is settled.
    _done(work, text, reading, "inbox" if isinstance(error, NotAnOffer) else "refused")
    key, values = await _why(work, driver, offer, error)
    await _tell(work, driver, Answer(key, values, offer.order_id if offer else None))


async def give_up(work: Work, text_id: int) -> None:
    """Reading it failed, and would again: a person looks at it."""
    text = await incoming_texts.hold(work, text_id)
    if text.read_at is None:
        _done(work, text, OTHER, "inbox")


async def _understand(work: Work, text: IncomingText) -> tuple[Reading, Driver | None]:
    if not text.whole:
        return OTHER, None
    if await _is_our_own(work, text):
        return Reading("automatic"), None
    reading = replies.read(text.text)
    if reading.meaning in ("opt_out", "automatic"):
        return reading, None
    another = select(DriverPhone.driver_id).where(DriverPhone.number == text.sender)
    found = await work.session.scalars(
        select(Driver).where(
            Driver.office_id == text.office_id,
            or_(Driver.phone == text.sender, Driver.id.in_(another)),
            Driver.disabled_at.is_(None),
        )
    )
    drivers = found.all()
    # Two drivers with one telephone: whose yes it is, a person finds out.
    return reading, drivers[0] if len(drivers) == 1 else None


async def _answer(work: Work, text: IncomingText, reading: Reading, driver: Driver) -> None:
    offer = await _meant(work, driver, reading)
    if offer is None:
        reason = "unknown" if reading.code else "none"
        raise NotAnOffer("the driver answers no offer of ours", reason=reason)
    if reading.code is None and len(await _waiting(work, driver)) > 1:
        raise NotAnOffer("the driver has several offers", reason="several")
    if reading.meaning == "accept":
        await searching.accept(work, driver.id, offer.id)
        outcome = "accepted"
    else:
        await searching.decline(work, driver.id, offer.id, BY_TEXT)
        outcome = "declined"
    text.offer_id = offer.id
    _done(work, text, reading, outcome)


async def _meant(work: Work, driver: Driver, reading: Reading) -> Offer | None:
    """The offer with that code; without a code the one that waits, or the last one that did."""
    if reading.code is not None:
        query = select(Offer).where(
            Offer.driver_id == driver.id, Offer.code == reading.code, Offer.offered_at > work.now - timedelta(days=1)
        )
        return (await work.session.scalars(query.order_by(Offer.id.desc()).limit(1))).one_or_none()
    if waiting := await _waiting(work, driver):
        return waiting[0]
    query = select(Offer).where(
        Offer.driver_id == driver.id, Offer.code.is_not(None), Offer.offered_at > work.now - LATELY
    )
    return (await work.session.scalars(query.order_by(Offer.id.desc()).limit(1))).one_or_none()


async def _waiting(work: Work, driver: Driver) -> list[Offer]:
    return [one for one in await offers.open_of_driver(work.session, driver.id) if one.expires_at > work.now]


async def _why(work: Work, driver: Driver, offer: Offer | None, error: DeskError) -> tuple[str, dict[str, str]]:
    """The text that tells the driver why, and its values."""
    if isinstance(error, NotAnOffer) or offer is None:
        reason = str(error.details.get("reason") or "none")
        return "several" if reason == "several" else "unknown", {}
    code = {"code": offer.code or "-"}
    has = await assignments.of_order(work.session, offer.order_id)
    if has is not None and has.driver_id == driver.id:
        return "yours", code
    if has is not None:
        winner = await work.session.get_one(Driver, has.driver_id)
        return "taken", code | {"driver_number": winner.number}
    if isinstance(error, DriverTaken):
        return "busy", code
    if isinstance(error, DriverNotFree):
        return "off", code
    state = str(error.details.get("state")) if isinstance(error, OfferGone) else ""
    return state if state in ("expired", "declined") else "gone", code


async def _words(work: Work, driver: Driver) -> Catalog:
    return Catalog.load(driver.language or await house_language(work.session, driver.office_id))


async def _tell(work: Work, driver: Driver, answer: Answer) -> None:
    lately = await work.session.scalar(
        select(func.count())
        .select_from(Message)
        .where(
            Message.recipient == driver.phone,
            Message.text_key.startswith("sms.answer."),
            Message.created_at > work.now - timedelta(hours=1),
        )
    )
    if (lately or 0) >= ANSWERS_AN_HOUR:
        return
    office = await work.session.get_one(Office, driver.office_id)
    words, key = await _words(work, driver), f"sms.answer.{answer.key}"
    message = Message(
        office_id=office.id, order_id=answer.order_id, audience="driver", recipient=driver.phone,
        sender=office.sms_sender, text_key=key, language=words.tag, text=words.text(key, **answer.values),
        state="queued", next_try_at=work.now, created_at=work.now, updated_at=work.now,
    )  # fmt: skip
    work.session.add(message)
    await work.session.flush()
    work.tell(events.MessageChanged(work.now, message.id, message.order_id, message.state))


async def _is_our_own(work: Work, text: IncomingText) -> bool:
    """Whether it repeats what we texted to that number lately: some telephones send back what they get."""
    said = replies.normalised(text.text)
    sent = await work.session.scalars(
        select(Message.text).where(
            Message.recipient == text.sender, Message.created_at > work.now - ECHO_WITHIN, Message.state != "failed"
        )
    )
    return any(replies.normalised(one) == said for one in sent)


def _done(work: Work, text: IncomingText, reading: Reading, outcome: str) -> None:
    text.meaning, text.outcome, text.read_at = reading.meaning, outcome, work.now
    work.tell(events.TextHandled(work.now, text.id))


REFUSALS = (NotAnOffer, Conflict)
"""What `act` raises where the driver is to be told why."""
