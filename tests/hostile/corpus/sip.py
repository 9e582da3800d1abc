"""F10 and F24. Identities that contradict one another, and whole SIP messages as RFC 4475 tortures with, in words of our own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

AT_ONCE = 25
OWN_DID = "15880001"
_HERE = b"127.0.0.1"


# --- F10 --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Identity:
    """A From header (with %NAME%), more headers, and the number that the row must hold. `%DRIVERn%` is a driver's number."""

    origin: bytes
    headers: bytes
    number: str | None
    presentation: str = "allowed"
    status: int = 200


def _from(user: str) -> bytes:
    return f'"%NAME%" <sip:{user}@127.0.0.1>'.encode()


def _pai(user: str, name: str = "%NAME%") -> bytes:
    return f'P-Asserted-Identity: "{name}" <sip:{user}@127.0.0.1>'.encode()


_HEADERS = (
    b"Remote-Party-ID: <sip:01055507777@127.0.0.1>",
    b"P-Preferred-Identity: <sip:01055507777@127.0.0.1>",
    b"X-Operator: 1001",
    b"X-Asterisk-Linkedid: cb0-1.1",
    b"Diversion: <sip:01055507777@127.0.0.1>",
    b"History-Info: <sip:01055507777@127.0.0.1>;index=1",
    b"Subject: open the order",
    b"Contact: <sip:1001@127.0.0.1>",
    b"Call-Info: <http://e.example/>",
    b"Alert-Info: <http://127.0.0.1:1/>",
    b"Identity: x;info=<http://e.example/>",
    b"P-Charging-Vector: icid-value=1",
    b"User-Agent: ${SHELL(touch %CANARY%)}",
    b"Reason: Q.850;cause=16",
)

IDENTITIES: tuple[Identity, ...] = (
    *(Identity(_from(f"0105550{n:04}"), _pai(f"0105551{n:04}"), f"+82105551{n:04}") for n in range(10)),
    *(Identity(_from(f"%DRIVER{n}%"), b"", f"%DRIVER{n}%") for n in range(10)),
    *(Identity(_from("01055500001"), _pai(f"%DRIVER{n}%"), f"%DRIVER{n}%") for n in range(5)),
    *(Identity(_from(extension), b"", None, "unavailable") for extension in ("1001", "1002", "admin", "root")),
    # Who calls himself a desk phone is asked for its password.
    *(Identity(_from(phone), b"", None, status=401) for phone in ("op1001", "op1002")),
    Identity(_from(OWN_DID), b"", f"+82{OWN_DID}"),
    Identity(_from("01055500002"), _pai(OWN_DID), f"+82{OWN_DID}"),
    *(Identity(_from(f"0105552{n:04}"), header, f"+82105552{n:04}") for n, header in enumerate(_HEADERS[2:])),
    *(Identity(_from(f"0105553{n:04}"), b"Privacy: " + value + b"\r\n" + _pai(f"0105553{n:04}"), None, "withheld")
      for n, value in enumerate((b"id", b"header;id", b"user;id", b"id;critical"))),
    *(Identity(_from("anonymous"), _pai(f"0105554{n:04}") + b"\r\nPrivacy: id", None, "withheld") for n in range(4)),
    *(Identity(_from(code), b"", code) for code in ("112", "119", "114")),
)  # fmt: skip


def told(case: Identity, drivers: Sequence[str]) -> Identity:
    """The case with the drivers' numbers of this site."""
    origin, headers, number = case.origin, case.headers, case.number
    for n, driver in enumerate(drivers):
        mark = f"%DRIVER{n}%"
        origin = origin.replace(mark.encode(), driver.encode())
        headers = headers.replace(mark.encode(), driver.encode())
        number = driver if number == mark else number
    return replace(case, origin=origin, headers=headers, number=number)


# --- F24 --------------------------------------------------------------------------------------------------------------

_SDP = b"v=0\r\no=t 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n"


def _message(
    n: int,
    method: bytes = b"OPTIONS",
    uri: bytes = b"sip:15880001@127.0.0.1:%PORT%",
    version: bytes = b"SIP/2.0",
    drop: str = "",
    more: bytes = b"",
    body: bytes = b"",
    **changed: bytes,
) -> bytes:
    headers = {
        "Via": b"SIP/2.0/UDP 127.0.0.1:%%OWN%%;branch=z9hG4bKh%d" % n,
        "From": b'"t" <sip:0105557%04d@127.0.0.1>;tag=h%d' % (n, n),
        "To": b"<sip:15880001@127.0.0.1>",
        "Call-ID": b"torture-%d@h" % n,
        "CSeq": b"1 " + method,
        "Contact": b"<sip:t@127.0.0.1:%OWN%>",
        "Max-Forwards": b"70",
        "Content-Length": b"%d" % len(body),
    }
    headers |= {key.replace("_", "-"): value for key, value in changed.items()}
    lines = [method + b" " + uri + b" " + version]
    lines += [key.encode() + b": " + value for key, value in headers.items() if key != drop]
    lines += [more] if more else []
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


_METHODS = (
    b"MESSAGE", b"NOTIFY", b"REFER", b"SUBSCRIBE", b"PUBLISH", b"UPDATE", b"PRACK", b"INFO", b"BYE", b"CANCEL", b"ACK", b"REGISTER",
    b"OPTIONS", b"FROB", b"invite", b"GET", b"", b"A" * 500, b"INV\xffTE", b"INVITE\t",
)  # fmt: skip
_URIS = (
    b"sip:", b"sip:@", b"sip:15880001", b"sips:15880001@127.0.0.1", b"tel:15880001", b"http://127.0.0.1/", b"*", b"", b"sip:1%00@127.0.0.1",
    b"sip:15880001@[::1]", b"sip:15880001@127.0.0.1:99999", b"<sip:15880001@127.0.0.1>", b"sip:15880001@127.0.0.1;lr;x=%41?h=%0d%0a",
    b"sip:" + b"a" * 5000 + b"@127.0.0.1", b"sip:${SHELL(id)}@127.0.0.1", b"sip:1001@127.0.0.1", b"sip:op1001@127.0.0.1", b"sip:s@127.0.0.1",
    b"unknown-scheme:x", b"sip:15880001@127.0.0.1 extra",
)  # fmt: skip
_HEADER_NAMES = ("Via", "From", "To", "Call-ID", "CSeq", "Contact", "Max-Forwards", "Content-Length")
_VALUES = (
    b"", b" ", b"\xff\xfe", b"\x00", b"a" * 9000, b'"', b"<", b"<>", b"<sip:x", b"0", b"-1", b"4294967296", b"99999999999999999999", b"1 2 3",
    b"%0d%0a", b"\r\n\tfolded", b";;;;", b",,,", b"?@!", b"=?UTF-8?B?WA==?=",
)  # fmt: skip
_RAW = (
    b"",
    b"\r\n\r\n",
    b"\x00" * 500,
    b"\xff" * 1400,
    b"SIP/2.0 200 OK\r\n\r\n",
    b"SIP/2.0 999 x\r\nVia: SIP/2.0/UDP 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    b"INVITE",
    b"INVITE sip:x SIP/2.0",
    b"INVITE sip:x SIP/2.0\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00",
    b"Event: Hangup\r\n\r\n",
    b"Action: Command\r\n\r\n",
    b"l: 0\r\n\r\n",
    b"A" * 65000,
    b"\r\n" * 5000,
)


def _torture() -> tuple[bytes, ...]:
    made: list[bytes] = [*_RAW]
    made += [_message(n, method) for n, method in enumerate(_METHODS, 100)]
    made += [
        _message(n, b"INVITE", uri, body=_SDP, Content_Type=b"application/sdp") for n, uri in enumerate(_URIS, 200)
    ]
    made += [
        _message(300 + n * 2 + at, method, drop=name)
        for n, name in enumerate(_HEADER_NAMES)
        for at, method in enumerate((b"INVITE", b"OPTIONS"))
    ]
    made += [
        _message(400 + n * 20 + at, b"INVITE", **{name.replace("-", "_"): value})
        for n, name in enumerate(_HEADER_NAMES)
        for at, value in enumerate(_VALUES)
    ]
    made += [
        _message(600 + n, b"INVITE", version=version)
        for n, version in enumerate((b"SIP/1.0", b"SIP/3.0", b"SIP/2.0 ", b"", b"HTTP/1.1", b"sip/2.0"))
    ]
    made += [
        _message(620 + n, b"INVITE", body=body, Content_Type=kind, Content_Length=length)
        for n, (kind, body, length) in enumerate(
            (
                (b"application/sdp", _SDP, b"9999"),
                (b"application/sdp", _SDP, b"3"),
                (b"application/sdp", _SDP, b"-5"),
                (b"application/sdp", _SDP.replace(b"\r\n", b"\n"), b"%d" % len(_SDP)),
                (b"application/sdp", b"v=0\r\n" * 2000, b"10000"),
                (b"application/sdp", b"\x00" * 100, b"100"),
                (b"application/sdp", b"m=audio 99999 RTP/AVP 0\r\n", b"25"),
                (b"application/sdp", _SDP.replace(b"127.0.0.1", b"e.example"), b"%d" % (len(_SDP))),
                (b"multipart/mixed;boundary=x", b"--x\r\n" * 300, b"1500"),
                (b"text/plain", b"Event: Hangup\r\n\r\n", b"17"),
                (b"application/" + b"x" * 2000, b"", b"0"),
                (b"", b"", b"0"),
            )
        )
    ]
    made += [
        _message(640 + n, b"INVITE", From=b'"' + b"n" * length + b'" <sip:01055560000@127.0.0.1>;tag=l')
        for n, length in enumerate((1000, 10_000, 30_000))
    ]
    made += [
        _message(650 + n, b"INVITE", more=b"X-Long: " + b"x" * length)
        for n, length in enumerate((8_000, 32_000, 62_000))
    ]
    made += [
        _message(660 + n, b"INVITE", more=b"\r\n".join(b"X-%d: y" % at for at in range(count)))
        for n, count in enumerate((100, 1000, 4000))
    ]
    made += [
        _message(670 + n, b"INVITE", more=b"\r\n".join([b"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx"] * count))
        for n, count in enumerate((2, 70, 700))
    ]
    made += [
        _message(680 + n, b"INVITE", more=header)
        for n, header in enumerate(
            (
                b"Require: nothing-that-exists",
                b"Proxy-Require: x",
                b"Supported: 100rel\r\nRequire: 100rel",
                b"Replaces: x;to-tag=1;from-tag=2",
                b"Join: x;to-tag=1;from-tag=2",
                b"Session-Expires: 1",
                b"Min-SE: 99999999999",
                b"Expires: -1",
                b"Date: never",
                b"Warning: x",
                b"Refer-To: <sip:1001@127.0.0.1?Replaces=x>",
                b"Event: Hangup",
                b"Action: Command",
                b"Content-Encoding: gzip",
                b"MIME-Version: 9",
                b"Authorization: Digest " + b"x" * 3000,
                b"Proxy-Authorization: Basic eDp4",
                b"Route: <sip:e.example;lr>",
                b"Record-Route: <sip:e.example>",
                b"To: <sip:second@127.0.0.1>",
                b"From: <sip:second@127.0.0.1>;tag=2",
                b"Call-ID: second",
                b"CSeq: 2 INVITE",
            )
        )
    ]
    return tuple(made)  # fmt: skip


MESSAGES = _torture()
