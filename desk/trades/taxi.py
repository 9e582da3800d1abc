"""Taxi by telephone (Korean 콜택시): the driver comes with his own car and takes the customer where he wants to go."""

from __future__ import annotations

from datetime import time

from desk.rules.fees import FeeRule
from desk.trades import ASSIGNED, CANCELLED, COMPLETED, RESERVED, TAKEN, Approach, Field, Ring, Tariff, Trade

ON_THE_WAY = "on_the_way"
ARRIVED = "arrived"
ON_BOARD = "on_board"
NO_SHOW = "no_show"

TRADE = Trade(
    name="taxi",
    fields=(
        Field("number", required=False, label="panel.order.number"),
        Field("customer_name", required=False, label="panel.order.customer_name"),
        Field("origin", required=True, label="panel.order.origin"),
        Field("destination", required=False, label="panel.order.destination"),
        Field("passengers", required=False, label="panel.order.passengers", limit=20),
        Field("fare", required=False, label="panel.order.fare"),
        Field("fare_reason", required=False, label="panel.order.fare_reason"),
        Field("note", required=False, label="panel.order.note"),
        Field("way_points", required=False, label="panel.order.way_points"),
        Field("wanted", required=False, label="panel.order.wanted"),
    ),
    states={
        TAKEN: (ASSIGNED, RESERVED, CANCELLED),
        RESERVED: (TAKEN, CANCELLED),
        ASSIGNED: (ON_THE_WAY, ARRIVED, ON_BOARD, COMPLETED, RESERVED, TAKEN, CANCELLED),
        ON_THE_WAY: (ARRIVED, ON_BOARD, COMPLETED, RESERVED, TAKEN, CANCELLED),
        ARRIVED: (ON_BOARD, COMPLETED, NO_SHOW, TAKEN, CANCELLED),
        ON_BOARD: (COMPLETED, CANCELLED),
        COMPLETED: (),
        CANCELLED: (),
        NO_SHOW: (),
    },
    # By car through a city at night.
    approach=Approach(metres_per_second=7.0, detour=1.4),
    # A taxi that is five minutes away is soon: more of them at once, and nobody from the other side of the river.
    rings=(
        Ring(reach_m=1_000, at_once=1, seconds=10),
        Ring(reach_m=2_000, at_once=3, seconds=12),
        Ring(reach_m=4_000, at_once=10, seconds=15),
        Ring(reach_m=8_000, at_once=100, seconds=30, wave_s=3),
    ),
    # What the meter will show, about: the ordinance of the city is the fare, this is what the caller is told.
    tariffs={
        "KRW": Tariff(
            base=4_800,
            included_m=1_600,
            step=100,
            step_m=131,
            night_percent=20,
            night_from=time(22, 0),
            night_to=time(4, 0),
            rounding=100,
        ),
    },
    # A fixed sum for each call, whatever the meter shows.
    fees={"KRW": FeeRule(fixed=1_000)},
    texts={
        ("assigned", "customer"): "sms.assigned_taxi.customer",
        ("assigned", "driver"): "sms.assigned_taxi.driver",
    },
    way=(ON_THE_WAY, ARRIVED, ON_BOARD, COMPLETED),
    no_show=NO_SHOW,
    no_show_after_s=300,
    wrap_ups=("order", "where", "change", "cancel", "price", "belongings", "complaint", "rest"),
)
