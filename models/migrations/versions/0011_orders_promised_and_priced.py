"""Orders with way-points, a wanted time, a fare that is explained, timers, promises, and drafts kept for a call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "tariff_table",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind in ('zones', 'days')", name=op.f("ck_tariff_table_kind")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_tariff_table_office_id_office")),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_tariff_table_operator_id_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tariff_table")),
    )
    with op.batch_alter_table("tariff_table", schema=None) as batch_op:
        batch_op.create_index("ix_tariff_table_newest", ["office_id", "kind", "id"], unique=False)

    op.create_table(
        "own_day",
        sa.Column("id", KEY, nullable=False),
        sa.Column("table_id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["table_id"], ["tariff_table.id"], name=op.f("fk_own_day_table_id_tariff_table")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_day")),
        sa.UniqueConstraint("table_id", "day", name=op.f("uq_own_day_table_id_day")),
    )
    op.create_table(
        "zone_fare",
        sa.Column("id", KEY, nullable=False),
        sa.Column("table_id", KEY, nullable=False),
        sa.Column("from_zone", sa.String(length=80), nullable=False),
        sa.Column("to_zone", sa.String(length=80), nullable=False),
        sa.Column("fare", sa.Integer(), nullable=False),
        sa.CheckConstraint("fare >= 0", name=op.f("ck_zone_fare_fare")),
        sa.ForeignKeyConstraint(["table_id"], ["tariff_table.id"], name=op.f("fk_zone_fare_table_id_tariff_table")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zone_fare")),
        sa.UniqueConstraint("table_id", "from_zone", "to_zone", name=op.f("uq_zone_fare_table_id_from_zone_to_zone")),
    )
    op.create_table(
        "call_draft",
        sa.Column("id", KEY, nullable=False),
        sa.Column("call_id", KEY, nullable=False),
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("form", sa.JSON(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_draft_call_id_call")),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_call_draft_operator_id_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_draft")),
        sa.UniqueConstraint("call_id", "operator_id", name=op.f("uq_call_draft_call_id_operator_id")),
    )
    with op.batch_alter_table("call_draft", schema=None) as batch_op:
        batch_op.create_index("ix_call_draft_operator", ["operator_id", "updated_at"], unique=False)

    op.create_table(
        "fixed_fare",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("amount", sa.Integer(), nullable=True),
        sa.Column("basis", sa.String(length=8), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("quoted", sa.Integer(), nullable=True),
        sa.Column("zones_id", KEY, nullable=True),
        sa.Column("days_id", KEY, nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.CheckConstraint("basis in ('tariff', 'history', 'hand')", name=op.f("ck_fixed_fare_basis")),
        sa.ForeignKeyConstraint(["days_id"], ["tariff_table.id"], name=op.f("fk_fixed_fare_days_id_tariff_table")),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_fixed_fare_operator_id_operator")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_fixed_fare_order_id_order")),
        sa.ForeignKeyConstraint(["zones_id"], ["tariff_table.id"], name=op.f("fk_fixed_fare_zones_id_tariff_table")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fixed_fare")),
    )
    with op.batch_alter_table("fixed_fare", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fixed_fare_order_id"), ["order_id"], unique=False)

    op.create_table(
        "order_timer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.String(length=8), nullable=True),
        sa.Column("late_s", sa.Integer(), nullable=True),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.Column("seen_by", KEY, nullable=True),
        sa.CheckConstraint(
            "kind in ('remind_desk', 'remind_customer', 'search', 'promise', 'promise_broken')",
            name=op.f("ck_order_timer_kind"),
        ),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_timer_order_id_order")),
        sa.ForeignKeyConstraint(["seen_by"], ["operator.id"], name=op.f("fk_order_timer_seen_by_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_timer")),
    )
    with op.batch_alter_table("order_timer", schema=None) as batch_op:
        batch_op.create_index(
            "ix_order_timer_due",
            ["due_at"],
            unique=False,
            sqlite_where=sa.text("done_at is null"),
            postgresql_where=sa.text("done_at is null"),
        )
        batch_op.create_index(batch_op.f("ix_order_timer_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            "uq_order_timer_waiting",
            ["order_id", "kind"],
            unique=True,
            sqlite_where=sa.text("done_at is null"),
            postgresql_where=sa.text("done_at is null"),
        )

    op.create_table(
        "promise",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("cell", sa.String(length=16), nullable=True),
        sa.Column("drivers_free", sa.Integer(), nullable=False),
        sa.Column("promised_at", MOMENT, nullable=False),
        sa.Column("basis", sa.String(length=8), nullable=False),
        sa.Column("samples", sa.Integer(), nullable=False),
        sa.Column("median_s", sa.Integer(), nullable=False),
        sa.Column("spread_s", sa.Integer(), nullable=False),
        sa.Column("error_s", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("actual_s", sa.Integer(), nullable=True),
        sa.Column("told_at", MOMENT, nullable=True),
        sa.CheckConstraint("state in ('open', 'kept', 'broken', 'off')", name=op.f("ck_promise_state")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_promise_office_id_office")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_promise_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promise")),
        sa.UniqueConstraint("order_id", name=op.f("uq_promise_order_id")),
    )
    with op.batch_alter_table("promise", schema=None) as batch_op:
        batch_op.create_index("ix_promise_learned", ["office_id", "hour", "id"], unique=False)

    op.create_table(
        "way_point",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_way_point_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_way_point")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_way_point_order_id_position")),
    )
    with op.batch_alter_table("office", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fare_texts", sa.String(length=8), server_default="changes", nullable=False))
        batch_op.add_column(sa.Column("remind_desk_s", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("remind_customer_s", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("search_ahead_s", sa.Integer(), nullable=True))
        batch_op.create_check_constraint(op.f("ck_office_fare_texts"), "fare_texts in ('always', 'changes', 'never')")

    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.add_column(sa.Column("wanted_at", MOMENT, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.drop_column("wanted_at")

    with op.batch_alter_table("office", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_office_fare_texts"), type_="check")
        batch_op.drop_column("search_ahead_s")
        batch_op.drop_column("remind_customer_s")
        batch_op.drop_column("remind_desk_s")
        batch_op.drop_column("fare_texts")

    op.drop_table("way_point")
    with op.batch_alter_table("promise", schema=None) as batch_op:
        batch_op.drop_index("ix_promise_learned")

    op.drop_table("promise")
    with op.batch_alter_table("order_timer", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_order_timer_waiting",
            sqlite_where=sa.text("done_at is null"),
            postgresql_where=sa.text("done_at is null"),
        )
        batch_op.drop_index(batch_op.f("ix_order_timer_order_id"))
        batch_op.drop_index(
            "ix_order_timer_due", sqlite_where=sa.text("done_at is null"), postgresql_where=sa.text("done_at is null")
        )

    op.drop_table("order_timer")
    with op.batch_alter_table("fixed_fare", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_fixed_fare_order_id"))

    op.drop_table("fixed_fare")
    with op.batch_alter_table("call_draft", schema=None) as batch_op:
        batch_op.drop_index("ix_call_draft_operator")

    op.drop_table("call_draft")
    op.drop_table("zone_fare")
    op.drop_table("own_day")
    with op.batch_alter_table("tariff_table", schema=None) as batch_op:
        batch_op.drop_index("ix_tariff_table_newest")

    op.drop_table("tariff_table")
