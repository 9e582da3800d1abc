"""F16 over the real SMPP wire: whatever is texted is one row of plain text; nothing is accepted, declined or answered by it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from sqlalchemy import func, select, update

from callboard.replies import Replies
from desk.dispatching import searching
from desk.ordering import orders
from desk.ordering.orders import PlaceText, TakeOrder
from desk.work import Desk
from models import AdConsent, Assignment, Driver, IncomingPart, IncomingText, Message, Offer
from tests.hostile.cases import CASES, TEXTS_IN, slice_of
from tests.hostile.corpus import texts
from tests.site import GANGNAM, make_site
from tests.sms.conftest import sending, smpp_settings
from tests.sms.smsc import running_smsc

DRIVER = "821020000000"
OK = 0x00


async def test_whatever_is_texted_is_plain_text_and_accepts_nothing(desk: Desk) -> None:
    """Seen failing with a code that anybody may use, with a word looked for anywhere in a text, and without `plain`."""
    site = await make_site(desk, drivers=1)
    async with desk.work() as work:
        await work.session.execute(update(Driver).values(by_text=True))
        order = await orders.take(work, site.operator_id, TakeOrder(PlaceText("강남역", *GANGNAM)))
        await searching.start(work, site.operator_id, order.id)
        offer = (await work.session.scalars(select(Offer))).one()
        offer.code = "47"
        await work.session.execute(update(Message).values(state="delivered"))
    wrong: list[Any] = []
    async with running_smsc() as smsc, sending(SimpleNamespace(desk=desk, bus=desk.bus), smpp_settings(smsc)):  # type: ignore[arg-type]
        await smsc.until(lambda: smsc.bound)
        for at, (given, coding, esm_class) in enumerate(slice_of(CASES["F16"][TEXTS_IN], 160)):
            said = (
                given.replace(texts.CODE, "47").encode("utf-16-be", "surrogatepass")
                if isinstance(given, str)
                else given
            )
            stranger = (given, coding, esm_class) in texts.STRANGERS
            sender = f"82109{at:07}" if stranger or not isinstance(given, str) else DRIVER
            status = await smsc.text_us("", sender, said[:250], coding, esm_class=esm_class)
            await Replies(desk, desk.bus)._read_what_came()
            if status != OK:
                wrong.append((given, status))
        async with desk.look() as session:
            assert await session.scalar(select(func.count()).select_from(Assignment)) == 0
            assert (await session.scalars(select(Offer.state))).all() == ["open"]
            assert await session.scalar(select(func.count()).select_from(AdConsent)) == 0
            assert await session.scalar(select(func.count()).where(IncomingText.read_at.is_(None))) == 0
            rows = (await session.scalars(select(IncomingText))).all()
            parts = await session.scalar(select(func.count()).where(IncomingPart.text_id.is_(None))) or 0
            sent = set(await session.scalars(select(Message.text_key)))
        assert len(rows) + parts > 100
        wrong += [row.text for row in rows if not (row.text.isprintable() and row.sender.isprintable())]
        assert wrong == []
        assert sent <= {"sms.offer.driver", "sms.answer.unknown", "sms.answer.help"}, (
            "a driver who names no offer is told so, or which words there are, and nothing else"
        )
        assert await smsc.text_us("수락 47", DRIVER) == OK
    await Replies(desk, desk.bus)._read_what_came()
    async with desk.look() as session:
        assert (await session.scalars(select(Assignment.driver_id))).all() == list(site.drivers)
