"""The AGI wire, without a wire."""

from __future__ import annotations

import contextlib
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agi import protocol
from agi.protocol import Reply, parse_reply

ARGUMENT = re.compile(r'"((?:[^"\\]|\\.)*)"')


def as_asterisk_reads(line: bytes) -> list[str]:
    """parse_args() of res_agi.c: a backslash takes the next character as it is, quotes hold blanks."""
    return [re.sub(r"\\(.)", r"\1", argument) for argument in ARGUMENT.findall(line.decode())]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=200))
@example("\\")
@example('\\" "forged')
def test_any_text_stays_one_argument_of_one_line(text: str) -> None:
    line = protocol.command("NOOP", text, "end")
    assert line.count(b"\n") == 1
    assert line.count(b"\r") == 0
    assert line.count(b"\0") == 0
    assert as_asterisk_reads(line) == [re.sub("[\r\n\0]", " ", text), "end"]


def test_a_name_with_two_hundred_quotes_and_blanks_stays_one_argument() -> None:
    assert as_asterisk_reads(protocol.command("VERBOSE", '" ' * 200)) == ['" ' * 200]


def test_a_command_longer_than_any_asterisk_takes_is_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        protocol.command("NOOP", "가" * 700)


@pytest.mark.parametrize("text", ["NOOP\nHANGUP", "NOOP\rHANGUP", "NOOP\0"])
def test_a_ready_made_command_is_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="one line"):
        protocol.line(text)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"200 result=0\n", Reply(200, "0", None, None, "result=0")),
        (b"200 result=1 (a (b) c)\n", Reply(200, "1", "a (b) c", None, "result=1 (a (b) c)")),
        (b"200 result=1 ()\n", Reply(200, "1", "", None, "result=1 ()")),
        (b"200 result=1 (open\n", Reply(200, "1", "open", None, "result=1 (open")),
        (b"200 result=0 endpos=1234\n", Reply(200, "0", None, 1234, "result=0 endpos=1234")),
        (b"200 result=49 (dtmf) endpos=800\n", Reply(200, "49", "dtmf", 800, "result=49 (dtmf) endpos=800")),
        (b"200 result=-1 (hangup) endpos=5\n", Reply(200, "-1", "hangup", 5, "result=-1 (hangup) endpos=5")),
        (b"510 Invalid or unknown command\n", Reply(510, text="Invalid or unknown command")),
    ],
)
def test_replies_are_read_as_asterisk_means_them(line: bytes, reply: Reply) -> None:
    assert parse_reply(line) == reply


@pytest.mark.parametrize("line", [b"", b"\n", b"HANGUP\n", b"agi_x: 1\n", "２００ result=0\n".encode(), b"20\n"])
def test_what_no_asterisk_says_is_no_reply(line: bytes) -> None:
    with pytest.raises(ValueError, match="not an AGI reply"):
        parse_reply(line)


@given(st.binary(max_size=300))
def test_no_line_whatsoever_breaks_the_reader(line: bytes) -> None:
    with contextlib.suppress(ValueError):
        assert len(parse_reply(line).key) <= 1


@pytest.mark.parametrize(
    ("result", "key"), [("49", "1"), ("42", "*"), ("0", ""), ("-1", ""), ("", ""), ("99999", ""), ("٤", "")]
)
def test_a_key_is_one_character_or_none(result: str, key: str) -> None:
    assert Reply(200, result).key == key


def test_each_header_is_read_in_its_own_encoding() -> None:
    block = b"agi_calleridname: " + "홍길동".encode("cp949") + "\nagi_extension: 판교\n\n".encode()
    assert protocol.parse_headers(block) == {"agi_calleridname": "홍길동", "agi_extension": "판교"}


def test_a_name_cut_inside_a_letter_keeps_its_letters() -> None:
    assert protocol.parse_headers(b"agi_calleridname: " + "홍길동".encode()[:-1] + b"\n\n")[
        "agi_calleridname"
    ].startswith("홍길")


def test_the_first_value_of_a_repeated_header_wins_and_strangers_are_dropped() -> None:
    block = b"agi_uniqueid: 1.1\nagi_uniqueid: 2.2\nnot a header\nother: 3\n\n"
    assert protocol.parse_headers(block) == {"agi_uniqueid": "1.1"}


@given(st.binary(max_size=400))
def test_no_block_whatsoever_breaks_the_reader(block: bytes) -> None:
    assert all(key.startswith("agi_") for key in protocol.parse_headers(block))


def test_a_target_is_a_flow_and_a_query_whose_first_value_wins() -> None:
    target = protocol.parse_target("/welcome?line=15880001&line=other")
    assert (target.flow, target.query["line"]) == ("welcome", "15880001")


@pytest.mark.parametrize(
    ("judged", "callingpres", "presentation"),
    [
        ("withheld", "0", "withheld"),
        (None, "0", "allowed"),
        (None, "35", "withheld"),
        (None, "67", "unavailable"),
        ("nonsense", "x", "allowed"),
        ("", "99", "unavailable"),
    ],
)
def test_presentation_is_as_judged_else_as_signalled(judged: str | None, callingpres: str, presentation: str) -> None:
    assert protocol.presentation(judged, callingpres) == presentation
