"""Plays Asterisk on a TCP port: takes log-ins, answers both links from the recorded state, tells recorded events.

What it says is up is what the recording has said so far: recorded lists of channels, and every event that was told since.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from datetime import UTC, datetime

from ami.framing import Splitter
from ami.message import Message
from ami.roster import Channel, Roster
from ami.settings import Settings
from ami.translate import TABLE, translate

Fields = dict[str, str]

_BANNER = b"Asterisk Call Manager/11.0.0\r\n"
_BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
_NO_TIME = datetime(2000, 1, 1, tzinfo=UTC)


class PlayedPbx:
    """Listens once `open()` was called. `sent` counts the bytes to the event link."""

    def __init__(self, settings: Settings) -> None:
        self.port = 0
        self.sent = 0
        self.system_name = ""
        self.asked: list[Fields] = []
        self.roster = Roster(settings)
        self.variables: dict[tuple[str, str], str] = {}
        self._settings = settings
        self._server: asyncio.Server | None = None
        self._reader: asyncio.StreamWriter | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def open(self) -> None:
        """Take connections, on the same port each time."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, self._settings.host, self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    def cut(self) -> None:
        """Close the door and every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in tuple(self._writers):
            writer.transport.abort()
        self._reader = None

    @property
    def has_reader(self) -> bool:
        """Whether the event link is logged in."""
        return self._reader is not None

    def tell(self, raw: bytes) -> None:
        """Send one recorded event, and know of it."""
        learn(self.roster, Message(raw))
        if self._reader is not None:
            self._write(self._reader, raw + b"\r\n\r\n")

    def list_is(self, rows: Iterable[Message]) -> None:
        """A recorded list of channels: this is what is up."""
        self.roster.rebuild(rows)

    # --- connections -----------------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        splitter = Splitter()
        try:
            is_reader = False
            writer.write(_BANNER)
            while data := await reader.read(65536):
                for raw in splitter.feed(data):
                    fields = {key: value if isinstance(value, str) else value[0] for key, value in Message(raw).items()}
                    is_reader = is_reader or fields.get("username") == self._settings.reader_user
                    self._answer(writer, fields, is_reader=is_reader)
        except ConnectionError:
            pass
        finally:
            self._writers.discard(writer)
            if self._reader is writer:
                self._reader = None
            with contextlib.suppress(Exception):
                writer.close()

    def _answer(self, writer: asyncio.StreamWriter, fields: Fields, *, is_reader: bool) -> None:
        match fields.get("action"):
            case "Challenge":
                writer.write(_response(fields, "Challenge: 0"))
                return
            case "Login":
                writer.write(_response(fields, "Message: Authentication accepted") + (_BOOTED if is_reader else b""))
                if is_reader:
                    self._reader = writer
                return
            case "CoreSettings":
                answer = _response(fields, f"SystemName: {self.system_name}")
            case "CoreShowChannels":
                answer = self._list(fields)
            case "Getvar":
                answer = _response(fields, f"Variable: {fields.get('variable', '')}", f"Value: {self._value(fields)}")
            case "Ping":
                answer = _response(fields, "Ping: Pong")
            case "QueueStatus":
                answer = _response(fields, "Message: Queue status will follow")
            case _:
                self.asked.append(fields)
                answer = _response(fields, "Message: played")
        self._write(writer, answer)

    def _write(self, writer: asyncio.StreamWriter, data: bytes) -> None:
        if writer is self._reader:
            self.sent += len(data)
        writer.write(data)

    def _list(self, fields: Fields) -> bytes:
        rows = [channel_row(channel, fields.get("actionid", "")) for channel in self.roster.channels.values()]
        start = _response(fields, "EventList: start", "Message: Channels will follow")
        end = ("Event: CoreShowChannelsComplete", f"ActionID: {fields.get('actionid', '')}", "EventList: Complete")
        return start + b"".join(rows) + _message(*end, f"ListItems: {len(rows)}")

    def _value(self, fields: Fields) -> str:
        """A channel's variable as it was recorded, else as the caller's arrival told it."""
        channel, name = fields.get("channel", ""), fields.get("variable", "")
        if (channel, name) in self.variables:
            return self.variables[channel, name]
        for caller in self.roster.callers.values():
            if channel == self.roster.caller_channel(caller.linkedid):
                return {"CB_LINE": caller.line, "CB_PRESENTATION": caller.presentation}.get(name, "")
        return ""


def learn(roster: Roster, message: Message) -> None:
    """What is up after this event; Asterisk's own list knows also what only events tell that callboard does not read."""
    name = message.text("Event") or ""
    if name in TABLE:
        translate(name, message, roster, _NO_TIME)
    elif message.text("Uniqueid") in roster.channels:
        roster.see(message)


def channel_row(channel: Channel, action_id: str = "") -> bytes:
    """A channel as a list of channels tells of it."""
    return _message(
        "Event: CoreShowChannel",
        f"ActionID: {action_id}",
        f"Channel: {channel.name}",
        f"ChannelState: {channel.state}",
        f"CallerIDNum: {channel.number or '<unknown>'}",
        f"CallerIDName: {_escaped(channel.caller_name) or '<unknown>'}",
        f"Context: {channel.context}",
        f"Exten: {channel.exten}",
        f"Uniqueid: {channel.uniqueid}",
        f"Linkedid: {channel.linkedid}",
        f"BridgeId: {channel.bridge or ''}",
    )


def _escaped(name: str | None) -> str:
    """As Asterisk writes names (ast_escape_c); a line break in one stays inside its line."""
    text = (name or "").replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")
    return text.replace('"', '\\"').replace("'", "\\'")


def _response(fields: Fields, *lines: str) -> bytes:
    return _message("Response: Success", f"ActionID: {fields.get('actionid', '')}", *lines)


def _message(*lines: str) -> bytes:
    return "\r\n".join((*lines, "", "")).encode("utf-8", "replace")
