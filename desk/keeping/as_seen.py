"""Whether what somebody changes is still as he saw it: two who have the same form open do not undo one another in silence.

A form carries the mark of what stood in it when it was opened. Rows with a version of their own (orders, customers, segments)
need no such mark.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING

from desk.errors import Conflict

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

LENGTH = 16


class Outdated(Conflict):
    """Somebody has changed it since it was read. `details["fields"]`: which fields stand otherwise than they are wanted."""

    code = "outdated"


def mark(*told: DataclassInstance) -> str:
    """A short fingerprint of values, the same for the same values only."""
    written = json.dumps([asdict(one) for one in told], default=str, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(written.encode()).hexdigest()[:LENGTH]


def check(seen: str | None, stands: DataclassInstance, wanted: DataclassInstance) -> None:
    """Raises Outdated where `stands` is not what had the mark `seen` (null: whoever asks has not looked, and means it)."""
    if seen is not None and seen != mark(stands):
        other = [one.name for one in fields(stands) if getattr(stands, one.name) != getattr(wanted, one.name)]
        raise Outdated("it was changed since it was read", fields=",".join(other))
