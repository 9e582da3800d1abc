"""Files of people who were forgotten go from the disk: after the rows, and at the next start what a crash left."""

from __future__ import annotations

import asyncio
from pathlib import Path, PurePosixPath

import structlog
from aiohttp import web

from desk.customer import erasure
from desk.driver_data import erasure as driver_erasure
from desk.work import Desk
from web.keys import DESK, OUTSIDE

log = structlog.get_logger(__name__)


async def remove_files(app: web.Application) -> None:
    """Take away what erasures have named. What cannot be removed now is tried again at the next erasure or start."""
    await remove(app[DESK], app[OUTSIDE].recordings, app[OUTSIDE].files)


async def remove(desk: Desk, recordings: Path, files: Path) -> None:
    """The same, in these folders."""
    await _of_customers(desk, recordings)
    await _of_drivers(desk, recordings, files)


async def _of_customers(desk: Desk, recordings: Path) -> None:
    async with desk.look() as session:
        left = await erasure.files_to_remove(session)
    for erasure_id, names in left:
        try:
            await asyncio.to_thread(_unlink, recordings, names)
        except OSError as error:
            log.error("recordings of an erased person are still on the disk", erasure=erasure_id, error=str(error))
            continue
        await desk.do(lambda work, one=erasure_id: erasure.removed(work, one))  # type: ignore[misc]


async def _of_drivers(desk: Desk, recordings: Path, files: Path) -> None:
    async with desk.look() as session:
        left = await driver_erasure.files_to_remove(session)
    for erasure_id, paths in left:
        by_folder: dict[Path, list[str]] = {}
        for folder, _, name in (path.partition("/") for path in paths):
            by_folder.setdefault(recordings if folder == driver_erasure.RECORDINGS else files / folder, []).append(name)
        try:
            for where, names in by_folder.items():
                await asyncio.to_thread(_unlink, where, names)
        except OSError as error:
            log.error("files of an erased driver are still on the disk", erasure=erasure_id, error=str(error))
            continue
        await desk.do(lambda work, one=erasure_id: driver_erasure.removed(work, one))  # type: ignore[misc]


def _unlink(recordings: Path, names: list[str]) -> None:
    for name in names:
        (recordings / PurePosixPath(name).name).unlink(missing_ok=True)
