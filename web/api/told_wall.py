"""What the JSON API tells a screen on the wall; no name and no number in it."""

from __future__ import annotations

from web.api.shapes import Moment, Told


class TodayTold(Told):
    """Counts since the office's midnight; `cancelled` with those where nobody came, `missed` of the calls that came in."""

    taken: int
    completed: int
    cancelled: int
    calls: int
    missed: int


class WallTold(Told):
    """An office at this second. `orders` counts the open ones by state, `promises` those that break within five minutes or have.

    `dispatched_s` is the median from the ring to a driver of the last hour. `started` changes when the server is started anew.
    """

    at: Moment
    office: str
    timezone: str
    waiting: int
    waiting_since: Moment | None
    talking: int
    orders: dict[str, int]
    unassigned: int
    promises: int
    on_duty: int
    free: int
    dispatched_s: int | None
    today: TodayTold
    started: str
