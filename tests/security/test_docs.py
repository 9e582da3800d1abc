"""docs/security.md says the truth: each test that it names exists, and its counts are those of the corpus."""

from __future__ import annotations

import re
from pathlib import Path

from tests.hostile.cases import fixed, table

CHECKOUT = Path(__file__).parent.parent.parent
NUMBERS = set(range(1, 43))
PAGE = (CHECKOUT / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_test_that_the_page_names_exists() -> None:
    """Seen failing with a name misspelt in the page."""
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) > 50
    missing = [
        (path, name)
        for path, name in named
        if not re.search(rf"^(?:async )?def {name}\b", (CHECKOUT / path).read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert missing == []


def test_every_number_of_the_list_is_answered_or_open() -> None:
    """Seen failing with a row's number changed, with an open one's taken out, and with a line that has no number."""
    parts, _, listed = PAGE.partition("## The list")
    assert {int(number) for number in re.findall(r"\b(\d+) [A-Za-z]", listed)} == NUMBERS
    rows = [line.split(" | ")[0] for line in parts.splitlines() if re.match(r"\|.*`tests/", line)]
    assert [row for row in rows if not re.fullmatch(r"\| \d+(, \d+)*", row)] == []
    answered = {int(number) for row in rows for number in re.findall(r"\d+", row)}
    opened = re.findall(r"\*\*Open\.\*\*.*?(?=\n## )", parts, re.DOTALL)
    reasons = {
        int(n) for text in opened for told in re.findall(r"\((\d+(?:, \d+)*)\) \w", text) for n in told.split(", ")
    }
    assert answered | reasons == NUMBERS


def test_no_blank_line_splits_a_table() -> None:
    """Seen failing with one."""
    assert re.findall(r"\|\n\n(\|.*)", PAGE) == []


def test_the_page_counts_the_cases_as_they_are() -> None:
    """Seen failing with a case taken out of the corpus."""
    assert table() in PAGE
    total = sum(sum(counts.values()) for counts in fixed().values())
    assert f"{total:,} fixed cases" in PAGE
