"""Stand-in callers of the demo: Asterisk itself calls the line, as nobody in a demo would dial in from outside.

Everything behind the arrival is the real path. Callers are mostly customers of the demo site, sometimes strangers, now and
then somebody who withholds the number.
"""

from __future__ import annotations

import asyncio
import random

import structlog
from sqlalchemy import func, select

from ami.actions import Actions
from ami.errors import AmiError, OutcomeUnknown
from desk.errors import Conflict
from desk.work import Desk
from models import Customer, CustomerPhone, Line

INCOMING = "callboard-incoming"
CALLER = "callboard-demo-caller"
SHARE_OF_STRANGERS = 0.2
SHARE_WITHHELD = 0.05
FIRST_AFTER_S = 3.0

log = structlog.get_logger(__name__)


class TestCallFailed(Conflict):
    """No test call could be placed; the sentence says why."""

    code = "test_call_failed"


class DemoCalls:
    """Places one call when asked to, and one every few seconds where the demo does so."""

    def __init__(self, desk: Desk, actions: Actions, every_s: float, chance: random.Random) -> None:
        self._desk = desk
        self._actions = actions
        self._every_s = every_s
        self._chance = chance

    async def run(self) -> None:
        """Ring every few seconds until cancelled."""
        pause_s = FIRST_AFTER_S
        while True:
            await asyncio.sleep(pause_s)
            pause_s = self._every_s * self._chance.uniform(0.6, 1.4)
            if self._actions.connected:
                try:
                    await self.place()
                except TestCallFailed as error:
                    log.warning("a demo call could not be placed", reason=str(error))

    async def place(self) -> None:
        """One call now. Raises TestCallFailed."""
        did, number, name = await self._caller()
        key = self._chance.choice("0012")
        try:
            await self._actions.originate(
                did, INCOMING, to_context=CALLER, to_exten=key, number=number or "anonymous", name=name
            )
        except OutcomeUnknown as error:
            raise TestCallFailed(
                "Asterisk did not say whether it placed the call; look at the list of calls"
            ) from error
        except AmiError as error:
            raise TestCallFailed(f"Asterisk did not place the call: {error}") from error

    async def _caller(self) -> tuple[str, str | None, str | None]:
        async with self._desk.look() as session:
            did = await session.scalar(select(Line.did).order_by(Line.id).limit(1))
            if did is None:
                raise TestCallFailed("there is no line to call; add one first")
            draw = self._chance.random()
            if draw < SHARE_WITHHELD:
                return did, None, None
            if draw < SHARE_WITHHELD + SHARE_OF_STRANGERS:
                return did, f"010{self._chance.randint(20_000_000, 99_999_999)}", None
            last = await session.scalar(select(func.max(CustomerPhone.id))) or 0
            row = (
                await session.execute(
                    select(CustomerPhone.number, Customer.name)
                    .join(Customer, Customer.id == CustomerPhone.customer_id)
                    .where(CustomerPhone.id >= self._chance.randint(1, max(last, 1)))
                    .order_by(CustomerPhone.id)
                    .limit(1)
                )
            ).one_or_none()
        return (did, row[0], row[1]) if row else (did, "01055501234", None)


async def no_test_calls() -> None:
    """Where nothing can place one."""
    raise TestCallFailed("this site does not place test calls; dial one of its numbers")
