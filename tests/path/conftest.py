"""A running site for a test, stopped and removed afterwards, whatever happened."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from tests.path.prepared import furnish
from tests.path.running import RunningSite

Start = Callable[..., Awaitable[RunningSite]]


@pytest.fixture
async def start_site() -> AsyncIterator[Start]:
    """`await start_site("--no-calls", config=...)` starts one more site; `first=True`: with nothing there yet."""
    async with AsyncExitStack() as stack:

        async def start(*options: str, config: str = "", first: bool = False) -> RunningSite:
            site = RunningSite(*options, config=config)

            async def end() -> None:
                await site.stop()
                shutil.rmtree(site.state, ignore_errors=True)

            stack.push_async_callback(end)
            if not first:
                await furnish(site)
            await site.start()
            return site

        yield start


@pytest.fixture
async def site(start_site: Start) -> RunningSite:
    """The demo site without demo callers."""
    return await start_site("--no-calls")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole sites are started here, on machines that may be busy."""
    for item in items:
        if "tests/path/" in item.nodeid:
            item.add_marker(pytest.mark.timeout(400))
