"""F6. What comes between two good events on the manager's stream: broken, forged, endless, foreign. %N% is a Linkedid of its own."""

from __future__ import annotations

NAME = "cb5f0c11d2"
DID = "15880001"
END = b"\r\n\r\n"

_EVENTS = (
    "UserEvent",
    "Newchannel",
    "Newstate",
    "DialState",
    "DialEnd",
    "AgentConnect",
    "BridgeEnter",
    "BridgeLeave",
    "Hangup",
    "CoreShowChannel",
    "Shutdown",
    "FullyBooted",
)


def _event(name: str, **fields: str) -> bytes:
    own = {"SystemName": NAME, "Channel": "PJSIP/t-%N%", "Uniqueid": "m.%N%", "Linkedid": "m.%N%", "ChannelState": "5", "ChannelStateDesc": "Ringing",
           "BridgeUniqueid": "b-%N%", "UserEvent": "Other", "DialStatus": "RINGING", "DestChannel": "Local/1001@callboard-operator-%N%;2",
           "DestUniqueid": "d.%N%", "DestLinkedid": "m.%N%", **fields}  # fmt: skip
    return "".join([f"Event: {name}\r\n", *(f"{key}: {value}\r\n" for key, value in own.items()), "\r\n"]).encode(
        "utf-8", "surrogateescape"
    )


def _changed(name: str) -> tuple[bytes, ...]:
    whole = _event(name)
    return (
        whole.replace(b"\r\n", b"\n") + END,
        whole.replace(b"\r\n", b"\r", 3),
        whole.replace(b": ", b":"),
        whole.replace(b": ", b" : "),
        whole.replace(b": ", b""),
        whole.replace(b"Uniqueid", b"uniqueID"),
        whole.replace(b"Uniqueid: m.%N%\r\n", b""),
        whole.replace(b"Uniqueid: m.%N%", b"Uniqueid: "),
        whole.replace(b"Uniqueid: m.%N%", b"Uniqueid: <unknown>"),
        whole.replace(b"Uniqueid: m.%N%", b"Uniqueid: m.%N%\r\nUniqueid: 1.1"),
        whole.replace(b"Linkedid: m.%N%", b"Linkedid: 1.1\r\nLinkedid: m.%N%"),
        whole.replace(b"SystemName: " + NAME.encode(), b"SystemName: " + NAME.encode()[:-1]),
        whole.replace(b"SystemName: " + NAME.encode() + b"\r\n", b""),
        whole.replace(b"Channel: PJSIP/t-%N%", b"Channel: " + b"x" * 5000),
        whole.replace(b"Channel: PJSIP/t-%N%", b"Channel: \xff\xfe\x00\x1b[31m"),
        whole.replace(b"Channel: PJSIP/t-%N%", b"Channel: PJSIP/\xc8\xab\xb1\xe6"),
        whole.replace(b"ChannelState: 5", b"ChannelState: -1"),
        whole.replace(b"\r\n\r\n", b"\r\nX: " + b"y" * 300_000 + b"\r\n\r\n"),
        whole.replace(b"\r\n\r\n", b"\r\n" + b"X: y\r\n" * 5000 + b"\r\n"),
        b"\x00" + whole,
        whole[:40] + END,
    )


JUNK: tuple[bytes, ...] = (
    *(junk for name in _EVENTS for junk in _changed(name)),
    END,
    END * 20,
    b"\r\n",
    b"Event\r\n\r\n",
    b"Event:\r\n\r\n",
    b"Event: \r\n\r\n",
    b": x\r\n\r\n",
    b"Response: Success\r\nActionID: nobody\r\n\r\n",
    b"Response: Error\r\n\r\n",
    b"Response: Goodbye\r\n\r\n",
    b"Response: Follows\r\nPrivilege: Command\r\nroot:x:0:0\r\n--END COMMAND--\r\n\r\n",
    b"Response: Success\r\nEventList: start\r\n\r\n",
    b"Event: CoreShowChannelsComplete\r\nEventList: Complete\r\n\r\n",
    b"Asterisk Call Manager/99\r\n\r\n",
    b"Action: Login\r\nUsername: x\r\n\r\n",
    b"\xff" * 4000 + END,
    b"\x00" * 4000 + END,
    "이벤트: 값\r\n\r\n".encode("cp949"),
    "이벤트: 값".encode("utf-16") + END,
    b"Event: Hangup\r\nSystemName: other\r\nUniqueid: c.1\r\n\r\n",
    b"Event: Hangup\r\nUniqueid: c.%GOOD%\r\n\r\n",
    b"Event: Hangup\r\nSystemName: %s\r\nUniqueid: c.%%GOOD%%\r\nUniqueid: c.%%GOOD%%\r\n\r\n" % NAME.encode(),
    b"Event: UserEvent\r\nUserEvent: CallboardArrived\r\nLinkedid: 1.1\r\nUniqueid: 1.1\r\nLine: 15880001\r\nNumber: 666\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"agi_network: yes\n\n\r\n\r\n",
    b'{"event": "Hangup"}\r\n\r\n',
    b"<event/>\r\n\r\n",
    b"Event: " + b"E" * 100_000 + END,
    b"Event: Hangup\r\n" * 500 + END,
    (b"Event: Newstate" + END) * 200,
)


def story(number: int) -> bytes:
    """A good call: it arrives, rings at 1001, and ends."""
    own = f"SystemName: {NAME}\r\nChannel: PJSIP/callboard-trunk-{number:08x}\r\nUniqueid: c.{number}\r\nLinkedid: c.{number}\r\n"
    leg = f"Channel: Local/1001@callboard-operator-{number:08x};2\r\nUniqueid: l.{number}\r\nLinkedid: c.{number}\r\n"
    return (
        f"Event: UserEvent\r\n{own}UserEvent: CallboardArrived\r\nLine: {DID}\r\nNumber: 0105550{number:04}\r\nPresentation: allowed\r\n"
        f"Name: %EA%B9%80\r\n\r\nEvent: Newstate\r\nSystemName: {NAME}\r\n{leg}ChannelState: 5\r\nChannelStateDesc: Ringing\r\n\r\n"
        f"Event: Hangup\r\nSystemName: {NAME}\r\n{leg}Cause: 16\r\n\r\nEvent: Hangup\r\n{own}Cause: 16\r\n\r\n"
    ).encode()


SPLITS: tuple[int, ...] = tuple(range(1, len(story(9000)), 2))
"""Every second offset of a whole story; the pure test cuts at each byte (tests/ami/test_framing.py)."""
