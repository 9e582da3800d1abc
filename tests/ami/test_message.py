"""Plain messages are parsed on a short way; it must lead where the long one does, whatever a caller writes into a value."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from ami.message import Message, _parse_odd, decode

WORDS = st.sampled_from(
    (
        *("Event: Hangup", "Uniqueid: 1.1", "uniqueid: 2", "UNIQUEID:3", "AccountCode: ", "AccountCode:", ": x", "x"),
        *("CallerIDName: a: b", "Cause:x: 16", "Key :x", " Key: x", "Name: 홍길동", "ChanVariable: A=1", "Key:  two"),
        *("", ": ", ":", "Key: a:b"),
    )
)


@given(st.lists(WORDS | st.text(alphabet=st.characters(exclude_characters="\r\n"), max_size=20), max_size=12))
@example(["Uniqueid: 1.1", "uniqueid: 2"])
@example(["Uniqueid: 1.1", "Uniqueid:2: 3"])
@example(["Event: Hangup", "no header"])
def test_the_short_way_and_the_long_way_give_the_same_headers(lines: list[str]) -> None:
    raw = "\r\n".join(lines).encode("utf-8", "replace")
    message = Message(raw)
    headers, repeated = _parse_odd(decode(raw).split("\r\n"))
    assert message.headers == headers
    assert message.repeated == repeated
    assert set(repeated) == {key for key, value in headers.items() if isinstance(value, list)}


def test_several_at_once_are_what_each_is_alone() -> None:
    """Seen failing without the look at repeated keys: the list was handed out."""
    for raw in (b"Event: A\r\nChannel: x\r\nExten: <unknown>", b"Event: A\r\nChannel: x\r\nChannel: y\r\nExten: "):
        message = Message(raw)
        keys = ("channel", "exten", "context")
        assert message.several(keys) == [message.text(key) for key in keys] == ["x", None, None]
