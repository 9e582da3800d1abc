"""What the pages of users show with."""

from __future__ import annotations

from dataclasses import dataclass

from web.views.page_view import PageView


@dataclass(frozen=True, slots=True)
class UsersView(PageView):
    """One visit to them."""

    AREA = "users"
