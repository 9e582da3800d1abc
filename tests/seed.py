"""The chance of a run: one seed for all its workers, told at the head, so that the run can be had again.

CALLBOARD_SEED=n     the chance of an earlier run again
"""

from __future__ import annotations

import os
import secrets

SEED = int(os.environ.get("CALLBOARD_SEED") or secrets.randbelow(2**32))
# Read by tests/conftest.py before the run's workers are started, which have it from here.
os.environ["CALLBOARD_SEED"] = str(SEED)
