"""Every parser of foreign bytes with what must be true of it for any input, as one function of bytes each.

    input     01 | 7f 03 e1 41 ...
              |    each byte below 0xe0: a word of the parser's own (its keywords, its ends, its quotes)
              |    0xe0 and above: the next byte as it is
              even: words as above; odd: the rest is taken as it stands

The same bytes mean the same case to Hypothesis (every day), to the seeded generator (a million a night) and to atheris
(guided by coverage), so that what one of them finds is a line of `FOUND` for the others. The parsers of files, forms and other
servers' answers stand in tests/fuzz/files.py.
"""

from __future__ import annotations

import json
import re
import unicodedata
from contextlib import suppress
from datetime import UTC, datetime
from typing import get_args

from agi import protocol
from ami.errors import UnsafeAction
from ami.framing import MESSAGE_LIMIT, Splitter, encode_action
from ami.message import Message, decode, unescape, uri_decoded
from ami.roster import Roster
from ami.settings import Settings
from ami.translate import translate
from callerid.boxes import korean_stx
from callerid.framing import Framed
from desk import numbers
from desk.errors import WrongState
from desk.importing import headings, lines
from desk.importing import reading as table_reading
from desk.importing.table import BadTable, Table
from desk.text import plain
from desk.texts import alphabets, replies
from desk.texts import text_size as segments
from desk.texts.message_states import change
from desk.texts.text_came import TextCame
from desk.work import Work
from models import Message as TextMessage
from models.message import NEXT_STATES
from sms import incoming, receipts, smpp_pdu
from tests.fuzz import files
from tests.fuzz.parser import Parser
from web.api.bodies import Refused, strict_json

NOW = datetime(2026, 11, 22, tzinfo=UTC)

# --- ami ----------------------------------------------------------------------------------------------------------------


def ami_splitter(case: bytes) -> None:
    """Any cut gives the same messages; nothing is kept beyond the limit."""
    whole = Splitter(limit=200)
    at_once = whole.feed(case) + whole.feed(b"\r\n\r\n")
    step = 1 + len(case) % 7
    cut = Splitter(limit=200)
    pieces = [raw for at in range(0, len(case), step) for raw in cut.feed(case[at : at + step])] + cut.feed(b"\r\n\r\n")
    assert len(cut._rest) <= 204
    assert all(len(raw) <= 200 for raw in at_once)
    if len(case) < 150 and b"Asterisk Call Manager/" not in case and b"\r\n\nEvent: " not in case:
        assert at_once == pieces == (case + b"\r\n\r\n").split(b"\r\n\r\n")[:-1]
    assert MESSAGE_LIMIT > 200


def ami_message(case: bytes) -> None:
    """Every look gives text, a list or None; a known key is found in any case of letters."""
    message = Message(case)
    for key in message:
        assert key in message
        assert message.texts(key.upper()) == message.texts(key) or key.upper().lower() != key
        value = message.text(key)
        assert value is None or (value and "\r\n" not in value)
    assert isinstance(unescape(decode(case)), str)
    assert isinstance(uri_decoded(decode(case)), str)
    assert repr(message).startswith("<Message")


def ami_translate(case: bytes) -> None:
    """Any messages in any order leave a bounded roster, and no event without the call that it is about."""
    roster = Roster(Settings(channel_limit=10))
    splitter = Splitter()
    for raw in splitter.feed(case) + splitter.feed(b"\r\n\r\n"):
        message = Message(raw)
        for event in translate(message.text("Event") or "", message, roster, NOW):
            assert getattr(event, "linkedid", None)
        assert len(roster.channels) <= 10


def ami_action(case: bytes) -> None:
    """What is sent is one message with the headers that we put, or is refused."""
    text = decode(case)
    key, _, value = text.partition("=")
    with suppress(UnsafeAction):
        raw = encode_action({"Action": "Ping", key: value})
        [back] = Splitter().feed(raw)
        assert len(back.split(b"\r\n")) == 2
        assert back.startswith(b"Action: Ping\r\n")
        assert b"\0" not in raw
        assert raw.count(b"\n") == 3


# --- agi ----------------------------------------------------------------------------------------------------------------


def agi_headers(case: bytes) -> None:
    """Only agi_ keys, each with its first value, and a target that can be read."""
    headers = protocol.parse_headers(case)
    assert all(key.startswith("agi_") for key in headers)
    assert all("\n" not in value for value in headers.values())
    with suppress(ValueError):
        protocol.parse_target(headers.get("agi_network_script", ""))
    assert protocol.presentation(None, headers.get("agi_callingpres", "")) in protocol.PRESENTATIONS


def agi_reply(case: bytes) -> None:
    """A reply, or ValueError; a key is one character."""
    with suppress(ValueError):
        reply = protocol.parse_reply(case)
        assert 0 <= reply.code <= 999
        assert len(reply.key) <= 1
        assert reply.endpos is None or reply.endpos >= 0


def agi_command(case: bytes) -> None:
    """Any arguments are one line, and read back as they were (CR, LF and NUL as blanks)."""
    given = [decode(part) for part in case.split(b"|")]
    try:
        raw = protocol.command("SET VARIABLE", *given)
    except ValueError:
        return
    assert raw.count(b"\n") == 1
    assert raw.endswith(b"\n")
    assert b"\r" not in raw
    assert b"\0" not in raw
    back = [re.sub(r"\\(.)", r"\1", word) for word in re.findall(r'"((?:[^"\\]|\\.)*)"', raw.decode())]
    assert back == [part.translate(protocol.UNSPOKEN) for part in given]


# --- callerid -------------------------------------------------------------------------------------------------------------


def serial_frames(case: bytes) -> None:
    """Any cut gives the same frames; every byte is in a frame, dropped, or kept within the limit."""
    whole, cut = Framed(2, 3, 64), Framed(2, 3, 64)
    bodies = whole.feed(case)
    assert bodies == [body for at in range(len(case)) for body in cut.feed(case[at : at + 1])]
    assert whole.dropped == cut.dropped
    kept = len(whole._body) + 1 if whole._body is not None else 0
    assert sum(len(body) + 2 for body in bodies) + whole.dropped + kept == len(case)
    assert all(len(body) <= 64 for body in bodies)


def serial_boxes(case: bytes) -> None:
    """Readings are well formed, and a good frame behind anything is read."""
    box = korean_stx.decoder("cp949")
    for reading in box.feed(case):
        assert reading.presentation in ("allowed", "withheld", "unavailable")
        assert (reading.number is None) or (reading.presentation == "allowed" and reading.number.isascii())
    last = box.feed(b"\x021I01055501234       \x03")[-1]
    assert (last.line, last.number) == ("1", "01055501234")


# --- desk -----------------------------------------------------------------------------------------------------------------


def desk_numbers(case: bytes) -> None:
    """A number is canonical: its own spelling is the same number; nothing else comes out."""
    number = numbers.normalise(decode(case), "KR")
    assert number.presentation in ("allowed", "withheld", "unavailable")
    if number.e164 is None:
        assert number.presentation != "allowed"
        return
    assert re.fullmatch(r"\+[1-9][0-9]{3,18}|[0-9]{3,8}", number.e164), number.e164
    assert numbers.normalise(number.e164, "KR") == number
    if number.e164.startswith("+82") and len(number.e164) > 11:
        assert number.e164[3:-4] not in numbers.masked(number.e164)


def desk_table(case: bytes) -> None:
    """A table whose lines are all as wide as its headings, or a refusal; a line is understood whole, or says what is wrong."""
    with suppress(BadTable):
        read = table_reading.read(case.replace(table_reading.XLSX, b"").replace(table_reading.XLS, b""))
        assert Table.of_json(json.loads(json.dumps(read.as_json()))) == read
        for kind, understand in (("customers", lines.customer), ("drivers", lines.driver)):
            mapping = headings.guess(kind, read.columns)
            assert headings.trouble(kind, read.columns, mapping) in (None, *_MISSING)
            if not any(mapping):
                mapping = [*headings.FIELDS[kind], *([None] * len(read.columns))][: len(read.columns)]
            for line in read.lines[:4]:
                assert len(line.cells) == len(read.columns)
                told = understand(line.cells, mapping, "KR")
                assert told.findings or told.keys
                assert all(numbers.normalise(number, "KR").e164 == number for number in told.given.get("numbers", ()))


def desk_text(case: bytes) -> None:
    """Short, NFC, printable, on one line, and stays as it is."""
    text = plain(case.decode("utf-8", "surrogateescape"))
    assert len(text) <= 80
    assert text == unicodedata.normalize("NFC", text)
    assert text.isprintable()
    assert text == text.strip()
    assert plain(text) == text
    text.encode()


def desk_message_states(case: bytes) -> None:
    """A message moves along its arrows only, tells once a step, and never leaves a final state."""
    states = tuple(NEXT_STATES)
    message = TextMessage(id=1, order_id=None, state="queued")
    work = Work(None, lambda: NOW, alone=True)  # type: ignore[arg-type]  # the step itself asks no database
    for byte in case[:16]:
        before, wanted, told = message.state, states[byte % len(states)], len(work.events)
        try:
            change(work, message, wanted, "x" * byte)
        except WrongState:
            assert wanted not in NEXT_STATES[before]
            assert (message.state, len(work.events)) == (before, told)
        else:
            assert wanted in NEXT_STATES[before]
            assert (message.state, len(work.events)) == (wanted, told + 1)
            assert message.detail is None or len(message.detail) <= 200


# --- sms ------------------------------------------------------------------------------------------------------------------


def sms_receipt(case: bytes) -> None:
    """A receipt that names its text and one of our states, or None."""
    for spelling in ("same", "decimal of hexadecimal", "hexadecimal of decimal"):
        told = receipts.parse(case, {}, spelling)  # type: ignore[arg-type]
        if told is not None:
            assert told.provider_id
            assert told.provider_id.isprintable()
            assert told.state in ("sent", "delivered", "failed", "expired", "unknown")
            assert told.detail is None or (told.detail.isprintable() and len(told.detail) <= 80)


def sms_pdu(case: bytes) -> None:
    """A deliver_sm, or BadPdu; the id of an answer is short and printable."""
    try:
        told = smpp_pdu.deliver(case)
    except smpp_pdu.BadPdu:
        pass
    else:
        assert len(told.short_message) <= max(255, len(case))
        receipts.parse(told.short_message, told.tlvs)
        assert isinstance(receipts.is_receipt(told.esm_class, told.tlvs), bool)
    assert len(smpp_pdu.message_id(case)) <= 64
    with suppress(smpp_pdu.BadPdu):
        assert 16 <= smpp_pdu.header(case[:16].ljust(16, b"\0")).length <= smpp_pdu.MAX_LENGTH


def sms_incoming(case: bytes) -> None:
    """Any deliver_sm is a text or one part of one, of numbers and signs that can be kept; the same bytes are the same text."""
    with suppress(smpp_pdu.BadPdu):
        came = incoming.read(smpp_pdu.deliver(case), "s")
        assert came == incoming.read(smpp_pdu.deliver(case), "s")
        assert len(came.identity) == 40
        assert (came.reference is None and came.total == came.number == 1) or 1 <= came.number <= came.total <= 255
        assert came.coding in ("gsm7", "ucs2", "cp949", "latin1")
        assert len(came.octets) <= len(case)
        words = plain(alphabets.read(came.octets, came.coding), 2000)
        words.encode()
        assert words.isprintable()
        assert TextCame.of_facts(came.as_facts(), came.octets) == came
    for coding in ("gsm7", "ucs2", "cp949", "latin1"):
        alphabets.read(case, coding)


def desk_reply(case: bytes) -> None:
    """A meaning, and a code of two to four digits or none; what networks put before a text changes nothing."""
    text = case.decode("utf-8", "ignore")
    told = replies.read(text)
    assert told.meaning in get_args(replies.Meaning)
    assert told.code is None or (told.meaning in ("accept", "decline") and re.fullmatch(r"[0-9]{2,4}", told.code))
    assert replies.read(f"[Web발신]\n{text}") == told
    assert replies.normalised(replies.normalised(text)) == replies.normalised(text)


def sms_segments(case: bytes) -> None:
    """Parts are as long as they may be, nothing is lost, and neither a pair nor an escape is cut in two."""
    text = case.decode("utf-8", "ignore")
    cut = segments.segment(text)
    limit = {"gsm7": (160, 153), "ucs2": (140, 134)}[cut.alphabet][len(cut.parts) > 1]
    assert all(len(part) <= limit for part in cut.parts)
    if cut.alphabet == "ucs2":
        assert "".join(part.decode("utf-16-be") for part in cut.parts) == unicodedata.normalize("NFC", text)
    else:
        assert not any(part.endswith(b"\x1b") for part in cut.parts)
    kept, size = segments.korean(text)
    assert size.octets == len(kept.encode("cp949")) + kept.count("\n")


# --- web ------------------------------------------------------------------------------------------------------------------


def web_json(case: bytes) -> None:
    """JSON as RFC 8259 has it, or Refused."""
    with suppress(Refused):
        json.dumps(strict_json(case), allow_nan=False)


_DIGITS = tuple(b"%d" % digit for digit in range(10))
_AMI = (
    b"\r\n", b"\r\n\r\n", b"\n", b"\r", b": ", b":", b" ", b"Event: ", b"Response: Success", b"UserEvent", b"Newchannel", b"Newstate", b"DialState", b"DialEnd", b"AgentConnect", b"BridgeEnter",
    b"BridgeLeave", b"Hangup", b"Channel: ", b"Uniqueid: ", b"Linkedid: ", b"DestChannel: ", b"DestUniqueid: ", b"DestLinkedid: ", b"BridgeUniqueid: ", b"UserEvent: CallboardArrived",
    b"ChannelStateDesc: Ringing", b"ChannelState: 5", b"DialStatus: RINGING", b"DialStatus: ANSWER", b"Local/1001@callboard-operator-0;2", b"Local/1001@callboard-operator-0;1", b"PJSIP/op1001-0",
    b"1.1", b"1.2", b"b1", b"<unknown>", b"\\", b"\\n", b"%0d%0a", b"\xc8\xab", b"\xff", b"\x00", b"Asterisk Call Manager/", b"\r\n\nEvent: ", b"Context: callboard-incoming", b"Exten: 15880001",
    b"x" * 70,
)  # fmt: skip
_AGI = (
    b"\n", b"\r", b": ", b"agi_", b"agi_network_script", b"agi_callerid", b"agi_calleridname", b"agi_callingpres", b"agi_arg_1", b"?line=1", b"&", b"=", b"%", b"%0a", b"\xc8\xab", b"\xff",
    b"\x00", b"200 ", b"result=", b"-1", b"(", b")", b" endpos=", b"100 ", b"510 ", b"511 ", b"520-", b"520 ", b"HANGUP", b"timeout", b'"', b"\\", b" ", b"|", b"\\n", "한".encode(), *_DIGITS,
)  # fmt: skip
_SERIAL = (
    b"\x02",
    b"\x03",
    b"1I",
    b"1S",
    b"1E",
    b"2I",
    b"I",
    b"P",
    b"01055501234",
    b" " * 7,
    b"9" * 20,
    b"\x00",
    b"\xff",
    b"-",
    b"+",
    *_DIGITS,
)
_NUMBER = (
    b"+82", b"010", b"02", b"0507", b"1588", b"00", b"-", b" ", b"(", b")", b".", b"/", b"tel:", b"sip:", b"@x", b";phone-context=+82", b"%2B", b"%", b"anonymous", b"private",
    "０".encode(), "１".encode(), "‐".encode(), "번호표시제한".encode(), b"*", b"#", b"\x00", b"+", b"+1", b"+44", b"112", "①".encode(), "٠".encode(), b"a", *_DIGITS,
)  # fmt: skip
_TEXT = (
    b"a", b" ", b"\t", b"\n", "각".encode(), "ᄀ".encode(), "ᅡ".encode(), "ᆨ".encode(), "\u0301".encode(), "\u200b".encode(), "\u202e".encode(), "\u3164".encode(), "\ufe0f".encode(), "👩".encode(),
    "\u200d".encode(), "🇰".encode(), "\u0345".encode(), "\u0344".encode(), "\ufb1d".encode(), "\u1e9b\u0323".encode(), "Å".encode(), "ﷺ".encode(), b"\xff", b"\xed\xa0\x80", "\u2028".encode(),
    "\U000e0041".encode(), "\u00a0".encode(), b"\x00", b"x" * 30, "한".encode() * 20, "\u0f71\u0f72".encode(), "\u1100".encode() * 9,
)  # fmt: skip
_RECEIPT = (
    b"id:", b"ID:", b"sub:001", b"dlvrd:001", b"submit date:", b"done date:", b"2611220015", b"stat:", b"DELIVRD", b"UNDELIV", b"EXPIRED", b"err:", b"000", b"text:", b" ", b"\x00", b"M0001", b"0x1F", b"99999999999",
    b"\xff", b"\n", b"id: ", b"stat: id:", *_DIGITS,
)  # fmt: skip
_PDU = (
    b"\x00",
    b"\x01",
    b"\x04",
    b"\x20",
    b"\x00\x1e",
    b"\x04\x27",
    b"\x04\x24",
    b"\x00\x05",
    b"\xff",
    b"\x7f",
    b"01012345678\x00",
    b"id:1 stat:DELIVRD",
    b"\x00" * 9,
    b"a" * 60,
    b"\x00\x00\x00\x10",
    b"\x80\x00\x00\x04",
)
# A whole deliver_sm up to its esm_class, so that the generator comes to the text.
_HEAD = b"\x00\x01\x01821012345678\x00\x05\x0015880001\x00"
_DELIVER = (
    _HEAD, _HEAD + b"\x00\x00\x00\x00\x00\x00\x00\x08\x00\x0a", _HEAD + b"\x40\x00\x00\x00\x00\x00\x00\x08\x00\x10", b"\x05\x00\x03\x2a\x02\x01", b"\x06\x08\x04\x01\x2a\x02\x02",
    b"\x02\x0c\x00\x02\x12\x34", b"\x02\x0e\x00\x01\x02", b"\x02\x0f\x00\x01\x01", b"\x04\x24\x00\x04", b"\x00", b"\x01", b"\x08", b"\x0e", b"\x84", b"\xf4", b"\x40", b"\xff\xfe", b"\xd8\x3d", b"\xde\x00",
    b"\x1b", b"\x65", "수락".encode("utf-16-be"), "수락".encode("cp949"), b"\xb0", b"ok 12",
)  # fmt: skip
_REPLY = (
    "수락".encode(), "거절".encode(), "네".encode(), "ㅇㅇ".encode(), b"ok", b"no", b"STOP", "수신거부".encode(), b"12", b"1", b"2", b"0", b"9999", b"12345", "번".encode(), "콜".encode(), b" ", b".", b"\n", "１".encode(),
    "[Web발신]".encode(), "(광고)".encode(), "운전중이라".encode(), "Ｏ".encode(), "İ".encode(), "ß".encode(), "\u0301".encode(), "١".encode(), "ᄂ".encode(), "ᅦ".encode(), b"_", b"-",
)  # fmt: skip
_SMS = (
    b"a",
    b"@",
    "€".encode(),
    b"[",
    b"~",
    b"\n",
    b"\f",
    "각".encode(),
    "😀".encode(),
    "ç".encode(),
    "\u0301".encode(),
    b"e",
    "ᄀ".encode(),
    "ᅡ".encode(),
    "—".encode(),
    "₩".encode(),
    "\ufe0f".encode(),
    b"x" * 50,
    "한".encode() * 30,
    "€".encode() * 40,
)
_MISSING = ("missing_number", "missing_driver_number", "missing_name", "missing_phone")
_TABLE = (
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r\n",
    b'"',
    b"'",
    b"=",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\0",
    "이름,전화".encode(),
    "이름".encode("cp949"),
    "기사번호,성명,휴대폰,언어\n".encode(),
    b"name,phone,grade,note,place\n",
    b"010-1234-5678",
    b"1012345678.0",
    b"1.01E+09",
    b" / ",
    "１０".encode(),
    b"ko",
    b"7",
)
_JSON = (
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b'"',
    b'"a"',
    b'"a":1',
    b"1",
    b"-",
    b".",
    b"e9",
    b"1e999",
    b"NaN",
    b"Infinity",
    b"null",
    b"true",
    b"\\u",
    b"d800",
    b"0000",
    b"\xff",
    b"\xef\xbb\xbf",
    b" ",
    b"9" * 40,
    b"[" * 20,
    b'{"a":' * 20,
)

PARSERS: dict[str, Parser] = {
    parser.name: parser
    for parser in (
        Parser("ami-splitter", ami_splitter, _AMI),
        Parser("ami-message", ami_message, _AMI),
        Parser("ami-translate", ami_translate, _AMI),
        Parser("ami-action", ami_action, (*_AMI, b"=")),
        Parser("agi-headers", agi_headers, _AGI),
        Parser("agi-reply", agi_reply, _AGI),
        Parser("agi-command", agi_command, _AGI),
        Parser("serial-frames", serial_frames, _SERIAL),
        Parser("serial-boxes", serial_boxes, _SERIAL),
        Parser("desk-numbers", desk_numbers, _NUMBER),
        Parser("desk-table", desk_table, _TABLE),
        Parser("desk-text", desk_text, _TEXT),
        Parser("desk-message-states", desk_message_states, tuple(bytes([n]) for n in range(7))),
        Parser("sms-receipt", sms_receipt, _RECEIPT),
        Parser("sms-pdu", sms_pdu, _PDU),
        Parser("sms-incoming", sms_incoming, _DELIVER),
        Parser("desk-reply", desk_reply, _REPLY),
        Parser("sms-segments", sms_segments, _SMS),
        Parser("web-json", web_json, _JSON),
        *files.PARSERS,
    )
}

FOUND: tuple[tuple[str, str], ...] = (
    # The byte that made a frame too long was not counted.
    ("serial-frames", "78ccf69915518e60edd59b1042b4edd76fa121c8fa14258a222d6b2cab87803d120a21b616522c6ab34ca9c7b0"),
    ("web-json", "c05e"),  # 1e999 was read as infinity
    # The last evening and the first morning that there are: in UTC they are no dates any more.
    ("desk-typed-time", "01393939392d31322d33312032333a3330"),
    ("desk-typed-time", "01303030312d30312d30312030313030"),
    # A date or a fare before a number was taken for its beginning, and its end was shown.
    ("web-masking", "0131312f3130203031302d353535302d31323334"),
    # Three thousand opening brackets: more than Python's JSON reader goes down.
    (
        "tape",
        "0000260a052605d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1"
        "d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1260a052605026d0a",
    ),
)
"""(parser, input in hexadecimal): what fuzzing has found, for ever."""
