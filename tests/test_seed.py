"""The seed at the head of a run is that of each of its tests."""

from __future__ import annotations

import os

import pytest

from tests.conftest import pytest_report_header
from tests.seed import SEED


def test_every_worker_has_the_seed_of_the_run(request: pytest.FixtureRequest) -> None:
    """Seen failing (with -n 2) with a seed drawn by each worker. The run's own is handed to it by tests/conftest.py."""
    of_the_run = getattr(request.config, "workerinput", {}).get("callboard_seed", SEED)
    assert of_the_run == SEED
    assert os.environ["CALLBOARD_SEED"] == str(SEED)
    assert f"CALLBOARD_SEED={SEED}" in pytest_report_header()
