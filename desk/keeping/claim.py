"""One database, one callboard: a second one would take the first one's claimed texts for those of a dead process.

PostgreSQL holds the claim as an advisory lock of one connection, SQLite as a lock on a file beside the database. Both end with
the process, however it ends; a second copy that is started again and again is therefore a standby.
"""

from __future__ import annotations

import asyncio
import fcntl
import os

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from desk.database_errors import in_words, is_away
from desk.keeping.store import StoreError

# Any fixed number, other than that of migrations: all callboards on one PostgreSQL database must agree on it.
ADVISORY_LOCK = 5_207_119
LOOK_EVERY_S = 1.0
PATIENCE_S = 5.0
"""How long a predecessor that was killed may take to be gone from the server."""

log = structlog.get_logger(__name__)


class DatabaseInUse(StoreError):
    """Another callboard works on this database."""

    code = "database_in_use"

    def __init__(self) -> None:
        super().__init__(
            "another callboard already works on this database, and two would send every text twice; stop it first, or give "
            "this one a database of its own (desk.database_url)"
        )


class Claim:
    """Ours while it is held. `take` it before anything works, then let `keep` run."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._file: int | None = None

    async def take(self) -> None:
        """Hold the claim. Raises DatabaseInUse, and SQLAlchemy's errors when the database is away."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while not await self._try():
            if asyncio.get_running_loop().time() >= deadline:
                raise DatabaseInUse
            await asyncio.sleep(LOOK_EVERY_S / 4)

    async def keep(self) -> None:
        """Until cancelled, see that it is still ours: a server that was restarted has forgotten it. Raises DatabaseInUse."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            try:
                if not await self._is_held():
                    await self.take()
                    log.info("the claim on the database was taken again")
            except Exception as error:
                if not is_away(error):
                    raise
                log.warning("the claim on the database cannot be seen to", reason=in_words(error))

    async def release(self) -> None:
        """Let another one in."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await connection.invalidate()
            await connection.close()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    async def _try(self) -> bool:
        return await (self._lock_server() if self._engine.dialect.name == "postgresql" else self._lock_file())

    async def _lock_server(self) -> bool:
        connection = await self._engine.connect()
        try:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            asked = await connection.execute(text("select pg_try_advisory_lock(:key)"), {"key": ADVISORY_LOCK})
            if asked.scalar_one():
                self._connection = connection
                return True
        finally:
            if self._connection is not connection:
                await connection.close()
        return False

    async def _lock_file(self) -> bool:
        name = self._engine.url.database
        if not name or name == ":memory:":
            return True
        # Not the database itself: closing it would end the locks that SQLite holds on it in this process.
        file = os.open(f"{name}.in-use", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    async def _is_held(self) -> bool:
        if self._engine.dialect.name != "postgresql":
            return True
        if self._connection is None:
            return False
        try:
            await self._connection.execute(text("select 1"))
        except Exception:
            await self.release()
            raise
        return True
