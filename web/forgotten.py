"""Recordings of people who were forgotten go from the disk: after the rows, and at the next start what a crash left."""

from __future__ import annotations

import asyncio
from pathlib import Path, PurePosixPath

import structlog
from aiohttp import web

from desk.customer import erasure
from desk.work import Desk
from web.keys import DESK, OUTSIDE

log = structlog.get_logger(__name__)


async def remove_files(app: web.Application) -> None:
    """Take away what erasures have named. What cannot be removed now is tried again at the next erasure or start."""
    await remove(app[DESK], app[OUTSIDE].recordings)


async def remove(desk: Desk, recordings: Path) -> None:
    """The same, in that folder."""
    async with desk.look() as session:
        left = await erasure.files_to_remove(session)
    for erasure_id, names in left:
        try:
            await asyncio.to_thread(_unlink, recordings, names)
        except OSError as error:
            log.error("recordings of an erased person are still on the disk", erasure=erasure_id, error=str(error))
            continue
        await desk.do(lambda work, one=erasure_id: erasure.removed(work, one))  # type: ignore[misc]


def _unlink(recordings: Path, names: list[str]) -> None:
    for name in names:
        (recordings / PurePosixPath(name).name).unlink(missing_ok=True)
