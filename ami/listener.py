"""The event link: what is up on the PBX after each (re)connect, then every event in order, as desk events on the bus.

After a reconnect, after an overflow and once a minute the list of channels is read again, and what was queued before the
list is told before the snapshot, so that an end that we did hear of is never reported as a loss.

Each log-in begins with asking for Asterisk's SystemName: an event without it was made up by a caller and is dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import datetime

import structlog

from ami.backlog import Backlog
from ami.errors import ActionRefused, LinkLost, LinkSilent, LoginRefused, PbxRestarting, UnsafeAction
from ami.link import Link
from ami.message import Message
from ami.origin import has_doubled_lines, is_genuine
from ami.roster import Caller, Channel, Roster
from ami.settings import Settings
from ami.snapshot import snapshot_of, take_over
from ami.translate import ARRIVED, DIALLED, TABLE, caller_from_channel, dialled_from_channel, translate
from desk.bus import Bus
from desk.events import PartChanged
from desk.keeping.tape import Tape, silent

log = structlog.get_logger(__name__)

PART = "ami"
NAMES = frozenset(TABLE) | {"FullyBooted", "Shutdown"}
SECOND_LIST_S = 3.0
# A site's own dialplan may tell as many events of its own as it likes: they are dropped before they are read.
_OURS = tuple(f"\r\nUserEvent: {name}\r\n".encode() for name in (ARRIVED, DIALLED))
_BATCH = 100


class Listener:
    """Runs until cancelled. `roster` answers what is up; the counters are for the metrics page.

    `tape` is told of each connection ("opened", "closed"), of every byte ("heard"), of what channels answered ("variable")
    and of each list of channels that was taken over ("resynced").
    """

    def __init__(
        self, settings: Settings, secret: str, bus: Bus, clock: Callable[[], datetime], tape: Tape = silent
    ) -> None:
        self.settings = settings
        self.roster = Roster(settings)
        self.untold = 0
        self.resyncs = 0
        self.forged = 0
        self.ignored = 0
        self._secret = secret
        self._bus = bus
        self._clock = clock
        self._tape = tape
        self._backlog: Backlog | None = None
        self._link: Link | None = None
        self._booted = asyncio.Event()
        self._told: PartChanged | None = None
        self._told_code = ""
        self._since_list: list[tuple[str, Message]] | None = None
        self._system_name: str | None = None
        self._nameless_said = False
        self._forgery_said = False

    # --- counters --------------------------------------------------------------------------------------------------

    @property
    def connected(self) -> bool:
        """The link is up and the state is that of the PBX."""
        return bool(self._told and self._told.ok)

    @property
    def events_in(self) -> int:
        """Events taken off the wire because somebody wants them."""
        return self._link.events_in if self._link else 0

    @property
    def dropped(self) -> int:
        """Events thrown away because the backlog was full; each such time is followed by a resync."""
        return 0 if self._backlog is None else self._backlog.dropped

    @property
    def dropped_by(self) -> dict[str, int]:
        """The same by the event's name."""
        return {} if self._backlog is None else dict(+self._backlog.dropped_by)

    @property
    def unread(self) -> int:
        """Messages that were passed over: too long, no message at all."""
        return self._link.unread if self._link else 0

    @property
    def reconnects(self) -> int:
        """Accepted log-ins after the first."""
        return max(0, self._link.connects - 1) if self._link else 0

    @property
    def lag_s(self) -> float:
        """How long the newest handled event had waited."""
        return 0.0 if self._backlog is None else self._backlog.lag_s

    # --- life ------------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Keep the event link up and tell the bus, until cancelled."""
        self._backlog = Backlog(self.settings.queue_limit)
        self._link = Link(
            self.settings,
            self.settings.reader_user,
            self._secret,
            events=NAMES,
            on_event=self._heard,
            on_fresh=self._fresh,
            tape=self._tape,
        )
        await self._link.keep(self._serve, self._lost)

    def ask_for_resync(self) -> None:
        """Somebody behind us lost an event: have the whole state read and told again."""
        if self._backlog is not None:
            self._backlog.tear()

    def _fresh(self) -> None:
        """A new connection begins. What the last one told whole still counts, and is told before the next snapshot."""
        self._booted.clear()
        self._system_name = None
        self._tape("opened")

    def _heard(self, name: str, raw: bytes) -> None:
        if name == "FullyBooted":
            self._booted.set()
        elif name == "Shutdown" and is_genuine(Message(raw), self._system_name):
            self.link.blame(PbxRestarting("Asterisk shuts down or restarts"))
        elif name == "UserEvent" and self._signed in raw and not any(ours in raw for ours in _OURS):
            self.ignored += 1
        else:
            self.backlog.put(name, raw)  # a Shutdown that was made up as well: it is counted in its turn

    @property
    def _signed(self) -> bytes:
        """What Asterisk puts into an event of its own; what lacks it is read, and counted as forged."""
        return b"" if self._system_name is None else f"\r\nSystemName: {self._system_name}\r\n".encode()

    @property
    def backlog(self) -> Backlog:
        """Events that wait; there is one while `run()` runs."""
        assert self._backlog is not None
        return self._backlog

    @property
    def link(self) -> Link:
        """The event link; there is one while `run()` runs."""
        assert self._link is not None
        return self._link

    async def _serve(self) -> None:
        try:
            async with asyncio.timeout(self.settings.booted_timeout_s):
                await self._booted.wait()
        except TimeoutError:
            raise LinkSilent("Asterisk accepts us and does not become fully booted") from None
        await self._learn_system_name()
        await self._resync()
        self.link.settled = True
        self._tell_part(True, "")
        loop = asyncio.get_running_loop()
        # The desk leaves calls alone that began just before a list was made; a second list soon settles them.
        due = loop.time() + min(SECOND_LIST_S, self.settings.resync_every_s)
        while True:
            while self.backlog.torn or self.roster.overfull:
                await self._resync()
                due = loop.time() + self.settings.resync_every_s
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(due):  # Python 3.11's wait_for forgets a cancellation that meets an event
                    await self.backlog.filled()
            if loop.time() >= due:  # also when events never leave off
                self.backlog.tear()
            self._handle(self._share())
            await asyncio.sleep(0)

    def _lost(self, lost: LinkLost) -> None:
        self._tape("closed")
        if self.connected or self._system_name:  # the next log-in may be to an Asterisk of another name
            self._handle(len(self.backlog))
        newly_refused = isinstance(lost, LoginRefused) and self._told_code != lost.code
        if self._told is None or self._told.ok or newly_refused:
            self._told_code = lost.code
            self._tell_part(False, str(lost))

    def _tell_part(self, ok: bool, reason: str) -> None:
        self._told = PartChanged(self._clock(), PART, ok, reason)
        if ok:
            self._told_code = ""
        self._bus.tell(self._told)

    # --- events ----------------------------------------------------------------------------------------------------

    def _share(self) -> int:
        """How many events to handle before others have their turn: one read may bring more than a fixed number of them."""
        return max(_BATCH, len(self.backlog) // 2)

    def _handle(self, most: int) -> None:
        """Translate and tell up to `most` waiting events. One that cannot be understood costs only itself."""
        for _ in range(most):
            taken = self.backlog.take()
            if taken is None:
                return
            name, message = taken
            try:
                if not is_genuine(message, self._system_name):
                    self._reject(name)
                    continue
                if self._since_list is not None:
                    self._since_list.append((name, message))
                told = translate(name, message, self.roster, self._clock())
            except Exception:  # a foreign event; the link and the other events go on
                self.untold += 1
                log.exception("an ami event could not be understood", ami_event=name)
                continue
            for event in told:
                self._bus.tell(event)

    def _reject(self, name: str) -> None:
        self.forged += 1
        if not self._forgery_said:  # once a log-in: whoever forges events could fill the log as well
            self._forgery_said = True
            log.warning(
                "an ami event was made up by a caller and is dropped; further ones are only counted", ami_event=name
            )

    # --- the whole state -------------------------------------------------------------------------------------------

    async def _resync(self) -> None:
        """Read what is up, tell what had been queued before, then tell the snapshot. Raises LinkLost."""
        at = self._clock()
        self.backlog.torn = False
        self._since_list = []
        rows = [row for row in await self._list_channels() if not self._has_foreign_lines(row)]
        await self._ask({"Action": "Ping"})  # Asterisk delivers what happened before the list no later than this answer
        while len(self.backlog):
            self._handle(self._share())
            await asyncio.sleep(0)
        since, self._since_list = self._since_list, None
        take_over(self.roster, rows, since, at)
        for linkedid, channel in list(self.roster.incoming()):
            self.roster.callers[linkedid] = await self._recovered(linkedid, channel)
        for linkedid, channel in list(self.roster.elsewhere()):
            if linkedid not in self.roster.callers and await self._variable(channel.name, "CB_LINE"):
                self.roster.callers[linkedid] = await self._recovered(linkedid, channel)
        for channel in list(self.roster.placed()):
            number = await self._variable(channel.name, "CB_TO")
            self.roster.dialled[channel.uniqueid] = dialled_from_channel(channel, number)
        self.roster.overfull = False  # more channels than we remember: the next regular resync looks again
        self.resyncs += 1
        self._bus.tell(snapshot_of(self.roster, at, self._system_name))
        self._tape("resynced")

    async def _list_channels(self) -> list[Message]:
        try:
            return (await self._ask({"Action": "CoreShowChannels"}))[1:]
        except ActionRefused as refused:
            raise LoginRefused(
                f"the user {self.settings.reader_user!r} may not list channels; it needs write=reporting in manager.conf"
                f" ({refused})"
            ) from None

    def _has_foreign_lines(self, row: Message) -> bool:
        """A listed channel has no SystemName, and is asked for under an id that no caller knows; lines can be put into it."""
        foreign = self._system_name is not None and has_doubled_lines(row)
        if foreign:
            self._reject("CoreShowChannel")
        return foreign

    async def _learn_system_name(self) -> None:
        """Ask what events must carry. A PBX without a name (not ours) is believed whatever comes, and that is said once."""
        try:
            self._system_name = (await self._ask({"Action": "CoreSettings"}))[0].text("SystemName")
        except ActionRefused:
            self._system_name = None
        self._forgery_said = False
        if self._system_name is None and not self._nameless_said:
            self._nameless_said = True
            log.warning("asterisk tells no systemname: events that a caller makes up cannot be told from its own")

    async def _recovered(self, linkedid: str, channel: Channel) -> Caller:
        """A caller who was there before us: his line and presentation are asked of his channel."""
        line = await self._variable(channel.name, "CB_LINE")
        presentation = await self._variable(channel.name, "CB_PRESENTATION")
        return caller_from_channel(linkedid, channel, line, presentation)

    async def _variable(self, channel: str, name: str) -> str | None:
        try:
            answer = await self._ask({"Action": "Getvar", "Channel": channel, "Variable": name})
        except (ActionRefused, UnsafeAction):
            return None  # gone in the meantime, or of a name that cannot be asked for
        value = answer[0].text("Value")
        self._tape("variable", channel=channel, name=name, value=value)
        return value

    async def _ask(self, fields: dict[str, str]) -> list[Message]:
        try:
            answer = await self.link.ask(fields, while_heard=True)
        except TimeoutError:
            raise LinkSilent(f"Asterisk does not answer: it was asked for {fields['Action']}") from None
        if answer[0].text("Response") != "Success":
            words = answer[0].text("Message") or "no reason given"
            raise ActionRefused(f"Asterisk refuses {fields['Action']}: {words}", answer=words)
        return answer
