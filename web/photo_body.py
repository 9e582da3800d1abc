"""A photo on its way in and out: a body of bounded size and time, decoded in a thread, two at a time in the whole process."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import web

from desk.driver import car_pictures
from desk.driver.car_pictures import MOST_BYTES, Picture
from desk.keeping import kept_files

BODY_LIMIT_S = 120.0
"""For a photo over a weak network; a page sends some 300 kB."""
AT_ONCE = 2
CHUNK = 64 * 1024
_turn = asyncio.Semaphore(AT_ONCE)


async def bytes_of(request: web.Request, most: int = MOST_BYTES) -> bytes:
    """The whole body. Raises 413 for one that is too long, 408 for one that does not come to its end."""
    if request.content_length is not None and request.content_length > most:
        raise web.HTTPRequestEntityTooLarge(most, request.content_length)
    raw = bytearray()
    try:
        async with asyncio.timeout(BODY_LIMIT_S):
            async for chunk in request.content.iter_chunked(CHUNK):
                raw += chunk
                if len(raw) > most:
                    raise web.HTTPRequestEntityTooLarge(most, len(raw))
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except ConnectionError:
        raise web.HTTPBadRequest from None  # the sender has gone in the middle of it
    return bytes(raw)


async def drawn_anew(raw: bytes) -> Picture:
    """The photo as it is kept. Raises BadPicture."""
    async with _turn:
        return await asyncio.to_thread(car_pictures.drawn_anew, raw)


async def served(folder: Path, name: str | None, media_type: str = "image/jpeg", **headers: str) -> web.Response:
    """The file of a row; 404 where it is not there."""
    raw = None if name is None else await asyncio.to_thread(kept_files.read, folder, name)
    if raw is None:
        raise web.HTTPNotFound(text="not_found")
    return web.Response(body=raw, content_type=media_type, headers=headers)
