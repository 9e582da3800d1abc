"""Files of customers, drivers or places that were taken in: who, when, which file, and what each of its lines did."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Key

KINDS = ("customers", "drivers", "places")
STATES = ("loading", "staged", "checking", "checked", "applying", "applied", "undoing", "undone", "discarded")
OUTCOMES = ("created", "updated", "unchanged", "refused")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)


class Import(Base):
    """One file. `position` is the last line that the phase of `state` is done with; the counts are of that phase.

    `columns` are the file's headings, `mapping` names the field that each column is (null: none). `operator_id` is null where
    the file was given at the command line.
    """

    __tablename__ = "import"
    __table_args__ = (
        CheckConstraint(f"kind in ({_listed(KINDS)})", name="kind"),
        CheckConstraint(f"state in ({_listed(STATES)})", name="state"),
        Index("ix_import_office", "office_id", "id"),
        Index("ix_import_sha256", "office_id", "sha256"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    operator_id: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))
    at: Mapped[datetime]
    columns: Mapped[Any] = mapped_column(JSON)
    mapping: Mapped[Any] = mapped_column(JSON)
    overwrite: Mapped[bool] = mapped_column(default=False)
    lines: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    undone: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("operator.id"))


class ImportRow(Base):
    """One line of the file (`line` as a spreadsheet counts, the first one is 1), and what it would do or did.

    `cells` are what stands in the file and go when the line is done with; `given` is what was understood; `findings` say what is
    wrong. `before` and `after` are the whole of the customer or driver `subject_id` around the change, so that it can be taken
    back exactly and only where nobody has changed it since; `undo` is "undone", or why it was left.
    """

    __tablename__ = "import_row"
    __table_args__ = (
        CheckConstraint(f"outcome in ({_listed(OUTCOMES)})", name="outcome"),
        Index("ix_import_row_outcome", "import_id", "outcome", "line"),
    )

    import_id: Mapped[int] = mapped_column(ForeignKey("import.id"), primary_key=True, autoincrement=False)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    cells: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    given: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    findings: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    outcome: Mapped[str | None] = mapped_column(String(16))
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    before: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    after: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    done_at: Mapped[datetime | None]
    undo: Mapped[str | None] = mapped_column(String(24))


class ImportKey(Base):
    """A number that stands in the file, with the first line that has it; kept while the file is looked through."""

    __tablename__ = "import_key"

    import_id: Mapped[int] = mapped_column(ForeignKey("import.id"), primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    line: Mapped[int]
