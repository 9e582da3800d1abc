"""The real sender in a process of its own that kills itself (SIGKILL) at one point of one text's way. Run by test_killed.py.

python doomed_sender.py DATABASE PORT POINT NTH
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from aiosmpplib import SubmitSm

from desk.bus import Bus
from desk.events import MessageChanged
from desk.message import messages
from desk.work import Desk, open_engine
from sms.providers.smpp import Smpp
from sms.sender import Sender
from sms.settings import Settings
from sms.smpp_link import Link

Function = Callable[..., Awaitable[Any]]


class Fuse:
    """Kills this process when it is reached for the n-th time."""

    def __init__(self, nth: int) -> None:
        self.left = nth

    def burn(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(self, function: Function) -> Function:
        async def fused(*args: Any) -> Any:
            self.burn()
            return await function(*args)

        return fused

    def after(self, function: Function) -> Function:
        async def fused(*args: Any) -> Any:
            result = await function(*args)
            self.burn()
            return result

        return fused


def arm(point: str, fuse: Fuse, bus: Bus, provider: Smpp) -> None:
    """Put the fuse where `point` says."""
    write = Link._write
    submit = Link.submit

    def write_and_burn(link: Link, message: Any, sequence: int) -> None:
        write(link, message, sequence)
        if isinstance(message, SubmitSm):
            fuse.burn()

    match point:
        case "before the claim":
            messages.claim_due = fuse.before(messages.claim_due)
        case "before the claim is committed":
            messages.claim_due = fuse.after(messages.claim_due)
        case "after the claim is committed":
            provider.send = fuse.before(provider.send)  # type: ignore[method-assign]
        case "after the submit is written":
            Link._write = write_and_burn  # type: ignore[method-assign]
        case "after the answer to a part":
            Link.submit = fuse.after(submit)  # type: ignore[method-assign,assignment]
        case "after the last answer":
            provider.send = fuse.after(provider.send)  # type: ignore[method-assign]
        case "before the outcome is committed":
            messages.submitted = fuse.after(messages.submitted)
        case "after the outcome is committed":
            bus.on(MessageChanged, lambda event: fuse.burn() if event.state == "sent" else None)
        case "before a receipt is committed":
            messages.receipt = fuse.after(messages.receipt)
        case _:
            raise ValueError(point)


async def main(database: str, port: int, point: str, nth: int) -> None:
    bus = Bus()
    desk = Desk(open_engine(f"sqlite+aiosqlite:///{database}"), bus)
    keys = {"host": "127.0.0.1", "port": port, "system_id": "callboard", "password": "secret", "window": 3}
    settings = Settings(provider="smpp", providers={"smpp": keys}, rate_per_s=1000)
    provider = settings.open_provider()
    assert isinstance(provider, Smpp)
    arm(point, Fuse(nth), bus, provider)
    await Sender(settings, desk, provider, bus).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
