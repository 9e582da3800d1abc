"""People, their roles and the record of it, from the command line."""

from __future__ import annotations

import contextlib
import json
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


def test_the_record_is_read_by_a_command_and_moves_no_terminal(tmp_path: Path) -> None:
    """Seen failing with the subject printed as it stands."""
    state = ("--state", str(tmp_path))
    assert callboard("office", "add", "시험 사무실", "--sms-sender", "15880001", *state)[0] == 0
    assert callboard("user", "add", "kim", "--role", "accountant", *state)[0] == 0
    assert callboard("user", "role", "kim", "auditor", *state)[0] == 0
    with contextlib.closing(sqlite3.connect(tmp_path / "callboard.db")) as database, database:
        columns = "at, what, subject, detail, previous, digest"
        database.execute(
            f"insert into audit_entry ({columns}) values ('2020-01-01 15:00:00.000000', 'odd', ?, '{{}}', 'x', 'y')",
            ("\x1b[2Jgone\u009b",),
        )
    code, said = callboard("audit", "list", *state)
    assert (code, [line.split("  ")[2] for line in said.splitlines()]) == (
        0, ["operator.role", "operator.added", "office.opened", "odd"],
    ), said  # fmt: skip
    assert ("\x1b" in said, "\u009b" in said, "gone" in said) == (False, False, True)
    code, said = callboard("audit", "list", "--json", "--what", "operator", "--limit", "1", *state)
    row = json.loads(said)
    assert (code, row["what"], row["detail"]) == (0, "operator.role", {"from": "accountant", "to": "auditor"})
    for asked, count in (
        (("--until", "2020-01-01"), 0),
        (("--since", "2020-01-02", "--until", "2020-01-02"), 1),
        (("--who", "kim"), 0),
        (("--who", "nobody"), 4),
        (("--about", "login", "--which", "kim"), 2),
    ):
        code, said = callboard("audit", "list", *asked, *state)
        assert (code, len(said.splitlines())) == (0, count), said
    for wrong, sentence in (
        (("--since", "yesterday"), "a day is written 2026-11-23"),
        (("--who", "lee"), "nobody has the log-in 'lee'"),
        (("--about", "moon"), "one asks about one of"),
    ):
        code, said = callboard("audit", "list", *wrong, *state)
        assert (code, sentence in said, "Traceback" in said) == (1, True, False), said
