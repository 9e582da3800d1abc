"""Who signs in to an office's panel, as an administrator keeps it on his page and its owner by command: the same deeds.

`by` is the administrator: he acts on people of his own office, never against himself, and one of his kind is always left. Null is
the command line: whoever has that owns the machine, and can always make another administrator.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import Conflict, DeskError, Invalid, NotFound
from desk.events import RightsChanged
from desk.keeping import as_seen
from desk.office import people, second_factor
from desk.office.people import ExtensionTaken, audit
from desk.office.roles import MAY, may
from desk.text import plain
from desk.work import Work
from locales.catalog import tags
from models import Office, Operator, SecondFactor, WebSession
from models.office import ROLES

KEEPS: Final = "users.manage"
KEEPERS: Final = tuple(role for role in MAY if KEEPS in may(role))
LONGEST_LOGIN: Final = 64
LONGEST_EXTENSION: Final = 16
_EXTENSION = re.compile(rf"[0-9*#]{{1,{LONGEST_EXTENSION}}}")
"""What Asterisk can have as an extension (dialplan/settings.py) and the column holds."""


class Oneself(Conflict):
    """Nobody shuts himself out, and one's own password and second factor are changed with what one knows and has."""

    code = "oneself"


class LastKeeper(Conflict):
    """Nobody would be left who may let people in."""

    code = "last_keeper"


class RightsGone(DeskError):
    """Whoever asks was an administrator a moment ago, and is none now."""

    code = "not_allowed"


@dataclass(frozen=True, slots=True)
class UserForm:
    """What is said of somebody and can be said otherwise later. No name: the log-in is the name."""

    name: str
    role: str
    extension: str | None = None
    locale: str = "ko"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody of the office. `is_program`: he has a token; `has_password`: he can sign in at the panel."""

    id: int
    login: str
    form: UserForm
    has_password: bool
    is_program: bool
    has_factor: bool
    last_sign_in: datetime | None
    disabled_at: datetime | None


async def listed(session: AsyncSession, office_id: int) -> list[User]:
    """Everybody of the office, those who are disabled last."""
    return await _read(session, office_id)


async def one(session: AsyncSession, office_id: int, operator_id: int) -> User:
    """One of them. Raises NotFound."""
    found = await _read(session, office_id, operator_id)
    if not found:
        raise _nobody(operator_id)
    return found[0]


async def id_of(session: AsyncSession, login: str) -> int:
    """Whose log-in this is, whichever office he is of. Raises NotFound."""
    found = await session.scalar(select(Operator.id).where(Operator.login == login))
    if found is None:
        raise NotFound(f"there is nobody with the log-in {login!r}", login=login)
    return found


def checked(form: UserForm) -> UserForm:
    """As it is kept. Raises Invalid."""
    if form.role not in ROLES:
        raise Invalid(f"a role is one of {', '.join(ROLES)}", field="role")
    if form.locale not in tags():
        raise Invalid(f"a language is one of {', '.join(tags())}", field="locale")
    extension = (form.extension or "").strip() or None
    if extension is not None and not _EXTENSION.fullmatch(extension):
        raise Invalid(f"an extension has 1 to {LONGEST_EXTENSION} digits", field="extension")
    return UserForm(plain(form.name), form.role, extension, form.locale)


def checked_login(login: str) -> str:
    """As it is kept. Raises Invalid."""
    kept = plain(login, LONGEST_LOGIN + 1)
    if not kept or len(kept) > LONGEST_LOGIN:
        raise Invalid(f"a log-in has 1 to {LONGEST_LOGIN} letters", field="login")
    return kept


async def add(work: Work, by: int | None, office_id: int, login: str, form: UserForm, kept: str) -> Operator:
    """Somebody new, with the password whose hash is `kept`. Raises Invalid, LoginTaken, ExtensionTaken, RightsGone."""
    form, login = checked(form), checked_login(login)
    await _hold(work, by, office_id)
    return await people.add_operator(
        work,
        office_id,
        login,
        name=form.name or login,
        role=form.role,
        kept=kept,
        extension=form.extension,
        locale=form.locale,
        by=by,
    )


async def change(work: Work, by: int | None, operator_id: int, form: UserForm, seen: str | None = None) -> None:
    """Another name, role, extension or language; `seen` is the mark of what the form was opened with.

    His sockets close and come back with what holds now. Raises NotFound, Invalid, Outdated, LastKeeper, ExtensionTaken,
    RightsGone.
    """
    form = checked(form)
    operator = await _held(work, by, operator_id)
    before, after = form_of(operator), UserForm(form.name or operator.login, form.role, form.extension, form.locale)
    as_seen.check(seen, before, after)
    await _give_role(work, by, operator, after.role)
    try:
        async with work.session.begin_nested():
            operator.name, operator.extension, operator.locale = after.name, after.extension, after.locale
            await work.session.flush()
    except IntegrityError as error:
        raise ExtensionTaken("this extension is in use", extension=after.extension) from error
    was, now = asdict(before), asdict(after)
    other = [name for name in now if now[name] != was[name] and name != "role"]
    if other:
        told = {"from": {name: was[name] for name in other}, "to": {name: now[name] for name in other}}
        audit(work, by, "operator.changed", operator.login, told)
        if after.role == before.role:  # else it is told already
            work.tell(RightsChanged(work.now, operator_id))


async def set_role(work: Work, by: int | None, operator_id: int, role: str) -> None:
    """Another role alone. Raises NotFound, Invalid, LastKeeper, RightsGone."""
    await _give_role(work, by, await _held(work, by, operator_id), role)


async def disable(work: Work, by: int | None, operator_id: int) -> None:
    """Shut somebody out at once. Raises NotFound, Oneself, LastKeeper, RightsGone."""
    operator = await _held(work, by, operator_id, oneself=False)
    if by is not None:
        await _another_is_left(work, operator)
    await people.disable(work, operator_id, by)


async def enable(work: Work, by: int | None, operator_id: int) -> None:
    """Let him in again, with the password and the role that he had. Raises NotFound, RightsGone."""
    await _held(work, by, operator_id)
    await people.enable(work, operator_id, by)


async def end_sessions(work: Work, by: int | None, operator_id: int, session_id: int | None = None) -> None:
    """Sign him out everywhere, but for this session. Raises NotFound, RightsGone."""
    operator = await _held(work, by, operator_id)
    await people.end_sessions_but(work, operator_id, session_id)
    audit(work, by, "operator.signed_out", operator.login)


async def set_password(work: Work, by: int | None, operator_id: int, kept: str) -> None:
    """Another password, whose hash is `kept`; his sessions end. Raises NotFound, Oneself, RightsGone."""
    await _held(work, by, operator_id, oneself=False)
    await people.set_password(work, operator_id, kept, by)


async def forget_factor(work: Work, by: int | None, operator_id: int) -> None:
    """For whoever has lost his telephone and his recovery codes; his sessions end. Raises NotFound, Oneself, RightsGone."""
    await _held(work, by, operator_id, oneself=False)
    await second_factor.remove(work, operator_id, by)
    await people.end_sessions_but(work, operator_id, None)


def form_of(operator: Operator) -> UserForm:
    """What is said of him."""
    return UserForm(operator.name, operator.role, operator.extension, operator.locale)


async def _held(work: Work, by: int | None, operator_id: int, *, oneself: bool = True) -> Operator:
    """The row, of the office of whoever acts, while nobody else acts on people of that office."""
    operator = await work.session.get(Operator, operator_id)
    if operator is None:
        raise _nobody(operator_id)
    if by is not None and (await work.session.get_one(Operator, by)).office_id != operator.office_id:
        raise _nobody(operator_id)
    await _hold(work, by, operator.office_id)
    if by == operator_id and not oneself:
        raise Oneself("not by oneself")
    await work.session.refresh(operator)
    return operator


async def _hold(work: Work, by: int | None, office_id: int) -> None:
    """One after another: of two who shut each other out the second one finds that he may not any more."""
    await work.session.get_one(Office, office_id, with_for_update={"key_share": True}, populate_existing=True)
    work.has_waited()
    if by is None:
        return
    keeper = await work.session.get_one(Operator, by, populate_existing=True)
    if keeper.office_id != office_id or keeper.disabled_at is not None or KEEPS not in may(keeper.role):
        raise RightsGone("only an administrator keeps the people of an office")


async def _give_role(work: Work, by: int | None, operator: Operator, role: str) -> None:
    if by is not None and role not in KEEPERS:
        await _another_is_left(work, operator)
    await people.set_role(work, operator.id, role, by)


async def _another_is_left(work: Work, operator: Operator) -> None:
    """Raises LastKeeper where nobody else could sign in and let people in."""
    if operator.role not in KEEPERS or operator.disabled_at is not None:
        return
    another = select(Operator.id).where(
        Operator.office_id == operator.office_id,
        Operator.id != operator.id,
        Operator.role.in_(KEEPERS),
        Operator.disabled_at.is_(None),
        Operator.password_hash.is_not(None),
    )
    if await work.session.scalar(another.limit(1)) is None:
        raise LastKeeper("nobody would be left who may let people in")


async def _read(session: AsyncSession, office_id: int, operator_id: int | None = None) -> list[User]:
    signed_in = (
        select(func.max(WebSession.created_at))
        .where(WebSession.operator_id == Operator.id)
        .correlate(Operator)
        .scalar_subquery()
    )
    confirmed = SecondFactor.confirmed_at.is_not(None)
    query = (
        select(Operator, signed_in, confirmed)
        .outerjoin(SecondFactor, SecondFactor.operator_id == Operator.id)
        .where(Operator.office_id == office_id)
        .order_by(Operator.disabled_at.is_not(None), Operator.login)
    )
    if operator_id is not None:
        query = query.where(Operator.id == operator_id)
    return [
        User(
            each.id,
            each.login,
            form_of(each),
            has_password=each.password_hash is not None,
            is_program=each.token_hash is not None,
            has_factor=bool(has_factor),
            last_sign_in=last,
            disabled_at=each.disabled_at,
        )
        for each, last, has_factor in await session.execute(query)
    ]


def _nobody(operator_id: int) -> NotFound:
    return NotFound("there is no such user", operator_id=operator_id)
