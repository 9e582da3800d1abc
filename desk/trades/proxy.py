"""Proxy driving (Korean 대리운전): a driver comes to the customer and drives him home in the customer's own car."""

from __future__ import annotations

from datetime import time

from desk.rules.dispatch_policy import Fairness, Finishing
from desk.rules.fees import FeeRule
from desk.trades import ASSIGNED, CANCELLED, COMPLETED, RESERVED, TAKEN, Approach, Field, Ring, Tariff, Trade

ON_THE_WAY = "on_the_way"
ARRIVED = "arrived"
DRIVING = "driving"
NO_SHOW = "no_show"

TRADE = Trade(
    name="proxy",
    fields=(
        Field("number", required=False, label="panel.order.number"),
        Field("customer_name", required=False, label="panel.order.customer_name"),
        Field("origin", required=True, label="panel.order.origin"),
        Field("destination", required=False, label="panel.order.destination"),
        Field("fare", required=False, label="panel.order.fare"),
        Field("fare_reason", required=False, label="panel.order.fare_reason"),
        Field("note", required=False, label="panel.order.note"),
        Field("way_points", required=False, label="panel.order.way_points"),
        Field("wanted", required=False, label="panel.order.wanted"),
    ),
    states={
        # Back to reserved when the customer wants it later after all.
        TAKEN: (ASSIGNED, RESERVED, CANCELLED),
        RESERVED: (TAKEN, CANCELLED),
        # Back to taken when the driver is released: he cannot come, and the customer still waits.
        ASSIGNED: (ON_THE_WAY, ARRIVED, DRIVING, COMPLETED, TAKEN, CANCELLED),
        ON_THE_WAY: (ARRIVED, DRIVING, COMPLETED, TAKEN, CANCELLED),
        ARRIVED: (DRIVING, COMPLETED, NO_SHOW, TAKEN, CANCELLED),
        DRIVING: (COMPLETED, CANCELLED),
        COMPLETED: (),
        CANCELLED: (),
        # Only its driver says so, after the wait, with what speaks for him.
        NO_SHOW: (),
    },
    # Drivers come on foot, by night bus and by scooter.
    approach=Approach(metres_per_second=5.0, detour=1.35),
    # The nearest ones by themselves, then more at once and from farther away, in the end everybody within reach.
    rings=(
        Ring(reach_m=1_500, at_once=1, seconds=15),
        Ring(reach_m=1_500, at_once=1, seconds=15),
        Ring(reach_m=3_000, at_once=3, seconds=20),
        Ring(reach_m=7_000, at_once=10, seconds=30),
        Ring(reach_m=30_000, at_once=100, seconds=60, wave_s=3),
    ),
    tariffs={
        "KRW": Tariff(
            base=20_000,
            included_m=5_000,
            step=1_000,
            step_m=1_000,
            night_percent=10,
            night_from=time(0, 0),
            night_to=time(5, 0),
            rounding=1_000,
            holiday_percent=10,
            way_point=5_000,
        ),
    },
    # A fifth, as is usual, in tens of won.
    fees={"KRW": FeeRule(basis_points=2000, unit=10)},
    texts={
        ("assigned", "customer"): "sms.assigned.customer",
        ("assigned", "driver"): "sms.assigned.driver",
    },
    way=(ON_THE_WAY, ARRIVED, DRIVING, COMPLETED),
    no_show=NO_SHOW,
    skills=("automatic", "manual", "large", "foreign", "truck"),
    # The customer's own car: what it looked like before the key changed hands ends most quarrels.
    photos="asked",
    photos_before=DRIVING,
    # Half an hour without a job is worth three minutes of the way. A driver who is done around the corner is asked once no free
    # one is left to ask in the ring.
    fairness=Fairness(waiting_percent=10, waiting_up_to_s=180, grades={"A": 60, "C": -60, "D": -120}),
    finishing=Finishing(within_s=480, reach_m=1_500, turn_s=60),
    wrap_ups=("order", "where", "change", "cancel", "price", "belongings", "complaint", "rest"),
)
