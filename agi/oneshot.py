"""A classic AGI script over pyst2, for when the server does not answer: note who calls, ask one question, let go.

Asterisk starts it as a process of its own for one call, so it imports the standard library and pyst2 only, and costs what a
bare Python costs. It never holds the caller longer than BUDGET_SECONDS (and a grace, for Asterisk's own timer), and its note
is on the disk before it plays anything:

    spool/<linkedid>-<random>.json    written beside, synced, renamed; rewritten with the choice
    {"linkedid", "line", "number", "name", "presentation", "at", "choice": null | {"kind", "rank", "key"}}

`kind` is "place" (key 1: the usual place), "operator" (any other key) or "none" (silence).
"""

from __future__ import annotations

import json
import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from asterisk import agi as pyst

from agi import protocol
from agi.errors import AGIAppError, AGIError, AGIHangup, AGIInvalidCommand, AGIUsageError
from agi.protocol import Reply
from agi.sounds import Sounds

UNREACHABLE = "unreachable"
BUDGET_SECONDS = 2.1
GRACE_SECONDS = 0.25
LEAST_WAIT_SECONDS = 0.1
KEYS = "0123456789*#"
HEADER_BYTES = 65536
MAX_ODD_LINES = 200
PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_")


class Script(pyst.AGI):  # type: ignore[misc]
    """pyst2's AGI over two byte streams: silent, quoted, bounded, and told apart when the caller is gone."""

    def __init__(self, stdin: IO[bytes], stdout: IO[bytes]) -> None:
        # Not calling up: that would take over SIGHUP (main thread only) and write every word to stderr.
        self.stdin = stdin
        self.stdout = stdout
        self.env: dict[str, str] = {}
        self._got_sighup = False
        self._get_agi_env()

    def _get_agi_env(self) -> None:
        block = b""
        while len(block) < HEADER_BYTES:
            data = self.stdin.readline(HEADER_BYTES)
            if data in (b"", b"\n"):
                break
            block += data
        self.env = protocol.parse_headers(block)

    def _quote(self, string: object) -> str:
        return protocol.quote(string)

    def send_command(self, command: str, *args: object) -> None:
        """Write one command line; arguments stand as they are. Raises ValueError if it is too long or not one line."""
        try:
            self.stdout.write(protocol.line(" ".join([command, *map(str, args)])))
            self.stdout.flush()
        except OSError as error:
            raise AGIHangup("Asterisk is gone") from error

    def get_result(self, stdin: object = None) -> dict[str, tuple[str, str]]:
        """The reply to the command just sent, in pyst2's shape. Raises as agi.request.Request.command does."""
        reply = self._reply()
        if reply.code == 511:
            raise AGIHangup("the channel is dead")
        if reply.code == 510:
            raise AGIInvalidCommand(reply.text)
        if reply.code == 520:
            raise AGIUsageError(reply.text)
        if self._got_sighup:
            raise AGIHangup("the caller hung up")
        if reply.failed:
            raise AGIAppError("the command failed")
        return {"result": (reply.result, reply.value or "")}

    def _reply(self) -> Reply:
        for _ in range(MAX_ODD_LINES):
            data = self._line()
            if data.startswith(b"HANGUP"):
                self._got_sighup = True
                data = data.removeprefix(b"HANGUP").lstrip()
            if data.startswith(b"520-"):
                return self._usage(data)
            try:
                reply = protocol.parse_reply(data)
            except ValueError:
                continue
            if reply.code != 100:
                return reply
        raise AGIHangup("Asterisk sent too many lines that are no reply")

    def _usage(self, first: bytes) -> Reply:
        block = [first]
        for _ in range(MAX_ODD_LINES):
            block.append(self._line())
            if block[-1].startswith(b"520 "):
                return Reply(520, text=" ".join(protocol.decode(part).strip() for part in block))
        raise AGIHangup("Asterisk sent an endless usage text")

    def _line(self) -> bytes:
        data = self.stdin.readline(HEADER_BYTES)
        if not data.endswith(b"\n"):
            raise AGIHangup("Asterisk closed the pipe")
        return data

    def get_variable(self, name: str) -> str:
        """The value of a channel variable, "" if it is not set; the word `hangup` is only a word."""
        value: str = self.execute("GET VARIABLE", self._quote(name))["result"][1]
        return value

    def stream_file(self, filename: str, escape_digits: str = "", sample_offset: int = 0) -> str:
        """Play; the key that cut it short, or ""."""
        result = self.execute("STREAM FILE", self._quote(filename), self._quote(escape_digits), sample_offset)
        return Reply(200, result["result"][0]).key


class Note:
    """What is known of one call, kept as one file."""

    def __init__(self, folder: Path, record: dict[str, Any]) -> None:
        self.record = record
        name = "".join(letter if letter in PLAIN else "_" for letter in record["linkedid"][:80])
        self._path = folder / f"{name}-{os.urandom(8).hex()}.json"

    def keep(self) -> None:
        """Put the record on the disk, whole or not at all."""
        beside = self._path.with_suffix(".new")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(self.record, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def main(spool: str, sounds: str, language: str) -> None:
    """Serve the call on standard input and output. Never raises: whatever fails, the dialplan goes on."""
    until = time.monotonic() + BUDGET_SECONDS
    try:
        script = Script(sys.stdin.buffer, sys.stdout.buffer)
        serve(script, Path(spool), Sounds(Path(sounds)), language, until)
    except (AGIError, OSError, ValueError):
        return


def serve(script: Script, spool: Path, sounds: Sounds, language: str, until: float) -> None:
    """Note the caller; if the server was not there at all (`agi_arg_1`), ask for the usual place before `until`."""
    asks = script.env.get("agi_arg_1") == UNREACHABLE
    if asks:
        script.set_autohangup(f"{until - time.monotonic() + GRACE_SECONDS:.2f}")
    note = Note(spool, who_calls(script))
    note.keep()
    if not asks:
        return
    try:
        key = _ask(script, sounds, script.env.get("agi_language") or language, until)
    except AGIError:
        key = ""
    note.record["choice"] = {"kind": "place" if key == "1" else "operator" if key else "none", "rank": 1, "key": key}
    note.keep()


def who_calls(script: Script) -> dict[str, Any]:
    """The record of this call, without a choice yet."""
    env = script.env
    return {
        "linkedid": script.get_variable("CB_LINKEDID") or env.get("agi_uniqueid", ""),
        "line": script.get_variable("CB_LINE") or env.get("agi_dnid", ""),
        "number": protocol.told(env.get("agi_callerid", "")),
        "name": protocol.told(env.get("agi_calleridname", "")),
        "presentation": protocol.presentation(script.get_variable("CB_PRESENTATION"), env.get("agi_callingpres", "")),
        "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "choice": None,
    }


def _ask(script: Script, sounds: Sounds, language: str, until: float) -> str:
    script.answer()
    sound = sounds.find(language, "same-place")
    if sound and (key := script.stream_file(sound.name, KEYS)):
        return key
    wait = max(until - time.monotonic(), LEAST_WAIT_SECONDS)
    key = script.wait_for_digit(int(wait * 1000))
    return str(key)
