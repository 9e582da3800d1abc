"""Every parser of foreign bytes under Hypothesis: 10,000 inputs each, every day; `scripts/fuzz` has the nightly million."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.parsers import FOUND, PARSERS, Parser

EXAMPLES = int(os.environ.get("CALLBOARD_EXAMPLES", "0"))


@pytest.mark.parametrize("parser", PARSERS.values(), ids=PARSERS)
def test_any_bytes_are_read_or_refused(parser: Parser) -> None:
    """serial-frames, web-json and ami-splitter were seen failing: see FOUND, and the commit that mended them."""

    @settings(
        max_examples=EXAMPLES or parser.everyday, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.binary(max_size=48))
    def holds(data: bytes) -> None:
        parser(data)

    holds()


@pytest.mark.parametrize(("parser", "data"), FOUND)
def test_what_was_found_once_is_never_found_again(parser: str, data: str) -> None:
    PARSERS[parser](bytes.fromhex(data))
