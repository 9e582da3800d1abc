"""What the page of codes of calls shows with: how a code is called in the language of who looks."""

from __future__ import annotations

from dataclasses import dataclass

from desk.call import wrap_ups
from web.views.page_view import PageView


@dataclass(frozen=True, slots=True)
class CallsPage(PageView):
    """One visit to it."""

    AREA = "calls"

    def called(self, code: str) -> str:
        """What a code is called; one in the office's own words is called so."""
        return wrap_ups.words(code, self.locale)
