"""After-service (Korean 출장수리): somebody with tools comes to the customer's door, and nobody is driven anywhere."""

from __future__ import annotations

from datetime import time

from desk.rules.fees import FeeRule
from desk.trades import ASSIGNED, CANCELLED, COMPLETED, RESERVED, TAKEN, Approach, Field, Ring, Tariff, Trade

ON_THE_WAY = "on_the_way"
ARRIVED = "arrived"
AT_WORK = "at_work"
NO_SHOW = "no_show"

TRADE = Trade(
    name="repair",
    fields=(
        Field("number", required=False, label="panel.order.number"),
        Field("customer_name", required=False, label="panel.order.customer_name"),
        Field("origin", required=True, label="panel.order.visit"),
        Field("device", required=True, label="panel.order.device", limit=80),
        Field("trouble", required=False, label="panel.order.trouble", limit=200),
        Field("fare", required=False, label="panel.order.visit_fee"),
        Field("fare_reason", required=False, label="panel.order.fare_reason"),
        Field("note", required=False, label="panel.order.note"),
        Field("wanted", required=False, label="panel.order.wanted"),
    ),
    states={
        TAKEN: (ASSIGNED, RESERVED, CANCELLED),
        RESERVED: (TAKEN, CANCELLED),
        ASSIGNED: (ON_THE_WAY, ARRIVED, AT_WORK, TAKEN, CANCELLED),
        ON_THE_WAY: (ARRIVED, AT_WORK, TAKEN, CANCELLED),
        ARRIVED: (AT_WORK, NO_SHOW, TAKEN, CANCELLED),
        # A part is missing, another comes tomorrow: the order waits again.
        AT_WORK: (COMPLETED, RESERVED, TAKEN, CANCELLED),
        COMPLETED: (),
        CANCELLED: (),
        NO_SHOW: (),
    },
    # By van, with tools.
    approach=Approach(metres_per_second=6.0, detour=1.4),
    # Nobody stands in the street: there is time to ask the nearest one properly.
    rings=(
        Ring(reach_m=5_000, at_once=1, seconds=120),
        Ring(reach_m=10_000, at_once=2, seconds=120),
        Ring(reach_m=30_000, at_once=5, seconds=300),
        Ring(reach_m=80_000, at_once=100, seconds=600, wave_s=3),
    ),
    # The visit; what is mended is written on the spot. How far it is makes no difference.
    tariffs={
        "KRW": Tariff(
            base=20_000,
            included_m=0,
            step=0,
            step_m=1_000,
            night_percent=50,
            night_from=time(19, 0),
            night_to=time(8, 0),
            rounding=1_000,
        ),
    },
    fees={"KRW": FeeRule(basis_points=1000, unit=10)},
    texts={
        ("assigned", "customer"): "sms.assigned_repair.customer",
        ("assigned", "driver"): "sms.assigned_repair.driver",
        ("fare", "in_it"): "sms.fare_repair.in_it",
        ("fare", "fixed"): "sms.fare_repair.fixed",
        ("fare", "changed"): "sms.fare_repair.changed",
        ("fare", "driver"): "sms.fare_repair.driver",
        ("pay", "changed"): "sms.pay_repair.changed",
        ("reminder", "customer"): "sms.reminder_repair.customer",
        ("wait", "customer"): "sms.wait_repair.customer",
        ("wait", "until"): "sms.wait_repair.until",
        ("given_back", "customer"): "sms.given_back_repair.customer",
        ("offer", "driver"): "sms.offer_repair.driver",
    },
    way=(ON_THE_WAY, ARRIVED, AT_WORK, COMPLETED),
    no_show=NO_SHOW,
    no_show_after_s=900,
    wrap_ups=("order", "when", "change", "cancel", "price", "again", "complaint", "rest"),
)
