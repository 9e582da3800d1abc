"""docs/security.md says the truth: each test that it names exists, and its counts are those of the corpus."""

from __future__ import annotations

import re
from pathlib import Path

from tests.hostile.cases import fixed, table

CHECKOUT = Path(__file__).parent.parent.parent
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


def test_the_page_counts_the_cases_as_they_are() -> None:
    """Seen failing with a case taken out of the corpus."""
    assert table() in PAGE
    total = sum(sum(counts.values()) for counts in fixed().values())
    assert f"{total:,} fixed cases" in PAGE
