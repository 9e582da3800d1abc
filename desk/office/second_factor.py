"""A second factor at the sign-in: one-time codes of an authenticator app (TOTP, RFC 6238), and codes for whoever has lost it.

    secret = HMAC-SHA256(site's key, operator and nonce)      the key is in secrets.json, the nonce in the database

Neither a copy of the database nor the key alone makes a code. A code is taken once; one step (30 s) of clock error is forgiven.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import pyotp
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from desk.errors import Conflict, DeskError
from desk.office.passwords import matches, password_hash
from desk.office.people import audit, end_sessions_but
from desk.office.roles import WITH_SECOND_FACTOR
from desk.work import Desk, Work
from models import Operator, RecoveryCode, SecondFactor, WebSession

STEP_S = 30
FORGIVEN = 1
"""Steps that a telephone's clock may be early or late."""
RECOVERY_CODES = 10
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_LENGTH = 12


class WrongCode(DeskError):
    """Not the code of now, or one that was used before."""

    code = "wrong_code"


class HasFactor(Conflict):
    """There is a second factor already: take it away first."""

    code = "has_factor"


@dataclass(frozen=True, slots=True)
class Shown:
    """What an authenticator app is told: the secret (base32), and the same as an otpauth:// address."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody's second factor stands: none, one that is not confirmed yet, or one that is asked for at the sign-in."""

    state: Literal["none", "begun", "on"]
    since: datetime | None = None
    recovery_left: int = 0


def secret_of(key: str, operator_id: int, nonce: str) -> str:
    """The secret that the app has, 160 bits in base32."""
    told = f"callboard second factor 1:{operator_id}:{nonce}".encode()
    return base64.b32encode(hmac.new(key.encode(), told, hashlib.sha256).digest()[:20]).decode()


def step_of(secret: str, code: str, now: datetime, last_step: int | None) -> int | None:
    """The step whose code this is, newer than any that was used; None where there is none."""
    codes, present = pyotp.HOTP(secret), int(now.timestamp()) // STEP_S
    found = None
    for step in range(present - FORGIVEN, present + FORGIVEN + 1):
        is_it = hmac.compare_digest(codes.at(step).encode(), code.encode("utf-8", "surrogatepass"))
        if is_it and (last_step is None or step > last_step):
            found = step
    return found


async def without_one(session: AsyncSession, *, counted: bool = True) -> list[str]:
    """The log-ins with a password whose roles should have a second factor, and that have none (`counted` false: none counts)."""
    has = select(SecondFactor.operator_id).where(SecondFactor.confirmed_at.is_not(None))
    query = select(Operator.login).where(
        Operator.role.in_(WITH_SECOND_FACTOR), Operator.disabled_at.is_(None), Operator.password_hash.is_not(None)
    )
    if counted:
        query = query.where(Operator.id.not_in(has))
    return list(await session.scalars(query.order_by(Operator.login)))


async def standing(session: AsyncSession, operator_id: int) -> Standing:
    """How it stands."""
    factor = await _factor(session, operator_id)
    if factor is None:
        return Standing("none")
    unused = select(RecoveryCode.id).where(RecoveryCode.operator_id == operator_id, RecoveryCode.used_at.is_(None))
    left = len((await session.scalars(unused)).all())
    return Standing("on" if factor.confirmed_at else "begun", factor.confirmed_at, left)


async def begin(work: Work, operator_id: int) -> None:
    """Draw a new secret; it guards nothing until a code of it was shown. Raises HasFactor."""
    if (await standing(work.session, operator_id)).state == "on":
        raise HasFactor("there is a second factor already")
    await work.session.execute(delete(SecondFactor).where(SecondFactor.operator_id == operator_id))
    work.session.add(SecondFactor(operator_id=operator_id, nonce=secrets.token_urlsafe(32), created_at=work.now))


async def shown(session: AsyncSession, key: str, operator: Operator, issuer: str) -> Shown | None:
    """What the app is told, while it is not confirmed; never afterwards."""
    factor = await _factor(session, operator.id)
    if factor is None or factor.confirmed_at is not None:
        return None
    secret = secret_of(key, operator.id, factor.nonce)
    return Shown(secret, pyotp.TOTP(secret).provisioning_uri(name=operator.login, issuer_name=issuer))


async def confirm(desk: Desk, key: str, operator_id: int, code: str, session_id: int | None) -> list[str]:
    """From now on it is asked for: the recovery codes, told this once. All other sessions end. Raises WrongCode, HasFactor."""
    codes = [_new_code(number) for number in range(1, RECOVERY_CODES + 1)]
    await desk.do(lambda work: _taken(work, key, operator_id, code))
    hashes = [await asyncio.to_thread(password_hash, one) for one in codes]  # slow on purpose: not in a transaction
    await desk.do(lambda work: _keep(work, operator_id, hashes, session_id))
    return codes


async def _taken(work: Work, key: str, operator_id: int, code: str) -> None:
    factor = await _factor(work.session, operator_id, held=True)
    if factor is None:
        raise WrongCode("there is nothing to confirm")
    if factor.confirmed_at is not None:
        raise HasFactor("there is a second factor already")
    step = step_of(secret_of(key, operator_id, factor.nonce), plain_code(code), work.now, factor.last_step)
    if step is None:
        raise WrongCode("that is not the code of now")
    factor.last_step = step


async def _keep(work: Work, operator_id: int, hashes: list[str], session_id: int | None) -> None:
    factor = await _factor(work.session, operator_id, held=True)
    if factor is None or factor.confirmed_at is not None:
        raise HasFactor("somebody else confirmed it at the same time")
    factor.confirmed_at = work.now
    await work.session.execute(delete(RecoveryCode).where(RecoveryCode.operator_id == operator_id))
    for one in hashes:
        work.session.add(RecoveryCode(operator_id=operator_id, code_hash=one))
        await work.session.flush()  # by their ids they are in order
    await end_sessions_but(work, operator_id, session_id)
    await work.session.execute(update(WebSession).where(WebSession.id == session_id).values(factor_at=work.now))
    audit(work, operator_id, "factor.confirmed", (await work.session.get_one(Operator, operator_id)).login)


async def recovery_of(session: AsyncSession, operator_id: int, code: str) -> int | None:
    """The recovery code that this is, unused; None where there is none. Takes a password's time."""
    number, _, _ = code.strip().upper().partition("-")
    if not number.isascii() or not number.isdigit() or not 1 <= int(number[:3]) <= RECOVERY_CODES:
        return None
    query = select(RecoveryCode).where(RecoveryCode.operator_id == operator_id).order_by(RecoveryCode.id)
    kept = (await session.scalars(query.offset(int(number[:3]) - 1).limit(1))).one_or_none()
    if kept is None or kept.used_at is not None:
        return None
    return kept.id if await matches(code.strip().upper(), kept.code_hash) else None


async def use(work: Work, key: str, operator_id: int, code: str, recovery_id: int | None) -> str | None:
    """Take a code, once: "totp", "recovery", or None where it is neither. In the transaction that it lets in to."""
    factor = await _factor(work.session, operator_id, held=True)
    if factor is None or factor.confirmed_at is None:
        return None
    if recovery_id is not None:
        kept = await work.session.get(RecoveryCode, recovery_id, with_for_update=True, populate_existing=True)
        if kept is None or kept.used_at is not None:
            return None
        kept.used_at = work.now
        return "recovery"
    step = step_of(secret_of(key, operator_id, factor.nonce), plain_code(code), work.now, factor.last_step)
    if step is None:
        return None
    factor.last_step = step
    return "totp"


async def remove(work: Work, operator_id: int, by: int | None) -> None:
    """Take it away; it is asked for no more. Taking away what is not there is harmless."""
    if await _factor(work.session, operator_id, held=True) is None:
        return
    for table in (SecondFactor, RecoveryCode):
        await work.session.execute(delete(table).where(table.operator_id == operator_id))
    await work.session.execute(update(WebSession).where(WebSession.operator_id == operator_id).values(factor_at=None))
    audit(work, by, "factor.removed", (await work.session.get_one(Operator, operator_id)).login)


def plain_code(code: str) -> str:
    """As typed: blanks are none of it."""
    return "".join(code.split())


def _new_code(number: int) -> str:
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))  # 59 bits
    return f"{number}-{drawn[:4]}-{drawn[4:8]}-{drawn[8:]}"


async def _factor(session: AsyncSession, operator_id: int, *, held: bool = False) -> SecondFactor | None:
    query = select(SecondFactor).where(SecondFactor.operator_id == operator_id)
    if held:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).one_or_none()
