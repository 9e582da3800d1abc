"""Reads Asterisk's own account of its calls (CDR) and has the rows agree with it: also those of calls that came and went
while nobody of ours was there.

A record is used a moment after it was written, and not while readings wait for the database: the events of the same call,
which know more, come first. Reading a record again does no harm.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

import structlog

from ami.message import uri_decoded
from callboard.following import FollowedFile
from desk.call import calls
from desk.call.calls import CallAccount
from desk.database_errors import Busy, in_words, is_away
from desk.errors import DeskError
from desk.work import Desk
from dialplan import cdr

LOOK_EVERY_S = 1.0
HOLD_S = 2.0
CHUNK = 512 * 1024
AT_A_TIME = 200

log = structlog.get_logger(__name__)


def accounts_of(records: Sequence[cdr.Record]) -> list[CallAccount]:
    """One account for each call whose caller's own channel is among these legs. Pure."""
    taken = {
        (leg.linkedid, leg.extension): leg.answered_at
        for leg in records
        if leg.line is None and leg.answered and leg.answered_at is not None
    }
    return calls.merged(_account(leg, leg.line, taken.get) for leg in records if leg.line is not None)


def _account(leg: cdr.Record, line: str, taken: Callable[[tuple[str, str | None]], datetime | None]) -> CallAccount:
    answered = leg.answered and leg.extension is not None
    at = taken((leg.linkedid, leg.extension)) or leg.answered_at or leg.started_at
    return CallAccount(
        linkedid=leg.linkedid,
        line=line,
        number=leg.number,
        name=uri_decoded(leg.name) if leg.name else None,
        presentation=leg.presentation,
        started_at=leg.started_at,
        ended_at=leg.ended_at,
        extension=leg.extension if answered else None,
        answered_at=at if answered else None,
    )


class Witness:
    """Reads at the start and then every few seconds. `settled` counts rows that were put right, `unread` senseless records.

    `waits` says whether readings of the same calls still wait to be stored.
    """

    def __init__(self, desk: Desk, file: Path, memory: Path, window_s: float, waits: Callable[[], bool]) -> None:
        self._desk = desk
        self._file = FollowedFile(file, memory, CHUNK)
        self._window_s = window_s
        self._waits = waits
        self._carried: list[CallAccount] = []
        self.settled = 0
        self.unread = 0

    async def run(self) -> None:
        """Read until cancelled."""
        while True:
            if not await self.look():
                await asyncio.sleep(LOOK_EVERY_S)

    async def look(self, hold_s: float = HOLD_S) -> bool:
        """Use what is there; returns whether there is more. Nothing is passed over while the database is away."""
        data, last = await asyncio.to_thread(self._file.chunk)
        if not data:
            return False
        if last:
            await asyncio.sleep(hold_s)
        if self._waits():
            return False
        reading = cdr.read(data)
        accounts = calls.merged([*self._carried, *accounts_of(reading.records)])
        # The legs of a call are written together; a chunk may end between them.
        late = set() if last else {leg.linkedid for leg in reading.records[-AT_A_TIME:]}
        whole = [one for one in accounts if one.linkedid not in late]
        for begin in range(0, len(whole), AT_A_TIME):
            if not await self._settle(whole[begin : begin + AT_A_TIME]):
                return False
        self._carried = [one for one in accounts if one.linkedid in late]
        self._tell_unread(reading.unread)
        await asyncio.to_thread(self._file.used, reading.size, durably=not self._carried)
        return not last

    async def _settle(self, accounts: Iterable[CallAccount]) -> bool:
        try:
            async with self._desk.look() as session:
                accounts = await calls.unsettled(session, list(accounts))
            for account in accounts:
                await self._settle_one(account)
        except Exception as error:
            if not isinstance(error, Busy) and not is_away(error):
                raise
            log.warning("accounts of calls wait: the database does not take them", reason=in_words(error))
            return False
        return True

    async def _settle_one(self, account: CallAccount) -> None:
        try:
            call = await self._desk.do(partial(calls.settle, account=account, window_s=self._window_s))
        except Busy:
            raise
        except DeskError as refused:
            log.warning("an account of a call cannot be used", linkedid=account.linkedid, reason=str(refused))
            return
        except Exception as error:
            if is_away(error):
                raise
            # One account that nobody foresaw must not keep those behind it out for ever.
            log.exception("an account of a call met a fault of ours", linkedid=account.linkedid)
            return
        self.settled += 1
        log.info("a call was settled by the pbx's account of it", linkedid=account.linkedid, call_id=call.id)

    def _tell_unread(self, count: int) -> None:
        self.unread += count
        if count:
            log.warning("records of the pbx's account make no sense and are passed over", count=count)
