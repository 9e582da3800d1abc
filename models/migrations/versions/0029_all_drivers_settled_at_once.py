"""All drivers settled at once: batches with their lines, and the accounts and entry by which a driver's bill is booked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
OLD_ACCOUNTS = "'driver', 'customer', 'cash', 'fees', 'penalties', 'card', 'held', 'earned', 'dead_runs'"
ACCOUNTS = f"{OLD_ACCOUNTS}, 'billed', 'bills'"
OLD_OWNED = "'driver', 'customer', 'held', 'earned'"
OWNED = f"{OLD_OWNED}, 'billed'"
OLD_ENTRIES = (
    "'top_up', 'withdrawal', 'call_fee', 'credit_trip', 'payment', 'penalty', 'reversal', 'dead_run', 'dead_run_charge'"
)
ENTRIES = f"{OLD_ENTRIES}, 'bill'"
KINDS, OWNER = "kind in ({})", "(owner_id = 0) = (kind not in ({}))"


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    batch, line = "settlement_batch", "settlement_line"
    op.create_table(
        batch,
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("keep", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.BigInteger(), nullable=False),
        sa.Column("needed", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", KEY, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=True),
        sa.Column("decided_by", KEY, nullable=True),
        sa.CheckConstraint("state in ('open', 'posted', 'dropped')", name=op.f(f"ck_{batch}_state")),
        sa.CheckConstraint("first <= last", name=op.f(f"ck_{batch}_days")),
        sa.CheckConstraint("unit > 0 and needed >= 0 and keep >= needed", name=op.f(f"ck_{batch}_rule")),
        sa.CheckConstraint("(state = 'open') = (decided_at is null)", name=op.f(f"ck_{batch}_decided")),
        _to(batch, "office_id", "office"),
        _to(batch, "made_by", "operator"),
        _to(batch, "decided_by", "operator"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{batch}")),
    )
    is_open = sa.text("state = 'open'")
    op.create_index(
        "uq_settlement_batch_open",
        batch,
        ["office_id"],
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    op.create_index("ix_settlement_batch_office", batch, ["office_id", "id"], unique=False)
    op.create_table(
        line,
        sa.Column("id", KEY, nullable=False),
        sa.Column("batch_id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("had", sa.BigInteger(), nullable=False),
        sa.Column("has", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.Column("included", sa.Boolean(), nullable=False),
        sa.Column("ticked_by", KEY, nullable=True),
        sa.Column("entry_id", KEY, nullable=True),
        sa.CheckConstraint("kind in ('pay', 'bill', 'none')", name=op.f(f"ck_{line}_kind")),
        sa.CheckConstraint("amount >= 0 and (kind = 'none') = (amount = 0)", name=op.f(f"ck_{line}_amount")),
        sa.CheckConstraint("not (included and kind = 'none')", name=op.f(f"ck_{line}_included")),
        _to(line, "batch_id", "settlement_batch"),
        _to(line, "driver_id", "driver"),
        _to(line, "ticked_by", "operator"),
        _to(line, "entry_id", "entry"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{line}")),
        sa.UniqueConstraint("batch_id", "driver_id", name=op.f(f"uq_{line}_batch_id_driver_id")),
        sa.UniqueConstraint("entry_id", name=op.f(f"uq_{line}_entry_id")),
    )
    op.create_index(op.f("ix_settlement_line_driver_id"), line, ["driver_id"], unique=False)
    _checked("account", {"kind": (KINDS, OLD_ACCOUNTS, ACCOUNTS), "owner": (OWNER, OLD_OWNED, OWNED)})
    _checked("entry", {"kind": (KINDS, OLD_ENTRIES, ENTRIES)})


def downgrade() -> None:
    # The older code knows no such entries, and what stands in the books is not thrown away.
    if op.get_bind().scalar(sa.text("select count(*) from entry where kind = 'bill'")):
        raise RuntimeError(
            "bills are in the books that an older callboard cannot read; restore a backup of its own instead"
        )
    op.drop_table("settlement_line")
    op.drop_table("settlement_batch")
    op.execute("delete from account where kind in ('billed', 'bills')")
    _checked("entry", {"kind": (KINDS, ENTRIES, OLD_ENTRIES)})
    _checked("account", {"kind": (KINDS, ACCOUNTS, OLD_ACCOUNTS), "owner": (OWNER, OWNED, OLD_OWNED)})


def _checked(table: str, changes: dict[str, tuple[str, str, str]]) -> None:
    """Other words in a table's checks, by their names: a sentence, what stood in it, and what stands in it then."""
    if op.get_bind().dialect.name == "sqlite":
        _built_anew(table, [(said.format(old), said.format(new)) for said, old, new in changes.values()])
        return
    for name, (said, _, new) in changes.items():
        op.drop_constraint(op.f(f"ck_{table}_{name}"), table, type_="check")
        op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, said.format(new))


def _built_anew(table: str, changes: list[tuple[str, str]]) -> None:
    """The steps of https://www.sqlite.org/lang_altertable.html#otheralter: its triggers stay. Foreign keys are off in here."""
    bind = op.get_bind()
    kept = sa.text("select type, sql from sqlite_master where tbl_name = :table and sql is not null")
    rows = bind.execute(kept, {"table": table}).all()
    (made,) = (sql for kind, sql in rows if kind == "table")
    body = made[made.index("(") :]
    for old, new in changes:
        if body.count(f"({old})") != 1:
            raise RuntimeError(f"the table {table} is not as revision 0022 has left it")
        body = body.replace(f"({old})", f"({new})")
    op.execute("pragma legacy_alter_table = on")
    op.execute(sa.text(f'create table "{table}_anew" {body}'.replace(":", r"\:")))
    op.execute(f'insert into "{table}_anew" select * from "{table}" order by id')  # noqa: S608 -- names of ours
    op.execute(f'drop table "{table}"')
    op.execute(f'alter table "{table}_anew" rename to "{table}"')
    for kind, sql in rows:
        if kind != "table":
            op.execute(sa.text(sql.replace(":", r"\:")))
    op.execute("pragma legacy_alter_table = off")
