"""What the JSON API answers a driver, and the office about his appeals."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from web.api.shapes import Id, Moment, Money, Told
from web.api.told_car import DriverCarTold
from web.api.told_orders import StopTold
from web.api.told_places import OrderPlace

Payment = Literal["cash", "card", "transfer", "account"]


class DriverDataTold(Told):
    """Everything that is kept about a driver, by what it is."""

    made_at: Moment
    driver_id: Id
    driver: list[dict[str, Any]]
    phones: list[dict[str, Any]]
    skills: list[dict[str, Any]]
    groups: list[dict[str, Any]]
    grades: list[dict[str, Any]]
    documents: list[dict[str, Any]]
    papers_told: list[dict[str, Any]]
    kept_apart: list[dict[str, Any]]
    links: list[dict[str, Any]]
    log_ins: list[dict[str, Any]]
    shifts: list[dict[str, Any]]
    offers: list[dict[str, Any]]
    weighings: list[dict[str, Any]]
    orders: list[dict[str, Any]]
    next_orders: list[dict[str, Any]]
    steps: list[dict[str, Any]]
    photos: list[dict[str, Any]]
    odometer: list[dict[str, Any]]
    without_photos: list[dict[str, Any]]
    covers: list[dict[str, Any]]
    positions: list[dict[str, Any]]
    money: list[dict[str, Any]]
    settled: list[dict[str, Any]]
    appeals: list[dict[str, Any]]
    left_out: list[dict[str, Any]]
    texts: list[dict[str, Any]]
    texts_received: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    recordings: list[dict[str, Any]]
    imports: list[dict[str, Any]]


class DriverErasedTold(Told):
    """How many rows of each table do not name him any more; in how many reasons of the books he may still be mentioned."""

    driver_id: Id
    rows: dict[str, int]
    in_books: int


class FeeRuleTold(Told):
    """What the office keeps of a fare, and whose rule that is: of the trade, of everybody, of the driver's grade or group.

    `basis_points` (hundredths of a percent) of the fare and `fixed`, down to whole `unit`s, not below `least` nor above `most`.
    """

    sort: Literal["trade", "all", "grade", "group"]
    class_name: str
    basis_points: int
    fixed: Money
    unit: int
    least: Money
    most: Money | None


class FeeWhyTold(FeeRuleTold):
    """By what a fee was booked: the rule as it was then, and of which fare."""

    fare: Money


class DriverOffer(Told):
    """An order that waits for the driver's answer until `expires_at`. `fee` is what the office keeps; metres are beeline.

    `is_collected`: the driver takes the fare from the customer; otherwise the office has it, and he collects nothing.
    `dead_run`: what he gets when he came and waited, and nobody comes out (0: nothing); null where that cannot happen.
    """

    id: Id
    order_id: Id
    offered_at: Moment
    expires_at: Moment
    origin: OrderPlace
    way_points: list[StopTold]
    destination: OrderPlace | None
    pin_doubt: Literal["no_pin", "wide"] | None
    wanted_at: Moment | None
    distance_m: int | None
    fare: Money | None
    payment: Payment
    is_collected: bool
    fee: Money | None
    fee_rule: FeeRuleTold | None
    dead_run: Money | None
    currency: str
    wants: list[str]


class DetailTold(Told):
    """What only the order's trade asks. The driver's page has a word for `name`."""

    name: str
    text: str


class DriverTrip(Told):
    """The order that the driver has. `next` are the steps that he may say now, the usual one first; `way` is all of them.

    `may_give_back`: the customer is not with him yet, so he may say that he cannot come.

    `no_show_at`: from when on he may say that nobody came; null while he does not wait at the customer's place.
    """

    id: Id
    state: str
    next: list[str]
    way: list[str]
    may_give_back: bool
    customer_name: str | None
    number: str | None
    origin: OrderPlace
    way_points: list[StopTold]
    destination: OrderPlace | None
    pin_doubt: Literal["no_pin", "wide"] | None
    wanted_at: Moment | None
    fare: Money | None
    payment: Payment
    is_collected: bool
    fee: Money | None
    fee_rule: FeeRuleTold | None
    currency: str
    note: str | None
    details: list[DetailTold]
    wants: list[str]
    car: DriverCarTold
    assigned_at: Moment
    dead_run: Money | None
    no_show_at: Moment | None


class DriverNext(Told):
    """The order that the driver begins when he is done with the one that he has."""

    order_id: Id
    origin: OrderPlace
    destination: OrderPlace | None
    fare: Money | None
    payment: Payment
    is_collected: bool
    currency: str
    expected_at: Moment | None


class PaperTold(Told):
    """A paper of his that runs out within a month, or has. `days` are left of its last day; negative: it has run out."""

    paper: Literal["licence", "insurance"]
    until: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
    days: int


class DriverMe(Told):
    """Everything that the driver's first screen shows. `balance` is negative where he owes; `now` is the server's clock.

    `version` changes with what is shown, the account excepted; it goes back as `seen`.
    """

    id: Id
    number: str
    name: str
    office: str
    language: str
    currency: str
    timezone: str
    state: Literal["off", "free", "busy"]
    on_shift_since: Moment | None
    located_at: Moment | None
    papers: list[PaperTold]
    balance: int
    fee_rule: FeeRuleTold | None
    offers: list[DriverOffer]
    order: DriverTrip | None
    next_order: DriverNext | None
    now: Moment
    version: str


class AppealBrief(Told):
    """The driver's own appeal, and what the office said to it."""

    state: Literal["open", "answered"]
    reason: str
    answer: str | None


class DriverEntry(Told):
    """A row of the driver's account: `amount` was added (positive) or taken (negative). `undone`: a later row reverses it."""

    id: Id
    at: Moment
    kind: str
    amount: int
    currency: str
    order_id: Id | None
    origin: str | None
    destination: str | None
    evidence: str | None
    fee: FeeWhyTold | None
    undone: bool
    appeal: AppealBrief | None


class StatementEntry(DriverEntry):
    """A row of a month; `balance` is what the driver had after it."""

    balance: int


class DriverStatement(Told):
    """A month of the driver's account, newest entry first: `opening` and the entries' amounts are `closing`.

    `earlier` and `later` are the months beside it, null where his account has none. `paid_to`: the bank and the last digits of
    the account that he is paid to.
    """

    month: str
    earlier: str | None
    later: str | None
    currency: str
    opening: int
    closing: int
    items: list[StatementEntry]
    paid_to: str | None


class NotAsked(Told):
    """An order that the driver was looked at for and not asked; `id` is what an appeal names as `weighing_id`."""

    id: Id
    at: Moment
    order_id: Id
    fare: Money | None
    currency: str
    reason_key: str
    reason_args: dict[str, Any]
    reason: str
    appeal: AppealBrief | None


class GradeTold(Told):
    """A change of the driver's grade. `credit_s`: by so many seconds the way to a customer counts as shorter with it."""

    id: Id
    at: Moment
    before: str | None
    after: str
    reason: str
    credit_s: int
    appeal: AppealBrief | None


class AppealedEntry(Told):
    """The row of the books that the driver appeals against: `amount` was added (positive) or taken (negative)."""

    kind: str
    at: Moment
    amount: int
    currency: str
    order_id: Id | None
    origin: str | None
    destination: str | None
    evidence: str | None
    undone: bool


class AppealedWeighing(Told):
    """The order that the driver was not asked for, and why; `reason_key` with `reason_args` is a text."""

    order_id: Id
    at: Moment
    origin: str
    destination: str | None
    reason_key: str
    reason_args: dict[str, Any]


class AppealedGrade(Told):
    """The change of the driver's grade that he appeals against, with who made it."""

    at: Moment
    before: str | None
    after: str
    reason: str
    by: str


class AppealTold(Told):
    """An appeal as the office sees it, with what it is against: exactly one of `entry`, `weighing` and `grade`.

    Until `due_at` somebody of the roles in `answers` is to answer it.
    """

    id: Id
    driver_id: Id
    driver_number: str
    driver_name: str
    entry_id: Id | None
    weighing_id: Id | None
    grade_id: Id | None
    at: Moment
    due_at: Moment
    answers: list[str]
    reason: str
    state: Literal["open", "answered"]
    answer: str | None
    answered_at: Moment | None
    answered_by: str | None
    entry: AppealedEntry | None
    weighing: AppealedWeighing | None
    grade: AppealedGrade | None
