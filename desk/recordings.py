"""What callers said after the tone: found by its opaque token, and every listening is on record."""

from __future__ import annotations

from sqlalchemy import select

from desk.errors import NotFound
from desk.people import audit
from desk.work import Work
from models import Call, Operator, Recording


async def listened(work: Work, operator: Operator, token: str) -> Recording:
    """The recording behind `token`, of the operator's own office; that he heard it is recorded. Raises NotFound."""
    found = await work.session.scalars(
        select(Recording)
        .join(Call, Call.id == Recording.call_id)
        .where(Recording.token == token, Call.office_id == operator.office_id)
    )
    recording = found.one_or_none()
    if recording is None:
        raise NotFound("there is no such recording")
    audit(work, operator.id, "recording.played", f"recording {recording.id}", {"call_id": recording.call_id})
    return recording
