"""A recording holds what came in and no secret, is its owner's only, and never holds anybody up."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agi.server import without_token
from callboard.scrubbing import Scrubber
from callboard.tape import FileTape
from callboard.tape_format import BadRecording, Entry, Header, read_lines

HEADER = Header(datetime(2026, 11, 22, tzinfo=UTC), lines=("15880001",))
TOKEN = "a-token-that-nobody-may-read"


def tape_in(file: Path) -> FileTape:
    return FileTape(file, HEADER, Scrubber([TOKEN]))


def entries(file: Path) -> list[Entry]:
    return [item for item in read_lines(file.read_bytes().splitlines()) if isinstance(item, Entry)]


def until(true: Callable[[], object], limit_s: float = 30.0) -> None:
    end = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_what_came_in_stands_in_the_file_with_its_bytes_and_facts(tmp_path: Path) -> None:
    tape = tape_in(tmp_path / "x.jsonl")
    tape.source("box:front")("heard", b"\x02\xff\x00\x03")
    tape.source("agi")("reply", "200 result=1 (홍길동)\n".encode(), conversation=3, verb="GET VARIABLE")
    tape.source("sms")("outcome", message=7, provider_ids=["a", "b"], detail=None)
    tape.close()
    box, agi, sms = entries(tmp_path / "x.jsonl")
    assert (box.source, box.what, box.data) == ("box:front", "heard", b"\x02\xff\x00\x03")
    assert (agi.data.decode(), agi.facts) == ("200 result=1 (홍길동)\n", {"conversation": 3, "verb": "GET VARIABLE"})
    assert sms.facts == {"message": 7, "provider_ids": ["a", "b"]}
    assert 0 <= box.t <= agi.t <= sms.t < 60


def test_the_file_is_its_owners_only_and_a_second_start_goes_on_in_it(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    """Seen failing with the mode left as a file's owner had set it."""
    for n in range(2):
        tape = tape_in(file)
        tape.source("ami")("opened", run=n)
        tape.close()
        file.chmod(0o644)
    tape_in(file).close()
    assert file.stat().st_mode & 0o777 == 0o600
    items = list(read_lines(file.read_bytes().splitlines()))
    assert [type(item).__name__ for item in items] == ["Header", "Entry", "Header", "Entry", "Header"]


def test_a_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("dear reader\n")
    with pytest.raises(BadRecording, match="is no recording"):
        tape_in(file)
    assert file.read_text() == "dear reader\n"
    (tmp_path / "link").symlink_to(file)
    with pytest.raises(OSError, match="symbolic"):
        tape_in(tmp_path / "link")


def test_two_may_not_record_into_one_file(tmp_path: Path) -> None:
    tape = tape_in(tmp_path / "x.jsonl")
    with pytest.raises(BadRecording, match="another callboard"):
        tape_in(tmp_path / "x.jsonl")
    tape.close()


@contextmanager
def disk_full_after(size: int) -> Iterator[None]:
    """No file of this process may grow beyond `size` (setrlimit(2)): a write ends half-way, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_costs_entries_that_are_counted_and_what_comes_later_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    tape = tape_in(file)
    note = tape.source("ami")
    with disk_full_after(file.stat().st_size + 300):
        for n in range(50):
            note("opened", n=n)
        until(lambda: tape.dropped == 50)
        assert tape.trouble
    note("closed", n=99)
    until(lambda: any(entry.what == "closed" for entry in entries(file)))
    tape.close()
    assert [entry.facts["n"] for entry in entries(file)][-1] == 99
    assert tape.dropped == 50


def test_more_than_the_disk_takes_is_dropped_and_counted_and_nobody_waits(tmp_path: Path) -> None:
    tape = tape_in(tmp_path / "x.jsonl")
    megabyte = b"x" * 2**20
    for _ in range(100):  # three times as much as may wait
        tape.source("agi")("reply", megabyte)
    dropped = tape.dropped
    tape.close()
    assert dropped > 0
    assert len(entries(tmp_path / "x.jsonl")) + tape.dropped == 100


def test_a_line_that_was_cut_off_is_passed_over() -> None:
    lines = [b'{"callboard":"recording","version":1,"started_at":"2026-11-22T00:00:00Z"}', b'{"t":1,"from":"am', b"[]"]
    good = b'{"t":2,"from":"ami","what":"opened"}'
    assert [type(item).__name__ for item in read_lines([*lines, good])] == ["Header", "Entry"]


def test_a_secret_stands_in_no_entry_also_not_on_the_seam_of_two_reads() -> None:
    """Seen failing with each read scrubbed by itself."""
    scrub = Scrubber([TOKEN])
    message = f"Event: Newexten\r\nAppData: agi://x,{TOKEN}\r\n\r\n".encode()
    for cut in range(1, len(message)):
        written = [clean for part in (message[:cut], message[cut:]) for clean in scrub(Entry(0, "ami", "heard", part))]
        data = b"".join(clean.data for clean in written)
        assert TOKEN.encode() not in data
        assert data == message.replace(TOKEN.encode(), b"***")


def test_the_token_of_a_conversation_is_taken_out_before_anybody_is_told() -> None:
    block = b"agi_network: yes\nagi_arg_1: " + TOKEN.encode() + b"\nagi_uniqueid: 1.2\n\n"
    assert without_token(block) == b"agi_network: yes\nagi_arg_1: \nagi_uniqueid: 1.2\n\n"


def test_lines_are_json_that_other_tools_can_read(tmp_path: Path) -> None:
    tape = tape_in(tmp_path / "x.jsonl")
    tape.source("ami")("heard", b"Event: A\r\n\r\n")
    tape.close()
    first, second = map(json.loads, (tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines())
    assert (first["callboard"], first["version"], first["lines"]) == ("recording", 1, ["15880001"])
    assert (second["from"], second["what"], second["text"]) == ("ami", "heard", "Event: A\r\n\r\n")
