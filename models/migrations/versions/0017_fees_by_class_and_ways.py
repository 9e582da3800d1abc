"""Fee rules of the office's own, drivers' ways, tables that hold from a moment on, and places in imported files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
WRITTEN_ONCE = ("fee_rule", "entry_fee")
SQLITE_KEEPS = """
create trigger {table}_keeps_{action} before {action} on {table}
begin select raise(abort, 'rows of {table} are written once'); end
"""
POSTGRESQL_KEEPS = """
create trigger {table}_keeps before update or delete on {table} for each row execute function written_once();
create trigger {table}_keeps_all before truncate on {table} execute function written_once()
"""
OLD_TABLES, TABLES = "'zones', 'days'", "'zones', 'days', 'distance', 'hours'"
OLD_FILES, FILES = "'customers', 'drivers'", "'customers', 'drivers', 'places'"


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def upgrade() -> None:
    _fees()
    op.create_table(
        "driver_way",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        _key("driver_way", "order_id", "order"),
        _key("driver_way", "driver_id", "driver"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_driver_way")),
    )
    op.create_index("ix_driver_way_order", "driver_way", ["order_id", "at"], unique=False)
    op.create_index("ix_driver_way_at", "driver_way", ["at"], unique=False)
    op.create_index("ix_car_photo_received_at", "car_photo", ["received_at"], unique=False)
    with op.batch_alter_table("tariff_table", schema=None) as batch_op:
        batch_op.add_column(sa.Column("holds_from", MOMENT, nullable=True))
        batch_op.add_column(sa.Column("file_name", sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column("content", sa.JSON(), nullable=True))
        batch_op.drop_constraint(op.f("ck_tariff_table_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_tariff_table_kind"), f"kind in ({TABLES})")
    op.execute("update tariff_table set holds_from = at")
    with op.batch_alter_table("fixed_fare", schema=None) as batch_op:
        for name in ("distance_id", "hours_id"):
            batch_op.add_column(sa.Column(name, KEY, nullable=True))
            batch_op.create_foreign_key(op.f(f"fk_fixed_fare_{name}_tariff_table"), "tariff_table", [name], ["id"])
    with op.batch_alter_table("import", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_import_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_import_kind"), f"kind in ({FILES})")


def _fees() -> None:
    op.create_table(
        "fee_rule",
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("trade", sa.String(length=32), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("sort", sa.String(length=8), nullable=False),
        sa.Column("class_name", sa.String(length=40), nullable=False),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.Column("fixed", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.Column("holds_from", MOMENT, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", KEY, nullable=True),
        sa.CheckConstraint("sort in ('all', 'grade', 'group')", name=op.f("ck_fee_rule_sort")),
        sa.CheckConstraint("(sort = 'all') = (class_name = '')", name=op.f("ck_fee_rule_class_name")),
        _key("fee_rule", "office_id", "office"),
        _key("fee_rule", "made_by", "operator"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fee_rule")),
    )
    op.create_index("ix_fee_rule_office", "fee_rule", ["office_id", "trade", "id"], unique=False)
    op.create_table(
        "entry_fee",
        sa.Column("entry_id", KEY, nullable=False, autoincrement=False),
        sa.Column("rule_id", KEY, nullable=True),
        sa.Column("sort", sa.String(length=8), nullable=False),
        sa.Column("class_name", sa.String(length=40), nullable=False),
        sa.Column("fare", sa.Integer(), nullable=False),
        sa.Column("basis_points", sa.Integer(), nullable=False),
        sa.Column("fixed", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("least", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.CheckConstraint("sort in ('trade', 'all', 'grade', 'group')", name=op.f("ck_entry_fee_sort")),
        _key("entry_fee", "entry_id", "entry"),
        _key("entry_fee", "rule_id", "fee_rule"),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_entry_fee")),
    )
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table in WRITTEN_ONCE:
        if postgresql:
            for statement in POSTGRESQL_KEEPS.format(table=table).split(";\n"):
                op.execute(statement)
        else:
            for action in ("update", "delete"):
                op.execute(SQLITE_KEEPS.format(table=table, action=action))
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fee_rule_id", KEY, nullable=True))
        batch_op.create_foreign_key(op.f("fk_assignment_fee_rule_id_fee_rule"), "fee_rule", ["fee_rule_id"], ["id"])


def downgrade() -> None:
    # The older code knows no places in files: those imports go with their lines; what they brought stays in the book.
    places = "select id from import where kind = 'places'"
    for table in ("import_key", "import_row"):
        op.execute(f"delete from {table} where import_id in ({places})")  # noqa: S608 -- names of ours
    op.execute("delete from import where kind = 'places'")
    with op.batch_alter_table("import", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_import_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_import_kind"), f"kind in ({OLD_FILES})")
    with op.batch_alter_table("fixed_fare", schema=None) as batch_op:
        for name in ("hours_id", "distance_id"):
            batch_op.drop_constraint(op.f(f"fk_fixed_fare_{name}_tariff_table"), type_="foreignkey")
            batch_op.drop_column(name)
    # Nor does it know tables that do not hold yet: the newest row is what it goes by.
    unknown = (
        "select id from tariff_table where holds_from is null or holds_from > current_timestamp or content is not null"
    )
    for name in ("zones_id", "days_id"):
        op.execute(f"update fixed_fare set {name} = null where {name} in ({unknown})")  # noqa: S608 -- names of ours
    for table in ("zone_fare", "own_day"):
        op.execute(f"delete from {table} where table_id in ({unknown})")  # noqa: S608 -- names of ours
    op.execute(f"delete from tariff_table where id in ({unknown})")  # noqa: S608 -- names of ours
    with op.batch_alter_table("tariff_table", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_tariff_table_kind"), type_="check")
        batch_op.create_check_constraint(op.f("ck_tariff_table_kind"), f"kind in ({OLD_TABLES})")
        batch_op.drop_column("content")
        batch_op.drop_column("file_name")
        batch_op.drop_column("holds_from")
    op.drop_index("ix_car_photo_received_at", table_name="car_photo")
    op.drop_table("driver_way")
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("fk_assignment_fee_rule_id_fee_rule"), type_="foreignkey")
        batch_op.drop_column("fee_rule_id")
    for table in reversed(WRITTEN_ONCE):
        op.drop_table(table)
