"""The one history of the schema, for SQLite and PostgreSQL alike.

Each function opens its own short-lived synchronous connection and works in one transaction: the schema is the old one or the
new one, never between. An `url` may be the asynchronous one that the desk uses.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, make_url, text

HERE = Path(__file__).parent
# Any fixed number: two programs that migrate one PostgreSQL database at once must agree on it.
ADVISORY_LOCK = 5_207_118
LOCK_WAIT_S = 10


def upgrade(url: str | URL, revision: str = "head") -> None:
    """Bring the database to `revision`, from nothing if it is empty. Raises SQLAlchemy's errors."""
    _run(url, lambda config: command.upgrade(config, revision))


def downgrade(url: str | URL, revision: str) -> None:
    """Take the database back to `revision` ("base": no tables). Raises SQLAlchemy's errors."""
    _run(url, lambda config: command.downgrade(config, revision))


def current(url: str | URL) -> str | None:
    """The revision that the database is at; None for one without a history."""
    engine = open_engine(url)
    with engine.connect().execution_options(read_only=True) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def head() -> str:
    """The newest revision that this code knows."""
    newest = _scripts().get_current_head()
    assert newest is not None
    return newest


def knows(revision: str) -> bool:
    """Whether `revision` is in this code's history; one that is not comes from newer code."""
    return revision in {script.revision for script in _scripts().walk_revisions()}


def has_history() -> bool:
    """Whether there is any revision yet."""
    return _scripts().get_current_head() is not None


def write_revision(url: str | URL, message: str) -> None:
    """Write the revision that leads from the database at `url` to the tables as they are in the code."""
    number = f"{len(list(_scripts().walk_revisions())) + 1:04}"
    _run(url, lambda config: command.revision(config, message, autogenerate=True, rev_id=number))


def open_engine(url: str | URL) -> Engine:
    """A synchronous engine without a pool. On SQLite a transaction holds data definitions too.

    A connection with the execution option `read_only` asks SQLite for no write lock.
    """
    sync = make_url(url)
    if sync.get_backend_name() == "sqlite":
        engine = create_engine(
            sync.set(drivername="sqlite+pysqlite"), poolclass=NullPool, connect_args={"timeout": LOCK_WAIT_S}
        )
        event.listen(engine, "connect", _driver_begins_nothing)
        event.listen(engine, "begin", _begin)
        return engine
    options = {"connect_timeout": LOCK_WAIT_S, "options": f"-c lock_timeout={LOCK_WAIT_S}s"}
    return create_engine(sync.set(drivername="postgresql+psycopg"), poolclass=NullPool, connect_args=options)


def _run(url: str | URL, act: Callable[[Config], object]) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        _alone(connection)
        config = Config()
        config.set_main_option("script_location", str(HERE).replace("%", "%%"))
        config.attributes["connection"] = connection
        act(config)


def _alone(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})


def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(HERE))


def _driver_begins_nothing(connection, _record) -> None:  # type: ignore[no-untyped-def]
    connection.isolation_level = None


def _begin(connection: Connection) -> None:
    read_only = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
