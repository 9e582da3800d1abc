"""The form of a text to many, as it was filled in: kept through every look, so that nothing is typed twice."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from aiohttp import web

from desk.customer.segments import Part
from desk.errors import Invalid
from desk.message.audiences import DRIVER_STATES, Pick
from desk.message.campaigns import LONGEST, Letter
from web.views.texts_view import TextsView

MOST_BOXES = 500
_PART = re.compile(r"([0-9]{1,4})/([0-9]{1,4})", re.ASCII)
_ID = re.compile(r"[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class TextForm:
    """What stands in the fields."""

    drivers: tuple[int, ...] = ()
    customers: tuple[int, ...] = ()
    states: tuple[str, ...] = ()
    segment: str = ""
    part: str = ""
    to: str = ""
    kind: str = "notice"
    text: str = ""
    send_at: str = ""
    template: str = ""
    name: str = ""
    find_driver: str = ""
    find_customer: str = ""
    do: str = ""
    key: str = ""
    seen: str = ""
    raw: dict[str, str] = field(default_factory=dict)

    @property
    def pick(self) -> Pick:
        """Who was picked. Raises Invalid for a part that is none."""
        phones = tuple(part for part in re.split(r"[,;\n]+", self.to) if part.strip())[:MOST_BOXES]
        return Pick(self.drivers, self.states, self.customers, self.segment_id, phones, part_of(self.part))

    @property
    def segment_id(self) -> int | None:
        """The segment that was chosen."""
        return int(self.segment) if _ID.fullmatch(self.segment) else None

    def letter(self, view: TextsView) -> Letter:
        """What is to be sent. Raises Invalid for a time that is none."""
        return Letter(self.pick, self.text, self.kind, view.moment(self.send_at), view.locale)

    @property
    def digest(self) -> str:
        """What was looked at is what is sent, or it is looked at again."""
        what = (
            self.drivers,
            self.customers,
            self.states,
            self.segment,
            self.part,
            self.to,
            self.kind,
            self.text,
            self.send_at,
        )
        return hashlib.sha256(repr(what).encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def with_text(self, text: str, kind: str) -> TextForm:
        """With a kept text in it."""
        return replace(self, text=text, kind=kind)


def from_query(request: web.Request) -> TextForm:
    """The empty form; `segment`, `to`, `driver` and `customer` in the address are filled in."""
    query = request.query
    return TextForm(
        drivers=_ids(query.getall("driver", [])),
        customers=_ids(query.getall("customer", [])),
        segment=query.get("segment", "")[:18],
        to=query.get("to", "")[:40],
    )


async def from_body(request: web.Request) -> TextForm:
    """The form as it was sent."""
    body = await request.post()

    def text(name: str, limit: int) -> str:
        value = body.get(name, "")
        return value[:limit] if isinstance(value, str) else ""

    def every(name: str) -> list[str]:
        return [value for value in body.getall(name, []) if isinstance(value, str)]

    return TextForm(
        drivers=_ids(every("driver")),
        customers=_ids(every("customer")),
        states=tuple(state for state in DRIVER_STATES if state in every("state")),
        segment=text("segment", 18),
        part=text("part", 9).strip(),
        to=text("to", 2_000),
        kind=text("kind", 16),
        # Line ends as browsers send them are one sign each here, so that a form is the same however it travelled.
        text=text("text", LONGEST * 2).replace("\r\n", "\n"),
        send_at=text("send_at", 32),
        template=text("template", 80),
        name=text("name", 80),
        find_driver=text("find_driver", 80),
        find_customer=text("find_customer", 80),
        do=text("do", 16),
        key=text("key", 64),
        seen=text("seen", 64),
    )


def part_of(told: str) -> Part | None:
    """ "2/3": the second of three parts; nothing: all of it. Raises Invalid."""
    if not told:
        return None
    found = _PART.fullmatch(told)
    if found is None:
        raise Invalid("a part is written 1/3", field="part")
    return Part(int(found[1]), int(found[2]))


def _ids(told: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted({int(one) for one in list(told)[:MOST_BOXES] if _ID.fullmatch(one)}))
