"""Read the configuration and say what was found: every mistake at once, and every plug-in with whether it is on."""

from __future__ import annotations

import typer

import agi.flows
import callerid.boxes
import desk.trades
import sms.providers
from callboard.commands.options import DEFAULT_STATE, ConfigOption, StateOption, settings_for, told_in_words
from callboard.state import State
from desk import plugins


def check(state: StateOption = DEFAULT_STATE, config: ConfigOption = None) -> None:
    """Check the configuration without starting anything."""
    with told_in_words():
        settings = settings_for(State(state), config)
    used = {
        "conversations": (agi.flows, set(settings.agi.flows)),
        "caller-ID boxes": (callerid.boxes, {box.model for box in settings.callerid.boxes}),
        "SMS providers": (sms.providers, {settings.sms.provider}),
        "trades": (desk.trades, set(plugins.names(desk.trades))),
    }
    typer.echo("The configuration is good.")
    for what, (package, on) in used.items():
        found = ", ".join(f"{name}{' (on)' if name in on else ''}" for name in plugins.names(package))
        typer.echo(f"  {what}: {found}")
