"""What is kept about one driver, so that he can read it: part by part, oldest first (as web/views/person_paper.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from desk.rules import banks
from desk.views import Json
from web.views.drivers_view import DriversView
from web.views.person_paper import Part, parts_of

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "driver": (
        "number", "name", "phone", "language", "licence_number", "licence_until", "insurance_number", "insurance_until",
        "base_area", "works_days", "works_from", "works_until", "grade", "note", "bank", "bank_account", "bank_holder",
        "located_at", "disabled_at",
    ),
    "phones": ("number",),
    "skills": ("skill",),
    "groups": ("name",),
    "grades": ("at", "before", "after", "reason"),
    "documents": ("added_at", "kind", "name", "removed_at"),
    "papers_told": ("told_at", "paper", "until"),
    "kept_apart": ("made_at", "side", "ended_at"),
    "links": ("created_at", "used_at"),
    "log_ins": ("created_at", "last_seen_at", "ended_at"),
    "shifts": ("started_at", "ended_at"),
    "offers": ("order_id", "offered_at", "state", "reason", "ended_at"),
    "weighings": ("at", "asked", "why"),
    "orders": (
        "order_id", "assigned_at", "ended_at", "state", "origin_text", "destination_text", "fare", "payment", "reason",
    ),
    "next_orders": ("order_id", "made_at", "state", "reason", "ended_at"),
    "steps": ("order_id", "at", "before", "after", "reason"),
    "photos": ("order_id", "received_at", "stage", "side", "erased_at"),
    "odometer": ("order_id", "at", "stage", "km"),
    "without_photos": ("order_id", "at", "stage", "reason"),
    "covers": ("order_id", "at", "stage", "insurance_number", "insurance_until"),
    "positions": ("order_id", "at", "lat", "lon"),
    "money": ("at", "about", "amount", "balance", "order_id", "evidence"),
    "settled": ("batch_id", "kind", "amount", "had", "has"),
    "appeals": ("at", "reason", "state", "answer", "answered_at"),
    "left_out": ("number", "why"),
    "texts": ("created_at", "recipient", "text", "state", "detail"),
    "texts_received": ("received_at", "sender", "text", "outcome"),
    "calls": ("arrived_at", "number", "caller_name", "disposition", "ended_at"),
    "recordings": ("created_at", "kind"),
}  # fmt: skip
"""What is shown of each part, in this order."""


def parts(view: DriversView, told: Json) -> list[Part]:
    """All parts of which there is anything, in the reader's language and the office's clock."""
    driver = [row | {"bank": banks.whole(row["bank"] or "", view.locale)} for row in told["driver"]]
    weighings = [
        row
        | {
            "asked": "asked" if row["asked"] else "not_asked",
            "why": view.words.text(f"panel.{row['reason_key']}", **row["reason_args"]),
        }
        for row in told["weighings"]
    ]
    return parts_of(view, told | {"driver": driver, "weighings": weighings}, COLUMNS)
