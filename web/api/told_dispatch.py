"""What the JSON API answers about drivers on duty, offers, and who was weighed and why."""

from __future__ import annotations

from typing import Literal

from web.api.shapes import Id, Moment, Told
from web.api.told import Mode
from web.api.told_orders import DriverBrief, PaperTold


class OfferTold(Told):
    """An order that was offered to a driver, and what he said.

    `reason` of one who declined: too_far, other_way, low_fare, break or something_else.
    """

    driver_id: Id
    number: str
    name: str
    ring: int
    state: Literal["open", "accepted", "declined", "expired", "withdrawn"]
    offered_at: Moment
    expires_at: Moment
    ended_at: Moment | None
    reason: str | None


class WeighingTold(Told):
    """Why a driver was asked for an order, or was not: `reason` in the asker's language, made of `reason_key` and its values.

    `by` is the operator who gave the order by hand, with whom else he could have chosen (ring 0); null: a search.
    """

    driver_id: Id
    number: str
    name: str
    at: Moment
    ring: int
    asked: bool
    reason: str
    reason_key: str
    reason_args: dict[str, int]
    by: str | None


class CandidateTold(Told):
    """A driver who could have an order, with why he stands where he stands. `finishes_in_s`: he is about to be done nearby.

    `alive`: his place is too old to be known, but his page has just spoken.
    """

    driver_id: Id
    number: str
    name: str
    distance_m: int | None
    eta_s: int | None
    waiting_s: int | None
    reason: str
    free: bool
    finishes_in_s: int | None
    papers: list[PaperTold]
    alive: bool


class HoursTold(Told):
    """When a mode holds: on a line (null: on all without rows of their own), on `days` (Monday 1, ... Sunday 64, summed).

    Minutes of the day, by the office's clock; over midnight where `to_minute` is not after `from_minute`, all day where equal.
    """

    line_id: Id | None
    days: int
    from_minute: int
    to_minute: int
    mode: Mode


class LineMode(Told):
    """By which mode orders of a line are dispatched now; `line_id` null: those that came by none."""

    line_id: Id | None
    line: str | None
    mode: Mode


class ModesTold(Told):
    """How much the desk does by itself: the hours as they were set, and what holds now."""

    version: str
    hours: list[HoursTold]
    now: list[LineMode]


class RoundTold(Told):
    """A peak's round: so many orders and drivers matched at once; `greedy_*`: had the nearest been taken one by one."""

    at: Moment
    orders: int
    drivers: int
    matched: int
    method: Literal["optimal", "greedy"]
    total_s: int
    worst_s: int
    greedy_matched: int
    greedy_total_s: int
    greedy_worst_s: int
    took_ms: int


class ByHandTold(Told):
    """An order that an operator gave to a driver himself: of `others` who could have had it, `passed` were ranked before him."""

    at: Moment
    order_id: Id
    origin: str
    by: str | None
    driver: DriverBrief
    others: int
    passed: int


class SquareTold(Told):
    """About so many orders an hour begin in a square (degrees, WGS 84); `place` is what most of them called it."""

    key: str
    south: float
    west: float
    north: float
    east: float
    about: float
    place: str


class CrowdingTold(Told):
    """The hour from `since` on, by that hour of so many `weeks` before; no weeks: there is no history yet."""

    since: Moment
    weeks: int
    items: list[SquareTold]


class DriverTold(Told):
    """A driver. His place is from `located_at`, when his phone found it; his page last spoke at `heard_at`."""

    id: Id
    number: str
    name: str
    phone: str
    state: Literal["off", "free", "busy"]
    free_since: Moment | None
    lat: float | None
    lon: float | None
    located_at: Moment | None
    heard_at: Moment | None
