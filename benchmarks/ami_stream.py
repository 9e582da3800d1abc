"""A PBX that has one thing to tell: a recorded call, many times over, as fast as it is read.

samples/answered-call.bin is what Asterisk 22.10.1 wrote to `callboard-reader` (manager.conf as we render it) during one call
through our dialplan: IVR, queue, two operators' legs, a desk phone that answers, hang-up. 86 events, 41 KB. Each copy gets
ids, channel names and a number of its own, and twenty calls go on at a time.

    python -m benchmarks.ami_stream CALLS WARM     prints its port, serves one client, ends
"""

from __future__ import annotations

import contextlib
import re
import socket
import sys
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from pathlib import Path

RECORDED = Path(__file__).parent / "samples" / "answered-call.bin"
SYSTEM = "cb771585d5"
AT_A_TIME = 20
DIFFERENT = 200
MARK_START, MARK_END = "BenchStart", "BenchEnd"
_UNIQUEID = re.compile(rb"(cb[0-9a-f]{8})-(\d+)\.(\d+)")
_CHANNEL = re.compile(rb"((?:PJSIP|Local)/[^\r,;]+?-)([0-9a-f]{8})(?=[;\r])")
_BRIDGE = re.compile(rb"(BridgeUniqueid: [0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-)([0-9a-f]{12})")


def recorded_events() -> list[bytes]:
    """The events of the recording, each with its closing empty line."""
    return [raw + b"\r\n\r\n" for raw in RECORDED.read_bytes().split(b"\r\n\r\n") if raw.startswith(b"Event: ")]


def calls(count: int) -> Iterator[list[bytes]]:
    """`count` different copies of the recorded call."""
    whole = b"".join(recorded_events())
    for number in range(count):
        yield [raw + b"\r\n\r\n" for raw in _copy(whole, number).split(b"\r\n\r\n") if raw]


def _copy(whole: bytes, number: int) -> bytes:
    def uniqueid(id: re.Match[bytes]) -> bytes:
        return b"%s-%d.%d" % (id[1], int(id[2]) + number, int(id[3]) + 6 * number)

    def channel(name: re.Match[bytes]) -> bytes:
        return b"%s%08x" % (name[1], int(name[2], 16) + 2 * number)

    def bridge(id: re.Match[bytes]) -> bytes:
        return b"%s%012x" % (id[1], int(id[2], 16) // 2 + number)

    text = _BRIDGE.sub(bridge, _CHANNEL.sub(channel, _UNIQUEID.sub(uniqueid, whole)))
    return text.replace(b"01055501234", b"0105%07d" % (5501234 + number))


def interleaved(count: int) -> list[bytes]:
    """The events of `count` calls, `AT_A_TIME` of them side by side; each call's own events stay in order."""
    copies = list(calls(count))
    events: list[bytes] = []
    for begin in range(0, count, AT_A_TIME):
        for together in zip_longest(*copies[begin : begin + AT_A_TIME]):
            events += [event for event in together if event is not None]
    return events


def mark(name: str) -> bytes:
    """An event that every reader is told and none of ours means anything to."""
    return f"Event: UserEvent\r\nPrivilege: user,all\r\nSystemName: {SYSTEM}\r\nUserEvent: {name}\r\n\r\n".encode()


def stream(total: int, warm: int) -> Iterator[bytes]:
    """`warm` calls, a mark, `total` calls, a mark, in large pieces."""
    yield b"".join(interleaved(warm)) + mark(MARK_START)
    block = b"".join(interleaved(min(total, DIFFERENT)))
    for _ in range(total // min(total, DIFFERENT)):
        yield block
    yield mark(MARK_END)


ANSWERS = {
    "challenge": "Challenge: 123456",
    "coresettings": f"SystemName: {SYSTEM}",
    "coreshowchannels": "EventList: start\r\nMessage: Channels will follow",
    "ping": "Ping: Pong",
}


def serve(total: int, warm: int) -> None:
    """Answer one client's actions; `BenchGo` starts the stream."""
    pieces = list(stream(total, warm))
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        server.settimeout(60)
        link, _ = server.accept()
    with link, link.makefile("rb") as lines:
        link.settimeout(120)
        link.sendall(b"Asterisk Call Manager/11.0.0\r\n")
        while action := _action(lines):
            name, number = action.get("action", "").lower(), action.get("actionid", "")
            told = f"ActionID: {number}\r\n" if number else ""
            body = ANSWERS.get(name, "Message: Done")
            link.sendall(f"Response: Success\r\n{told}{body}\r\n\r\n".encode())
            if name == "login":
                link.sendall(f"Event: FullyBooted\r\nSystemName: {SYSTEM}\r\nStatus: Fully Booted\r\n\r\n".encode())
            if name == "coreshowchannels":
                end = f"Event: CoreShowChannelsComplete\r\n{told}EventList: Complete\r\nListItems: 0\r\n\r\n"
                link.sendall(end.encode())
            if name == "benchgo":
                for piece in pieces:
                    link.sendall(piece)


def _action(lines: Iterable[bytes]) -> dict[str, str]:
    """The next action's headers by lower-case name; empty when the client has gone."""
    found: dict[str, str] = {}
    for line in lines:
        name, _, value = line.decode().strip().partition(":")
        if not name:
            break
        found[name.lower()] = value.strip()
    return found


def main() -> None:
    """Serve one client; it leaves when it has its figures."""
    with contextlib.suppress(ConnectionError):
        serve(int(sys.argv[1]), int(sys.argv[2]))


if __name__ == "__main__":
    main()
