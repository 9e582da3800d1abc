"""A moment as a form's field writes it by the office's own clock."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from desk.errors import Invalid


def local_moment(told: str, timezone: str) -> datetime | None:
    """`2026-12-01T00:00` in the office's zone; None where nothing was written. Raises Invalid (field `holds_from`)."""
    if not told.strip():
        return None
    try:
        local = datetime.fromisoformat(told.strip())
        if local.tzinfo is not None:
            raise ValueError("a form writes the office's time")
        moment = local.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid("that is no moment", field="holds_from") from error
    if moment.astimezone(ZoneInfo(timezone)).replace(tzinfo=None) != local:
        raise Invalid("the clocks are changed over that moment", field="holds_from")
    return moment
