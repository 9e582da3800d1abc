"""Who may sign in: operators with passwords or tokens, the sessions of their browsers, and the record of who did what.

The database keeps hashes only: a copy of it opens no session and tells no password.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from desk.audit_chain import SIGN_IN_REFUSED
from desk.errors import Conflict, DeskError, Invalid, NotFound
from desk.events import RightsChanged, SessionEnded
from desk.office.passwords import matches, new_token, password_hash, token_hash
from desk.text import plain
from desk.work import Desk, Work
from models import AuditEntry, Operator, WebSession
from models.office import ROLES

# A session's last use is written at most this often; the idle limit is hours.
TOUCH_EVERY = timedelta(minutes=1)


class WrongLogin(DeskError):
    """No such account, a wrong password, or an account that is disabled: the answer is the same for all."""

    code = "wrong_login"


class CodeNeeded(WrongLogin):
    """The password is right, and a code of the second factor has to come with it."""

    code = "code_needed"


class LoginTaken(Conflict):
    """Somebody has this log-in: perhaps he is disabled, perhaps he is of another office of the same server."""

    code = "login_taken"


class ExtensionTaken(Conflict):
    """Somebody has this extension: perhaps he is disabled."""

    code = "extension_taken"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session. `token` is for the cookie and is known nowhere else."""

    token: str
    session: WebSession
    operator: Operator


@dataclass(frozen=True, slots=True)
class Rights:
    """What decides on somebody's rights: the role, and the office whose rows he sees."""

    role: str
    office_id: int


Prove = Callable[[Work, int], Awaitable[str | None]]
"""Takes what the person shows as a second factor, in the transaction: what it was, or None where it is not right."""


async def operator_of(work: Work, operator_id: int) -> Operator:
    """The operator row. Raises NotFound."""
    operator = await work.session.get(Operator, operator_id)
    if operator is None or operator.disabled_at is not None:
        raise NotFound(f"there is no operator {operator_id}", operator_id=operator_id)
    return operator


def as_login(typed: str) -> str:
    """A log-in as it is kept: a blank more or less is the same one."""
    return plain(typed, 64)


async def sign_in(
    desk: Desk,
    login: str,
    password: str,
    address: str = "",
    second: Callable[[int], Awaitable[Prove | None]] | None = None,
) -> SignedIn:
    """Open a browser session. Raises WrongLogin. Both outcomes are in the audit record, with the address.

    `second` is asked, once the password is right, whether this person has to prove himself in a second way, and how; it may
    raise CodeNeeded.
    """
    async with desk.look() as session:
        operator = await _by_login(session, login)
    # Outside of any transaction: the check takes long, and nobody shall wait for it.
    right = await matches(password, operator.password_hash if operator else None)
    prove = await second(operator.id) if second is not None and operator is not None and right else None
    async with desk.work() as work:
        # Read again: he may have been disabled, or given another password, in the meantime. And held: whoever does so now ends
        # this session, too.
        now_kept = await _by_login(work.session, login, held=True)
        factor = None
        if operator is None or now_kept is None or not right or now_kept.password_hash != operator.password_hash:
            audit(work, None, SIGN_IN_REFUSED, as_login(login), {"address": plain(address, 64)})
            signed_in = None
        elif prove is not None and (factor := await prove(work, now_kept.id)) is None:
            audit(work, None, SIGN_IN_REFUSED, now_kept.login, {"address": plain(address, 64), "factor": "wrong"})
            signed_in = None
        else:
            token = new_token()
            opened = WebSession(
                token_hash=token_hash(token),
                operator_id=now_kept.id,
                created_at=work.now,
                last_seen_at=work.now,
                factor_at=work.now if factor else None,
            )
            work.session.add(opened)
            await work.session.flush()
            told = {"address": plain(address, 64)} | ({"factor": factor} if factor else {})
            audit(work, now_kept.id, "sign_in", now_kept.login, told)
            signed_in = SignedIn(token, opened, now_kept)
    if signed_in is None:
        raise WrongLogin("no such log-in, or a wrong password")
    return signed_in


async def sign_out(work: Work, session_id: int) -> None:
    """End a browser session; ending it again is harmless."""
    await _end_sessions(work, WebSession.id == session_id)


async def by_session(
    session: AsyncSession, token: str, now: datetime, idle: timedelta, absolute: timedelta
) -> tuple[WebSession, Operator] | None:
    """The session that a cookie opens, and whose it is. None where it is unknown, ended, too old or unused too long."""
    found = await session.execute(
        select(WebSession, Operator)
        .join(Operator, Operator.id == WebSession.operator_id)
        .where(
            WebSession.token_hash == token_hash(token), WebSession.ended_at.is_(None), Operator.disabled_at.is_(None)
        )
    )
    row = found.one_or_none()
    if row is None:
        return None
    opened, operator = row
    if now - opened.last_seen_at >= idle or now - opened.created_at >= absolute:
        return None
    return opened, operator


async def still_open(
    session: AsyncSession, session_ids: Collection[int], now: datetime, idle: timedelta, absolute: timedelta
) -> dict[int, Rights]:
    """Those of `session_ids` whose sessions are neither ended nor too old, of people who may still sign in; what they may do."""
    found = await session.execute(
        select(WebSession.id, Operator.role, Operator.office_id)
        .join(Operator, Operator.id == WebSession.operator_id)
        .where(
            WebSession.id.in_(session_ids),
            WebSession.ended_at.is_(None),
            WebSession.last_seen_at > now - idle,
            WebSession.created_at > now - absolute,
            Operator.disabled_at.is_(None),
        )
    )
    return {session_id: Rights(role, office_id) for session_id, role, office_id in found}


async def still_active(session: AsyncSession, operator_ids: Collection[int]) -> dict[int, Rights]:
    """Those of `operator_ids` who have a token and are not disabled; what they may do."""
    found = await session.execute(
        select(Operator.id, Operator.role, Operator.office_id).where(
            Operator.id.in_(operator_ids), Operator.disabled_at.is_(None), Operator.token_hash.is_not(None)
        )
    )
    return {operator_id: Rights(role, office_id) for operator_id, role, office_id in found}


async def touch(work: Work, session_id: int) -> None:
    """The session is in use. Written at most once in TOUCH_EVERY, so it may be called on every request."""
    await work.session.execute(
        update(WebSession)
        .where(WebSession.id == session_id, WebSession.last_seen_at < work.now - TOUCH_EVERY)
        .values(last_seen_at=work.now)
    )


async def by_token(session: AsyncSession, token: str) -> Operator | None:
    """Whose Bearer token this is, unless he is disabled."""
    found = await session.scalars(
        select(Operator).where(Operator.token_hash == token_hash(token), Operator.disabled_at.is_(None))
    )
    return found.one_or_none()


async def add_operator(
    work: Work,
    office_id: int,
    login: str,
    *,
    name: str | None = None,
    role: str = "operator",
    password: str | None = None,
    kept: str | None = None,
    token: str | None = None,
    extension: str | None = None,
    locale: str = "ko",
    by: int | None = None,
) -> Operator:
    """A new person (or program, by token); `kept` is the hash of a password where it is made already.

    Raises Invalid, and LoginTaken and ExtensionTaken where they are in use.
    """
    login = as_login(login)
    if not login:
        raise Invalid("a log-in has a name", field="login")
    if role not in ROLES:
        raise Invalid(f"a role is one of {', '.join(ROLES)}", field="role")
    operator = Operator(
        office_id=office_id,
        login=login,
        name=plain(name) or login,
        password_hash=password_hash(password) if password is not None else kept,
        token_hash=token_hash(token) if token is not None else None,
        role=role,
        extension=extension,
        locale=locale,
    )
    try:
        async with work.session.begin_nested():
            work.session.add(operator)
            await work.session.flush()
    except IntegrityError as error:
        if await work.session.scalar(select(Operator.id).where(Operator.login == login)) is not None:
            raise LoginTaken("this log-in is in use", login=login) from error
        raise ExtensionTaken("this extension is in use", extension=extension) from error
    audit(work, by, "operator.added", login, {"role": role, "extension": extension})
    return operator


async def set_password(
    work: Work, operator_id: int, kept: str, by: int | None = None, session_id: int | None = None
) -> None:
    """Give an operator another password, of which `kept` is the hash; his sessions end but for this one. Raises NotFound."""
    operator = await _get(work.session, operator_id)
    operator.password_hash = kept
    await end_sessions_but(work, operator_id, session_id)
    audit(work, by, "operator.password", operator.login)


async def set_role(work: Work, operator_id: int, role: str, by: int | None = None) -> None:
    """Give somebody another role; open sockets are closed, and come back with the new rights. Raises NotFound and Invalid."""
    if role not in ROLES:
        raise Invalid(f"a role is one of {', '.join(ROLES)}", field="role")
    operator = await _get(work.session, operator_id)
    if operator.role != role:
        audit(work, by, "operator.role", operator.login, {"from": operator.role, "to": role})
        operator.role = role
        work.tell(RightsChanged(work.now, operator_id))


async def end_sessions_but(work: Work, operator_id: int, session_id: int | None) -> None:
    """End all sessions of somebody but this one."""
    await _end_sessions(work, (WebSession.operator_id == operator_id) & (WebSession.id != (session_id or 0)))


async def disable(work: Work, operator_id: int, by: int | None = None) -> None:
    """Shut an operator out at once: passwords, tokens and open sessions. Raises NotFound."""
    operator = await _get(work.session, operator_id)
    operator.disabled_at = operator.disabled_at or work.now
    await _end_sessions(work, WebSession.operator_id == operator_id)
    work.tell(RightsChanged(work.now, operator_id))
    audit(work, by, "operator.disabled", operator.login)


async def enable(work: Work, operator_id: int, by: int | None = None) -> None:
    """Let somebody sign in again, with the password that he had; sessions of before stay ended. Raises NotFound."""
    operator = await _get(work.session, operator_id)
    if operator.disabled_at is not None:
        operator.disabled_at = None
        audit(work, by, "operator.enabled", operator.login)


def audit(
    work: Work, operator_id: int | None, what: str, subject: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Add to the record: who (null: nobody who is signed in) did what to whom. Never a secret, never a whole text."""
    work.session.add(
        AuditEntry(
            at=work.now, operator_id=operator_id, what=what, subject=plain(subject, 120), detail=dict(detail or {})
        )
    )


async def _by_login(session: AsyncSession, login: str, *, held: bool = False) -> Operator | None:
    query = (
        select(Operator)
        .where(Operator.login == as_login(login), Operator.disabled_at.is_(None))
        .execution_options(populate_existing=True)
    )
    found = await session.scalars(query.with_for_update(read=True) if held else query)
    return found.one_or_none()


async def _get(session: AsyncSession, operator_id: int) -> Operator:
    operator = await session.get(Operator, operator_id)
    if operator is None:
        raise NotFound("there is no such operator", operator_id=operator_id)
    return operator


async def _end_sessions(work: Work, which: Any) -> None:
    found = await work.session.scalars(select(WebSession).where(which, WebSession.ended_at.is_(None)).with_for_update())
    for opened in found.all():
        opened.ended_at = work.now
        work.tell(SessionEnded(work.now, opened.id))
