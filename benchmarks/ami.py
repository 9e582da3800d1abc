"""Events a second through our whole AMI chain, beside panoramisk as it comes, peers from npm, and two floors.

The stream is a recorded call of Asterisk 22 many times over (see ami_stream.py), sent by another process as fast as it is
read. Rates count events on the wire; every reader also looks at an event's name and id, ours goes on to desk events.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from benchmarks import peers
from benchmarks.ami_stream import DIFFERENT, recorded_events
from benchmarks.machine import CHECKOUT, described
from benchmarks.report import Report, options, ratio, spread, times
from benchmarks.rounds import measure

LIMIT_S = 120
OURS = {
    "split": "floor: messages cut apart, counted",
    "dict": "floor: asyncio, a plain dict of every event",
    "ours": "**callboard, the names that it subscribes to**",
    "ours-all": "**callboard, subscribed to every name**",
    "stock": "panoramisk 1.4, `*`",
    "stock-names": "panoramisk 1.4, our names",
}
NODE = {"asterisk-manager": "asterisk-manager (Node)", "asterisk-ami-client": "asterisk-ami-client (Node)"}


def run(name: str, calls: int, warm: int) -> dict[str, Any]:
    """One reader, once; raises RuntimeError when it fails or loses or reorders anything."""
    sizes = (str(calls), str(warm))
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.ami_stream", *sizes], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    ) as pbx:
        assert pbx.stdout is not None
        try:
            port = pbx.stdout.readline().strip()
            if name in NODE:
                words = ["node", peers.script("ami_peers.js"), name, port]
            else:
                words = [sys.executable, "-m", "benchmarks.ami_readers", name, port, *sizes]
            told = subprocess.run(
                words,
                capture_output=True,
                text=True,
                timeout=LIMIT_S,
                cwd=CHECKOUT,
                env=peers.environment(),
                check=False,
            )
        finally:
            pbx.kill()
    if told.returncode or not told.stdout.strip():
        raise RuntimeError(told.stderr[-300:] or f"exit code {told.returncode}")
    found: dict[str, Any] = json.loads(told.stdout.splitlines()[-1])
    if found.get("disordered") or found.get("lost") or found.get("calls", calls + warm) != calls + warm:
        raise RuntimeError(f"lost or out of order: {found}")
    return found


def main() -> None:
    """Measure and report."""
    parser = options("ami", __doc__, rounds=7)
    parser.add_argument("--calls", type=int, default=1000, help="calls in the stream, 86 events each (%(default)s)")
    parser.add_argument("--peers", action="store_true", help="also clients from npm")
    chosen = parser.parse_args()
    # Small, but more events than the backlog's limit: a chain that cannot keep up is seen.
    calls, warm, rounds = (400, 20, 1) if chosen.small else (chosen.calls, 200, chosen.rounds)
    calls -= calls % DIFFERENT if calls > DIFFERENT else 0
    names = dict(OURS)
    if chosen.peers:
        peers.install()
        names |= NODE
    events = calls * len(recorded_events())
    report = Report("ami", described(*(["node --version"] if chosen.peers else [])))
    found = measure(list(names), rounds, lambda name: run(name, calls, warm))
    rates = {name: [events / row["wall"] for row in rows if row] for name, rows in found.items()}
    thrift = {name: [events / row["cpu"] if row else None for row in rows] for name, rows in found.items()}
    report.line(f"{events:,} events a run ({calls:,} calls, 20 at a time), {rounds} rounds in shuffled order.")
    report.line(
        "The three last columns: how many times as many events for the same processor time, medians within rounds."
    )
    heads = ("reader", "events/s: median (min..max)", "CPU µs an event")
    report.table(
        (*heads, "to panoramisk `*`", "to panoramisk, our names", "to the plain dict"),
        [
            (
                what,
                spread(rates[name]),
                spread([1e6 / each for each in thrift[name] if each], ".1f"),
                *(times(ratio(thrift[name], thrift[floor])) for floor in ("stock", "stock-names", "dict")),
            )
            for name, what in names.items()
        ],
    )
    longest = max((row["longest"] for name in ("ours", "ours-all") for row in found[name] if row), default=0)
    report.line(
        f"Ours told every call whole and in order; the most events that ever waited were {longest:,} (limit 20,000)."
    )
    report.finish(chosen.write)


if __name__ == "__main__":
    main()
