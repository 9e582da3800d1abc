"""What a recorded connection to Asterisk began with: its name, the channels that were up, and their variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ami.framing import Splitter
from ami.message import Message
from callboard.tape_format import Entry, Header


@dataclass(slots=True)
class Session:
    """One connection. `rows` is its first list of channels, None where none was recorded."""

    system_name: str = ""
    rows: list[Message] | None = None
    variables: dict[tuple[str, str], str] = field(default_factory=dict)


def sessions(items: Sequence[Header | Entry]) -> dict[int, Session]:
    """By the index of the entry with which a connection begins. A connection on which nothing was heard is left out.

    A recording that begins in the middle begins one with the first thing heard.
    """
    found: dict[int, Session] = {}
    begin, reading = None, _Reading()
    for index, item in enumerate(items):
        if isinstance(item, Header) or item.source != "ami":
            continue
        if item.what in ("opened", "closed"):
            begin, reading = (index if item.what == "opened" else None), _Reading()
            continue
        if item.what == "heard" and item.data:
            begin = index if begin is None else begin
            found[begin] = reading.session
            reading.feed(item.data)
        elif item.what == "variable":
            reading.session.variables[str(item.facts.get("channel")), str(item.facts.get("name"))] = str(
                item.facts.get("value") or ""
            )
    return found


class _Reading:
    def __init__(self) -> None:
        self.session = Session()
        self._splitter = Splitter()
        self._rows: list[Message] = []

    def feed(self, data: bytes) -> None:
        for message in map(Message, self._splitter.feed(data)):
            self.session.system_name = self.session.system_name or message.text("SystemName") or ""
            if self.session.rows is not None:
                continue
            if message.text("Event") == "CoreShowChannel":
                self._rows.append(message)
            elif message.text("Event") == "CoreShowChannelsComplete":
                self.session.rows = self._rows
