"""A demo site that is there at once: a few hundred customers instead of twenty thousand, where their number is not the point."""

from __future__ import annotations

from callboard import config
from callboard.demo import fill_demo
from callboard.instance import Instance, Progress, open_desk
from callboard.state import State
from desk.bus import Bus
from tests.path.prepared import furnish_sounds
from tests.path.running import RunningSite

CUSTOMERS, DRIVERS = 300, 30


async def fill_small(site: RunningSite, url: str) -> None:
    """Fill the database at `url` before `site.start()`, which then finds it filled."""
    state = State(site.state)
    state.make()
    await furnish_sounds(site)
    desk = await open_desk(url, Bus())
    try:
        settings = config.load(None, {"web": {"port": site.http}})
        instance = Instance(state, settings, desk, state.secrets(), None, None)
        await fill_demo(instance, Progress(lambda _: None), CUSTOMERS, DRIVERS)
    finally:
        await desk.engine.dispose()
