"""What the command line of a start can ask for: the same for the starter and for the process that it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from callboard.commands.options import settings_for
from callboard.config import Settings
from callboard.state import State

PortOption = Annotated[int | None, typer.Option(min=1, max=65535)]
AsteriskOption = Annotated[str | None, typer.Option(help="auto, system, private or none.")]
RecordOption = Annotated[
    Path | None, typer.Option(help="Record what comes in into this file (docs/recording.md).", dir_okay=False)
]
MaskOption = Annotated[bool, typer.Option("--mask", help="Mask numbers, names and texts in the recording.")]
TradeOption = Annotated[str | None, typer.Option(help="The demo's trade: proxy, taxi, courier, repair.")]
NoCallsOption = Annotated[bool, typer.Option("--no-calls", help="No demo callers.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """One start's options; None is what was not asked for."""

    state: Path
    config: Path | None
    http_port: int | None
    sip_port: int | None
    ami_port: int | None
    agi_port: int | None
    asterisk: str | None
    no_calls: bool
    record: Path | None = None
    mask: bool = False
    trade: str | None = None

    def settings(self) -> Settings:
        """The settings, these options being stronger than the file. Raises ConfigError."""
        asked: dict[str, dict[str, Any]] = {
            "site": {
                "sip_port": self.sip_port,
                "asterisk": self.asterisk,
                "demo_trade": self.trade,
                "demo_calls": False if self.no_calls else None,
            },
            "web": {"port": self.http_port},
            "ami": {"port": self.ami_port},
            "agi": {"port": self.agi_port},
        }
        given = {
            name: {key: value for key, value in values.items() if value is not None} for name, values in asked.items()
        }
        return settings_for(State(self.state), self.config, {name: values for name, values in given.items() if values})

    def arguments(self) -> list[str]:
        """The same options as words of a command line."""
        named = {
            "--state": self.state,
            "--config": self.config.absolute() if self.config else None,
            "--http-port": self.http_port,
            "--sip-port": self.sip_port,
            "--ami-port": self.ami_port,
            "--agi-port": self.agi_port,
            "--asterisk": self.asterisk,
            "--record": self.record.absolute() if self.record else None,
        }
        given = [word for name, value in named.items() if value is not None for word in (name, str(value))]
        flags = {"--no-calls": self.no_calls, "--mask": self.mask}
        return [*given, *(word for word, on in flags.items() if on)]
