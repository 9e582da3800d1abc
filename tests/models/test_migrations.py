"""One history builds what the tables say, and takes it away again, on both engines."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect
from sqlalchemy.exc import DBAPIError

from models import Base, inverted, migrations


def differences(url: str) -> list[object]:
    with migrations.open_engine(url).connect() as connection:
        options = {"include_name": lambda name, _kind, _parents: not inverted.is_part(name)}
        return list(compare_metadata(MigrationContext.configure(connection, opts=options), Base.metadata))


def tables(url: str) -> set[str]:
    return set(inspect(migrations.open_engine(url)).get_table_names())


def test_the_history_ends_where_the_tables_are(empty_url: str) -> None:
    migrations.upgrade(empty_url)
    assert differences(empty_url) == []
    assert migrations.current(empty_url) == migrations.head()


def test_check_constraints_are_those_of_the_tables(empty_url: str) -> None:
    migrations.upgrade(empty_url)
    inspector = inspect(migrations.open_engine(empty_url))
    for table in Base.metadata.sorted_tables:
        wanted = {str(c.name) for c in table.constraints if type(c).__name__ == "CheckConstraint"}
        assert {str(c["name"]) for c in inspector.get_check_constraints(table.name)} == wanted


def test_the_history_runs_down_to_nothing_and_up_again(empty_url: str) -> None:
    migrations.upgrade(empty_url)
    migrations.downgrade(empty_url, "base")
    assert tables(empty_url) == {"alembic_version"}
    migrations.upgrade(empty_url)
    assert differences(empty_url) == []


def test_a_migration_that_fails_half_way_leaves_the_schema_as_it_was(empty_url: str) -> None:
    # "message" is among the last tables to be made: everything before it is made first, and must be gone again.
    with migrations.open_engine(empty_url).begin() as connection:
        connection.exec_driver_sql("create table message (id integer)")
    with pytest.raises(DBAPIError):
        migrations.upgrade(empty_url)
    assert tables(empty_url) == {"message"}
