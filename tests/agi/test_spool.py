"""Notes are read whole, oldest first; what cannot be read is kept aside and said."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from agi.oneshot import Note
from agi.spool import merged, read_spool


def keep(folder: Path, name: str, at: str, age_s: float = 60) -> Path:
    """A note as the script leaves it, so old."""
    Note(folder, {"linkedid": name, "at": at}).keep()
    (path,) = folder.glob(f"{name}-*.json")
    os.utime(path, (time.time() - age_s,) * 2)
    return path


def test_notes_come_oldest_first(tmp_path: Path) -> None:
    keep(tmp_path, "b", "2026-11-22T02:00:01+00:00")
    keep(tmp_path, "a", "2026-11-22T02:00:02+00:00")
    keep(tmp_path, "c", "2026-11-22T02:00:00+00:00")
    assert [note.record["linkedid"] for note in read_spool(tmp_path)] == ["c", "b", "a"]


def test_a_note_stays_until_it_is_merged(tmp_path: Path) -> None:
    keep(tmp_path, "a", "")
    (note,) = read_spool(tmp_path)
    assert [again.path for again in read_spool(tmp_path)] == [note.path]
    merged(note.path)
    merged(note.path)
    assert read_spool(tmp_path) == []


def test_a_note_that_may_still_get_its_choice_is_left_alone(tmp_path: Path) -> None:
    path = keep(tmp_path, "a", "", age_s=0)
    assert read_spool(tmp_path) == []
    assert path.exists()


def test_a_half_written_file_is_not_a_note(tmp_path: Path) -> None:
    (tmp_path / "a-1.new").write_text('{"linkedid"')
    assert read_spool(tmp_path, settled_seconds=0) == []


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 3000, b'{"a":"' + b"x" * 70_000 + b'"}']
)
def test_a_bad_file_is_kept_aside_and_hinders_no_other(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    keep(tmp_path, "good", "")
    with capture_logs() as logs:
        notes = read_spool(tmp_path, settled_seconds=0)
    assert [note.record["linkedid"] for note in notes] == ["good"]
    assert (tmp_path / "unreadable" / "bad.json").read_bytes() == content
    assert [entry["log_level"] for entry in logs] == ["error"]


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert read_spool(tmp_path / "none") == []


def test_korean_names_survive(tmp_path: Path) -> None:
    Note(tmp_path, {"linkedid": "a", "name": "홍길동"}).keep()
    (note,) = read_spool(tmp_path, settled_seconds=-1)
    assert json.dumps(note.record["name"], ensure_ascii=False) == '"홍길동"'
