"""No network at all: texts are shown in the panel's message list and count as delivered at once. For demos and training.

Also the template for a new provider: these are all the names that a provider needs (docs/adding-a-provider.md).
"""

from __future__ import annotations

import asyncio
import secrets

import structlog
from pydantic import BaseModel, ConfigDict

from sms.outcome import Accepted, Outcome, Outgoing, Receipt, TakeReceipt, TakeText, TellState

NAME = "console"
RETRY_S = 1.0

log = structlog.get_logger(__name__)


class Settings(BaseModel):
    """The console has nothing to set."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def open_provider(settings: Settings) -> Console:
    """A console; every one counts its texts from a random start, so that ids are unique for ever."""
    return Console()


class Console:
    """Takes every text and hands back its receipt. Nothing leaves this machine."""

    name = NAME
    window = 10

    def __init__(self) -> None:
        self._receipts: asyncio.Queue[Receipt] = asyncio.Queue()

    def ready(self) -> bool:
        return True

    async def run(self, take_receipt: TakeReceipt, tell: TellState, take_text: TakeText) -> None:
        """Deliver everything; a receipt that cannot be committed is handed over again."""
        tell(True, "texts are shown in the panel only; no network is connected")
        while True:
            receipt = await self._receipts.get()
            if not await _taken(take_receipt, receipt):
                self._receipts.put_nowait(receipt)
                await asyncio.sleep(RETRY_S)

    async def send(self, outgoing: Outgoing) -> Outcome:
        """Always accepted."""
        provider_id = f"console-{outgoing.message_id}-{secrets.token_hex(8)}"
        self._receipts.put_nowait(Receipt(provider_id, "delivered", "shown in the panel, not sent to a handset"))
        return Accepted((provider_id,))


async def _taken(take_receipt: TakeReceipt, receipt: Receipt) -> bool:
    try:
        await take_receipt(receipt)
    except Exception:
        log.exception("a receipt could not be stored; it is tried again", provider=NAME)
        return False
    return True
