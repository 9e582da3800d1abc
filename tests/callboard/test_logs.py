"""The log: one line an event, numbers masked, nothing that a terminal would obey."""

from __future__ import annotations

import json
import logging
import logging.handlers
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from callboard.logs import set_up_logs


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "callboard.log").read_text().splitlines()]


def test_numbers_are_masked_wherever_they_stand_and_ids_of_calls_are_not(tmp_path: Path) -> None:
    """Seen failing without `mask_numbers`, without its look into lists, and with digits of ids taken for numbers."""
    set_up_logs(tmp_path, "info")
    log = structlog.get_logger("test")
    log.info(
        "called 01012345678",
        to="+821012345678",
        more=["010-1234-5678", {"x": "0212345678"}],
        linkedid="cb12-1763776800.7",
    )
    (line,) = lines(tmp_path)
    text = json.dumps(line)
    for number in ("01012345678", "821012345678", "1234-5678", "0212345678"):
        assert number not in text, number
    assert line["linkedid"] == "cb12-1763776800.7"


def test_at_debug_numbers_are_shown_for_the_search_of_a_fault(tmp_path: Path) -> None:
    set_up_logs(tmp_path, "debug")
    structlog.get_logger("test").debug("called", to="+821012345678")
    assert lines(tmp_path)[0]["to"] == "+821012345678"


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "\x1b[31mred\x1b]0;title\x07", "\u2028x", "\x08\x08", "\x9b31m"])
def test_one_event_is_one_line_without_anything_that_moves_a_cursor(tmp_path: Path, text: str) -> None:
    """Seen failing with `ensure_ascii=False`."""
    set_up_logs(tmp_path, "info")
    structlog.get_logger("test").info("a name came", name=text)
    logging.getLogger("a.library").warning("it said %s", text)
    raw = (tmp_path / "callboard.log").read_bytes()
    assert raw.count(b"\n") == 2
    assert all(byte >= 0x20 and byte < 0x7F for byte in raw.replace(b"\n", b""))
    assert lines(tmp_path)[0]["name"] == text


def test_only_the_owner_reads_a_log_also_after_it_has_been_rotated(tmp_path: Path) -> None:
    set_up_logs(tmp_path, "info")
    (handler,) = logging.getLogger().handlers
    assert isinstance(handler, logging.handlers.RotatingFileHandler)
    structlog.get_logger("test").info("one")
    handler.doRollover()
    structlog.get_logger("test").info("two")
    files = sorted(tmp_path.iterdir())
    assert [(file.name, stat.S_IMODE(file.stat().st_mode)) for file in files] == [
        ("callboard.log", 0o600),
        ("callboard.log.1", 0o600),
    ]
    assert "two" in files[0].read_text()


def test_a_disk_that_takes_no_line_costs_the_line_and_says_nothing_on_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "callboard.log").symlink_to("/dev/full")
    set_up_logs(tmp_path, "info")
    structlog.get_logger("x").error("a line", number="+821012345678")
    (tmp_path / "callboard.log").unlink()
    assert capsys.readouterr().err == ""
