"""One business type per file; the file name is the name in the configuration.

A trade module holds one constant, `TRADE`: which fields its form has, which states an order may go through, how a driver
comes to the customer, what a trip costs, and under which keys its texts stand in the locales. It is data and imports nothing
but these shapes.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from desk import plugins
from desk.errors import Invalid, WrongState
from desk.rules.dispatch_policy import Fairness, Finishing, Peak
from desk.rules.fees import FeeRule
from desk.rules.tariff import HourRate, Tariff

__all__ = [
    "ASSIGNED",
    "CANCELLED",
    "COMPLETED",
    "RESERVED",
    "SHARED_FIELDS",
    "TAKEN",
    "Ahead",
    "Approach",
    "Field",
    "HourRate",
    "Ring",
    "Tariff",
    "Trade",
    "load",
    "names",
]

# Names for what trades have, whatever they call the way between them; `reserved` only those that take orders for later.
RESERVED = "reserved"
TAKEN = "taken"
ASSIGNED = "assigned"
COMPLETED = "completed"
CANCELLED = "cancelled"


SHARED_FIELDS = frozenset(
    {"number", "customer_name", "origin", "destination", "fare", "fare_reason", "note", "way_points", "wanted"}
)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the order form. `label` is a key in `panel.toml`; `limit` is how many letters a field of its own holds.

    A field that not every trade has is the trade's own: free text, kept under its name in `order.details`, and read under
    the same name by drivers (`driver.toml`). At most 16 letters, as a change of it is written down by name.
    """

    name: str
    required: bool
    label: str
    limit: int = 80

    @property
    def is_own(self) -> bool:
        """Whether only this trade asks it."""
        return self.name not in SHARED_FIELDS


@dataclass(frozen=True, slots=True)
class Ahead:
    """How long before a reserved time what happens, in seconds: the customer is reminded, the desk is, a driver is looked for.

    The search begins earlier where drivers are farther: never less than `search_s` before, and by the way of the nearest one.
    A promise that is about to break is told `promise_s` before it does; where there is no history yet, `usual_s` is promised.
    """

    customer_s: int = 3600
    desk_s: int = 1800
    search_s: int = 1200
    promise_s: int = 300
    usual_s: int = 1500


@dataclass(frozen=True, slots=True)
class Approach:
    """How drivers come to a customer: metres a second on the way, and how much longer the way is than the beeline."""

    metres_per_second: float
    detour: float

    def seconds(self, distance_m: float) -> int:
        """How long a driver `distance_m` metres away (beeline) needs."""
        return round(distance_m * self.detour / self.metres_per_second)


@dataclass(frozen=True, slots=True)
class Ring:
    """One round of asking: up to `at_once` drivers within `reach_m` metres (beeline), who have so many `seconds` to say yes.

    A last ring with `wave_s` is a broadcast: every so many seconds it asks `at_once` more, while those before them still think,
    until everybody within reach was asked.
    """

    reach_m: int
    at_once: int
    seconds: int
    wave_s: int | None = None


@dataclass(frozen=True, slots=True)
class Trade:
    """A business type. `states` maps each state to those that may follow; a state with none is closed.

    `tariffs` and `fees` (what the office keeps of a fare) are by currency (ISO 4217); `texts` maps an occasion and audience to a
    key in the locales: the two of an assignment, and each other text that the trade says in words of its own. `rings` is in what
    order drivers are asked when the desk looks for one by itself; after the last, nobody was found. Who is asked by text has at
    least `by_text_s` seconds to answer; the search goes on meanwhile. `ride` is how fast the trip itself goes; `fairness`,
    `finishing` (None: nobody is asked before he is done) and `peak` are the policy of dispatch. Where a driver was seen longer
    than `place_good_for_s` ago counts as not known: his phone may sleep, or he has moved on. An origin known no better than
    `sure_within_m` metres is offered to nobody without a word from an operator; nor is one of more than `open_from_a_number` open
    orders of one number, or `open_to_a_place` to one place.

    `way` is what the driver himself says of his trip, in order. `no_show` is the state in which an order ends because nobody came
    out, once its driver has waited `no_show_after_s` seconds in the state before it, within `no_show_within_m` metres of a sure
    origin (and its radius of accuracy) as far as his phone tells. `skills` (at most 16 letters each) are what
    an order may ask of its driver: `panel.skill.<name>` names one, `panel.unfit.skill_<name>` says that a driver lacks it.
    `photos` of the customer's car are asked of the driver before the state `photos_before` and at the end: with "required" the
    order does not move on without them, unless he says why.
    `wrap_ups` are what a call may have been about, as an operator says it: at most nine, a key each; `panel.wrap_up.code.<name>`.
    A trade that takes orders for later has the state `reserved`, from which they are taken when it is time; `ahead` says how
    long before.
    """

    name: str
    fields: tuple[Field, ...]
    states: Mapping[str, tuple[str, ...]]
    approach: Approach
    rings: tuple[Ring, ...]
    tariffs: Mapping[str, Tariff]
    fees: Mapping[str, FeeRule]
    texts: Mapping[tuple[str, str], str]
    way: tuple[str, ...] = (COMPLETED,)
    sure_within_m: int = 500
    place_good_for_s: int = 900
    open_from_a_number: int = 5
    open_to_a_place: int = 12
    no_show: str | None = None
    no_show_after_s: int = 600
    no_show_within_m: int = 300
    skills: tuple[str, ...] = ()
    photos: Literal["none", "asked", "required"] = "none"
    photos_before: str | None = None
    by_text_s: int = 90
    ride: Approach = Approach(metres_per_second=9.0, detour=1.35)
    fairness: Fairness = Fairness()  # noqa: RUF009 -- frozen
    finishing: Finishing | None = None
    peak: Peak = Peak()  # noqa: RUF009 -- frozen
    ahead: Ahead = Ahead()
    wrap_ups: tuple[str, ...] = ("order", "where", "change", "cancel", "price", "complaint", "rest")

    def said(self, key: str) -> str:
        """The key of the trade's own words for a text `sms.<occasion>.<audience>`, or `key` itself where it has none."""
        _, occasion, audience = key.split(".")
        return self.texts.get((occasion, audience), key)

    def check_step(self, before: str, after: str) -> None:
        """Raises WrongState unless an order may go from `before` to `after`."""
        if after not in self.states.get(before, ()):
            raise WrongState(f"an order that is {before} cannot become {after}", before=before, after=after)

    def way_from(self, state: str) -> tuple[str, ...]:
        """Which states of its way an order that is `state` may go to, the nearest first."""
        return tuple(after for after in self.way if after in self.states.get(state, ()))

    @property
    def reach_m(self) -> int:
        """How far away the last ring asks, in metres (beeline)."""
        return self.rings[-1].reach_m

    def steps_of_driver(self, state: str) -> tuple[str, ...]:
        """What the driver of an order that is `state` may say next; that it is done, only when nothing else is before it."""
        ahead = self.way_from(state)
        return tuple(after for after in ahead if after != COMPLETED) or ahead

    @property
    def own_fields(self) -> tuple[Field, ...]:
        """What only this trade asks, in the order of the form."""
        return tuple(field for field in self.fields if field.is_own)

    def asks(self, name: str) -> bool:
        """Whether the form has a field called `name`."""
        return any(field.name == name for field in self.fields)

    def wanted(self, skills: Collection[str]) -> list[str]:
        """`skills`, each once and in the trade's order. Raises Invalid for one that the trade does not have."""
        if not set(skills) <= set(self.skills):
            raise Invalid("the trade has no such skill", field="wants")
        return [skill for skill in self.skills if skill in skills]

    def is_last_leg(self, state: str) -> bool:
        """Whether the driver of an order that is `state` can say nothing any more but that it is done."""
        return len(self.way) > 1 and self.steps_of_driver(state) == (COMPLETED,)

    def may_be_given_back(self, state: str) -> bool:
        """Whether the driver of an order that is `state` may still give it back: not once the customer is with him."""
        return TAKEN in self.states.get(state, ()) and not self.is_last_leg(state)

    def is_closed(self, state: str) -> bool:
        """Whether nothing follows `state`."""
        return not self.states.get(state, ())


def names() -> list[str]:
    """The trades that there are."""
    return plugins.names(sys.modules[__name__])


def load(name: str) -> Trade:
    """The trade called `name`. Raises NoSuchPlugin, which lists the valid names."""
    trade = plugins.load(sys.modules[__name__], name).TRADE
    assert isinstance(trade, Trade)
    return trade
