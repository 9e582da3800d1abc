"""A process that draws one PDF and nothing else: a page comes in on its standard input, the PDF goes out.

It fetches nothing: no address and no file but the two faces of the bundled font (Pretendard, Korean and Latin). The same page
gives the same bytes, whenever and wherever it is drawn: nothing of the clock and nothing at random goes in.
"""

from __future__ import annotations

import hashlib
import os
import resource
import sys
from pathlib import Path
from typing import Any

FONTS = Path(__file__).parent / "static/vendor/pretendard/dist/public/static/alternative"
FACES = {"font:regular": "Pretendard-Regular.ttf", "font:bold": "Pretendard-SemiBold.ttf"}
NO_PANGO, NO_FONT = 3, 4
"""Ends of the process that have a sentence of their own (web/pdf.py)."""
MEMORY = 3_000_000_000
SECONDS = 60
NICENESS = 5


def draw(page: str) -> bytes:
    """The PDF of a page. Raises OSError where pango is not installed."""
    # Not at the top: who has no pango hears so from `main`.
    from weasyprint import HTML
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class OnlyOurFont(URLFetcher):  # type: ignore[misc]
        """Gives the bundled font and refuses everything else, so that the drawing ends there."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url not in FACES:
                raise FatalURLFetchingError("a printed page fetches nothing")
            content = (FONTS / FACES[url]).read_bytes()
            return URLFetcherResponse(url, content, {"Content-Type": "font/ttf"})

    told = HTML(string=page, base_url=None, url_fetcher=OnlyOurFont())
    identifier = hashlib.sha256(page.encode()).digest()[:16]
    return bytes(told.write_pdf(pdf_identifier=identifier, pdf_variant=None))


def main() -> int:
    """Draw, and tell how it went by the number of the end."""
    os.nice(NICENESS)  # who calls is served first
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not all((FONTS / name).is_file() for name in FACES.values()):
        return NO_FONT
    page = sys.stdin.buffer.read().decode()
    try:
        import weasyprint  # noqa: F401 -- asks for pango
    except OSError:
        return NO_PANGO
    sys.stdout.buffer.write(draw(page))
    return 0


if __name__ == "__main__":
    sys.exit(main())
