"""Recordings of the real Asterisk, replayed inside this process: splitter, roster, translation, desk, rows on real SQLite."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from ami.framing import Splitter
from ami.message import Message
from ami.roster import Roster
from ami.settings import Settings
from ami.snapshot import snapshot_of, take_over
from ami.translate import caller_from_channel, translate
from callboard.readings import apply
from callboard.replay.pbx import channel_row, learn
from callboard.replay.recording import open_recording
from callboard.tape_format import Entry
from desk.call.calls import CallAccount, settle
from desk.errors import DeskError
from desk.events import Event
from desk.work import Desk
from models import Call, Line, Office, Operator

SAMPLES = Path(__file__).parents[1] / "samples" / "ami"
SETTINGS = Settings()
STEP = timedelta(milliseconds=40)
APART = timedelta(minutes=5)
WINDOW_S = 8.0
_PHONE = re.compile(rf"Local/(\d+)@{SETTINGS.operator_context}-")
FARTHEST = 4
"""How many places an event may stray. Asterisk publishes the events of one channel in order; those of two channels may cross."""

_AS_IN_THE_PRODUCT = {
    b"1588000103": b"15880001",
    b"1588000199": b"15880001",
    b": test-features\r": b": callboard-queue\r",
}
"""The scenes' queues and the room where their callers wait have names of their own."""
_BY_START_AND_TIME = re.compile(rb"\bcb[0-9a-f]{8}-\d{10}\.(\d+)")
"""What the product's Asterisk calls its channels; the small one of the other scenes lets the caller choose."""


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a recording, or (rows) what was up at that point, or (a new connection) neither."""

    raw: bytes = b""
    rows: tuple[bytes, ...] | None = None
    fresh: bool = False

    @property
    def message(self) -> Message:
        return Message(self.raw)


@dataclass(frozen=True, slots=True)
class End:
    """How a call ended."""

    number: str | None
    presentation: str
    state: str
    disposition: str | None
    extension: str | None


def recorded(scene: str) -> list[Told]:
    """The recording, with the real pictures where they were taken."""
    file = next(SAMPLES.glob(f"{scene}.*"))
    splitter, rows, told = Splitter(), list[bytes](), list[Told]()
    for entry in open_recording(file):
        if not isinstance(entry, Entry):
            continue
        if entry.what == "opened":
            splitter = Splitter()
            told.append(Told(fresh=True))
        for raw in splitter.feed(_as_in_the_product(_BY_START_AND_TIME.sub(rb"%s-\1" % scene.encode(), entry.data))):
            message = Message(raw)
            if message.text("ActionID") is None:
                if raw.startswith(b"Event: "):
                    told.append(Told(raw))
            elif message.text("Event") == "CoreShowChannel":
                rows.append(raw)
            elif message.text("Event") == "CoreShowChannelsComplete":
                told.append(Told(rows=tuple(rows)))
                rows = []
    return told


def scenes() -> list[str]:
    """All recordings."""
    return sorted(file.stem for file in SAMPLES.iterdir())


def _as_in_the_product(data: bytes) -> bytes:
    for theirs, ours in _AS_IN_THE_PRODUCT.items():
        data = data.replace(theirs, ours)
    return data


def pictures(told: Sequence[Told]) -> list[Told]:
    """What is up on the PBX before the first of these, and after each."""
    roster, found = Roster(SETTINGS), [Told(rows=())]
    for one in told:
        if one.fresh:
            roster = Roster(SETTINGS)
        elif one.rows is None:
            learn(roster, one.message)
        found.append(Told(rows=tuple(channel_row(channel) for channel in roster.channels.values())))
    return found


def somebody_talks(picture: Told, linkedid: str) -> bool:
    """Whether this caller is connected with a phone of ours."""
    roster = Roster(SETTINGS)
    roster.rebuild(map(Message, picture.rows or ()))
    return bool(roster.connected_legs(linkedid))


def told_to_have(stream: Iterable[Told], linkedid: str) -> list[str]:
    """The phones of which one single event, or one picture, says by itself that they have this caller; in order."""
    found: list[str] = []
    for one in stream:
        if one.rows is not None:
            roster = Roster(SETTINGS)
            roster.rebuild(map(Message, one.rows))
            found += sorted(roster.connected_legs(linkedid))
        elif one.raw:
            message = one.message
            taken = message.text("Event") == "AgentConnect" or message.text("DialStatus") == "ANSWER"
            phone = _PHONE.match(message.text("DestChannel") or "")
            if taken and phone and _half_of(message.text("Uniqueid")) == linkedid:
                found.append(phone[1])
    return found


def _half_of(uniqueid: str | None) -> str:
    return (uniqueid or "").removesuffix(";2")


def is_heard_to_go(stream: Iterable[Told], linkedid: str) -> bool:
    """Whether the end of the caller's own channel is told."""
    return any(
        one.message.text("Event") == "Hangup" and one.message.text("Uniqueid") == linkedid for one in stream if one.raw
    )


def lines_of(told: Iterable[Told]) -> dict[str, str]:
    """Callers by Linkedid, with what their channels' CB_PRESENTATION says."""
    found = {}
    for one in told:
        message = one.message
        if message.text("UserEvent") == "CallboardArrived":
            found[message.text("Linkedid") or ""] = message.text("Presentation") or "allowed"
    return found or ({"untold-1": "allowed"} if any(b"untold-1" in one.raw for one in told) else {})


# --- what happens to a stream -------------------------------------------------------------------------------------------


def shuffled(told: Sequence[Told], chance: random.Random) -> list[Told]:
    """Events stray by up to FARTHEST places, those of one channel (and pictures) stay in order."""
    keyed = [(index + chance.uniform(0, FARTHEST), index, one) for index, one in enumerate(told)]
    latest: dict[str, float] = {}
    placed = []
    for key, index, one in keyed:
        channels = _channels(one)
        if channels is None:  # what is up, or a new connection: nothing crosses it
            key = max([index, *latest.values()])
            latest = {"": key}
        else:
            key = max([key, latest.get("", 0.0), *(latest.get(channel, 0.0) for channel in channels)])
            latest |= dict.fromkeys(channels, key)
        placed.append((key, index, one))
    return [one for _, _, one in sorted(placed, key=lambda item: item[:2])]


def _channels(one: Told) -> set[str] | None:
    if not one.raw:
        return None
    message = one.message
    return {value for key in ("Uniqueid", "DestUniqueid") if (value := message.text(key))}


def doubled(told: Sequence[Told], chance: random.Random) -> list[Told]:
    """About every third event comes twice."""
    return [copy for one in told for copy in ([one, one] if one.raw and chance.random() < 0.3 else [one])]


def thinned(told: Sequence[Told], up: Sequence[Told], chance: random.Random, lost: float = 0.15) -> list[Told]:
    """About every seventh event never comes; every few events the PBX is asked what is up, and once more at the end."""
    kept: list[Told] = []
    for index, one in enumerate(told):
        if not one.raw or chance.random() >= lost:
            kept.append(one)
        if one.raw and chance.random() < 0.25:
            kept.append(up[index + 1])
    return kept


# --- the rig ------------------------------------------------------------------------------------------------------------


class Rig:
    """A desk on one database; each replay is a night of its own, with Linkedids of its own."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.replays = 0
        self._now = datetime(2026, 11, 22, tzinfo=UTC)

    async def build(self) -> Rig:
        """One line, and three people with phones."""
        async with self.desk.work() as work:
            office = Office(
                name="firm", country="KR", currency="KRW", timezone="Asia/Seoul", trade="proxy", sms_sender="15880001"
            )
            work.session.add(office)
            await work.session.flush()
            work.session.add(Line(office_id=office.id, did="15880001", name="main", language="ko", flow="welcome"))
            for extension in ("1001", "1002", "1003"):
                work.session.add(
                    Operator(
                        office_id=office.id, login=extension, name=extension, role="operator", extension=extension,
                        locale="ko",
                    )
                )  # fmt: skip
        return self

    async def replay(
        self, scene: str, told: Sequence[Told], callers: dict[str, str], *, and_after: bool
    ) -> dict[str, End]:
        """What the calls of this stream have become, by Linkedid; `and_after`: also after one more look a minute later."""
        self.replays += 1
        name = f"{scene}.{self.replays}".encode()
        old, new = scene.encode() + b"-", name + b"-"
        callers = {_renamed(linkedid, old, new): presentation for linkedid, presentation in callers.items()}
        roster, at = Roster(SETTINGS), self._now
        for one in told:
            at += STEP
            if one.fresh:
                continue
            if one.rows is not None:
                await self._resync(roster, [row.replace(old, new) for row in one.rows], callers, at)
            else:
                message = Message(one.raw.replace(old, new))
                for event in translate(message.text("Event") or "", message, roster, at):
                    await self._do(event)
        if and_after:
            await self._resync(roster, [], callers, at + timedelta(minutes=1))
        self._now = at + APART
        return await self._ends(name.decode(), scene)

    async def account(self, linkedid: str, extension: str | None) -> End:
        """What the newest replay's call is once Asterisk's own account of it has been read; who is None was not answered."""
        scene, _, number = linkedid.rpartition("-")
        name = f"{scene}.{self.replays}"
        async with self.desk.work() as work:
            row = (await work.session.scalars(select(Call).where(Call.linkedid == f"{name}-{number}"))).one()
            assert row.ended_at is not None
            await settle(
                work,
                CallAccount(
                    linkedid=f"{name}-{number}",
                    line="15880001",
                    number=row.number,
                    name=None,
                    presentation=row.presentation,
                    started_at=row.arrived_at,
                    ended_at=row.ended_at,
                    extension=extension,
                    answered_at=row.arrived_at + STEP if extension else None,
                ),
            )
        return (await self._ends(name, scene))[linkedid]

    async def _resync(self, roster: Roster, rows: Iterable[bytes], callers: dict[str, str], at: datetime) -> None:
        take_over(roster, map(Message, rows), (), at)
        marked = () if any(linkedid.startswith("untold") for linkedid in callers) else roster.elsewhere()
        for linkedid, channel in [*roster.incoming(), *marked]:
            if linkedid in callers and linkedid not in roster.callers:
                caller = caller_from_channel(linkedid, channel, "15880001", callers[linkedid])
                roster.callers[linkedid] = caller
        await self._do(snapshot_of(roster, at))

    async def _do(self, event: Event) -> None:
        try:
            async with self.desk.work() as work:
                work.now = event.at
                await apply(work, event, WINDOW_S)
        except DeskError as refused:
            raise AssertionError(f"{event} was refused: {refused}") from refused

    async def _ends(self, name: str, scene: str) -> dict[str, End]:
        async with self.desk.look() as session:
            rows = await session.execute(
                select(Call, Operator.extension)
                .outerjoin(Operator, Operator.id == Call.operator_id)
                .where(Call.linkedid.startswith(f"{name}-", autoescape=True))
            )
            return {
                (call.linkedid or "").replace(name, scene): End(
                    call.number, call.presentation, call.state, call.disposition, extension
                )
                for call, extension in rows
            }


def _renamed(linkedid: str, old: bytes, new: bytes) -> str:
    return linkedid.replace(old.decode(), new.decode())


def untouched(end: End) -> End:
    """The same call, of which nobody saw that it had been answered."""
    return replace(end, disposition="abandoned" if end.disposition == "answered" else end.disposition, extension=None)


def unseen(end: End) -> End:
    """The same call, whose end nobody heard."""
    return replace(end, disposition="lost")
