"""One parser under atheris: `python -m tests.fuzz.guided NAME [libFuzzer options]`. What it finds it leaves as a crash file."""

from __future__ import annotations

import sys

import atheris  # from requirements-fuzz.txt

with atheris.instrument_imports(
    include=["ami", "agi", "callerid", "desk.numbers", "desk.text", "desk.message_states", "sms", "web.bodies"]
):
    from tests.fuzz.parsers import PARSERS


def main() -> None:
    """Fuzz until told to stop."""
    parser = PARSERS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, parser)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
