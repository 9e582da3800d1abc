"""Every parser of foreign bytes under Hypothesis: 10,000 inputs each, every day; `scripts/fuzz` has the nightly million."""

from __future__ import annotations

import os
from zlib import crc32

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.parsers import FOUND, PARSERS

EXAMPLES = int(os.environ.get("CALLBOARD_EXAMPLES", "10000"))


@settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=48))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    """serial-frames, web-json and ami-splitter were seen failing: see FOUND, and the commit that mended them.

    Each input goes to every parser, where it stands for a case in that parser's own words: to draw an input costs Hypothesis
    ten times what a parser needs to read it. The parser that fails is named, with the smallest input that it fails on.
    """
    share = crc32(data)
    for parser in PARSERS.values():
        if share % parser.every:
            continue
        try:
            parser(data)
        except Exception as error:
            error.add_note(f'    ("{parser.name}", "{data.hex()}"),  # a line for FOUND: {parser.case(data)!r}')
            raise


@pytest.mark.parametrize(("parser", "data"), FOUND)
def test_what_was_found_once_is_never_found_again(parser: str, data: str) -> None:
    PARSERS[parser](bytes.fromhex(data))
