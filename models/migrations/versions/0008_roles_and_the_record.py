"""More roles, a second factor, and the record of who did what: chained row to row, and written once."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from models import chain

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
ROLES = "'operator', 'dispatcher', 'accountant', 'admin', 'auditor'"
SQLITE_KEEPS = """
create trigger audit_entry_keeps_{action} before {action} on audit_entry
begin select raise(abort, 'rows of audit_entry are written once'); end
"""
POSTGRESQL_KEEPS = """
create trigger audit_entry_keeps before update or delete on audit_entry for each row execute function written_once();
create trigger audit_entry_keeps_all before truncate on audit_entry execute function written_once()
"""
AT_A_TIME = 5_000


def upgrade() -> None:
    with op.batch_alter_table("operator", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_operator_role"), type_="check")
        batch_op.create_check_constraint(op.f("ck_operator_role"), f"role in ({ROLES})")
    op.create_table(
        "second_factor",
        sa.Column("id", KEY, nullable=False),
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("confirmed_at", MOMENT, nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_second_factor_operator_id_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_factor")),
        sa.UniqueConstraint("operator_id", name=op.f("uq_second_factor_operator_id")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("id", KEY, nullable=False),
        sa.Column("operator_id", KEY, nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_recovery_code_operator_id_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_code_operator_id"), ["operator_id"], unique=False)
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("factor_at", MOMENT, nullable=True))
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("previous", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("digest", sa.String(length=64), nullable=True))
    _chain()
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        for name in ("previous", "digest"):
            batch_op.alter_column(name, existing_type=sa.String(length=64), nullable=False)
            batch_op.create_unique_constraint(op.f(f"uq_audit_entry_{name}"), [name])
    _write_once()


def _chain() -> None:
    """The rows that are there, in their order. Who changed one of them before now is not found out."""
    connection = op.get_bind()
    columns = "id, at, operator_id, what, subject, detail"
    previous, last = chain.BEGINNING, 0
    while True:
        found = connection.execute(
            sa.text(f"select {columns} from audit_entry where id > :last order by id limit {AT_A_TIME}"),  # noqa: S608
            {"last": last},
        ).all()
        if not found:
            return
        changes = []
        for row in found:
            digest = chain.digest(previous, _moment(row.at), row.operator_id, row.what, row.subject, _json(row.detail))
            changes.append({"key": row.id, "previous": previous, "digest": digest})
            previous, last = digest, row.id
        connection.execute(
            sa.text("update audit_entry set previous = :previous, digest = :digest where id = :key"), changes
        )


def _moment(told: Any) -> datetime:
    moment = datetime.fromisoformat(told) if isinstance(told, str) else told
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _json(told: Any) -> Any:
    return json.loads(told) if isinstance(told, str) else told


def _write_once() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for action in ("update", "delete"):
            connection.exec_driver_sql(SQLITE_KEEPS.format(action=action))
        return
    connection.exec_driver_sql(POSTGRESQL_KEEPS)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for action in ("update", "delete"):
            op.execute(f"drop trigger audit_entry_keeps_{action}")
    else:
        op.execute("drop trigger audit_entry_keeps on audit_entry")
        op.execute("drop trigger audit_entry_keeps_all on audit_entry")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        for name in ("previous", "digest"):
            batch_op.drop_constraint(op.f(f"uq_audit_entry_{name}"), type_="unique")
            batch_op.drop_column(name)
    with op.batch_alter_table("web_session", schema=None) as batch_op:
        batch_op.drop_column("factor_at")
    op.drop_table("recovery_code")
    op.drop_table("second_factor")
    # The older code knows two roles. Whoever had less than an operator's rights signs in no more until a role is given anew.
    op.execute(
        "update operator set disabled_at = coalesce(disabled_at, current_timestamp), role = 'operator' "
        "where role not in ('operator', 'admin')"
    )
    with op.batch_alter_table("operator", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_operator_role"), type_="check")
        batch_op.create_check_constraint(op.f("ck_operator_role"), "role in ('operator', 'admin')")
