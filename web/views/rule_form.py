"""The part of a form that rules for a segment have in common: on which days, from when until when, how often, how many."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from desk.clock.weekly_hours import MINUTES_A_DAY
from desk.customer.segment_rules import WEEKDAYS
from desk.errors import Conflict, DeskError, Invalid
from models.repeating import Repeating
from web.views.forms import Fields

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)


def times_of(fields: Fields) -> dict[str, Any]:
    """The times as they were filled in, by their names in a rule. Raises Invalid."""
    return {
        "first_day": _day(fields, "first_day"),
        "last_day": _day(fields, "last_day") if fields.get("last_day", "").strip() else None,
        "weekdays": "".join(day for day in WEEKDAYS if fields.get(f"day{day}")),
        "from_minute": _minute(fields, "from"),
        "to_minute": _minute(fields, "to") or MINUTES_A_DAY,
        "every_days": whole(fields, "every_days"),
        "most": whole(fields, "most"),
    }


def typed_times(rule: Repeating) -> Fields:
    """The form's fields of a rule's times."""
    told = {"from": clock(rule.from_minute), "to": clock(rule.to_minute % MINUTES_A_DAY)}
    told |= {"every_days": str(rule.every_days), "most": str(rule.most)}
    told |= {"first_day": rule.first_day.isoformat(), "version": str(rule.version)}
    told |= {"last_day": rule.last_day.isoformat()} if rule.last_day else {}
    return told | {f"day{day}": "yes" for day in rule.weekdays}


def clock(minute: int) -> str:
    """A minute of the day, as a clock shows it."""
    return f"{minute // 60:02}:{minute % 60:02}"


def words_for(error: DeskError) -> str:
    """The key of the sentence that is shown."""
    if error.code in ("name_taken", "changed_meanwhile"):
        return error.code
    return str(error.details.get("field") or ("too_many_rules" if error.code == Conflict.code else error.code))


def whole(fields: Fields, name: str) -> int:
    """A whole number. Raises Invalid."""
    told = fields.get(name, "").strip().replace(",", "")
    if not _WHOLE.fullmatch(told):
        raise Invalid("that is no whole number", field=name)
    return int(told)


def _minute(fields: Fields, name: str) -> int:
    found = _CLOCK.fullmatch(fields.get(name, "").strip()[:5])
    if found is None:
        raise Invalid("that is no time of the day", field="minutes")
    return int(found[1]) * 60 + int(found[2])


def _day(fields: Fields, name: str) -> date:
    try:
        return date.fromisoformat(fields.get(name, "").strip()[:10])
    except ValueError:
        raise Invalid("that is no day", field="days") from None
