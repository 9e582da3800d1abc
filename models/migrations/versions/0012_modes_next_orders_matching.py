"""Modes of dispatch by line and hour, a driver's next order, searches that are matched at once, and who is near by an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
HELD = sa.text("state = 'held'")
OPEN = sa.text("state = 'open'")
PLACES = {
    "ix_driver_waiting": ["office_id", "state", "free_since"],
    "ix_driver_place": ["office_id", "state", "lat", "lon"],
    "ix_driver_done": ["office_id", "state", "done_lat", "done_lon"],
}


def upgrade() -> None:
    _hours()
    _next_order()
    _matching_round()
    op.add_column("driver", sa.Column("done_lat", sa.Double(), nullable=True))
    op.add_column("driver", sa.Column("done_lon", sa.Double(), nullable=True))
    op.add_column("driver", sa.Column("done_at", MOMENT, nullable=True))
    op.drop_index("ix_driver_state", table_name="driver")
    for name, columns in PLACES.items():
        op.create_index(name, "driver", columns)
    op.create_index("ix_offer_expiry", "offer", ["expires_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    with op.batch_alter_table("search", schema=None) as batch_op:
        batch_op.add_column(sa.Column("proposes", sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column("proposed_driver_id", KEY, nullable=True))
        batch_op.add_column(sa.Column("match_at", MOMENT, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_search_proposed_driver_id_driver"), "driver", ["proposed_driver_id"], ["id"]
        )
    with op.batch_alter_table("search", schema=None) as batch_op:
        batch_op.alter_column("proposes", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)


def _hours() -> None:
    op.create_table(
        "dispatch_hours",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("line_id", KEY, nullable=True),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.CheckConstraint("mode in ('automatic', 'semi', 'manual')", name=op.f("ck_dispatch_hours_mode")),
        sa.CheckConstraint("days between 1 and 127", name=op.f("ck_dispatch_hours_days")),
        sa.CheckConstraint(
            "from_minute between 0 and 1439 and to_minute between 0 and 1439", name=op.f("ck_dispatch_hours_minutes")
        ),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_dispatch_hours_line_id_line")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_dispatch_hours_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch_hours")),
    )
    op.create_index("ix_dispatch_hours_office_id", "dispatch_hours", ["office_id"])


def _next_order() -> None:
    op.create_table(
        "next_order",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", KEY, nullable=True),
        sa.Column("expected_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state in ('held', 'begun', 'released')", name=op.f("ck_next_order_state")),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_next_order_driver_id_driver")),
        sa.ForeignKeyConstraint(["made_by"], ["operator.id"], name=op.f("fk_next_order_made_by_operator")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_next_order_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_next_order")),
    )
    for of in ("order", "driver"):
        op.create_index(f"ix_next_order_{of}_id", "next_order", [f"{of}_id"])
        op.create_index(
            f"uq_next_order_held_{of}", "next_order", [f"{of}_id"],
            unique=True, sqlite_where=HELD, postgresql_where=HELD,
        )  # fmt: skip


def _matching_round() -> None:
    whole = (
        "orders", "drivers", "matched", "total_s", "worst_s", "greedy_matched", "greedy_total_s", "greedy_worst_s", "took_ms",
    )  # fmt: skip
    op.create_table(
        "matching_round",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in whole),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.CheckConstraint("method in ('optimal', 'greedy')", name=op.f("ck_matching_round_method")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_matching_round_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_matching_round")),
    )
    op.create_index("ix_matching_round_office", "matching_round", ["office_id", "at"])


def downgrade() -> None:
    op.drop_index("ix_offer_expiry", table_name="offer")
    with op.batch_alter_table("search", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_search_proposed_driver_id_driver"), type_="foreignkey")
        for name in ("match_at", "proposed_driver_id", "proposes"):
            batch_op.drop_column(name)
    for name in PLACES:
        op.drop_index(name, table_name="driver")
    op.create_index("ix_driver_state", "driver", ["office_id", "state"])
    with op.batch_alter_table("driver", schema=None) as batch_op:
        for name in ("done_at", "done_lon", "done_lat"):
            batch_op.drop_column(name)
    for name in ("matching_round", "next_order", "dispatch_hours"):
        op.drop_table(name)
