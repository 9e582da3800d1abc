"""What tests of several packages share: both databases, for real, and a desk on each.

`desk` (and all that builds on `database_url`) runs every test twice: on a SQLite file and in a PostgreSQL database of its own.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from desk import work
from desk.bus import Bus
from desk.events import Event
from desk.work import Desk, open_engine
from models import migrations
from tests.memory import in_memory
from tests.path import prepared
from tests.postgres import Cluster
from tests.seed import SEED

pytest_plugins = ("tests.pbx_fixture",)

# Whole sites and long runs. The many small files after them fill whatever a worker has left at the end.
LONGEST_FIRST = ("fuzz", "benchmarks", "path", "faults", "hostile", "browser", "agi", "dialplan", "ami", "callboard")

_numbers = itertools.count(1)

# How long one example takes says something of the machine, and nothing of what is tested.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")


def pytest_configure(config: pytest.Config) -> None:
    """The workers of a run share what one of them prepares."""
    if not hasattr(config, "workerinput"):
        prepared.open_room()
        config.add_cleanup(prepared.close_room)


def pytest_report_header() -> str:
    """The seed, so that a run can be had again; and the counts of tests/faults and tests/hostile."""
    return f"chance: CALLBOARD_SEED={SEED}, {os.environ.get('CALLBOARD_FAULTS', 'fast')} counts"


@pytest.hookimpl(optionalhook=True)  # pytest-xdist's
def pytest_configure_node(node: Any) -> None:
    """Each worker is told the run's seed, beside the environment that it has from here."""
    node.workerinput["callboard_seed"] = SEED


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first: one that is begun last would leave the other workers with nothing to do."""
    here = Path(__file__).parent
    rank = {here / name: number for number, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: rank.get(item.path.parent, len(rank)))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """A PostgreSQL server of our own: unix socket only, gone with the tests."""
    with Cluster.started() as cluster:
        cluster.create("template_callboard")
        migrations.upgrade(cluster.url("template_callboard"))
        yield cluster


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    migrations.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def engine_name(request: pytest.FixtureRequest) -> str:
    """Which database this test runs on."""
    return str(request.param)


@pytest.fixture(autouse=True)
def log_as_it_was() -> Iterator[None]:
    """What a test (or a command that it runs) sets up for the log holds for no other one."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def empty_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if engine_name == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'callboard.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = f"test_{next(_numbers)}"
    cluster.create(name)
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def database_url(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with our tables, and no rows."""
    if engine_name == "sqlite":
        # Each commit waits for its disk (synchronous=FULL): thousands of them in memory, as it is the rows that are tested.
        with tempfile.TemporaryDirectory(prefix="cb-rows-", dir=in_memory() or tmp_path) as folder:
            file = Path(folder) / "callboard.db"
            shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
            yield f"sqlite+aiosqlite:///{file}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = f"test_{next(_numbers)}"
    cluster.create(name, template="template_callboard")
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that does much else everything takes its time. The product's own limits are what other tests are about."""
    monkeypatch.setattr(work, "TURN_LIMIT_S", 120.0)
    monkeypatch.setattr(work, "CONNECTION_LIMIT_S", 120)
    monkeypatch.setattr(work, "STATEMENT_LIMIT_S", 60)
    monkeypatch.setattr(work, "BUSY_TIMEOUT_MS", 60_000)


@pytest.fixture
async def engine(database_url: str, patience: None) -> AsyncIterator[AsyncEngine]:
    """The engine as the product opens it, but for its patience."""
    engine = open_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
def told() -> list[Event]:
    """Every event that the desk has told, in order."""
    return []


@pytest.fixture
def desk(engine: AsyncEngine, told: list[Event]) -> Desk:
    """A desk on an empty database; what it tells is kept in `told`."""
    bus = Bus()
    bus.on(Event, told.append)
    return Desk(engine, bus)
