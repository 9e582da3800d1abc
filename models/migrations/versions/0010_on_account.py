"""How a fare is paid, firms that ride on account, and the balances that a closed period leaves to the next one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
OLD_KINDS = "'driver', 'customer', 'cash', 'fees', 'penalties'"
KINDS = f"{OLD_KINDS}, 'card', 'held', 'earned'"
OLD_OWNED = "'driver', 'customer'"
OWNED = f"{OLD_OWNED}, 'held', 'earned'"
SQLITE_KEEPS = """
create trigger period_balance_keeps_{action} before {action} on period_balance
begin select raise(abort, 'rows of period_balance are written once'); end
"""
POSTGRESQL_KEEPS = """
create trigger period_balance_keeps before update or delete on period_balance for each row execute function written_once();
create trigger period_balance_keeps_all before truncate on period_balance execute function written_once()
"""


def upgrade() -> None:
    op.create_table(
        "credit_account",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("business_number", sa.String(length=32), nullable=True),
        sa.Column("contact", sa.Text(), nullable=True),
        sa.Column("credit_limit", sa.BigInteger(), nullable=False),
        sa.Column("needs_cost_centre", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        sa.CheckConstraint("credit_limit >= 0", name=op.f("ck_credit_account_credit_limit")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_credit_account_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_account")),
        sa.UniqueConstraint("office_id", "name", name=op.f("uq_credit_account_office_id_name")),
    )
    op.create_table(
        "credit_rider",
        sa.Column("id", KEY, nullable=False),
        sa.Column("credit_id", KEY, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("added_by", KEY, nullable=True),
        sa.ForeignKeyConstraint(["added_by"], ["operator.id"], name=op.f("fk_credit_rider_added_by_operator")),
        sa.ForeignKeyConstraint(
            ["credit_id"], ["credit_account.id"], name=op.f("fk_credit_rider_credit_id_credit_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_rider")),
        sa.UniqueConstraint("credit_id", "number", name=op.f("uq_credit_rider_credit_id_number")),
    )
    with op.batch_alter_table("credit_rider", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_credit_rider_number"), ["number"], unique=False)
    with op.batch_alter_table("order", schema=None) as batch_op:
        batch_op.add_column(sa.Column("payment", sa.String(length=16), server_default="cash", nullable=False))
        batch_op.add_column(sa.Column("credit_id", KEY, nullable=True))
        batch_op.add_column(sa.Column("cost_centre", sa.String(length=80), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_order_credit_id_credit_account"), "credit_account", ["credit_id"], ["id"]
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_order_payment"), "payment in ('cash', 'card', 'transfer', 'account')"
        )
        batch_op.create_check_constraint(
            batch_op.f("ck_order_credit"), "(payment = 'account') = (credit_id is not null)"
        )
    on_account = sa.text("credit_id is not null")
    op.create_index(
        "ix_order_credit", "order", ["credit_id", "closed_at"], sqlite_where=on_account, postgresql_where=on_account
    )
    _kinds(KINDS, OWNED)
    op.create_table(
        "period_balance",
        sa.Column("id", KEY, nullable=False),
        sa.Column("period_id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_period_balance_account_id_account")),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_period_balance_period_id_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_balance")),
        sa.UniqueConstraint("period_id", "account_id", name=op.f("uq_period_balance_period_id_account_id")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for action in ("update", "delete"):
            op.execute(SQLITE_KEEPS.format(action=action))
    else:
        op.get_bind().exec_driver_sql(POSTGRESQL_KEEPS)


def _kinds(kinds: str, owned: str) -> None:
    with op.batch_alter_table("account", schema=None) as batch_op:
        for name in ("kind", "owner"):
            batch_op.drop_constraint(op.f(f"ck_account_{name}"), type_="check")
        batch_op.create_check_constraint(op.f("ck_account_kind"), f"kind in ({kinds})")
        batch_op.create_check_constraint(op.f("ck_account_owner"), f"(owner_id = 0) = (kind not in ({owned}))")


def downgrade() -> None:
    # The older code knows no such accounts, and what stands in the books is not thrown away.
    there = op.get_bind().scalar(
        sa.text(
            "select count(*) from account where kind in ('card', 'held', 'earned') and id in (select account_id from posting)"
        )
    )
    if there:
        raise RuntimeError(
            "fares are in the books that an older callboard cannot read; restore a backup of its own instead"
        )
    op.drop_table("period_balance")
    op.execute("delete from account where kind in ('card', 'held', 'earned')")
    _kinds(OLD_KINDS, OLD_OWNED)
    op.drop_index("ix_order_credit", table_name="order")
    with op.batch_alter_table("order", schema=None) as batch_op:
        for name in ("payment", "credit"):
            batch_op.drop_constraint(op.f(f"ck_order_{name}"), type_="check")
        batch_op.drop_constraint(batch_op.f("fk_order_credit_id_credit_account"), type_="foreignkey")
        for name in ("cost_centre", "credit_id", "payment"):
            batch_op.drop_column(name)
    op.drop_table("credit_rider")
    op.drop_table("credit_account")
