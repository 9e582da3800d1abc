"""An ear at a site's Asterisk: a manager session of the test's own that hears what callboard's two users may not (class agi).

It tells at which step of the conversation each caller is, and when he stood in the operators' queue, by Asterisk's own clock.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from tests.dialplan.ami_wire import Message, Wire
from tests.path.running import RunningSite
from tests.path.test_always_through import console

USER = "bench-ear"


@dataclass(frozen=True)
class Step:
    """One command of a conversation: `name` is the verb, or the prompt that is played. Times are Unix seconds."""

    number: str
    name: str
    began: float
    ended: float | None


class Ear:
    """Everything that Asterisk has told since the ear was put on."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def arrived(self) -> dict[str, Message]:
        """The arrival of each caller by his number as dialled, the newest."""
        return {
            told["Number"]: told
            for told in self._wire.seen
            if told.get("UserEvent") == "CallboardArrived" and "Number" in told
        }

    def queued(self, numbers: Iterable[str]) -> dict[str, float]:
        """When each of these callers, in his newest call, stood in the queue; those who do not yet are left out."""
        joined = {told["Uniqueid"]: at(told) for told in self._of("QueueCallerJoin")}
        return {number: joined[uid] for number, uid in self._ids(numbers).items() if uid in joined}

    def gone(self, numbers: Iterable[str]) -> set[str]:
        """Those of them whose newest call is over."""
        over = {told["Uniqueid"] for told in self._of("Hangup")}
        return {number for number, uid in self._ids(numbers).items() if uid in over}

    def steps(self, number: str) -> list[Step]:
        """The conversation of this caller's newest call with the FastAGI server, in order."""
        uid = self._ids([number]).get(number)
        began = {told["CommandId"]: told for told in self._of("AGIExecStart") if told.get("Uniqueid") == uid}
        ended = {told["CommandId"]: at(told) for told in self._of("AGIExecEnd") if told.get("Uniqueid") == uid}
        return [Step(number, step_name(told["Command"]), at(told), ended.get(key)) for key, told in began.items()]

    def step_now(self, number: str) -> str | None:
        """What he hears or is asked right now."""
        steps = self.steps(number)
        return steps[-1].name if steps and steps[-1].ended is None else None

    async def until(self, true: Callable[[], object], limit_s: float = 60.0, what: str = "it") -> None:
        """Wait until `true()`, looking again now and then: hundreds of calls are tens of thousands of messages."""
        try:
            async with asyncio.timeout(limit_s):
                while not true():
                    await asyncio.sleep(0.2)
        except TimeoutError:
            raise AssertionError(f"{what} was not heard of within {limit_s} s") from None

    def _ids(self, numbers: Iterable[str]) -> dict[str, str]:
        arrived = self.arrived()
        return {number: arrived[number]["Uniqueid"] for number in numbers if number in arrived}

    def _of(self, event: str) -> list[Message]:
        return [told for told in self._wire.seen if told.get("Event") == event]


def at(told: Message) -> float:
    """When Asterisk told it."""
    return float(told["Timestamp"])


def step_name(command: str) -> str:
    """`STREAM FILE ".../callboard/welcome" ""` is "welcome"; any other command is its verb."""
    verb, _, rest = command.partition(' "')
    if verb != "STREAM FILE":
        return verb.strip()
    return PurePosixPath(rest.partition('"')[0]).name


@asynccontextmanager
async def ear(site: RunningSite) -> AsyncIterator[Ear]:
    """Put one on. The user is added to the running Asterisk only; the site's own settings stay as they are."""
    secret = secrets.token_urlsafe(24)
    file = site.state / "asterisk" / "etc" / "manager.conf"
    words = file.read_text().partition(f"\n[{USER}]")[0]
    file.write_text(
        f"{words}\n[{USER}]\nsecret = {secret}\nread = call,agent,user,agi\nwrite =\nwritetimeout = 20000\n"
    )
    await console(site, "manager reload")
    reader, writer = await asyncio.open_connection("127.0.0.1", site.ami)
    wire = Wire(reader, writer)
    reading = asyncio.create_task(wire.read())
    try:
        answer = await wire.act("Login", Username=USER, Secret=secret)
        assert answer["Response"] == "Success", answer
        yield Ear(wire)
    finally:
        writer.close()
        await reading
