"""Drivers' records: papers, skills, groups, grades, pairs kept apart, documents; and how the customer's car was."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
DRIVER_COLUMNS = (
    ("licence_number", sa.String(length=40)),
    ("licence_until", sa.Date()),
    ("insurance_number", sa.String(length=60)),
    ("insurance_until", sa.Date()),
    ("base_area", sa.String(length=80)),
    ("works_days", sa.String(length=7)),
    ("works_from", sa.Time()),
    ("works_until", sa.Time()),
    ("grade", sa.String(length=8)),
    ("note", sa.String(length=500)),
)


def upgrade() -> None:
    for name, kind in DRIVER_COLUMNS:
        op.add_column("driver", sa.Column(name, kind, nullable=True))
    op.add_column("order", sa.Column("wants", sa.JSON(), nullable=True))
    _records()
    _cars()


def _records() -> None:
    op.create_table(
        "driver_phone",
        sa.Column("id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_driver_phone_driver_id_driver")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_driver_phone")),
        sa.UniqueConstraint("driver_id", "number", name=op.f("uq_driver_phone_driver_id_number")),
    )
    op.create_index("ix_driver_phone_number", "driver_phone", ["number"], unique=False)
    op.create_table(
        "driver_skill",
        sa.Column("id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("skill", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_driver_skill_driver_id_driver")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_driver_skill")),
        sa.UniqueConstraint("driver_id", "skill", name=op.f("uq_driver_skill_driver_id_skill")),
    )
    op.create_index("ix_driver_skill_skill", "driver_skill", ["skill"], unique=False)
    op.create_table(
        "driver_group",
        sa.Column("id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_driver_group_driver_id_driver")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_driver_group")),
        sa.UniqueConstraint("driver_id", "name", name=op.f("uq_driver_group_driver_id_name")),
    )
    op.create_index("ix_driver_group_name", "driver_group", ["name"], unique=False)
    op.create_table(
        "driver_grade",
        sa.Column("id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("before", sa.String(length=8), nullable=True),
        sa.Column("after", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("by", KEY, nullable=False),
        sa.ForeignKeyConstraint(["by"], ["operator.id"], name=op.f("fk_driver_grade_by_operator")),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_driver_grade_driver_id_driver")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_driver_grade")),
    )
    op.create_index("ix_driver_grade_driver_id", "driver_grade", ["driver_id"], unique=False)
    op.create_table(
        "driver_block",
        sa.Column("id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", KEY, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("ended_by", KEY, nullable=True),
        sa.CheckConstraint("side in ('customer', 'driver', 'office')", name=op.f("ck_driver_block_side")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_driver_block_customer_id_customer")),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_driver_block_driver_id_driver")),
        sa.ForeignKeyConstraint(["ended_by"], ["operator.id"], name=op.f("fk_driver_block_ended_by_operator")),
        sa.ForeignKeyConstraint(["made_by"], ["operator.id"], name=op.f("fk_driver_block_made_by_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_driver_block")),
    )
    op.create_index("ix_driver_block_driver_id", "driver_block", ["driver_id"], unique=False)
    op.create_index(
        "uq_driver_block_open",
        "driver_block",
        ["customer_id", "driver_id"],
        unique=True,
        sqlite_where=sa.text("ended_at is null"),
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_table(
        "driver_document",
        sa.Column("id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("media_type", sa.String(length=40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=64), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("added_by", KEY, nullable=False),
        sa.Column("removed_at", MOMENT, nullable=True),
        sa.Column("removed_by", KEY, nullable=True),
        sa.ForeignKeyConstraint(["added_by"], ["operator.id"], name=op.f("fk_driver_document_added_by_operator")),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_driver_document_driver_id_driver")),
        sa.ForeignKeyConstraint(["removed_by"], ["operator.id"], name=op.f("fk_driver_document_removed_by_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_driver_document")),
        sa.UniqueConstraint("path", name=op.f("uq_driver_document_path")),
    )
    op.create_index("ix_driver_document_driver_id", "driver_document", ["driver_id"], unique=False)
    op.create_table(
        "paper_alarm",
        sa.Column("id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("paper", sa.String(length=16), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("told_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.Column("seen_by", KEY, nullable=True),
        sa.CheckConstraint("paper in ('licence', 'insurance')", name=op.f("ck_paper_alarm_paper")),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_paper_alarm_driver_id_driver")),
        sa.ForeignKeyConstraint(["seen_by"], ["operator.id"], name=op.f("fk_paper_alarm_seen_by_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_alarm")),
        sa.UniqueConstraint(
            "driver_id", "paper", "until", "days", name=op.f("uq_paper_alarm_driver_id_paper_until_days")
        ),
    )


def _cars() -> None:
    op.create_table(
        "car_photo",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("sent_sha256", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("erased_at", MOMENT, nullable=True),
        sa.CheckConstraint("side in ('front', 'rear', 'left', 'right')", name=op.f("ck_car_photo_side")),
        sa.CheckConstraint("stage in ('before', 'after')", name=op.f("ck_car_photo_stage")),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_car_photo_driver_id_driver")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_car_photo_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_car_photo")),
        sa.UniqueConstraint(
            "order_id", "stage", "side", "sent_sha256", name=op.f("uq_car_photo_order_id_stage_side_sent_sha256")
        ),
        sa.UniqueConstraint("path", name=op.f("uq_car_photo_path")),
    )
    op.create_index("ix_car_photo_driver_id", "car_photo", ["driver_id"], unique=False)
    op.create_table(
        "car_reading",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("km", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("km >= 0", name=op.f("ck_car_reading_km")),
        sa.CheckConstraint("stage in ('before', 'after')", name=op.f("ck_car_reading_stage")),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_car_reading_driver_id_driver")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_car_reading_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_car_reading")),
    )
    op.create_index("ix_car_reading_order_id", "car_reading", ["order_id"], unique=False)
    op.create_table(
        "car_skip",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("stage in ('before', 'after')", name=op.f("ck_car_skip_stage")),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_car_skip_driver_id_driver")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_car_skip_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_car_skip")),
        sa.UniqueConstraint("order_id", "driver_id", "stage", name=op.f("uq_car_skip_order_id_driver_id_stage")),
    )
    op.create_table(
        "car_link",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("viewer_hash", sa.String(length=64), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=True),
        sa.Column("message_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_car_link_message_id_message")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_car_link_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_car_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_car_link_token_hash")),
        sa.UniqueConstraint("viewer_hash", name=op.f("uq_car_link_viewer_hash")),
    )
    op.create_index("ix_car_link_message_id", "car_link", ["message_id"], unique=False)
    op.create_index("ix_car_link_order_id", "car_link", ["order_id"], unique=False)


def downgrade() -> None:
    op.drop_table("car_link")
    op.drop_table("car_skip")
    op.drop_table("car_reading")
    op.drop_table("car_photo")
    op.drop_table("paper_alarm")
    op.drop_table("driver_document")
    op.drop_table("driver_block")
    op.drop_table("driver_grade")
    op.drop_table("driver_group")
    op.drop_table("driver_skill")
    op.drop_table("driver_phone")
    op.drop_column("order", "wants")
    for name, _kind in reversed(DRIVER_COLUMNS):
        op.drop_column("driver", name)
