"""Every trade in `desk/trades/` keeps what the desk relies on."""

from __future__ import annotations

from datetime import time

import pytest

from desk import trades
from desk.errors import NoSuchPlugin, WrongState
from desk.order import money
from desk.trades import ASSIGNED, CANCELLED, COMPLETED, TAKEN, Tariff, Trade
from locales import catalog
from locales.catalog import Catalog

NAMES = trades.names()
STATE_LENGTH = 16  # the column that holds it
NAME_LENGTH = 16  # and the name of a changed field


@pytest.fixture(params=NAMES)
def trade(request: pytest.FixtureRequest) -> Trade:
    return trades.load(request.param)


def reachable(trade: Trade, start: str) -> set[str]:
    seen, ahead = {start}, [start]
    while ahead:
        for state in trade.states[ahead.pop()]:
            if state not in seen:
                seen.add(state)
                ahead.append(state)
    return seen


def test_there_is_a_trade() -> None:
    assert "proxy" in NAMES


def test_a_trade_is_called_like_its_file(trade: Trade) -> None:
    assert trade.name in NAMES
    assert trades.load(trade.name) is trade


def test_an_unknown_trade_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(NoSuchPlugin, match="proxy"):
        trades.load("circus")


def test_every_state_is_reached_and_every_open_one_can_be_left(trade: Trade) -> None:
    assert {TAKEN, ASSIGNED, COMPLETED, CANCELLED} <= set(trade.states)
    assert reachable(trade, TAKEN) == set(trade.states)
    closed = {COMPLETED, CANCELLED, *([trade.no_show] if trade.no_show else [])}
    assert {state for state in trade.states if trade.is_closed(state)} == closed
    for state in trade.states:
        assert trade.is_closed(state) or {COMPLETED, CANCELLED} & reachable(trade, state)
    assert all(len(state) <= STATE_LENGTH for state in trade.states)


def test_only_a_taken_order_is_assigned_and_it_can_be_given_back(trade: Trade) -> None:
    assert [state for state in trade.states if ASSIGNED in trade.states[state]] == [TAKEN]
    assert TAKEN in trade.states[ASSIGNED]


def test_a_step_outside_the_table_is_refused(trade: Trade) -> None:
    for before in [*trade.states, "nowhere"]:
        for after in [*trade.states, "nowhere"]:
            if after in trade.states.get(before, ()):
                trade.check_step(before, after)
            else:
                with pytest.raises(WrongState):
                    trade.check_step(before, after)


def test_the_form_asks_for_where_to_come(trade: Trade) -> None:
    assert len({field.name for field in trade.fields}) == len(trade.fields)
    assert "origin" in {field.name for field in trade.fields if field.required}
    # What a caller need not know, or will not say, holds nothing up.
    assert not {"number", "customer_name", "fare", "note"} & {field.name for field in trade.fields if field.required}


@pytest.mark.parametrize("tag", catalog.tags())
def test_every_field_and_state_has_its_word_on_the_console_and_on_the_drivers_page(trade: Trade, tag: str) -> None:
    words = set(Catalog.load(tag).keys())
    assert {field.label for field in trade.fields} <= words
    assert {f"panel.order.state.{state}" for state in trade.states} <= words
    assert {f"driver.step.{state}" for state in trade.way} <= words
    # A change of a field is shown under its name.
    assert {
        f"{table}.{field.name}" for field in trade.own_fields for table in ("panel.order", "driver.detail")
    } <= words
    assert all(len(field.name) <= NAME_LENGTH for field in trade.own_fields)


def test_a_driver_walks_the_whole_way_by_saying_what_comes_next(trade: Trade) -> None:
    state, said = ASSIGNED, []
    while not trade.is_closed(state):
        state = trade.steps_of_driver(state)[0]
        said.append(state)
    assert tuple(said) == trade.way


@pytest.mark.parametrize("tag", catalog.tags())
def test_every_text_is_there_in_every_language(trade: Trade, tag: str) -> None:
    assert {("assigned", "customer"), ("assigned", "driver")} <= set(trade.texts)
    assert set(trade.texts.values()) <= set(Catalog.load(tag).keys())


def test_prices_are_whole_never_negative_and_grow_with_the_way(trade: Trade) -> None:
    for currency, tariff in trade.tariffs.items():
        assert money.minor_digits(currency) >= 0
        for hour in range(24):
            prices = [tariff.quote(metres, time(hour)) for metres in range(-1000, 60_000, 500)]
            assert all(isinstance(price, int) and price > 0 and price % tariff.rounding == 0 for price in prices)
            assert prices == sorted(prices)


def test_the_offices_part_of_every_price_leaves_the_driver_his(trade: Trade) -> None:
    assert set(trade.fees) == set(trade.tariffs)
    for currency, rule in trade.fees.items():
        for metres in range(0, 60_000, 500):
            fare = trade.tariffs[currency].quote(metres, time(1))
            assert 0 < rule.fee(fare) < fare / 2


def test_a_tariff_counts_each_step_that_is_begun_and_the_night() -> None:
    tariff = Tariff(20_000, 5_000, 1_000, 1_000, 10, time(22), time(5), 1_000)
    noon, midnight = time(12), time(0)
    assert [tariff.quote(m, noon) for m in (0, 5_000, 5_001, 6_000, 6_001)] == [20_000, 20_000, 21_000, 21_000, 22_000]
    assert tariff.quote(0, midnight) == 22_000
    assert tariff.quote(5_001, midnight) == 24_000  # 23,100 rounded up
    assert [tariff.quote(0, time(h)) for h in (21, 22, 4, 5)] == [20_000, 22_000, 22_000, 20_000]


def test_the_way_to_the_customer_takes_longer_than_the_beeline(trade: Trade) -> None:
    assert trade.approach.detour >= 1
    assert trade.approach.seconds(1_000) >= 1_000 / trade.approach.metres_per_second


def test_drivers_are_asked_in_rings_that_only_widen(trade: Trade) -> None:
    assert trade.rings
    assert all(ring.at_once > 0 and ring.seconds > 0 for ring in trade.rings)
    reaches = [ring.reach_m for ring in trade.rings]
    assert reaches == sorted(reaches)


@pytest.mark.parametrize(
    ("amount", "currency", "language", "shown"),
    [
        (25_000, "KRW", "ko", "25,000원"),
        (25_000, "KRW", "en", "KRW 25,000"),
        (1_250, "USD", "en", "USD 12.50"),
        (5, "USD", "ko-KR", "0.05달러"),
        (-1_250, "USD", "en", "USD -12.50"),
        (0, "KRW", "ko", "0원"),
        (1_234, "KWD", "en", "KWD 1.234"),
    ],
)
def test_money_is_shown_by_its_currency_and_the_reader(amount: int, currency: str, language: str, shown: str) -> None:
    assert money.display(amount, currency, language) == shown
    shown.encode("cp949")
