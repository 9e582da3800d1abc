"""How the rows of the record hang together: each holds the digest of the one before it, and of itself with that.

    digest = SHA-256 of  [1, previous, at, operator_id, what, subject, detail]   canonical JSON, ASCII, keys in order

Whoever changes, takes out or puts in a row breaks the chain at that place. This form never changes: all rows are bound by it.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

BEGINNING = "0" * 64
"""What the first row holds in place of a digest before it."""
FORM = 1


def digest(previous: str, at: datetime, operator_id: int | None, what: str, subject: str, detail: Any) -> str:
    """The digest (hex) of a row. `at` is aware; `detail` is what JSON can say."""
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    row = [FORM, previous, moment, operator_id, what, subject, detail]
    canonical = json.dumps(row, ensure_ascii=True, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
