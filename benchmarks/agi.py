"""Sessions a second and the time of a command in our voice menu's server, beside two floors and other people's servers.

A process that acts as Asterisk holds the whole `welcome` conversation of a known caller: three prompts, key 1, confirmation,
14 commands. Every server sends the same 14 lines; ours also checks the token, finds the sounds, quotes, minds its time
limits, asks the desk side (in memory) and stores the choice.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.agi_servers import TOKEN, conversation
from benchmarks.machine import CHECKOUT, described
from benchmarks.processes import cpu_s
from benchmarks.report import Report, options, ratio, spread, times
from benchmarks.rounds import measure

LIMIT_S = 120
COMMANDS = len(conversation(Path("/")))
PYTHON = {
    "protocol": "floor: asyncio.Protocol that only answers",
    "streams": "floor: asyncio streams that only answer",
    "ours": "**callboard**",
    "stock": "panoramisk 1.4 FastAGI",
    "pyst2": "pyst2 0.5.1, a thread for each call",
}
NODE = {"bare": "Node, bare socket that only answers", "ding-dong": "ding-dong (Node)"}


def load(port: str, sessions: int, at_a_time: int) -> dict[str, Any]:
    """One load; raises RuntimeError when a session was cut short."""
    words = [sys.executable, "-m", "benchmarks.agi_asterisk", port, str(sessions), str(at_a_time), str(COMMANDS), TOKEN]
    told = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT_S, cwd=CHECKOUT, check=False)
    if told.returncode:
        raise RuntimeError(told.stderr[-300:])
    found: dict[str, Any] = json.loads(told.stdout)
    if found["short"]:
        raise RuntimeError(f"{found['short']} sessions were cut short")
    return found


def run(name: str, sessions: int) -> dict[str, float]:
    """One server, once: one session at a time, then fifty."""
    if name in NODE:
        words = ["node", peers.script("agi_peers.js"), name, *conversation(Path("/var/lib/sounds"))]
    else:
        words = [sys.executable, "-m", "benchmarks.agi_servers", name]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT, env=peers.environment()) as server:
        assert server.stdout is not None
        try:
            port = server.stdout.readline().strip()
            load(port, max(20, sessions // 10), 10)
            alone = load(port, max(10, sessions // 5), 1)
            before = cpu_s(server.pid)
            many = load(port, sessions, 50)
            return {
                "rate": sessions / many["wall"],
                "cpu_ms": 1000 * (cpu_s(server.pid) - before) / sessions,
                "p99": many["p99"],
                "command_us": 1000 * alone["p50"] / COMMANDS,
            }
        finally:
            server.kill()


def main() -> None:
    """Measure and report."""
    parser = options("agi", __doc__, rounds=7)
    parser.add_argument("--sessions", type=int, default=1000, help="sessions a run (%(default)s)")
    parser.add_argument("--peers", action="store_true", help="also servers for Node, one of them from npm")
    chosen = parser.parse_args()
    sessions, rounds = (100, 1) if chosen.small else (chosen.sessions, chosen.rounds)
    names = dict(PYTHON)
    if chosen.peers:
        peers.install()
        names |= NODE
    report = Report("agi", described(*(["node --version"] if chosen.peers else [])))
    found = measure(list(names), rounds, lambda name: run(name, sessions))
    report.line(
        f"{sessions:,} sessions of {COMMANDS} commands, 50 at a time, {rounds} rounds in shuffled order. The two last columns: "
        "how many times as many sessions a second, medians within rounds; in brackets, for the same processor time."
    )
    rates = {name: [row["rate"] if row else None for row in rows] for name, rows in found.items()}
    thrift = {
        name: [1 / row["cpu_ms"] if row and row["cpu_ms"] else None for row in rows] for name, rows in found.items()
    }
    report.table(
        (
            *("server", "sessions/s: median (min..max)", "p99 ms", "CPU ms a session", "µs a command, alone"),
            *("to the streams floor", "to panoramisk"),
        ),
        [
            (
                what,
                *(
                    spread([row[figure] for row in found[name] if row], form)
                    for figure, form in (("rate", ",.0f"), ("p99", ".0f"), ("cpu_ms", ".2f"), ("command_us", ".0f"))
                ),
                *(
                    f"{times(ratio(rates[name], rates[floor]))} ({times(ratio(thrift[name], thrift[floor]))})"
                    for floor in ("streams", "stock")
                ),
            )
            for name, what in names.items()
        ],
    )
    report.finish(chosen.write)


if __name__ == "__main__":
    main()
