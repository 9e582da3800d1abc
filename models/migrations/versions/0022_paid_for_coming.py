"""What a driver gets when nobody came out: the office's rule for it, and the accounts and entries that it is booked by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
OLD_ACCOUNTS = "'driver', 'customer', 'cash', 'fees', 'penalties', 'card', 'held', 'earned'"
ACCOUNTS = f"{OLD_ACCOUNTS}, 'dead_runs'"
OLD_ENTRIES = "'top_up', 'withdrawal', 'call_fee', 'credit_trip', 'payment', 'penalty', 'reversal'"
ENTRIES = f"{OLD_ENTRIES}, 'dead_run', 'dead_run_charge'"
SQLITE_KEEPS = """
create trigger dead_run_rule_keeps_{action} before {action} on dead_run_rule
begin select raise(abort, 'rows of dead_run_rule are written once'); end
"""
POSTGRESQL_KEEPS = """
create trigger dead_run_rule_keeps before update or delete on dead_run_rule for each row execute function written_once();
create trigger dead_run_rule_keeps_all before truncate on dead_run_rule execute function written_once()
"""


def upgrade() -> None:
    op.create_table(
        "dead_run_rule",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("trade", sa.String(length=32), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("holds_from", MOMENT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", KEY, nullable=True),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_dead_run_rule_amount")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_dead_run_rule_office_id_office")),
        sa.ForeignKeyConstraint(["made_by"], ["operator.id"], name=op.f("fk_dead_run_rule_made_by_operator")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_run_rule")),
    )
    op.create_index("ix_dead_run_rule_office", "dead_run_rule", ["office_id", "trade", "id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for action in ("update", "delete"):
            op.execute(SQLITE_KEEPS.format(action=action))
    else:
        op.get_bind().exec_driver_sql(POSTGRESQL_KEEPS)
    _kinds("account", OLD_ACCOUNTS, ACCOUNTS)
    _kinds("entry", OLD_ENTRIES, ENTRIES)


def downgrade() -> None:
    # The older code knows no such entries, and what stands in the books is not thrown away.
    if op.get_bind().scalar(sa.text("select count(*) from entry where kind in ('dead_run', 'dead_run_charge')")):
        raise RuntimeError(
            "dead runs are in the books that an older callboard cannot read; restore a backup of its own instead"
        )
    op.execute("delete from account where kind = 'dead_runs'")
    _kinds("entry", ENTRIES, OLD_ENTRIES)
    _kinds("account", ACCOUNTS, OLD_ACCOUNTS)
    op.drop_table("dead_run_rule")


def _kinds(table: str, old: str, new: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _built_anew(table, f"kind in ({old})", f"kind in ({new})")
        return
    op.drop_constraint(op.f(f"ck_{table}_kind"), table, type_="check")
    op.create_check_constraint(op.f(f"ck_{table}_kind"), table, f"kind in ({new})")


def _built_anew(table: str, old: str, new: str) -> None:
    """The steps of https://www.sqlite.org/lang_altertable.html#otheralter: its triggers stay. Foreign keys are off in here."""
    bind = op.get_bind()
    kept = sa.text("select type, sql from sqlite_master where tbl_name = :table and sql is not null")
    rows = bind.execute(kept, {"table": table}).all()
    (made,) = (sql for kind, sql in rows if kind == "table")
    body = made[made.index("(") :]
    if body.count(f" {old}") + body.count(f"({old}") != 1:
        raise RuntimeError(f"the table {table} is not as revision 0010 has left it")
    op.execute("pragma legacy_alter_table = on")
    op.execute(f'create table "{table}_anew" {body.replace(old, new)}')
    op.execute(f'insert into "{table}_anew" select * from "{table}" order by id')  # noqa: S608 -- names of ours
    op.execute(f'drop table "{table}"')
    op.execute(f'alter table "{table}_anew" rename to "{table}"')
    for kind, sql in rows:
        if kind != "table":
            op.execute(sa.text(sql.replace(":", r"\:")))
    op.execute("pragma legacy_alter_table = off")
