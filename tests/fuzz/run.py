"""The nightly runs: a million seeded inputs a parser spread over all cores, and atheris guided by coverage for a time each.

    python -m tests.fuzz.run examples [--count 1000000] [--seed N] [--only NAME]
    python -m tests.fuzz.run coverage [--seconds 120] [--only NAME]

Hypothesis makes one to five thousand inputs a second, so a million of each would take it most of a day; the seeded generator here
makes tens of thousands with the same words and the same properties. What fails is printed as a line for `FOUND`.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed

from tests.fuzz.parsers import PARSERS

LONGEST = 60
SHARES = 4
"""Pieces of a parser's count, so that the cores end together."""


def share(name: str, seed: str, count: int) -> tuple[str, str, int, float, str]:
    """Check `count` inputs. Name, seed, how many were checked, CPU seconds, and the first failure or ""."""
    parser, chance, began = PARSERS[name], random.Random(seed), time.process_time()
    data = b""
    for done in range(count):
        data = chance.randbytes(chance.randint(1, LONGEST))
        try:
            parser(data)
        except Exception:  # noqa: BLE001 -- whatever it is, it is the finding
            words = f'    ("{name}", "{data.hex()}"),\n{parser.case(data)!r}\n{traceback.format_exc(limit=-2)}'
            return name, seed, done + 1, time.process_time() - began, words
    return name, seed, count, time.process_time() - began, ""


def examples(names: list[str], count: int, seed: int) -> int:
    """The seeded inputs, on all cores. How many parsers failed."""
    failed: dict[str, str] = {}
    seconds = dict.fromkeys(names, 0.0)
    checked = dict.fromkeys(names, 0)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        jobs = [
            pool.submit(share, name, f"{seed} {name} {part}", count // SHARES)
            for name in names
            for part in range(SHARES)
        ]
        for job in as_completed(jobs):
            name, told_seed, done, spent, words = job.result()
            print(f"  {name}: {done} inputs, seed {told_seed!r}{', FAILED' if words else ''}", flush=True)
            checked[name] += done
            seconds[name] += spent
            if words and name not in failed:
                failed[name] = f"seed {told_seed!r}\n{words}"
    for name in names:
        rate = checked[name] / seconds[name] if seconds[name] else 0.0
        print(
            f"{name:22} {checked[name]:>9} inputs {seconds[name]:8.1f} s of CPU {rate:>8.0f}/s  {'FAILED' if name in failed else 'good'}"
        )
    for words in failed.values():
        print(words)
    print(f"seed {seed}")
    return len(failed)


def coverage(names: list[str], seconds: int) -> int:
    """atheris on each parser for `seconds`. How many failed."""
    failed = 0
    for name in names:
        print(f"--- {name}", flush=True)
        words = [
            sys.executable,
            "-m",
            "tests.fuzz.guided",
            name,
            f"-max_total_time={seconds}",
            "-max_len=200",
            "-print_final_stats=1",
        ]
        failed += subprocess.run(words, check=False).returncode != 0
    return failed


def main() -> int:
    """The command line."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("what", choices=["examples", "coverage"])
    asked.add_argument("--count", type=int, default=1_000_000)
    asked.add_argument("--seed", type=int, default=int(time.time()))
    asked.add_argument("--seconds", type=int, default=120)
    asked.add_argument("--only", choices=list(PARSERS))
    given = asked.parse_args()
    names = [given.only] if given.only else list(PARSERS)
    return examples(names, given.count, given.seed) if given.what == "examples" else coverage(names, given.seconds)


if __name__ == "__main__":
    sys.exit(min(main(), 1))
