"""What an error of the database means to the desk: it is away, its disk is full, two writers met, or we asked for nonsense.

SQLSTATEs are PostgreSQL's (appendix A of its manual); SQLite has words only.
"""

from __future__ import annotations

import errno

from sqlalchemy import exc

from desk.errors import Conflict

# Errors of what was asked, not of the database's state: the same again would fail the same way.
_OF_THE_QUESTION = (exc.DataError, exc.IntegrityError, exc.ProgrammingError, exc.NotSupportedError)
_MET = ("40001", "40P01")  # serialization_failure, deadlock_detected
_UNIQUE = "23505"
_DISK_FULL = "53100"


class Busy(Conflict):
    """Others changed the same rows again and again; nothing of this was done."""

    code = "busy"


def is_away(error: BaseException) -> bool:
    """The database does not take this now and may take it later: no server, no turn, no room, no answer in time."""
    if isinstance(error, TimeoutError | exc.TimeoutError):
        return True
    return isinstance(error, exc.DBAPIError) and not isinstance(error, _OF_THE_QUESTION)


def is_full(error: BaseException) -> bool:
    """There is no room for one more row."""
    if not isinstance(error, exc.DBAPIError):
        return False
    return _state(error) == _DISK_FULL or "disk is full" in str(error.orig)


def disk_is_full(error: BaseException) -> bool:
    """There is no room for one more file."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def have_met(error: BaseException) -> bool:
    """Two writers were in each other's way, and this one was sent back: the same again may well succeed."""
    if not isinstance(error, exc.DBAPIError):
        return False
    if isinstance(error, exc.IntegrityError):
        return _state(error) == _UNIQUE or "UNIQUE constraint" in str(error.orig)
    return _state(error) in _MET


def in_words(error: BaseException) -> str:
    """Why, in one line, without the statement and what was in it."""
    if isinstance(error, exc.DBAPIError):
        return " ".join(str(error.orig).split())[:300]
    if isinstance(error, exc.TimeoutError):
        return "all connections are in use"
    return "another writer holds it" if isinstance(error, TimeoutError) else type(error).__name__


def _state(error: exc.DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)
