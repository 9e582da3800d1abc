"""What the record tells of: every kind of deed, and what its rows are about. The one table; pages have a phrase for each.

A row's subject is "order 17", "17" or a name. Which of these, and of what, is the kind's own; names may come from outside, and
are never read as anything else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SAID: Final = ""
"""The subject's own words say what it is."""
BY_NUMBER: Final = "driver by number"
"""A driver by the number that he is called by, not by his row."""
NAMES: Final = frozenset({"login", "file", "name", "number"})
"""A subject that is a text as it was written, also by who could not sign in."""
THINGS: Final = (
    *("order", "customer", "driver", "call", "operator", "message", "text", "recording", "document", "appeal"),
    *("campaign", "standing send", "segment", "task", "task rule", "article", "import", "office", "wall"),
    *("tariff", "fee rule", "dead run", "credit", "batch", "withdrawal", "entry"),
)
"""What has a number in the record."""
ACTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("sign_in", "sign_in.refused"), "login"),
    **dict.fromkeys(("factor.confirmed", "factor.removed", "factor.refused"), "login"),
    **dict.fromkeys(("operator.added", "operator.password", "operator.role", "operator.disabled"), "login"),
    **dict.fromkeys(("operator.changed", "operator.enabled", "operator.signed_out", "password.refused"), "login"),
    **dict.fromkeys(("operator.paused", "operator.ready"), "operator"),
    "export": "file",
    "record.verified": "office",
    **dict.fromkeys(("office.opened", "line.added", "template.kept", "template.dropped", "period.closed"), "name"),
    **dict.fromkeys(("calls.codes_set", "dispatch.modes_set"), "office"),
    **dict.fromkeys(("wall.added", "wall.revoked"), "wall"),
    "call.coded": "call",
    "call.dialled": SAID,
    **dict.fromkeys(("recording.played", "recording.taken_away"), "recording"),
    **dict.fromkeys(
        (
            *("customer.registered", "customer.changed", "customer.blocked", "customer.unblocked"),
            *("customer.served_all_the_same", "customer.merged", "customer.merge_undone", "customer.number_shown"),
            *("customer.number_added", "customer.number_detached", "customer.place_added", "customer.place_changed"),
            *("customer.place_removed", "customer.place_back", "customer.opened", "customer.data_given"),
            "customer.erased",
        ),
        "customer",
    ),
    **dict.fromkeys(("segment.made", "segment.changed", "segment.removed"), "segment"),
    **dict.fromkeys(("segment.added", "segment.taken_out"), "segment"),
    **dict.fromkeys(
        ("task.made", "task.taken", "task.let_go", "task.reached", "task.again", "task.not_needed"), "task"
    ),
    **dict.fromkeys(("task_rule.made", "task_rule.changed", "task_rule.on", "task_rule.off"), "task rule"),
    **dict.fromkeys(("task_rule.removed", "task_rule.done", "task_rule.missed"), "task rule"),
    **dict.fromkeys(("order.late_fare", "order.no_show", "credit.over_limit"), "order"),
    **dict.fromkeys(("order.offered_all_the_same", "order.assigned_all_the_same"), "order"),
    **dict.fromkeys(("place.link_sent", "place.shown_by_link"), "order"),
    **dict.fromkeys(("car.link", "car.opened", "car.seen", "car.erased"), "order"),
    **dict.fromkeys(
        (
            *("driver.registered", "driver.changed", "driver.graded", "driver.disabled", "driver.enabled"),
            *("driver.apart", "driver.together", "driver.opened", "driver.data_given", "driver.erased"),
            *("payee.opened", "payee.changed", "money.top_up", "money.penalty", "withdrawal.asked"),
        ),
        "driver",
    ),
    **dict.fromkeys(("driver.on_duty", "driver.off_duty", "driver.by_text"), BY_NUMBER),
    **dict.fromkeys(("document.added", "document.opened", "document.removed"), "document"),
    **dict.fromkeys(("appeal.answered", "appeal.accepted"), "appeal"),
    **dict.fromkeys(("text.seen_to", "text.resent"), "message"),
    **dict.fromkeys(("campaign.sent", "campaign.cancelled", "consents.told"), "campaign"),
    **dict.fromkeys(("ads.agreed", "ads.agreed_night", "ads.confirmed", "ads.lapsed"), "number"),
    "ads.refused": SAID,
    **dict.fromkeys(("standing.made", "standing.changed", "standing.on", "standing.off"), "standing send"),
    **dict.fromkeys(("standing.removed", "standing.done", "standing.missed", "standing.refused"), "standing send"),
    **dict.fromkeys(("article.made", "article.changed", "article.archived", "article.brought_back"), "article"),
    **dict.fromkeys(("import.started", "import.undone"), "import"),
    "money.reversal": "entry",
    "money.payment": SAID,
    **dict.fromkeys(("withdrawal.approved", "withdrawal.turned_down"), "withdrawal"),
    **dict.fromkeys(("batch.proposed", "batch.ticked", "batch.approved", "batch.dropped"), "batch"),
    **dict.fromkeys(("credit.added", "credit.changed", "credit.rider_added", "credit.rider_removed"), "credit"),
    **dict.fromkeys(("tariff.zones", "tariff.distance", "tariff.hours", "tariff.days", "tariff.thrown_away"), "tariff"),
    "fee.rule": "fee rule",
    "dead_run.rule": "dead run",
}
"""By kind what its rows are about."""
_SUBJECT = re.compile(r"(?:([a-z]+(?: [a-z]+)?) )?([1-9][0-9]{0,17})(?: (?:customer|driver))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class About:
    """What a row is about: one of THINGS and its id; no id: `thing` is one of NAMES, BY_NUMBER, or nothing that is known."""

    thing: str
    id: int | None
    text: str


def about(what: str, subject: str) -> About:
    """What the row of that kind is about."""
    thing = ACTS.get(what, SAID)
    if thing in NAMES:
        return About(thing, None, subject)
    if thing == BY_NUMBER:
        return About(thing, None, subject.removeprefix("driver "))
    found = _SUBJECT.fullmatch(subject)
    said = (found[1] or thing) if found else SAID
    if found is None or said not in THINGS:
        return About(SAID, None, subject)
    return About(said, int(found[2]), subject)


def group(what: str) -> str:
    """Deeds of one matter have the beginning of their names in common."""
    return what.partition(".")[0]


def groups() -> dict[str, list[str]]:
    """All kinds by their matter, in the order of the table."""
    found: dict[str, list[str]] = {}
    for what in ACTS:
        found.setdefault(group(what), []).append(what)
    return found
