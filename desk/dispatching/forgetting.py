"""Why drivers were asked or not is kept for a time: some thirty rows come with every order."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, exists, select

from desk.work import Work
from models import Appeal, Weighing

AT_A_TIME = 2_000


async def forget_before(work: Work, at: datetime) -> int:
    """Forget the reasons that were written before `at`, some thousand at most; how many.

    Those that a driver has appealed against stay. The oldest are looked at by their ids, so that nothing old costs nothing.
    """
    appealed = exists().where(Appeal.weighing_id == Weighing.id)
    oldest = select(Weighing.id, Weighing.at).where(~appealed).order_by(Weighing.id).limit(AT_A_TIME)
    ids = [row.id for row in await work.session.execute(oldest) if row.at < at]
    if ids:
        await work.session.execute(delete(Weighing).where(Weighing.id.in_(ids)))
    return len(ids)
