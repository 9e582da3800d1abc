"""What a driver texts beside yes and no, orders that he gives back, and with which insurance a car was driven."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MEANINGS = "'accept', 'decline', 'opt_out', 'automatic', 'other'"
OUTCOMES = "'accepted', 'declined', 'refused', 'opted_out', 'ignored', 'inbox'"
TIMERS = "'remind_desk', 'remind_customer', 'search', 'promise', 'promise_broken'"


def _key(column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_car_cover_{column}_{other}"))


def upgrade() -> None:
    _texts(MEANINGS + ", 'on_duty', 'off_duty', 'arrived', 'leaving', 'done'", OUTCOMES + ", 'done'")
    _timers(TIMERS + ", 'given_back'")
    op.create_table(
        "car_cover",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("insurance_number", sa.String(length=60), nullable=True),
        sa.Column("insurance_until", sa.Date(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("stage in ('before', 'after')", name=op.f("ck_car_cover_stage")),
        _key("order_id", "order"),
        _key("driver_id", "driver"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_car_cover")),
        sa.UniqueConstraint("order_id", "driver_id", "stage", name=op.f("uq_car_cover_order_id_driver_id_stage")),
    )


def downgrade() -> None:
    op.drop_table("car_cover")
    op.execute("delete from order_timer where kind = 'given_back'")
    _timers(TIMERS)
    # The older code knows no such meanings: what was done is done, and waits for nobody.
    op.execute(f"update incoming_text set meaning = 'other' where meaning not in ({MEANINGS})")  # noqa: S608 -- names of ours
    op.execute("update incoming_text set outcome = 'ignored' where outcome = 'done'")
    _texts(MEANINGS, OUTCOMES)


def _texts(meanings: str, outcomes: str) -> None:
    with op.batch_alter_table("incoming_text", schema=None) as batch_op:
        for name, values in (("meaning", meanings), ("outcome", outcomes)):
            batch_op.drop_constraint(op.f(f"ck_incoming_text_{name}"), type_="check")
            batch_op.create_check_constraint(op.f(f"ck_incoming_text_{name}"), f"{name} in ({values})")


def _timers(kinds: str) -> None:
    with op.batch_alter_table("order_timer", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_order_timer_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_order_timer_kind"), f"kind in ({kinds})")
