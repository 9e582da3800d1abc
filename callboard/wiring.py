"""Who listens to what, and which parts run: the whole instance on one page."""

from __future__ import annotations

import random
from dataclasses import dataclass

from agi.server import Server as AgiServer
from agi.sounds import Sounds
from ami.actions import Actions
from ami.listener import Listener
from callboard.demo_calls import DemoCalls, no_test_calls
from callboard.figures import Figures
from callboard.housekeeping import Housekeeping
from callboard.instance import Instance
from callboard.loop_watch import LoopWatch
from callboard.phones import NoPhones, Phones
from callboard.prompts import PlaceVoice
from callboard.readings import Readings
from callboard.spooled import SpoolMerger
from callboard.stale import StaleBoxCalls
from callboard.supervisor import Part
from callboard.voice_desk import PlacesAhead, VoiceDesk
from callerid.port import Port
from desk.work import utc_now
from sms.sender import Sender
from web.keys import Outside, Phone
from web.server import Panel

NOT_YET = "it has not started yet"


@dataclass(frozen=True, slots=True)
class Wired:
    """The parts in the order in which they start; `panel.started` is set once browsers can come."""

    parts: tuple[Part, ...]
    panel: Panel


def wire(instance: Instance) -> Wired:
    """Build everything; whether there is an Asterisk, `site.asterisk` says."""
    settings, desk, bus, state = instance.settings, instance.desk, instance.desk.bus, instance.state
    window_s = settings.desk.same_call_window_s

    listener = Listener(settings.ami, instance.secrets["ami_reader"], bus, utc_now)
    readings = Readings(desk, bus, listener.ask_for_resync, window_s)
    ports = [Port(box, settings.callerid.quiet_s, bus) for box in settings.callerid.boxes]
    sender = Sender(settings.sms, desk, settings.sms.open_provider(), bus)
    loop_watch = LoopWatch()
    parts = [
        Part("loop-watch", loop_watch.run),
        Part("readings", readings.run),
        Part("sms", sender.run),
        Part("spool", SpoolMerger(desk, state.spool, window_s).run),
        Part("housekeeping", Housekeeping(desk).run),
        *(Part(port.name, port.run) for port in ports),
    ]
    if ports:
        parts.append(Part("stale-box-calls", StaleBoxCalls(desk).run))
    expected = {"sms": NOT_YET, **{port.name: NOT_YET for port in ports}}
    phone: Phone = NoPhones()
    test_call = no_test_calls

    if settings.site.asterisk != "none":
        actions = Actions(settings.ami, instance.secrets["ami_actor"], bus=bus)
        sounds = Sounds(state.sounds)
        conversations = AgiServer(
            settings.agi, instance.secrets["agi_token"], VoiceDesk(desk, window_s), bus, sounds, state.recordings
        )
        parts += [
            Part("agi", conversations.run),
            Part("ami", listener.run),
            Part("ami-actor", actions.run),
        ]
        if instance.tools is not None:
            parts.append(Part("places-ahead", PlacesAhead(desk, PlaceVoice(instance.tools, sounds)).run))
        expected |= dict.fromkeys(("agi", "ami", "ami-actor"), NOT_YET)
        phone = Phones(desk, listener.roster, actions)
        if settings.site.demo:
            calls = DemoCalls(desk, actions, settings.site.demo_call_every_s, random.Random())  # noqa: S311 -- no secret
            test_call = calls.place
            if settings.site.demo_calls:
                parts.append(Part("demo-calls", calls.run))

    figures = Figures(desk, loop_watch, readings, listener if settings.site.asterisk != "none" else None)
    panel = Panel(settings.web, desk, bus, Outside(phone, test_call, state.recordings, expected, figures))
    return Wired((Part("web", panel.run), *parts), panel)
