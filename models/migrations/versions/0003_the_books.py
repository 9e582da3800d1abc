"""The books: accounts, entries, postings, closed periods. The database refuses to change what is written."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

WRITTEN_ONCE = ("entry", "posting", "period")
SQLITE_KEEPS = """
create trigger {table}_keeps_{action} before {action} on {table}
begin select raise(abort, 'rows of {table} are written once'); end
"""
SQLITE_CLOSED = """
create trigger entry_into_closed_period before insert on entry
when exists (select 1 from period where office_id = new.office_id and until > new.at)
begin select raise(abort, 'the books are closed for this time'); end
"""
POSTGRESQL_FUNCTIONS = """
create function written_once() returns trigger language plpgsql as $$
begin raise exception 'rows of %% are written once', tg_table_name using errcode = 'integrity_constraint_violation'; end $$;
create function entry_into_closed_period() returns trigger language plpgsql as $$
begin
    if exists (select 1 from period where office_id = new.office_id and until > new.at) then
        raise exception 'the books are closed for this time' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$
"""
POSTGRESQL_KEEPS = """
create trigger {table}_keeps before update or delete on {table} for each row execute function written_once();
create trigger {table}_keeps_all before truncate on {table} execute function written_once()
"""
POSTGRESQL_CLOSED = """
create trigger entry_into_closed_period before insert on entry for each row execute function entry_into_closed_period()
"""


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(owner_id = 0) = (kind not in ('driver', 'customer'))", name=op.f("ck_account_owner")),
        sa.CheckConstraint("kind in ('driver', 'customer', 'cash', 'fees', 'penalties')", name=op.f("ck_account_kind")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_account_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint(
            "office_id", "kind", "owner_id", "currency", name=op.f("uq_account_office_id_kind_owner_id_currency")
        ),
    )
    op.create_table(
        "period",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=False),
        sa.Column("closed_by", KEY, nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.CheckConstraint("since < until", name=op.f("ck_period_span")),
        sa.ForeignKeyConstraint(["closed_by"], ["operator.id"], name=op.f("fk_period_closed_by_operator")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_period_office_id_office")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period")),
        sa.UniqueConstraint("office_id", "since", name=op.f("uq_period_office_id_since")),
        sa.UniqueConstraint("office_id", "until", name=op.f("uq_period_office_id_until")),
    )
    op.create_table(
        "entry",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("happened_at", MOMENT, nullable=True),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("operator_id", KEY, nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("reverses_id", KEY, nullable=True),
        sa.CheckConstraint("(kind = 'reversal') = (reverses_id is not null)", name=op.f("ck_entry_reversal")),
        sa.CheckConstraint(
            "kind in ('top_up', 'withdrawal', 'call_fee', 'credit_trip', 'payment', 'penalty', 'reversal')",
            name=op.f("ck_entry_kind"),
        ),
        sa.CheckConstraint(
            "kind not in ('penalty', 'reversal') or evidence is not null", name=op.f("ck_entry_evidence")
        ),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_entry_office_id_office")),
        sa.ForeignKeyConstraint(["operator_id"], ["operator.id"], name=op.f("fk_entry_operator_id_operator")),
        sa.ForeignKeyConstraint(["order_id"], ["order.id"], name=op.f("fk_entry_order_id_order")),
        sa.ForeignKeyConstraint(["reverses_id"], ["entry.id"], name=op.f("fk_entry_reverses_id_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
        sa.UniqueConstraint("office_id", "key", name=op.f("uq_entry_office_id_key")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_entry_reverses_id")),
    )
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.create_index("ix_entry_office_at", ["office_id", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_entry_order_id"), ["order_id"], unique=False)

    op.create_table(
        "posting",
        sa.Column("id", KEY, nullable=False),
        sa.Column("entry_id", KEY, nullable=False),
        sa.Column("account_id", KEY, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_posting_amount")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_posting_account_id_account")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_posting_entry_id_entry")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_posting")),
        sa.UniqueConstraint("entry_id", "account_id", name=op.f("uq_posting_entry_id_account_id")),
    )
    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.create_index("ix_posting_account", ["account_id", "entry_id"], unique=False)
    _write_once()


def _write_once() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        for table in WRITTEN_ONCE:
            for action in ("update", "delete"):
                connection.exec_driver_sql(SQLITE_KEEPS.format(table=table, action=action))
        connection.exec_driver_sql(SQLITE_CLOSED)
        return
    connection.exec_driver_sql(POSTGRESQL_FUNCTIONS)
    for table in WRITTEN_ONCE:
        connection.exec_driver_sql(POSTGRESQL_KEEPS.format(table=table))
    connection.exec_driver_sql(POSTGRESQL_CLOSED)


def downgrade() -> None:
    with op.batch_alter_table("posting", schema=None) as batch_op:
        batch_op.drop_index("ix_posting_account")

    op.drop_table("posting")
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_entry_order_id"))
        batch_op.drop_index("ix_entry_office_at")

    op.drop_table("entry")
    op.drop_table("period")
    op.drop_table("account")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop function written_once()")
        op.execute("drop function entry_into_closed_period()")
