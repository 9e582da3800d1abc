"""Everything that is kept about one person, to be given to him: the rows themselves, by what they are, oldest first."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from desk.customer import person_rows
from desk.customer.customer_deeds import held, not_forgotten
from desk.keeping.row_images import image, table_of
from desk.office.people import audit
from desk.views import Json, moment
from desk.work import Work

PARTS: Final = {
    "customer": "customer",
    "numbers": "customer_phone",
    "numbers_before": "former_number",
    "places": "place",
    "calls": "call",
    "recordings": "recording",
    "orders": "order",
    "stops": "way_point",
    "steps": "order_step",
    "changes": "order_change",
    "fares": "fixed_fare",
    "promises": "promise",
    "texts": "message",
    "texts_received": "incoming_text",
    "consents": "ad_consent",
    "consents_told": "consent_notice",
    "left_out": "campaign_left_out",
    "standing_texts": "standing_recipient",
    "standing_left_out": "standing_left_out",
    "tasks": "task",
    "task_tries": "task_try",
    "photos": "car_photo",
    "car": "car_reading",
    "drafts": "call_draft",
    "groups": "segment_member",
    "accounts": "credit_rider",
    "deeds": "customer_deed",
}
"""What a part is called, and of which table it is."""
_NOT_HIS: Final = frozenset({"token", "path", "provider_id", "version", "claimed_at", "next_try_at"})
"""Columns that say how we keep it, not what we know."""


async def of_customer(work: Work, operator_id: int, customer_id: int) -> Json:
    """Every part as a list of rows; that it was taken out is on record. Raises NotFound and Forgotten."""
    customer, _ = await held(work, operator_id, customer_id)
    await not_forgotten(work, customer)
    spans = await person_rows.spans_of(work.session, customer)
    numbers = [span.number for span in spans]
    rows = await person_rows.of_customer(work.session, customer, spans)
    told: Json = {"made_at": moment(work.now), "customer_id": customer_id}
    for part, table in PARTS.items():
        told[part] = [_told(row, table) for row in rows.get(table, ()) if _is_his(row, table, numbers)]
    told["imports"] = await _imported(work.session, customer_id)
    audit(work, operator_id, "customer.data_given", f"customer {customer_id}", {"rows": sum(map(len, rows.values()))})
    return told


def _is_his(row: Any, table: str, numbers: list[str]) -> bool:
    """Not what a driver texted about an offer of his order."""
    return table != "incoming_text" or row["sender"] in numbers


def _told(row: Any, table: str) -> Json:
    own = {column.name for column in table_of(table).columns} - _NOT_HIS
    return {
        name: moment(value) if isinstance(value, datetime) else value.isoformat() if isinstance(value, date) else value
        for name, value in row.items()
        if name in own
    }


async def _imported(session: AsyncSession, customer_id: int) -> list[Json]:
    """What files said of him."""
    rows, imports = table_of("import_row"), table_of("import")
    query = (
        rows.select()
        .join(imports, imports.c.id == rows.c.import_id)
        .where(rows.c.subject_id == customer_id, imports.c.kind == "customers")
        .order_by(rows.c.import_id, rows.c.line)
    )
    return [image(dict(row)) for row in (await session.execute(query)).mappings()]
