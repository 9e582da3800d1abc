"""Courier (Korean 퀵서비스): a rider fetches a thing at one door and hands it over at another."""

from __future__ import annotations

from datetime import time

from desk.rules.fees import FeeRule
from desk.trades import ASSIGNED, CANCELLED, COMPLETED, RESERVED, TAKEN, Approach, Field, Ring, Tariff, Trade

ON_THE_WAY = "on_the_way"
ARRIVED = "arrived"
PICKED_UP = "picked_up"
NO_SHOW = "no_show"

TRADE = Trade(
    name="courier",
    fields=(
        Field("number", required=False, label="panel.order.number"),
        Field("customer_name", required=False, label="panel.order.customer_name"),
        Field("origin", required=True, label="panel.order.pick_up"),
        Field("destination", required=True, label="panel.order.drop_off"),
        # Who opens the other door, and how he is reached: the rider calls before he rides.
        Field("recipient", required=True, label="panel.order.recipient", limit=60),
        Field("parcel", required=True, label="panel.order.parcel", limit=80),
        Field("fare", required=False, label="panel.order.fare"),
        Field("fare_reason", required=False, label="panel.order.fare_reason"),
        Field("note", required=False, label="panel.order.note"),
        Field("way_points", required=False, label="panel.order.way_points"),
        Field("wanted", required=False, label="panel.order.wanted"),
    ),
    states={
        TAKEN: (ASSIGNED, RESERVED, CANCELLED),
        RESERVED: (TAKEN, CANCELLED),
        ASSIGNED: (ON_THE_WAY, ARRIVED, PICKED_UP, TAKEN, CANCELLED),
        ON_THE_WAY: (ARRIVED, PICKED_UP, TAKEN, CANCELLED),
        ARRIVED: (PICKED_UP, NO_SHOW, TAKEN, CANCELLED),
        # Once he has the thing, it is brought to somebody: back to the sender is a cancellation with a reason.
        PICKED_UP: (COMPLETED, CANCELLED),
        COMPLETED: (),
        CANCELLED: (),
        NO_SHOW: (),
    },
    # By motorcycle.
    approach=Approach(metres_per_second=8.0, detour=1.3),
    rings=(
        Ring(reach_m=2_000, at_once=2, seconds=15),
        Ring(reach_m=5_000, at_once=5, seconds=20),
        Ring(reach_m=10_000, at_once=15, seconds=30),
        Ring(reach_m=30_000, at_once=100, seconds=60, wave_s=3),
    ),
    tariffs={
        "KRW": Tariff(
            base=10_000,
            included_m=3_000,
            step=1_000,
            step_m=1_500,
            night_percent=30,
            night_from=time(22, 0),
            night_to=time(6, 0),
            rounding=1_000,
        ),
    },
    fees={"KRW": FeeRule(basis_points=2300, unit=10)},
    texts={
        ("assigned", "customer"): "sms.assigned_courier.customer",
        ("assigned", "driver"): "sms.assigned_courier.driver",
        ("reminder", "customer"): "sms.reminder_courier.customer",
        ("wait", "customer"): "sms.wait_courier.customer",
        ("wait", "until"): "sms.wait_courier.until",
        ("given_back", "customer"): "sms.given_back_courier.customer",
    },
    way=(ON_THE_WAY, ARRIVED, PICKED_UP, COMPLETED),
    no_show=NO_SHOW,
    wrap_ups=("order", "where", "change", "cancel", "price", "parcel", "complaint", "rest"),
)
