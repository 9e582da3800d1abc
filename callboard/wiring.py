"""Who listens to what, and which parts run: the whole instance on one page."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from agi.server import Server as AgiServer
from agi.sounds import Sounds
from ami.actions import Actions
from ami.listener import Listener
from callboard.checkpoints import Checkpoints
from callboard.database_watch import DatabaseWatch
from callboard.demo_calls import DemoCalls, no_test_calls
from callboard.demo_drivers import DemoDrivers
from callboard.disk_watch import DiskWatch
from callboard.figures import Figures
from callboard.housekeeping import Housekeeping
from callboard.imports import Imports
from callboard.instance import LOCALES, Instance
from callboard.live_callers import LiveCallers
from callboard.loop_watch import LoopWatch
from callboard.order_timers import OrderTimers
from callboard.pauses import Pauses
from callboard.phones import NoPhones, Phones
from callboard.prompts import PlaceVoice, own_names
from callboard.query_plans import QueryPlans
from callboard.readings import Readings
from callboard.replies import Replies
from callboard.searches import Searches
from callboard.segment_rules import SegmentRules
from callboard.spooled import SpoolMerger
from callboard.stale import StaleBoxCalls
from callboard.supervisor import Part
from callboard.table_reader import TableReader
from callboard.unheard import Unheard
from callboard.unstored import Unstored
from callboard.voice_desk import PlacesAhead, VoiceDesk
from callboard.witness import Witness
from callerid.port import Port
from desk.customer import task_runs
from desk.keeping.tape import Tape, silent
from desk.message import standing_runs
from desk.work import utc_now
from geocoders.asking import Geocoders
from sms.outcome import Provider
from sms.sender import Sender
from web.keys import Outside, Phone
from web.server import Panel

NOT_YET = "it has not started yet"


class Recorder(Protocol):
    """Where the parts tell what comes in to them."""

    def source(self, name: str) -> Tape:
        """The tape for what comes from there: ami, agi, web, sms, desk, box:<name>."""
        ...


class Unrecorded:
    """Nobody records."""

    def source(self, name: str) -> Tape:
        """See Recorder."""
        return silent


@dataclass(frozen=True, slots=True)
class World:
    """What the parts take from around them; a replay brings its own.

    `provider`: None opens the one that is configured. `checks_callers`: whether a conversation's call must be on the PBX; a
    recording does not say which of the two links was heard first.
    """

    clock: Callable[[], datetime] = utc_now
    recorder: Recorder = field(default_factory=Unrecorded)
    provider: Provider | None = None
    sounds: Sounds | None = None
    checks_callers: bool = True


@dataclass(frozen=True, slots=True)
class Wired:
    """The parts in the order in which they start; `panel.started` is set once browsers can come."""

    parts: tuple[Part, ...]
    panel: Panel
    readings: Readings
    listener: Listener
    ports: tuple[Port, ...]
    conversations: AgiServer | None = None


def wire(instance: Instance, world: World | None = None) -> Wired:
    """Build everything; whether there is an Asterisk, `site.asterisk` says."""
    world = world or World()
    tape = world.recorder.source
    settings, desk, bus, state = instance.settings, instance.desk, instance.desk.bus, instance.state
    window_s = settings.desk.same_call_window_s

    listener = Listener(settings.ami, instance.secrets["ami_reader"], bus, world.clock, tape("ami"))
    database = DatabaseWatch(desk, bus)
    readings = Readings(desk, bus, listener.ask_for_resync, window_s, Unstored(state.unstored), database)
    ports = tuple(
        Port(box, settings.callerid.quiet_s, bus, world.clock, tape(f"box:{box.name}"))
        for box in settings.callerid.boxes
    )
    sender = Sender(settings.sms, desk, world.provider or settings.sms.open_provider(), bus, tape("sms"))
    loop_watch = LoopWatch()
    parts = [
        Part("loop-watch", loop_watch.run),
        Part("database", database.run),
        Part("disk", DiskWatch(_folders(instance), bus).run),
        Part("readings", readings.run),
        Part("sms", sender.run),
        Part("spool", SpoolMerger(desk, state.spool, window_s).run),
        Part("searches", Searches(desk, bus).run),
        Part("replies", Replies(desk, bus).run),
        Part("order-timers", OrderTimers(desk, bus).run),
        Part("unheard", Unheard(desk, bus).run),
        Part("imports", Imports(desk, bus).run),
        Part("standing-sends", SegmentRules(desk, standing_runs).run),
        Part("task-rules", SegmentRules(desk, task_runs).run),
        Part("housekeeping", Housekeeping(desk, state.files, state.recordings, settings.desk).run),
        Part("checkpoints", Checkpoints(desk.engine.url).run),
        Part("query-plans", QueryPlans(desk.engine.url).run),
        *(Part(port.name, port.run) for port in ports),
    ]
    if ports:
        parts.append(Part("stale-box-calls", StaleBoxCalls(desk).run))
    expected = {"database": NOT_YET, "sms": NOT_YET, **{port.name: NOT_YET for port in ports}}
    phone: Phone = NoPhones()
    test_call = no_test_calls
    conversations = None

    if settings.site.asterisk != "none":
        actions = Actions(settings.ami, instance.secrets["ami_actor"], bus=bus)
        account = settings.site.cdr_file or state.cdr
        witness = Witness(desk, account, state.cdr_position, window_s, lambda: readings.put_by > 0)
        sounds = world.sounds or Sounds(state.sounds)
        ahead = PlacesAhead(PlaceVoice(instance.tools, sounds)) if instance.tools is not None else None
        voice = VoiceDesk(desk, window_s, ahead)
        conversations = AgiServer(
            settings.agi,
            instance.secrets["agi_token"],
            LiveCallers(voice, listener) if world.checks_callers else voice,
            bus,
            sounds,
            state.recordings,
            world.clock,
            tape("agi"),
        )
        parts += [
            Part("agi", conversations.run),
            Part("ami", listener.run),
            Part("ami-actor", actions.run),
            Part("pauses", Pauses(desk, bus, actions).run),
            Part("witness", witness.run),
        ]
        if ahead is not None:
            parts.append(Part("places-ahead", ahead.run))
        expected |= dict.fromkeys(("agi", "ami", "ami-actor"), NOT_YET)
        way_out = settings.dialplan.way_out or settings.site.demo
        phone = Phones(desk, listener.roster, actions, way_out=way_out)
        if settings.site.demo:
            calls = DemoCalls(desk, actions, settings.site.demo_call_every_s, random.Random())  # noqa: S311 -- no secret
            test_call = calls.place
            if settings.site.demo_calls:
                parts.append(Part("demo-calls", calls.run))

    if settings.site.demo:
        parts.append(Part("demo-drivers", DemoDrivers(desk).run))
    figures = Figures(desk, loop_watch, readings, listener if settings.site.asterisk != "none" else None)
    reader = TableReader()
    outside = Outside(
        phone,
        test_call,
        state.recordings,
        expected,
        figures,
        instance.secrets["second_factor"],
        tape("web"),
        reader.read,
        Geocoders(settings.geocoders),
        lambda: own_names(LOCALES, state.folder / "sounds-own"),
    )
    panel = Panel(settings.web, desk, bus, outside)
    return Wired((Part("web", panel.run), *parts), panel, readings, listener, ports, conversations)


def _folders(instance: Instance) -> dict[str, Path]:
    """What must not run full, by name; a database on a server is that server's own business."""
    url, state = instance.desk.engine.url, instance.state
    folders = {"log": state.log, "recordings": state.recordings}
    if url.get_backend_name() == "sqlite" and url.database:
        return {"database": Path(url.database).absolute().parent, **folders}
    return folders
