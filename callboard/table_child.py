"""A process that reads one file and nothing else: bytes come in on its standard input, the table goes out as JSON.

A file from outside may ask for any amount of memory and time. Here it gets little of both, and only this process ends.
"""

from __future__ import annotations

import json
import os
import resource
import sys

from desk.importing import reading
from desk.importing.table import BadTable

MEMORY = 2_000_000_000
SECONDS = 60
NICENESS = 5


def main() -> None:
    """Read, and tell. An end without a word means that the file was too much."""
    os.nice(NICENESS)  # who calls is served first
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        told = {"table": reading.read(sys.stdin.buffer.read()).as_json()}
    except BadTable as error:
        told = {"refused": dict(error.details)}
    sys.stdout.buffer.write(json.dumps(told).encode())


if __name__ == "__main__":
    main()
