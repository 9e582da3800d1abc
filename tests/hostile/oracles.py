"""What must be true after every case, whatever it was: read from outside, off the files and the answers of a running site."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from typing import Any

from tests.path.running import RunningSite, until

# What only an order, a sign-in or a sent text may change: a caller changes none of them.
QUIET_TABLES = (
    "customer",
    "customer_phone",
    "order",
    "assignment",
    "message",
    "operator",
    "web_session",
    "audit_entry",
    "driver",
)
_NUMBER = re.compile(r"(?<![\w.:-])(?:\+82|0)1\d{8,9}(?![\w.:-])")
_CHANNEL = re.compile(r"(?:PJSIP|Local|SIP|IAX2|DAHDI|Message|Console|UnicastRTP|AudioSocket)/.*", re.DOTALL)
_OURS = re.compile(
    r"PJSIP/callboard-trunk-[0-9a-f]+|PJSIP/op100\d-[0-9a-f]+|Local/100\d@callboard-operator-[0-9a-f]+;[12]"
)


class Watched(RunningSite):
    """A running site, looked at from outside."""

    pid = 0
    counts: dict[str, int]

    def look_around(self) -> None:
        """Remember how everything is before the first case."""
        self.pid = self.core_pid()
        self.counts = {table: self.count(table) for table in QUIET_TABLES}

    @property
    def canary(self) -> str:
        """A file in a folder that our Asterisk may write to; nobody may ever make it."""
        return str(self.state / "recordings" / "canary")

    def rows(self, sql: str, *values: object) -> list[Any]:
        """What stands in the database."""
        with sqlite3.connect(f"file:{self.state}/callboard.db?mode=ro", uri=True) as database:
            return database.execute(sql, values).fetchall()

    def count(self, table: str) -> int:
        """How many rows a table has."""
        return int(self.rows(f'select count(*) from "{table}"')[0][0])

    async def all_ended(self) -> None:
        """Wait until no call is open any more."""

        async def ended() -> bool:
            return self.rows("select count(*) from call where state <> 'ended'")[0][0] == 0

        await until(ended, 60, "the end of every call")

    async def metric(self, name: str) -> float:
        """A figure of /metrics without labels."""
        _, text = await self.call("GET", "/metrics")
        found = re.search(rf"^callboard_{name}(?:_total)? (\S+)$", str(text), re.MULTILINE)
        assert found, f"no figure {name}"
        return float(found[1])

    async def held_up_s(self) -> float:
        """The longest hold-up of the event loop in the last minute, in seconds."""
        return await self.metric("loop_held_up_seconds")

    async def unharmed(self) -> None:
        """Nothing odd has happened: see each line."""
        assert self.core_pid() == self.pid, "callboard's own process was started anew"
        await until(self.healthy, 30, "a healthy site")
        assert not list((self.state / "recordings").glob("canary*")), "a caller's words were obeyed"
        assert {table: self.count(table) for table in QUIET_TABLES} == self.counts
        for bad in (self.log_faults(), self.foreign_legs()):
            assert not bad, "\n".join(bad[:20])
        assert await self.metric("readings_lost") == 0

    def log_faults(self) -> list[str]:
        """Lines of our log that are no JSON object, hold a control character or a whole number, or tell of a fault of ours."""
        bad = []
        for line in (self.state / "log" / "callboard.log").read_bytes().split(b"\n")[:-1]:
            text = line.decode("ascii", "replace")
            try:
                entry = json.loads(text)
            except ValueError:
                bad.append(f"no JSON: {text[:200]}")
                continue
            if any(byte < 32 or byte > 126 for byte in line):
                bad.append(f"a control character: {text[:200]}")
            if _NUMBER.search(json.dumps(entry, ensure_ascii=False)):
                bad.append(f"a number: {text[:300]}")
            # On a machine that is too busy a desk is not waited for and its query is cancelled: the caller goes on, as promised.
            cancelled = "CancelledError" in str(entry.get("exception"))
            if ("exception" in entry and not cancelled) or entry.get("level") == "critical":
                bad.append(f"a fault: {text[:1500]}")
        return bad

    def foreign_legs(self) -> list[str]:
        """Channels in Asterisk's call records that are neither a caller's own nor an operator's phone."""
        records = self.state / "asterisk" / "log" / "cdr-custom" / "Master.csv"
        if not records.exists():
            return []
        with records.open(newline="", encoding="utf-8", errors="replace") as lines:
            told = {field for row in csv.reader(lines) for field in row if _CHANNEL.fullmatch(field)}
        return sorted(field for field in told if not _OURS.fullmatch(field))
