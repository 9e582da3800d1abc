"""One parser under atheris: `python -m tests.fuzz.guided NAME [libFuzzer options]`. What it finds it leaves as a crash file."""

from __future__ import annotations

import sys

import atheris  # from requirements-fuzz.txt

with atheris.instrument_imports(
    include=[
        *(
            "ami",
            "agi",
            "callerid",
            "callboard.tape_format",
            "callboard.unstored",
            "dialplan.cdr",
            "geocoders",
            "sms",
            "web.bodies",
        ),
        *(
            "desk.advertising",
            "desk.alphabets",
            "desk.importing",
            "desk.message_states",
            "desk.numbers",
            "desk.place_book",
        ),
        *(
            "desk.replies",
            "desk.segment_conditions",
            "desk.tariff_files",
            "desk.text",
            "desk.time_entry",
            "web.masking",
        ),
    ]
):
    from tests.fuzz.parsers import PARSERS


def main() -> None:
    """Fuzz until told to stop."""
    parser = PARSERS[sys.argv.pop(1)]
    atheris.Setup(sys.argv, parser)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
