"""Starts the recording of an instance: what the file says of the site, what is kept out of it, and our own ids beside it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import select

import callerid.boxes
from callboard.instance import Instance
from callboard.masking import Masker
from callboard.scrubbing import Scrubber
from callboard.state import read_private
from callboard.supervisor import Part
from callboard.tape import PART, FileTape
from callboard.tape_format import BadRecording, Header
from desk import plugins
from desk.events import CallArrived, CallPlaced, OrderAssigned
from desk.work import Desk, utc_now
from models import Call, Line, Office

WAITING_LIMIT = 1000
SECRET_WORDS = ("token", "password", "secret")


async def start_tape(instance: Instance, file: Path, *, mask: bool) -> FileTape:
    """Begin (or go on with) a recording in `file`. Raises BadRecording where it cannot be written."""
    async with instance.desk.look() as session:
        lines = tuple((await session.scalars(select(Line.did).order_by(Line.id))).all())
        country = await session.scalar(select(Office.country).order_by(Office.id).limit(1)) or "KR"
    boxes = instance.settings.callerid.boxes
    header = Header(
        started_at=utc_now(),
        masked=mask,
        lines=lines,
        boxes=tuple(box.model_dump(mode="json", include={"name", "model", "lines", "charset"}) for box in boxes),
    )
    maskers = {f"box:{box.name}": getattr(plugins.load(callerid.boxes, box.model), "masker", None) for box in boxes}
    scrub = Scrubber(_secrets(instance), Masker(lines, country) if mask else None, maskers)
    try:
        tape = FileTape(file, header, scrub)
    except OSError as error:
        raise BadRecording(f"{file} cannot be written: {error.strerror}") from error
    return tape


def tape_parts(tape: FileTape, desk: Desk) -> tuple[Part, ...]:
    """What runs beside a recording: how it is, for /healthz, and our own ids, for the file."""
    return (Part(PART, lambda: tape.run(desk.bus)), Part("recording-ids", OurIds(desk, tape).run))


def _secrets(instance: Instance) -> set[str]:
    """Every secret that this instance knows, wherever it may turn up."""
    settings = instance.settings.sms.providers
    return {
        *instance.secrets.values(),
        *_secret_values(read_private(instance.state.folder / "secrets.json"), every=True),
        *_secret_values(read_private(instance.state.logins)),
        *_secret_values(settings),
    }


def _secret_values(content: Any, *, every: bool = False) -> set[str]:
    match content:
        case dict():
            found: set[str] = set()
            for key, value in content.items():
                found |= _secret_values(value, every=every or any(word in str(key) for word in SECRET_WORDS))
            return found
        case list():
            return {secret for value in content for secret in _secret_values(value, every=every)}
        case str() if every:
            return {content}
    return set()


class OurIds:
    """Requests name calls and texts by our ids: notes on the tape which they are."""

    def __init__(self, desk: Desk, tape: FileTape) -> None:
        self._desk = desk
        self._note = tape.source("desk")
        self._arrived: asyncio.Queue[int] = asyncio.Queue(WAITING_LIMIT)
        desk.bus.on(CallArrived, self._take)
        desk.bus.on(CallPlaced, self._take)
        desk.bus.on(OrderAssigned, self._assigned)

    def _take(self, event: CallArrived | CallPlaced) -> None:
        if not self._arrived.full():
            self._arrived.put_nowait(event.call_id)

    def _assigned(self, event: OrderAssigned) -> None:
        self._note("assigned", order=event.order_id, messages=list(event.message_ids))

    async def run(self) -> None:
        """Note calls until cancelled."""
        while True:
            call_id = await self._arrived.get()
            async with self._desk.look() as session:
                call = await session.get(Call, call_id)
            if call is not None:
                self._note("call", id=call.id, linkedid=call.linkedid)
