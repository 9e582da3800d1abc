"""What a Friday night came to, as tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.friday_books import Books
from benchmarks.friday_keys import tables
from benchmarks.friday_lost import Lost
from benchmarks.friday_people import Night
from benchmarks.friday_script import WANTS
from benchmarks.friday_site import Watch
from benchmarks.machine import described
from benchmarks.report import Report, percentile
from benchmarks.soak_samples import trend
from desk.figures.response_times import WAYS, Times, Waited

WARM_UP = 0.1
FAST = 15.0
"""At more times than this it is the night of docs/benchmarks.md; below, the one that looks at the memory."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that is known of the night. `complaints` are sentences of callboard's log, `times` medians of the analysis."""

    night: Night
    watch: Watch
    books: Books
    lost: Lost
    complaints: Counter[str]
    times: Times


def machine() -> list[str]:
    """What it is measured on; to be asked before the night begins."""
    return described("sipp -v", "chromium --version", asterisk=True)


def tell(outcome: Outcome, seconds: float, on: Sequence[str], *, write: bool) -> None:
    """Print it; put it into the page as well."""
    night, books = outcome.night, outcome.books
    report = Report("friday" if 300 / night.pace > FAST else "friday-memory", on, program="friday")
    kinds = night.script.kinds()
    report.line(
        f"{len(night.script.callers):,} calls in {seconds / 60:.0f} minutes, seed {night.seed}; they want: "
        + ", ".join(f"{kind} {kinds[kind]:,}" for kind in WANTS)
        + f". **Lost: {len(outcome.lost.lines)}** of {outcome.lost.looked_for:,} things that were acknowledged. "
        f"**Totals that are not the sum of their rows: {len(books.wrong)}** of {books.held:,}. "
        f"Processes started anew: {outcome.watch.started_anew}."
    )
    for line in (*outcome.lost.lines[:20], *books.wrong[:20]):
        report.line(f"WRONG: {line}")
    counted = {**books.counts, **night.done}
    report.table(("what happened", "how often"), [(what, f"{count:,}") for what, count in sorted(counted.items())])
    report.table(("at the console, without a mouse", "orders", "keys: median (most)", "letters"), list(tables(night)))
    report.table(
        ("how long it took, ms", "times", "p50", "p95", "p99", "max"),
        [_wait(what, waits) for what, waits in sorted(night.waits.items()) if waits],
    )
    report.table(
        ("handling, seconds of the clock: median (of how many)", *(way.replace("_", " ") for way in WAYS)),
        handled(outcome.times),
    )
    refused = night.refused.most_common()
    report.table(
        ("refused, and why", "how often"), [(why, f"{count:,}") for why, count in refused] or [("nothing", "0")]
    )
    log = outcome.complaints.most_common(12)
    report.table(("callboard's log", "how often"), [(said, f"{count:,}") for said, count in log] or [("nothing", "0")])
    _memory(report, outcome.watch)
    report.finish(write)


def handled(times: Times) -> list[tuple[str, ...]]:
    """The medians of the analysis: by hour of the call, by operator, and all together."""
    hours = [(f"{int(one.key):02}:00", one) for one in times.hours]
    people = [(one.label, one) for one in times.operators]
    return [(name, *(_median(one, way) for way in WAYS)) for name, one in (*hours, *people, ("all", times.all))]


def _median(one: Waited, way: str) -> str:
    median = one.medians.get(way)
    return f"{median.seconds:,} ({median.count:,})" if median else "–"


def _wait(what: str, waits: Sequence[float]) -> tuple[str, ...]:
    shares = [f"{1000 * percentile(waits, share):,.0f}" for share in (0.5, 0.95, 0.99)]
    return what, f"{len(waits):,}", *shares, f"{1000 * max(waits):,.0f}"


def _memory(report: Report, watch: Watch) -> None:
    used = ", ".join(f"{name} {100 * share:.0f} %" for name, share in watch.cpu.items())
    longest = [held_up for _, _, _, _, held_up in watch.samples]
    if longest:
        report.line(
            f"Of one processor: {used}. The event loop's longest hold-up of a minute: "
            f"p50 {1000 * percentile(longest, 0.5):.0f} ms, max {1000 * max(longest):.0f} ms."
        )
    end = watch.samples[-1][0] if watch.samples else 0.0
    warm = [sample for sample in watch.samples if sample[0] >= end * WARM_UP]
    if len(warm) < 10:
        return
    series: dict[str, list[tuple[float, float]]] = {
        "callboard, resident MiB": [(at, core.rss_mib) for at, core, _, _, _ in warm],
        "callboard, descriptors": [(at, core.descriptors) for at, core, _, _, _ in warm],
        "callboard, threads": [(at, core.threads) for at, core, _, _, _ in warm],
        "callboard, tasks": [(at, tasks) for at, _, _, tasks, _ in warm],
        "Asterisk, resident MiB": [(at, engine.rss_mib) for at, _, engine, _, _ in warm],
    }
    rows = []
    for name, points in series.items():
        line = trend(points)
        rows.append((name, f"{line.first:.1f}", f"{line.last:.1f}", f"{line.percent_per_h:+.2f} %"))
    report.table(("memory", "after the warm-up", "at the end", "slope an hour of the clock"), rows)
