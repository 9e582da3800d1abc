"""Appeals: until when each is to be answered, and those against a change of the driver's grade."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
TABLE = "appeal"
OLD_SUBJECT = "(entry_id is null) <> (weighing_id is null)"
SUBJECT = (
    "(case when entry_id is null then 0 else 1 end) + (case when weighing_id is null then 0 else 1 end)"
    " + (case when grade_id is null then 0 else 1 end) = 1"
)
OLD_COLUMNS = "id, office_id, driver_id, entry_id, weighing_id, reason, at, state, answer, answered_at, answered_by"
HOURS = 48


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _built_anew(SUBJECT, OLD_COLUMNS, more=True)
    else:
        op.add_column(TABLE, sa.Column("grade_id", KEY, nullable=True))
        op.add_column(TABLE, sa.Column("due_at", MOMENT, nullable=True))
        op.create_foreign_key(op.f("fk_appeal_grade_id_driver_grade"), TABLE, "driver_grade", ["grade_id"], ["id"])
        op.create_unique_constraint(op.f("uq_appeal_driver_id_grade_id"), TABLE, ["driver_id", "grade_id"])
        op.drop_constraint(op.f("ck_appeal_subject"), TABLE, type_="check")
        op.create_check_constraint(op.f("ck_appeal_subject"), TABLE, SUBJECT)
        op.execute(f"update appeal set due_at = at + interval '{HOURS} hours'")  # noqa: S608 -- a number of ours
        op.alter_column(TABLE, "due_at", nullable=False)
    op.create_index("ix_appeal_due", TABLE, ["office_id", "state", "due_at"], unique=False)


def downgrade() -> None:
    if op.get_bind().scalar(sa.text("select count(*) from appeal where grade_id is not null")):
        raise RuntimeError(
            "there are appeals against grades, which an older callboard cannot read; restore a backup of its own instead"
        )
    op.drop_index("ix_appeal_due", TABLE)
    if op.get_bind().dialect.name == "sqlite":
        _built_anew(OLD_SUBJECT, OLD_COLUMNS, more=False)
        return
    op.drop_constraint(op.f("ck_appeal_subject"), TABLE, type_="check")
    op.create_check_constraint(op.f("ck_appeal_subject"), TABLE, OLD_SUBJECT)
    op.drop_constraint(op.f("uq_appeal_driver_id_grade_id"), TABLE, type_="unique")
    op.drop_constraint(op.f("fk_appeal_grade_id_driver_grade"), TABLE, type_="foreignkey")
    op.drop_column(TABLE, "due_at")
    op.drop_column(TABLE, "grade_id")


def _built_anew(subject: str, kept: str, *, more: bool) -> None:
    """SQLite changes no check in place. Foreign keys are off in here, and no table names this one."""
    new = f"{TABLE}_anew"
    columns: list[sa.Column[object] | sa.Constraint] = [
        sa.Column("id", KEY, nullable=False),
        sa.Column("office_id", KEY, nullable=False),
        sa.Column("driver_id", KEY, nullable=False),
        sa.Column("entry_id", KEY, nullable=True),
        sa.Column("weighing_id", KEY, nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.String(length=500), nullable=True),
        sa.Column("answered_at", MOMENT, nullable=True),
        sa.Column("answered_by", KEY, nullable=True),
        sa.CheckConstraint("state in ('open', 'answered')", name=op.f("ck_appeal_state")),
        sa.CheckConstraint(subject, name=op.f("ck_appeal_subject")),
        sa.CheckConstraint("(state = 'answered') = (answer is not null)", name=op.f("ck_appeal_answer")),
        sa.ForeignKeyConstraint(["answered_by"], ["operator.id"], name=op.f("fk_appeal_answered_by_operator")),
        sa.ForeignKeyConstraint(["driver_id"], ["driver.id"], name=op.f("fk_appeal_driver_id_driver")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_appeal_entry_id_entry")),
        sa.ForeignKeyConstraint(["office_id"], ["office.id"], name=op.f("fk_appeal_office_id_office")),
        sa.ForeignKeyConstraint(["weighing_id"], ["weighing.id"], name=op.f("fk_appeal_weighing_id_weighing")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
        sa.UniqueConstraint("driver_id", "entry_id", name=op.f("uq_appeal_driver_id_entry_id")),
        sa.UniqueConstraint("driver_id", "weighing_id", name=op.f("uq_appeal_driver_id_weighing_id")),
    ]
    if more:
        columns += [
            sa.Column("grade_id", KEY, nullable=True),
            sa.Column("due_at", MOMENT, nullable=False),
            sa.ForeignKeyConstraint(["grade_id"], ["driver_grade.id"], name=op.f("fk_appeal_grade_id_driver_grade")),
            sa.UniqueConstraint("driver_id", "grade_id", name=op.f("uq_appeal_driver_id_grade_id")),
        ]
    op.drop_index("ix_appeal_office", TABLE)
    bind = op.get_bind()
    due = {row.id: _later(str(row.at)) for row in bind.execute(sa.text("select id, at from appeal"))} if more else {}
    op.create_table(new, *columns)
    into, values = (f"{kept}, due_at", f"{kept}, at") if more else (kept, kept)
    op.execute(f"insert into {new} ({into}) select {values} from {TABLE} order by id")  # noqa: S608 -- names of ours
    for appeal_id, at in due.items():
        bind.execute(sa.text(f"update {new} set due_at = :at where id = :id"), {"at": at, "id": appeal_id})  # noqa: S608
    op.drop_table(TABLE)
    op.rename_table(new, TABLE)
    op.create_index("ix_appeal_office", TABLE, ["office_id", "state", "id"], unique=False)


def _later(at: str) -> str:
    """SQLite keeps moments as text, in UTC."""
    then = datetime.fromisoformat(at).replace(tzinfo=UTC) + timedelta(hours=HOURS)
    return then.strftime("%Y-%m-%d %H:%M:%S.%f")
