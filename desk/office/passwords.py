"""Passwords and random tokens: argon2id for what people choose, SHA-256 for what we draw (256 bits need no slow hash)."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from desk.errors import Invalid

SHORTEST = 12
LONGEST = 256
# Each check takes 64 MiB and a core for a moment; a storm of log-ins waits here and not in the machine's memory.
AT_A_TIME = 2

_hasher = PasswordHasher()
_room = asyncio.Semaphore(AT_A_TIME)


def check(password: str) -> None:
    """Raises Invalid where the password is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(f"a password has {SHORTEST} to {LONGEST} characters", field="password")


def password_hash(password: str) -> str:
    """The argon2id hash to keep. Raises Invalid where the password is too short or too long."""
    check(password)
    return _hasher.hash(password.encode("utf-8", "surrogatepass"))


async def hashed(password: str) -> str:
    """The same; never blocks the loop. Not within a transaction: it takes long."""
    async with _room:
        return await asyncio.to_thread(password_hash, password)


async def matches(password: str, kept: str | None) -> bool:
    """Whether `kept` is the hash of `password`. Takes as long where there is none; never blocks the loop."""
    if len(password) > LONGEST:
        password = ""
    async with _room:
        return await asyncio.to_thread(_verify, password, kept)


def new_password() -> str:
    """A random password of about 95 bits, without characters that look alike."""
    alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "".join(secrets.choice(alphabet) for _ in range(16))


def new_token() -> str:
    """256 random bits, for a cookie or a Bearer header."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


@cache
def _of_nobody() -> str:
    """What is checked where there is no such account, so that the answer takes as long."""
    return _hasher.hash(secrets.token_urlsafe(16))


def _verify(password: str, kept: str | None) -> bool:
    nobody = _of_nobody()  # here, and not where it is needed: the first check after a start takes as long for everybody
    try:
        _hasher.verify(kept or nobody, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None
