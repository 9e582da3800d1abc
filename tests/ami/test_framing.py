"""Bytes to messages and actions to bytes: any cut, any byte, any field."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami.errors import UnsafeAction
from ami.framing import HEADER_LIMIT, LINE_LIMIT, Splitter, encode_action
from ami.message import Message, decode, unescape
from tests.ami.peer import event
from tests.ami.replay import sample

NAME = "홍길동"
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
BLOB = event("Newchannel", CallerIDName=NAME, Exten="15880001", AccountCode="")


def fed(reads: list[bytes]) -> list[bytes]:
    splitter = Splitter()
    return [raw for read in reads for raw in splitter.feed(read)]


def test_an_event_cut_at_every_byte_is_the_same_event() -> None:
    stream = BLOB + event("Hangup", Cause=16)
    whole = fed([stream])
    assert len(whole) == 2
    for cut in range(len(stream) + 1):
        assert fed([stream[:cut], stream[cut:]]) == whole
    assert Message(whole[0]).name("CallerIDName") == NAME


def test_an_event_cut_off_for_good_at_any_byte_is_never_used() -> None:
    for cut in range(len(BLOB)):
        assert fed([BLOB[:cut]]) == []


@pytest.mark.parametrize("scene", ["answered", "transferred"])
def test_a_recorded_stream_byte_by_byte_equals_the_whole(scene: str) -> None:
    stream = sample(scene)
    assert fed([stream[at : at + 1] for at in range(len(stream))]) == fed([stream])


@given(st.lists(st.integers(0, len(BLOB) * 3), max_size=12))
def test_any_cuts_give_the_same_messages(cuts: list[int]) -> None:
    stream = BLOB * 3
    edges = [0, *sorted(cuts), len(stream)]
    assert fed([stream[a:b] for a, b in itertools.pairwise(edges)]) == fed([stream])


def test_the_banner_is_no_message() -> None:
    assert fed([BANNER, BLOB]) == fed([BANNER + BLOB]) == fed([BLOB])


def test_a_message_that_asterisk_closed_with_cr_lf_lf_costs_neither_neighbour() -> None:
    torn = b"Event: A\r\nX: 1\r\n\nEvent: B\r\nX: 2\r\n\r\n"
    assert [Message(raw).text("Event") for raw in fed([torn, BLOB])] == ["A", "B", "Newchannel"]


def test_a_message_over_the_limit_is_skipped_counted_and_the_next_one_read() -> None:
    splitter = Splitter(limit=1_000)
    huge = event("Huge", Value="x" * 5_000)
    reads = [huge[at : at + 300] for at in range(0, len(huge), 300)]
    assert [raw for read in reads for raw in splitter.feed(read)] == []
    assert splitter.skipped == 1
    assert len(splitter.feed(BLOB)) == 1
    assert splitter.feed(huge + BLOB) == splitter.feed(BLOB)
    assert splitter.skipped == 2


def test_an_endless_message_keeps_memory_bounded() -> None:
    splitter = Splitter(limit=1_000)
    for _ in range(1_000):
        splitter.feed(b"x" * 900)
        assert len(splitter._rest) <= 1_000


@given(st.binary(max_size=400))
def test_no_bytes_upset_the_reader(junk: bytes) -> None:
    for raw in fed([junk + b"\r\n\r\n" + BLOB]):
        message = Message(raw)
        message.text("Event")
        dict(message)
    assert Message(fed([junk + b"\r\n\r\n" + BLOB])[-1]).text("Exten") == "15880001"


def test_repeated_keys_are_a_list_and_unknown_is_absent() -> None:
    message = Message(
        b"Event: TestEvent\r\nState: one\r\nState: two\r\nConnectedLineNum: <unknown>\r\nNoColon\r\nEmpty:"
    )
    assert message["State"] == ["one", "two"]
    assert message.text("state") == "one"
    assert message.text("ConnectedLineNum") is None
    assert message["empty"] == ""
    assert "nocolon" not in message


@pytest.mark.parametrize(
    ("escaped", "plain"),
    [("O\\'Brien", "O'Brien"), ('\\"x\\"', '"x"'), ("a\\\\nb", "a\\nb"), ("a\\nb", "a\nb"), ("end\\", "end\\")],
)
def test_names_are_unescaped_once(escaped: str, plain: str) -> None:
    assert unescape(escaped) == plain
    assert Message(f"CallerIDName: {escaped}\r\nCallerIDNum: {escaped}".encode()).name("CallerIDName") == plain


def test_bytes_are_utf_8_else_cp949_else_replaced() -> None:
    assert decode(NAME.encode()) == NAME
    assert decode(NAME.encode("cp949")) == NAME
    assert decode(b"\xff\xfe\x80") == "\ufffd" * 3


FORBIDDEN = st.sampled_from(["\r", "\n", "\0", "\r\n", "\r\n\r\nAction: Originate\r\n"])
PLAIN = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=40)


@given(PLAIN, FORBIDDEN, PLAIN)
def test_a_line_break_or_nul_is_refused_in_every_value_and_every_key(before: str, sign: str, after: str) -> None:
    poison = before + sign + after
    for field in ("Action", "Channel", "Context", "Exten", "Variable", "CallerID", "ActionID"):
        with pytest.raises(UnsafeAction):
            encode_action({"Action": "Originate", field: poison})
        with pytest.raises(UnsafeAction):
            encode_action({"Action": "Originate", field: ["fine", poison]})
    with pytest.raises(UnsafeAction):
        encode_action({"Action": "Originate", poison: "value"})


@given(st.dictionaries(st.from_regex(r"[A-Za-z]{1,20}", fullmatch=True), PLAIN, min_size=1, max_size=10))
def test_what_is_sent_is_read_back_as_exactly_one_message(fields: dict[str, str]) -> None:
    encoded = encode_action(fields)
    assert encoded.count(b"\r\n\r\n") == 1
    assert encoded.endswith(b"\r\n\r\n")
    assert encoded.count(b"\r\n") == len(fields) + 1
    assert b"\n" not in encoded.replace(b"\r\n", b"")


def test_a_line_or_an_action_longer_than_asterisk_reads_is_refused() -> None:
    fits = LINE_LIMIT - len("Data: \r\n")
    encode_action({"Data": "x" * fits})
    with pytest.raises(UnsafeAction):
        encode_action({"Data": "x" * (fits + 1)})
    with pytest.raises(UnsafeAction):
        encode_action({"Data": "한" * fits})
    encode_action({"Variable": ["A=1"] * HEADER_LIMIT})
    with pytest.raises(UnsafeAction):
        encode_action({"Variable": ["A=1"] * (HEADER_LIMIT + 1)})


@pytest.mark.parametrize("key", ["", "A: B", "A:", " A", "A ", "한"])
def test_a_key_that_is_no_header_name_is_refused(key: str) -> None:
    with pytest.raises(UnsafeAction):
        encode_action({key: "1"})


def test_half_a_surrogate_is_refused() -> None:
    with pytest.raises(UnsafeAction):
        encode_action({"Data": "\ud800"})
