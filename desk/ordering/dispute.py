"""All that is known of one order, to be laid before somebody who decides a quarrel: one file, and who took it on record."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from desk.driver import vehicle_proof, ways
from desk.errors import NotFound
from desk.office import exports
from desk.ordering import fares, no_show
from desk.ordering.order_views import order_json
from desk.texts.message_states import shown_text
from desk.views import moment
from desk.work import Work
from models import CarPhoto, Driver, Message, Operator, Order, OrderChange, OrderStep, Recording

_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Dispute:
    """The rows as JSON, and the photos by the names that they get in the file: name -> (kept file, its SHA-256)."""

    told: Mapping[str, Any]
    photos: Mapping[str, tuple[str, str]]


async def gather(work: Work, operator_id: int, office_id: int, order_id: int) -> Dispute:
    """What is known of an order; that it is taken away is on record. Raises NotFound, also for another office's order."""
    order = await work.session.get(Order, order_id)
    if order is None or order.office_id != office_id:
        raise NotFound(f"there is no order {order_id}", order_id=order_id)
    photos = await _photos(work, order_id)
    told = {
        "order": await order_json(work.session, order_id, office_id),
        "steps": await _steps(work, order_id),
        "fares": [
            {"at": moment(one.at), "amount": one.amount, "basis": one.basis, "reason": one.reason, "told": one.told}
            for one in await fares.history(work.session, order_id)
        ],
        "changes": await _changes(work, order_id),
        "texts": await _texts(work, order_id),
        "recordings": await _recordings(work, order),
        "car": await vehicle_proof.seen(work.session, order_id),
        **await ways.of_order(work.session, office_id, order_id),
        "nobody_came": await no_show.evidence_of(work.session, order),
        "taken_away_at": moment(work.now),
    }
    await exports.taken_away(work, operator_id, f"order-{order_id}.zip", f"order {order_id}")
    return Dispute(told, photos)


def packed(told: Mapping[str, Any], photos: Mapping[str, bytes]) -> bytes:
    """A ZIP of `order.json`, the photos, and `sha256.txt` of both. Takes a while: for a thread."""
    files = {"order.json": json.dumps(told, ensure_ascii=False, indent=1).encode(), **photos}
    sums = "".join(f"{hashlib.sha256(raw).hexdigest()}  {name}\n" for name, raw in files.items())
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in {**files, "sha256.txt": sums.encode()}.items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, raw, zipfile.ZIP_STORED if name.endswith(".jpg") else zipfile.ZIP_DEFLATED)
    return out.getvalue()


async def _photos(work: Work, order_id: int) -> dict[str, tuple[str, str]]:
    query = select(CarPhoto).where(CarPhoto.order_id == order_id, CarPhoto.path.is_not(None)).order_by(CarPhoto.id)
    found: dict[str, tuple[str, str]] = {}
    for photo in await work.session.scalars(query):
        assert photo.path is not None
        found[f"photos/{photo.stage}-{photo.side}-{_stamp(photo.received_at)}-{photo.id}.jpg"] = (
            photo.path,
            photo.sha256,
        )
    return found


async def _steps(work: Work, order_id: int) -> list[dict[str, Any]]:
    query = (
        select(OrderStep, Operator.name, Driver.number)
        .outerjoin(Operator, Operator.id == OrderStep.operator_id)
        .outerjoin(Driver, Driver.id == OrderStep.driver_id)
        .where(OrderStep.order_id == order_id)
        .order_by(OrderStep.id)
    )
    return [
        {
            "at": moment(step.at),
            "before": step.before,
            "after": step.after,
            "reason": step.reason,
            "operator": operator,
            "driver": driver,
        }
        for step, operator, driver in (await work.session.execute(query)).all()
    ]


async def _changes(work: Work, order_id: int) -> list[dict[str, Any]]:
    query = (
        select(OrderChange, Operator.name)
        .outerjoin(Operator, Operator.id == OrderChange.operator_id)
        .where(OrderChange.order_id == order_id)
        .order_by(OrderChange.id)
    )
    return [
        {"at": moment(one.at), "field": one.field, "before": one.before, "after": one.after, "operator": operator}
        for one, operator in (await work.session.execute(query)).all()
    ]


async def _texts(work: Work, order_id: int) -> list[dict[str, Any]]:
    rows = await work.session.scalars(select(Message).where(Message.order_id == order_id).order_by(Message.id))
    return [
        {
            "at": moment(row.created_at),
            "to": row.recipient,
            "audience": row.audience,
            "state": row.state,
            "text": shown_text(row.text_key, row.text),
        }
        for row in rows
    ]


async def _recordings(work: Work, order: Order) -> list[dict[str, Any]]:
    """References only: who may hear a recording hears it in the panel, which writes that down."""
    if order.call_id is None:
        return []
    rows = await work.session.scalars(select(Recording).where(Recording.call_id == order.call_id))
    return [{"call_id": order.call_id, "recording_id": row.id} for row in rows]


def _stamp(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"
