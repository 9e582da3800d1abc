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
            "web.api.bodies",
        ),
        *(
            "desk.texts.advertising",
            "desk.texts.alphabets",
            "desk.importing",
            "desk.texts.message_states",
            "desk.numbers",
            "desk.place.place_book",
        ),
        *(
            "desk.texts.replies",
            "desk.customer.segment_conditions",
            "desk.ordering.tariff_files",
            "desk.text",
            "desk.clock.time_entry",
            "web.access.masking",
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
