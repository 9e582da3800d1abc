"""All that is known of one order, to be laid before somebody who decides a quarrel: one file, and who took it on record."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from sqlalchemy import select

from desk.driver import vehicle_proof, ways
from desk.errors import NotFound
from desk.office import exports
from desk.office.people import audit
from desk.ordering import fares, no_show
from desk.ordering.order_views import order_json
from desk.texts.message_states import shown_text
from desk.views import moment
from desk.work import Work
from models import Call, CarPhoto, Driver, Message, Operator, Order, OrderChange, OrderStep, Recording

_EPOCH = (1980, 1, 1, 0, 0, 0)
_PIECE = 65_536
_STORED = (".jpg", ".wav")
"""What gets hardly smaller, or is played where it lies."""


@dataclass(frozen=True, slots=True)
class Dispute:
    """The rows as JSON, and the files by the names that they get: photos -> (kept file, its SHA-256), sounds -> kept file."""

    told: Mapping[str, Any]
    photos: Mapping[str, tuple[str, str]]
    sounds: Mapping[str, str]


async def gather(work: Work, operator_id: int, office_id: int, order_id: int, *, hears: bool) -> Dispute:
    """What is known of an order; that it is taken away is on record. Raises NotFound, also for another office's order.

    What the caller said goes with it for whoever `hears` such recordings anyway, each of them on record.
    """
    order = await work.session.get(Order, order_id)
    if order is None or order.office_id != office_id:
        raise NotFound(f"there is no order {order_id}", order_id=order_id)
    photos = await _photos(work, order_id)
    recordings, sounds = await _recordings(work, operator_id, order, hears=hears)
    told = {
        "order": await order_json(work.session, order_id, office_id),
        "steps": await _steps(work, order_id),
        "fares": [
            {"at": moment(one.at), "amount": one.amount, "basis": one.basis, "reason": one.reason, "told": one.told}
            for one in await fares.history(work.session, order_id)
        ],
        "changes": await _changes(work, order_id),
        "texts": await _texts(work, order_id),
        "recordings": recordings,
        "car": await vehicle_proof.seen(work.session, order_id),
        **await ways.of_order(work.session, office_id, order_id),
        "nobody_came": await no_show.evidence_of(work.session, order),
        "taken_away_at": moment(work.now),
    }
    await exports.taken_away(work, operator_id, f"order-{order_id}.zip", f"order {order_id}")
    return Dispute(told, photos, sounds)


def pack(out: IO[bytes], told: Mapping[str, Any], photos: Mapping[str, bytes], sounds: Mapping[str, Path]) -> None:
    """Write a ZIP of `order.json`, the photos, the sounds, and `sha256.txt` of all of them. Takes a while: for a thread.

    Sounds are read piece by piece. One that is not there (any more) is said to be missing in `order.json`.
    """
    with zipfile.ZipFile(out, "w") as archive:
        sums = [_add(archive, name, iter([raw])) for name, raw in photos.items()]
        here = {name: path for name, path in sounds.items() if path.is_file()}
        sums += [_add(archive, name, _pieces(path)) for name, path in here.items()]
        missing = [
            one | ({"sound": "missing", "file": None} if one["file"] not in (None, *here) else {})
            for one in told["recordings"]
        ]
        text = json.dumps({**told, "recordings": missing}, ensure_ascii=False, indent=1).encode()
        sums.insert(0, _add(archive, "order.json", iter([text])))
        _add(archive, "sha256.txt", iter(["".join(sums).encode()]))


def _add(archive: zipfile.ZipFile, name: str, pieces: Iterator[bytes]) -> str:
    """The file's line of `sha256.txt`."""
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = 0o600 << 16
    entry.compress_type = zipfile.ZIP_STORED if name.endswith(_STORED) else zipfile.ZIP_DEFLATED
    digest = hashlib.sha256()
    with archive.open(entry, "w", force_zip64=True) as file:
        for piece in pieces:
            digest.update(piece)
            file.write(piece)
    return f"{digest.hexdigest()}  {name}\n"


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


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


async def _recordings(
    work: Work, operator_id: int, order: Order, *, hears: bool
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """What the caller said after the tone: `sound` is "included", "not_allowed", or "erased" with all else about him."""
    call = await work.session.get(Call, order.call_id) if order.call_id is not None else None
    if call is None:
        return [], {}
    rows = (
        await work.session.scalars(select(Recording).where(Recording.call_id == call.id).order_by(Recording.id))
    ).all()
    if not rows and call.choice_kind == "recording":
        erased = {
            "call_id": call.id,
            "recording_id": None,
            "at": moment(call.arrived_at),
            "sound": "erased",
            "file": None,
        }
        return [erased], {}
    told, sounds = [], {}
    for row in rows:
        name = f"recordings/call-{call.id}-{_stamp(row.created_at)}-{row.id}.wav" if hears else None
        told.append(
            {
                "call_id": call.id,
                "recording_id": row.id,
                "at": moment(row.created_at),
                "sound": "included" if hears else "not_allowed",
                "file": name,
            }
        )
        if name is not None:
            sounds[name] = row.path
            audit(
                work,
                operator_id,
                "recording.taken_away",
                f"recording {row.id}",
                {"call_id": call.id, "order": order.id},
            )
    return told, sounds


def _stamp(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"
