"""How a message row is held and moved: forward only, along the arrows in `models.message.NEXT_STATES`."""

from __future__ import annotations

import re

from sqlalchemy import select

from desk import events
from desk.errors import NotFound, WrongState
from desk.work import Work
from models import Message
from models.message import NEXT_STATES

ONE_TIME_LINK = "sms.driver.link"
CAR_LINK = "sms.car.link"
PLACE_LINK = "sms.customer.place_link"
"""Texts whose link lets in whoever has it: nobody reads it here, and it is not kept once it has left."""
LETS_IN = frozenset({ONE_TIME_LINK, CAR_LINK, PLACE_LINK})
TOO_LATE = "not sent in time"
_BEHIND_THE_HASH = re.compile(r"#[A-Za-z0-9]+")


def shown_text(text_key: str, text: str) -> str:
    """The text as people at the desk may read it: without the part of a link that lets in."""
    return _BEHIND_THE_HASH.sub("#…", text) if text_key in LETS_IN else text


async def hold(work: Work, message_id: int) -> Message:
    """The message, fresh, held against other writers. Raises NotFound."""
    query = select(Message).where(Message.id == message_id).with_for_update().execution_options(populate_existing=True)
    message = (await work.session.execute(query)).scalar_one_or_none()
    if message is None:
        raise NotFound(f"there is no message {message_id}", message_id=message_id)
    return message


def change(work: Work, message: Message, state: str, detail: str | None) -> None:
    """Move `message` along one arrow and tell of it. Raises WrongState where there is no such arrow."""
    if state not in NEXT_STATES[message.state]:
        raise WrongState(
            f"message {message.id} is {message.state} and cannot become {state}",
            message_id=message.id,
            before=message.state,
            after=state,
        )
    message.state = state
    message.detail = detail[:200] if detail else None
    message.updated_at = work.now
    if state not in ("queued", "sending"):
        message.text = shown_text(message.text_key, message.text)
    work.tell(events.MessageChanged(work.now, message.id, message.order_id, state))
