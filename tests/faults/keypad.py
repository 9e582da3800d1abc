"""A telephone's keys as most trunks send them: RTP telephone-events (RFC 4733), from the port that the voice comes to."""

from __future__ import annotations

import asyncio
import struct
from typing import Any

CLOCK_HZ = 8000
PACKET_S = 0.02
VOLUME = 10
EVENTS = "0123456789*#"
PAYLOAD_TYPE = 101
"""As the SDP of tests/sipp_fixture.py offers it."""


class KeyPad(asyncio.DatagramProtocol):
    """The voice end of one caller. Let SIPp announce `port` (its `voice_port`); the keys go where the voice comes from."""

    def __init__(self) -> None:
        self.port = 0
        self.packets = 0
        self._heard = asyncio.Event()
        self._far: Any = None
        self._transport: asyncio.DatagramTransport | None = None
        self._sequence = 1000
        self._timestamp = 160_000

    async def __aenter__(self) -> KeyPad:
        await asyncio.get_running_loop().create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        assert self._transport is not None
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._transport is not None
        self._transport.close()

    def connection_made(self, transport: Any) -> None:
        """The socket is there."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        """Voice from Asterisk (or its RTCP, on a port of its own, which never comes here)."""
        self._far = addr
        self.packets += 1
        self._heard.set()

    async def hears_voice(self) -> None:
        """Wait for the first packet."""
        await self._heard.wait()

    async def press(self, key: str, held_s: float = 0.16) -> None:
        """One key: a packet every 20 ms while it is held, the first with the marker, the last three times with the E bit."""
        steps = round(held_s / PACKET_S)
        for step in range(1, steps + 1):
            self._send(key, step * int(CLOCK_HZ * PACKET_S), marker=step == 1, end=False)
            await asyncio.sleep(PACKET_S)
        for _ in range(3):
            self._send(key, steps * int(CLOCK_HZ * PACKET_S), marker=False, end=True)
        self._timestamp += steps * int(CLOCK_HZ * PACKET_S) + 800

    def _send(self, key: str, duration: int, *, marker: bool, end: bool) -> None:
        assert self._transport is not None
        # RFC 3550, 5.1; RFC 4733, 2.3: the timestamp is that of the key's beginning in all its packets.
        header = struct.pack("!BBHII", 0x80, PAYLOAD_TYPE | (0x80 * marker), self._sequence, self._timestamp, 0xCB)
        event = struct.pack("!BBH", EVENTS.index(key), VOLUME | (0x80 * end), duration)
        self._sequence += 1
        self._transport.sendto(header + event, self._far)
