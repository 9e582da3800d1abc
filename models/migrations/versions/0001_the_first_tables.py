"""The first tables: office, customers, calls, orders, drivers, messages."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "early_receipt",
        sa.Column("id", KEY, nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("provider_id", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=True),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_early_receipt")),
    )
    with op.batch_alter_table("early_receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_early_receipt_provider_id"), ["provider_id"], unique=False)

    op.create_table(
        "office",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("trade", sa.String(length=32), nullable=False),
        sa.Column("sms_sender", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_office")),
    )
    op.create_table(
        "customer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("grade", sa.String(length=16), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("blocked_reason", sa.Text(), nullable=True),
        sa.Column("trips", sa.Integer(), nullable=False),
        sa.Column("cancels", sa.Integer(), nullable=False),
        sa.Column("last_trip_at", MOMENT, nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_customer_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer")),
    )
    op.create_table(
        "driver",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("phone", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("free_since", MOMENT, nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("located_at", MOMENT, nullable=True),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.CheckConstraint("state in ('off', 'free', 'busy')", name=op.f("ck_driver_state")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_driver_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_driver")),
        sa.UniqueConstraint("office_id", "number", name=op.f("uq_driver_office_id_number")),
    )
    with op.batch_alter_table("driver", schema=None) as batch_op:
        batch_op.create_index("ix_driver_state", ["office_id", "state"], unique=False)

    op.create_table(
        "line",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("did", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("flow", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_line_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line")),
        sa.UniqueConstraint("did", name=op.f("uq_line_did")),
    )
    op.create_table(
        "operator",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("login", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("extension", sa.String(length=16), nullable=True),
        sa.Column("locale", sa.String(length=8), nullable=False),
        sa.Column("disabled_at", MOMENT, nullable=True),
        sa.CheckConstraint("role in ('operator', 'admin')", name=op.f("ck_operator_role")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_operator_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator")),
        sa.UniqueConstraint("extension", name=op.f("uq_operator_extension")),
        sa.UniqueConstraint("login", name=op.f("uq_operator_login")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_operator_token_hash")),
    )
    op.create_table(
        "audit_entry",
        sa.Column("id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("what", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_audit_entry_operator_id_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_entry_at"), ["at"], unique=False)

    op.create_table(
        "customer_phone",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_phone_customer_id_customer")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_customer_phone_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_phone")),
        sa.UniqueConstraint("office_id", "number", name=op.f("uq_customer_phone_office_id_number")),
    )
    with op.batch_alter_table("customer_phone", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_customer_phone_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "idempotency_key",
        sa.Column("id", KEY, nullable=False),
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_idempotency_key_operator_id_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("operator_id", "key", name=op.f("uq_idempotency_key_operator_id_key")),
    )
    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_key_created_at"), ["created_at"], unique=False)

    op.create_table(
        "place",
        sa.Column("id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_place_customer_id_customer")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place")),
    )
    with op.batch_alter_table("place", schema=None) as batch_op:
        batch_op.create_index("ix_place_customer_recent", ["customer_id", "last_used_at"], unique=False)

    op.create_table(
        "shift",
        sa.Column("id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_shift_driver_id_driver")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
    )
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shift_driver_id"), ["driver_id"], unique=False)
        batch_op.create_index(
            "uq_shift_open",
            ["driver_id"],
            unique=True,
            sqlite_where=sa.text("ended_at is null"),
            postgresql_where=sa.text("ended_at is null"),
        )

    op.create_table(
        "web_session",
        sa.Column("id", KEY, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_seen_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_web_session_operator_id_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_web_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_web_session_token_hash")),
    )
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_web_session_operator_id"), ["operator_id"], unique=False)

    op.create_table(
        "call",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("line_id", KEY, nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("linkedid", sa.String(length=80), nullable=True),
        sa.Column("number", sa.String(length=20), nullable=True),
        sa.Column("presentation", sa.String(length=16), nullable=False),
        sa.Column("caller_name", sa.String(length=80), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("disposition", sa.String(length=16), nullable=True),
        sa.Column("arrived_at", MOMENT, nullable=False),
        sa.Column("ringing_at", MOMENT, nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("customer_id", KEY, nullable=True),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("choice_kind", sa.String(length=16), nullable=True),
        sa.Column("choice_place_id", KEY, nullable=True),
        sa.Column("choice_text", sa.String(length=200), nullable=True),
        sa.Column("recovered", sa.Boolean(), nullable=False),
        sa.CheckConstraint("number is null or presentation = 'allowed'", name=op.f("ck_call_number")),
        sa.CheckConstraint("presentation in ('allowed', 'withheld', 'unavailable')", name=op.f("ck_call_presentation")),
        sa.CheckConstraint("state in ('arrived', 'ringing', 'answered', 'ended')", name=op.f("ck_call_state")),
        sa.ForeignKeyConstraint(["choice_place_id"], ["place.id"], name=op.f("fk_call_choice_place_id_place")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_call_customer_id_customer")),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"], name=op.f("fk_call_line_id_line")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_call_office_id_office")),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_call_operator_id_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call")),
    )
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_customer_id"), ["customer_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_linkedid"), ["linkedid"], unique=False)
        batch_op.create_index("ix_call_number_arrived", ["number", "arrived_at"], unique=False)
        batch_op.create_index("ix_call_office_arrived", ["office_id", "arrived_at"], unique=False)
        batch_op.create_index("ix_call_open", ["state", "line_id"], unique=False)

    op.create_table(
        "call_sighting",
        sa.Column("id", KEY, nullable=False),
        sa.Column("call_id", KEY, nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.String(length=120), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_call_sighting_call_id_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_sighting")),
        sa.UniqueConstraint("source", "reference", name=op.f("uq_call_sighting_source_reference")),
    )
    with op.batch_alter_table("call_sighting", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_sighting_call_id"), ["call_id"], unique=False)

    op.create_table(
        "order",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("trade", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("call_id", KEY, nullable=True),
        sa.Column("customer_id", KEY, nullable=True),
        sa.Column("number", sa.String(length=20), nullable=True),
        sa.Column("origin_text", sa.String(length=200), nullable=False),
        sa.Column("origin_lat", sa.Double(), nullable=True),
        sa.Column("origin_lon", sa.Double(), nullable=True),
        sa.Column("origin_accuracy_m", sa.Integer(), nullable=True),
        sa.Column("origin_source", sa.String(length=16), nullable=False),
        sa.Column("destination_text", sa.String(length=200), nullable=True),
        sa.Column("destination_lat", sa.Double(), nullable=True),
        sa.Column("destination_lon", sa.Double(), nullable=True),
        sa.Column("destination_source", sa.String(length=16), nullable=True),
        sa.Column("fare", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("taken_by", KEY, nullable=True),
        sa.Column("taken_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("fare is null or fare >= 0", name=op.f("ck_order_fare")),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_order_call_id_call")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_order_customer_id_customer")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_order_office_id_office")),
        sa.ForeignKeyConstraint(["taken_by"], ["operator.id"], name=op.f("fk_order_taken_by_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order")),
    )
    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.create_index("ix_order_board", ["office_id", "closed_at", "taken_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_call_id"), ["call_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_customer_id"), ["customer_id"], unique=False)

    op.create_table(
        "recording",
        sa.Column("id", KEY, nullable=False),
        sa.Column("call_id", KEY, nullable=False),
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("path", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name=op.f("fk_recording_call_id_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
        sa.UniqueConstraint("token", name=op.f("uq_recording_token")),
    )
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recording_call_id"), ["call_id"], unique=False)

    op.create_table(
        "assignment",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("assigned_at", MOMENT, nullable=False),
        sa.Column("assigned_by", KEY, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("state in ('active', 'released', 'completed')", name=op.f("ck_assignment_state")),
        sa.ForeignKeyConstraint(["assigned_by"], ["operator.id"], name=op.f("fk_assignment_assigned_by_operator")),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_assignment_driver_id_driver")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_assignment_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignment_driver_id"), ["driver_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_assignment_order_id"), ["order_id"], unique=False)
        batch_op.create_index(
            "uq_assignment_active_driver",
            ["driver_id"],
            unique=True,
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        )
        batch_op.create_index(
            "uq_assignment_active_order",
            ["order_id"],
            unique=True,
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        )

    op.create_table(
        "order_step",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("before", sa.String(length=16), nullable=True),
        sa.Column("after", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_order_step_operator_id_operator")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_order_step_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_step")),
    )
    with op.batch_alter_table("order_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_step_order_id"), ["order_id"], unique=False)

    op.create_table(
        "message",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("assignment_id", KEY, nullable=True),
        sa.Column("audience", sa.String(length=16), nullable=False),
        sa.Column("recipient", sa.String(length=20), nullable=False),
        sa.Column("sender", sa.String(length=20), nullable=False),
        sa.Column("text_key", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.Column("claimed_at", MOMENT, nullable=True),
        sa.Column("provider", sa.String(length=32), nullable=True),
        sa.Column("provider_id", sa.String(length=80), nullable=True),
        sa.Column("parts", sa.Integer(), nullable=True),
        sa.Column("detail", sa.String(length=200), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.CheckConstraint("audience in ('customer', 'driver')", name=op.f("ck_message_audience")),
        sa.CheckConstraint(
            "state in ('queued', 'sending', 'sent', 'unknown', 'delivered', 'failed', 'expired')",
            name=op.f("ck_message_state"),
        ),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_message_assignment_id_assignment")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_message_office_id_office")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_message_order_id_order")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("assignment_id", "audience", name=op.f("uq_message_assignment_id_audience")),
    )
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.create_index("ix_message_due", ["state", "next_try_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_message_order_id"), ["order_id"], unique=False)

    op.create_table(
        "message_part",
        sa.Column("id", KEY, nullable=False),
        sa.Column("message_id", KEY, nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("provider_id", sa.String(length=80), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "state in ('queued', 'sending', 'sent', 'unknown', 'delivered', 'failed', 'expired')",
            name=op.f("ck_message_part_state"),
        ),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_message_part_message_id_message")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_part")),
        sa.UniqueConstraint(
            "message_id", "provider", "provider_id", name=op.f("uq_message_part_message_id_provider_provider_id")
        ),
    )
    with op.batch_alter_table("message_part", schema=None) as batch_op:
        batch_op.create_index("ix_message_part_provider", ["provider", "provider_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("message_part", schema=None) as batch_op:
        batch_op.drop_index("ix_message_part_provider")

    op.drop_table("message_part")
    with op.batch_alter_table("message", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_message_order_id"))
        batch_op.drop_index("ix_message_due")

    op.drop_table("message")
    with op.batch_alter_table("order_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_step_order_id"))

    op.drop_table("order_step")
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_assignment_active_order",
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        )
        batch_op.drop_index(
            "uq_assignment_active_driver",
            sqlite_where=sa.text("state = 'active'"),
            postgresql_where=sa.text("state = 'active'"),
        )
        batch_op.drop_index(batch_op.f("ix_assignment_order_id"))
        batch_op.drop_index(batch_op.f("ix_assignment_driver_id"))

    op.drop_table("assignment")
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recording_call_id"))

    op.drop_table("recording")
    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_customer_id"))
        batch_op.drop_index(batch_op.f("ix_order_call_id"))
        batch_op.drop_index("ix_order_board")

    op.drop_table("order")
    with op.batch_alter_table("call_sighting", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_call_sighting_call_id"))

    op.drop_table("call_sighting")
    with op.batch_alter_table("call", schema=None) as batch_op:
        batch_op.drop_index("ix_call_open")
        batch_op.drop_index("ix_call_office_arrived")
        batch_op.drop_index("ix_call_number_arrived")
        batch_op.drop_index(batch_op.f("ix_call_linkedid"))
        batch_op.drop_index(batch_op.f("ix_call_customer_id"))

    op.drop_table("call")
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_web_session_operator_id"))

    op.drop_table("web_session")
    with op.batch_alter_table("shift", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_shift_open", sqlite_where=sa.text("ended_at is null"), postgresql_where=sa.text("ended_at is null")
        )
        batch_op.drop_index(batch_op.f("ix_shift_driver_id"))

    op.drop_table("shift")
    with op.batch_alter_table("place", schema=None) as batch_op:
        batch_op.drop_index("ix_place_customer_recent")

    op.drop_table("place")
    with op.batch_alter_table("idempotency_key", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_key_created_at"))

    op.drop_table("idempotency_key")
    with op.batch_alter_table("customer_phone", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_customer_phone_customer_id"))

    op.drop_table("customer_phone")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_audit_entry_at"))

    op.drop_table("audit_entry")
    op.drop_table("operator")
    op.drop_table("line")
    with op.batch_alter_table("driver", schema=None) as batch_op:
        batch_op.drop_index("ix_driver_state")

    op.drop_table("driver")
    op.drop_table("customer")
    op.drop_table("office")
    with op.batch_alter_table("early_receipt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_early_receipt_provider_id"))

    op.drop_table("early_receipt")
