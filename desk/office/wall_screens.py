"""Screens on the wall: an address each, made and revoked by whoever runs the site, and on record. The token is told once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import Invalid, NotFound
from desk.office.passwords import new_token, token_hash
from desk.office.people import audit
from desk.text import optional
from desk.work import Work
from models import Office, WallScreen

NAME_LIMIT = 80


async def add(work: Work, office_id: int, name: str) -> tuple[WallScreen, str]:
    """A new screen, and its token, which nobody can be told again. Raises Invalid for a name that is none."""
    named = optional(name, NAME_LIMIT)
    if named is None:
        raise Invalid("a screen has a name, so that the right one is revoked", field="name")
    token = new_token()
    screen = WallScreen(office_id=office_id, name=named, token_hash=token_hash(token), made_at=work.now)
    work.session.add(screen)
    await work.session.flush()
    audit(work, None, "wall.added", str(screen.id), {"name": named})
    return screen, token


async def revoke(work: Work, screen_id: int) -> WallScreen:
    """Show nothing there any more. Raises NotFound."""
    screen = await work.session.get(WallScreen, screen_id, with_for_update=True)
    if screen is None:
        raise NotFound("there is no such screen; `callboard wall list` shows them", id=screen_id)
    if screen.revoked_at is None:
        screen.revoked_at = work.now
        audit(work, None, "wall.revoked", str(screen.id), {"name": screen.name})
    return screen


async def listed(session: AsyncSession) -> Sequence[tuple[WallScreen, str]]:
    """Every screen with its office's name, the revoked ones too."""
    query = select(WallScreen, Office.name).join(Office, Office.id == WallScreen.office_id).order_by(WallScreen.id)
    return [(screen, name) for screen, name in await session.execute(query)]


async def offices_by_token(session: AsyncSession) -> Mapping[str, int]:
    """The office of each screen that may show something, by its token's hash."""
    query = select(WallScreen.token_hash, WallScreen.office_id).where(WallScreen.revoked_at.is_(None))
    return dict((await session.execute(query)).all())
