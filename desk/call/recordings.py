"""What callers said after the tone: found by its opaque token, and every listening is on record."""

from __future__ import annotations

from sqlalchemy import select

from desk.errors import NotFound
from desk.office.people import audit
from desk.work import Work
from models import Call, Recording


async def listened(work: Work, operator_id: int, office_id: int, token: str) -> Recording:
    """The recording behind `token`, of this office; that the operator heard it is recorded. Raises NotFound."""
    found = await work.session.scalars(
        select(Recording)
        .join(Call, Call.id == Recording.call_id)
        .where(Recording.token == token, Call.office_id == office_id)
    )
    recording = found.one_or_none()
    if recording is None:
        raise NotFound("there is no such recording")
    audit(work, operator_id, "recording.played", f"recording {recording.id}", {"call_id": recording.call_id})
    return recording
