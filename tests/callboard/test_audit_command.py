"""People, their roles and the record of it, from the command line."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from tests.callboard.test_backup import callboard


def test_the_record_of_roles_is_verified_and_its_first_broken_row_named(tmp_path: Path) -> None:
    """Seen failing with `set_role` leaving no row; and with exit code 0 for a broken record."""
    state = ("--state", str(tmp_path))
    assert callboard("office", "add", "시험 사무실", "--sms-sender", "15880001", *state)[0] == 0
    assert callboard("user", "add", "kim", "--role", "accountant", *state)[0] == 0
    assert callboard("user", "role", "kim", "auditor", *state)[0] == 0
    for wrong in (("role", "kim", "driver"), ("role", "lee", "admin"), ("add", "lee", "--role", "god")):
        code, said = callboard("user", *wrong, *state)
        assert (code, "Traceback" in said) == (1, False), said
    code, said = callboard("audit", "verify", *state)
    assert (code, "All 3 rows" in said) == (0, True), said
    digest = said.split()[-1]
    assert callboard("audit", "verify", "--known", digest, *state)[0] == 0
    assert callboard("audit", "verify", "--known", "f" * 64, *state)[0] == 1
    with contextlib.closing(sqlite3.connect(tmp_path / "callboard.db")) as database, database:
        assert database.execute("select role from operator").fetchall() == [("auditor",)]
        database.execute("drop trigger audit_entry_keeps_update")
        database.execute(
            "update audit_entry set detail = replace(detail, 'auditor', 'admin') where what = 'operator.role'"
        )
    code, said = callboard("audit", "verify", *state)
    assert (code, "Row 3" in said, "The 2 rows" in said) == (1, True, True), said
