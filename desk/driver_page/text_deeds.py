"""What a driver texts without being asked: on duty, off duty, how far his order is. Done as on his page, and always answered."""

from __future__ import annotations

from dataclasses import dataclass, field

from desk import trades
from desk.books import fee_rules
from desk.driver import shifts, vehicle_proof
from desk.driver.driver_fitness import DriverUnfit
from desk.driver.vehicle_proof import PhotosNeeded
from desk.driver_page import driver_trips
from desk.errors import Conflict, DeskError, WrongState
from desk.message import assignments
from desk.order import money, order_steps, paying
from desk.ordering import open_fares
from desk.texts.replies import DUTY, STEPS, Reading
from desk.trades import COMPLETED, Trade
from desk.work import Work
from locales.catalog import Catalog
from models import Driver, Order

DEEDS = (*DUTY, *STEPS)
ARRIVED = "arrived"


class NoOrder(Conflict):
    """The driver says how far he is, and has no order."""

    code = "no_order"


class FareNeeded(Conflict):
    """The driver says that he is done with a trip whose fare was open, and not what he was paid."""

    code = "fare_needed"


@dataclass(frozen=True, slots=True)
class Answer:
    """A text of `sms.toml` under `answer`, its values, and the order that it is about."""

    key: str
    values: dict[str, str] = field(default_factory=dict)
    order_id: int | None = None


async def do(work: Work, driver: Driver, reading: Reading, words: Catalog) -> Answer:
    """Do what he says. Raises DriverUnfit, NoOrder, WrongState, FareNeeded and PhotosNeeded, and then nothing was done."""
    meaning = reading.meaning
    if meaning == "on_duty":
        await shifts.begin(work, driver.id)
        return Answer("on_duty")
    if meaning == "off_duty":
        await shifts.end(work, driver.id)
        busy = await assignments.of_driver(work.session, driver.id) is not None
        return Answer("off_later" if busy else "off_duty")
    return await _step(work, driver, reading, words)


async def why(work: Work, driver: Driver, error: DeskError, words: Catalog) -> Answer:
    """Why it was not done, and what he can say instead."""
    if isinstance(error, DriverUnfit):
        key = f"unfit_{error.details['reason']}"
        return Answer(key if key in ("unfit_licence_expired", "unfit_insurance_expired") else "unfit")
    active = await assignments.of_driver(work.session, driver.id)
    if active is None:
        return Answer("no_order")
    if isinstance(error, PhotosNeeded | FareNeeded):
        return Answer("photos" if isinstance(error, PhotosNeeded) else "fare_needed", order_id=active.order_id)
    order = await work.session.get_one(Order, active.order_id)
    return Answer("not_now", _standing(order, words), order.id)


def step_meant(trade: Trade, state: str, meaning: str) -> str | None:
    """The step of an order that is `state` which a word means: "leaving" is to the customer first, and then with him. Pure."""
    ahead = trade.steps_of_driver(state)
    if meaning == "leaving":
        return next((step for step in ahead if step not in (ARRIVED, COMPLETED)), None)
    step = COMPLETED if meaning == "done" else ARRIVED
    return step if step in ahead else None


async def _step(work: Work, driver: Driver, reading: Reading, words: Catalog) -> Answer:
    active = await assignments.of_driver(work.session, driver.id)
    if active is None:
        raise NoOrder(f"driver {driver.number} has no order")
    order = await order_steps.hold(work, None, active.order_id)
    trade = trades.load(order.trade)
    to = step_meant(trade, order.state, reading.meaning)
    if to is None:
        raise WrongState(f"an order that is {order.state} is not {reading.meaning}", before=order.state)
    fare = None if reading.amount is None else reading.amount * 10 ** money.minor_digits(order.currency)
    if to == COMPLETED and not fare and open_fares.is_drivers_to_say(order):
        raise FareNeeded(f"order {order.id} has no fare", order_id=order.id)
    if driver.by_text:
        await _no_photos(work, driver, order, trade, to, words)
    await driver_trips.step(work, driver.id, order.id, to, fare=fare)
    if to == COMPLETED:
        return Answer("completed", await _earned(work, driver, order, words), order.id)
    return Answer("step", _standing(order, words), order.id)


async def _no_photos(work: Work, driver: Driver, order: Order, trade: Trade, to: str, words: Catalog) -> None:
    """Who works by text has no camera on his page: that is why there are none, and it is written down as the reason."""
    if trade.photos == "none" or to not in (trade.photos_before, COMPLETED):
        return
    stage = "after" if to == COMPLETED else "before"
    told = (await vehicle_proof.seen(work.session, order.id, driver.id))[stage]
    if not told["whole"] and told["skipped"] is None:
        why_none = words.text("driver.car.by_text")
        await vehicle_proof.say(work, driver.id, order.id, stage, skipped=why_none)


def _standing(order: Order, words: Catalog) -> dict[str, str]:
    trade = trades.load(order.trade)
    able = [meaning for meaning in ("leaving", "arrived", "done") if step_meant(trade, order.state, meaning)]
    return {
        "state": words.text(f"panel.order.state.{order.state}"),
        "next": ", ".join(words.text(f"sms.word.{meaning}") for meaning in able),
    }


async def _earned(work: Work, driver: Driver, order: Order, words: Catalog) -> dict[str, str]:
    held = await fee_rules.of_order(work.session, order, driver.id)
    fee = 0 if held is None or order.fare is None else held.rule.fee(order.fare)
    return {
        "origin": order.origin_text,
        "fare": "-" if order.fare is None else money.display(order.fare, order.currency, words.tag),
        "pay": paying.words(order, words.tag),
        "fee": money.display(fee, order.currency, words.tag),
    }
