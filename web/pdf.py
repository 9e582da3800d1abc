"""PDF of a page made for paper, drawn in a process of its own (web/pdf_child.py): one at a time, never on the event loop."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from desk.errors import DeskError
from web.pdf_child import NO_FONT, NO_PANGO

LIMIT_S = 90.0
WAITING = 8
"""So many wait for their turn at most; who comes then is asked to come again."""
CHECKOUT = Path(__file__).parent.parent


class NoPdf(DeskError):
    """The page cannot be drawn. `code` says why, and `money.toml` has the sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(f"no PDF was made: {code}")
        self.code = code


class Press:
    """Draws one page after the other: two at a time would take twice the memory."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(1)
        self._here = 0

    async def draw(self, page: str) -> bytes:
        """The PDF. Raises NoPdf."""
        if self._here > WAITING:
            raise NoPdf("pdf_busy")
        self._here += 1
        try:
            async with self._turn:
                return await _draw(page)
        finally:
            self._here -= 1


async def _draw(page: str) -> bytes:
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "web.pdf_child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=CHECKOUT,
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            drawn, _ = await child.communicate(page.encode("utf-8", "replace"))
    except TimeoutError:
        raise NoPdf("pdf_too_long") from None
    finally:
        if child.returncode is None:
            child.kill()
            await asyncio.shield(child.wait())
    if child.returncode != 0 or not drawn:
        ends = {NO_PANGO: "pdf_no_pango", NO_FONT: "pdf_no_font"}
        raise NoPdf(ends.get(child.returncode or 0, "pdf_too_long"))
    return drawn
