"""What callers said after the tone: asked for by an opaque token, read from under one folder only, in ranges if wanted."""

from __future__ import annotations

import re
from pathlib import Path

from aiohttp import hdrs, web

from desk.call import recordings
from web.access.auth import visitor_of
from web.keys import DESK, OUTSIDE

_RANGE = re.compile(r"bytes=(?:[0-9]+-[0-9]*|-0*[1-9][0-9]*)")
"""One range (RFC 9110, 14.1.2). aiohttp takes other digits than ASCII's and the empty suffix `-0` as well."""


async def play(request: web.Request) -> web.StreamResponse:
    """The sound (WAV). 404 for an unknown token, and for a row whose file is not (any more) a plain file in the folder."""
    visitor = await visitor_of(request)
    assert visitor is not None
    desk = request.app[DESK]
    async with desk.work() as work:
        recording = await recordings.listened(
            work, visitor.operator.id, visitor.operator.office_id, request.match_info["token"]
        )
    path = under(request.app[OUTSIDE].recordings, recording.path)
    if path is None:
        raise web.HTTPNotFound(text="not_found")
    _check_range(request, path)
    return web.FileResponse(
        path,
        headers={
            "Content-Type": "audio/wav",
            "Content-Disposition": f'inline; filename="recording-{recording.id}.wav"',
        },
    )


def _check_range(request: web.Request, path: Path) -> None:
    # aiohttp answers a range beyond the end by itself, but without a body that says so in our words.
    size = path.stat().st_size
    try:
        start = request.http_range.start if _RANGE.fullmatch(request.headers.get(hdrs.RANGE, "bytes=0-")) else size
    except ValueError:
        start = size
    if start is not None and start >= size and hdrs.IF_RANGE not in request.headers:
        raise web.HTTPRequestRangeNotSatisfiable(headers={hdrs.CONTENT_RANGE: f"bytes */{size}"})


def under(root: Path, relative: str) -> Path | None:
    """The regular file `relative` names, if after following every link it still lies under `root`."""
    try:
        path = (root / relative).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):  # RuntimeError: links in a circle
        return None
    return path if path.is_relative_to(root.resolve()) and path.is_file() else None
