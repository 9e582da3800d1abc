"""The hostile corpus: fixed cases of bytes through the real entries, and what must be true after each of them.

CALLBOARD_FAULTS=full     every case; otherwise a fixed slice where all of them would cost too much (the tests say which)
CALLBOARD_FIGURES=file    how long the event loop was held up is written there: it is told, never asserted
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.agi.conftest import sounds  # noqa: F401 -- a fixture
from tests.faults.conftest import figure  # noqa: F401 -- a fixture
from tests.hostile.oracles import Watched
from tests.path.prepared import furnish
from tests.web.conftest import engine_name, hashed, house, quiet_log, settings  # noqa: F401 -- fixtures

FULL = os.environ.get("CALLBOARD_FAULTS", "fast") == "full"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site() -> AsyncIterator[Watched]:
    """One running demo site for a whole file of cases, without demo callers."""
    watched = Watched("--no-calls")
    await furnish(watched)
    await watched.start()
    watched.look_around()
    try:
        yield watched
    finally:
        await watched.stop()
        shutil.rmtree(watched.state, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Many cases stand behind each of these tests."""
    for item in items:
        if "tests/hostile/" in item.nodeid:
            item.add_marker(pytest.mark.timeout(1200 if FULL else 300))
