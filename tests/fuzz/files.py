"""The parsers of files, of forms and of what other servers answer; see tests/fuzz/parsers.py for how they are used."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from inspect import isclass
from types import ModuleType
from typing import Any, TypeVar
from zlib import crc32

from PIL import Image
from pydantic import SecretStr

from callboard import tape_format, unstored
from desk.clock import time_entry
from desk.customer import segment_conditions
from desk.driver import car_pictures, driver_documents
from desk.errors import Invalid
from desk.message import campaigns
from desk.ordering import tariff_files
from desk.place import place_book
from desk.place.gazetteer import finding
from desk.text import plain
from desk.texts import advertising
from dialplan import cdr
from geocoders.providers import kakao, naver, nominatim, vworld
from geocoders.reading import MOST, BadKey, NotUnderstood
from tests.fuzz.parser import Parser
from web.access import masking
from web.api import given, given_customers, given_driver, given_money, given_place
from web.api.bodies import Refused, body_as, query_as
from web.api.shapes import Given

T = TypeVar("T")
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)

# --- files ----------------------------------------------------------------------------------------------------------------


def _read(read: Callable[[bytes], list[T]], case: bytes) -> list[T]:
    """What a file holds; none where it is refused, which names lines that are there."""
    try:
        return read(case)
    except place_book.BadFile as error:
        told = error
    ends = case.count(b"\n") + case.count(b"\r") + 1
    assert told.found
    assert all(1 <= bad.line <= ends for bad in told.found)
    assert str(told).isprintable()
    return []


def place_file(case: bytes) -> None:
    """Places that can be found and sent to, each once; or every bad line by its number."""
    first, *_ = case.split(b"\n")
    for raw in (case, b"name,source\n" + case, b"name,district,lat,lon,accuracy_m,source\n" + first):
        lines = _read(place_book.read, raw)
        assert len({(line.name, line.district) for line in lines}) == len(lines)
        for line in lines:
            assert line.name == plain(line.name, 200) != ""
            assert line.source
            assert (line.lat is None) == (line.lon is None)
            assert line.lat is None or -90 <= line.lat <= 90
            assert line.lon is None or -180 <= line.lon <= 180
            assert line.accuracy_m is None or 0 <= line.accuracy_m <= 100_000
            assert len(line.aliases.split("\n")) <= place_book.MOST_ALIASES


def tariff_file(case: bytes) -> None:
    """Pairs of zones with a fare each, each pair once; days each once; or every bad line by its number."""
    first, *_ = case.split(b"\n")
    for raw in (case, b"from,to,fare\n" + case, b"from,to,fare,both\n" + first):
        pairs = _read(tariff_files.zones, raw)
        assert len({(pair.from_zone, pair.to_zone) for pair in pairs}) == len(pairs)
        for pair in pairs:
            assert 0 <= pair.fare <= tariff_files.MOST_FARE
            for zone in (pair.from_zone, pair.to_zone):
                assert 0 < len(zone) <= tariff_files.LONGEST_ZONE
                assert zone.isprintable()
    for raw in (case, b"day,name\n" + case, b"day,name,kind\n" + first):
        days = _read(tariff_files.days, raw)
        assert len({day.day for day in days}) == len(days)
        assert all(isinstance(day.day, date) and day.name == plain(day.name, 80) != "" for day in days)


def call_records(case: bytes) -> None:
    """Whole records only, however they are cut; no byte is read twice or passed over, and none ends before it began."""
    told = cdr.read(case)
    assert 0 <= told.size <= len(case)
    assert case[: told.size].endswith(b"\n") or told.size in (0, len(case))
    assert len(told.records) + told.unread <= case.count(b"\n") + 1
    for record in told.records:
        assert record.linkedid
        assert record.uniqueid
        assert record.started_at <= record.ended_at
    if len(case) <= cdr.RECORD_LIMIT:
        first = cdr.read(case[: len(case) // 2])
        rest = cdr.read(case[first.size :])
        assert first.records + rest.records == told.records
        assert first.unread + rest.unread == told.unread


def recording(case: bytes) -> None:
    """Headers and entries, or BadRecording; what is read is written so that it is read again the same."""
    lines = case.splitlines(keepends=True)
    with suppress(tape_format.BadRecording):
        for one in tape_format.read_lines([_HEADER, *lines]):
            if isinstance(one, tape_format.Header):
                [back] = tape_format.read_lines([tape_format.header_line(one)])
                assert back == one
            else:
                assert isinstance(one.data, bytes)
                _, back = tape_format.read_lines([_HEADER, tape_format.entry_line(one)])
                assert isinstance(back, tape_format.Entry)
                assert (back.source, back.what, back.data) == (one.source, one.what, one.data)
    with suppress(tape_format.BadRecording):
        list(tape_format.read_lines(lines))
    for raw in lines:
        with suppress(unstored.Damaged):
            unstored.reading_of(raw)
        with suppress(unstored.Damaged):
            text = raw.strip(b"\n")
            told = unstored.reading_of(b"%08x %s\n" % (crc32(text), text))
            assert unstored.reading_of(unstored.line_of(told)) == told


_HEADER = tape_format.header_line(tape_format.Header(NOW))


def photo(case: bytes) -> None:
    """A JPEG of our own that holds a picture and nothing else, or BadPicture; of documents a name without a folder."""
    try:
        picture = car_pictures.drawn_anew(case)
    except car_pictures.BadPicture as error:
        reason = error.details["reason"]
    else:
        reason = "damaged"
        assert picture.raw.startswith(b"\xff\xd8\xff")
        assert b"Exif" not in picture.raw
        with Image.open(io.BytesIO(picture.raw), formats=("JPEG",)) as again:
            assert again.size == (picture.width, picture.height)
            assert max(again.size) <= car_pictures.LONGEST_SIDE
            assert not again.getexif()
            assert "comment" not in again.info
    assert reason in ("not_a_picture", "damaged", "too_large", "too_small")
    with suppress(driver_documents.BadDocument):
        file = driver_documents.understood(case.decode("latin-1"), b"%PDF-" + case + b"%%EOF")
        assert file.name.isprintable()
        assert not set(file.name) & {"/", "\\"}
        assert 0 < len(file.name) <= 80


# --- what other servers answer --------------------------------------------------------------------------------------------

_KEY = SecretStr("k")
_PROVIDERS = (
    (kakao, kakao.Settings(key=_KEY)),
    (naver, naver.Settings(key_id="k", key=_KEY)),
    (vworld, vworld.Settings(key=_KEY)),
    (nominatim, nominatim.Settings(url="https://places.example")),
)


def shaped(case: bytes, names: Sequence[str], leaves: Sequence[object]) -> Any:
    """Any value that JSON can say, of these names and words: to write it as text would leave few that can be read."""
    stream = iter(case)

    def value(depth: int) -> Any:
        byte = next(stream, 0)
        count = byte // 4 % 6
        if depth < 4 and (byte % 4 == 0 or depth == 0):
            return {names[next(stream, 0) % len(names)]: value(depth + 1) for _ in range(count)}
        if depth < 4 and byte % 4 == 1:
            return [value(depth + 1) for _ in range(count)]
        return leaves[byte // 4 % len(leaves)]

    return value(0)


def geocoder(case: bytes) -> None:
    """Of any answer at most five places that can be shown and driven to, or NotUnderstood."""
    row = shaped(case, _GEO_NAMES, _GEO_LEAVES)
    rows = [row, row.get("documents"), "x", row]
    answers = (
        row,
        rows,
        {"documents": rows, "status": "OK", "addresses": rows, "response": {"status": "OK", "result": {"items": rows}}},
    )
    for provider, settings in _PROVIDERS:
        for answer in answers:
            with suppress(NotUnderstood, BadKey):
                found = list(provider.read(settings, answer))
                assert len(found) <= MOST
                for place in found:
                    if place is not None:
                        assert place.text == plain(place.text, 120) != ""
                        assert abs(place.lat) <= 90
                        assert abs(place.lon) <= 180
                        assert 0 < place.accuracy_m <= 1_000_000
                        place.text.encode()


# --- what people type, and programs send ------------------------------------------------------------------------------------


def typed_time(case: bytes) -> None:
    """A moment of the coming sixty days in UTC, none for now, or Invalid."""
    text = case.decode("utf-8", "ignore")
    for zone in ("Asia/Seoul", "America/New_York"):
        with suppress(Invalid):
            moment = time_entry.read(text, NOW, zone)
            assert moment is None or (NOW < moment <= NOW + time_entry.FARTHEST and moment.utcoffset() == timedelta(0))


def typed_place(case: bytes) -> None:
    """At most eight areas, each once, whatever is typed."""
    mistyped = len(case) % 20 == 0  # which is slow
    found = finding.find(case.decode("utf-8", "ignore")[:40], mistyped=mistyped)
    assert len(found) <= 8
    assert len({area.code for area, _ in found}) == len(found)


def letter(case: bytes) -> None:
    """A text to many is cleaned once and for all; what a name holds is no place to be filled; it lacks what it lacks."""
    text = campaigns.clean(case.decode("utf-8", "surrogateescape"))
    text.encode()
    assert campaigns.clean(text) == text
    assert all(line.isprintable() for line in text.split("\n"))
    assert "{number}" not in campaigns.filled("{name}", {"name": "", "number": text})
    assert campaigns.filled("{name}", {"name": "{number}", "number": text}) == "{number}"
    assert set(advertising.faults(text, "x")) <= {"mark", "sender", "contact", "refusal"}


def _bodies(*modules: ModuleType) -> tuple[type[Given], ...]:
    return tuple(
        kind
        for module in modules
        for kind in vars(module).values()
        if isclass(kind) and issubclass(kind, Given) and kind is not Given
    )


BODIES = tuple(dict.fromkeys(_bodies(given, given_customers, given_driver, given_money, given_place)))


def web_bodies(case: bytes) -> None:
    """Every body and query of the panel is what its model says, or Refused."""
    kind = BODIES[int.from_bytes(case[:1]) % len(BODIES)]
    fields = (field.alias or name for name, field in kind.model_fields.items())
    names = (*fields, "text", "lat", "lon", "accuracy_m", "id", "version", "x")
    body = shaped(case[1:], names, _LEAVES)
    with suppress(Refused):
        told = body_as(kind, json.dumps(body).encode())
        assert kind.model_validate(told.model_dump(by_alias=True)) == told
    with suppress(Refused):
        told = query_as(kind, [(name, str(value)) for name, value in body.items()])
        assert kind.model_validate(told.model_dump(by_alias=True)) == told


def segment(case: bytes) -> None:
    """Conditions that read back as they were kept, or Invalid."""
    with suppress(Invalid):
        kept = segment_conditions.checked(shaped(case, (*segment_conditions._CHECKS, "x"), _LEAVES))
        assert kept
        assert segment_conditions.checked(json.loads(json.dumps(kept))) == kept


def masked(case: bytes) -> None:
    """A number between other words, dates and amounts is never shown whole; what is JSON stays JSON."""
    text = masking.in_text(case.decode("utf-8", "ignore"))
    assert not re.search(r"(?<![0-9A-Fa-f_*])\+[0-9]{9,15}(?![0-9A-Fa-f_])", text), text
    assert "5550-1234" not in masking.in_text(f"{text} 010-5550-1234 {text}")
    assert json.loads(masking.in_json(json.dumps({"a": [text, "01055501234", 7]})))["a"][1] == "010-****-1234"


_CSV = (
    b",", b",", b",", b"\n", b"\n", b"\n", b"\r\n", b'"', b"'", b";", b"\0", b" ", b"\xef\xbb\xbf", b"\xff", b"-", b"1e9", b"nan", b"37.5", b",37.5,127.03,150,", b"25,000", b'"25,000"', b"yes", "예".encode(), "강남역".encode(),
    "강남구,분당구,25000\n".encode(), "강남역,일산,".encode(), "강남역,".encode(), "분당".encode("cp949"), "강남역,own survey 2026\n".encode(), "강남역,강남구,37.5,127.03,150,own survey\n".encode(), "2026-11-20,창립기념일\n".encode(),
    "2026-05-01,노동절,working\n".encode(), "강남구,분당구,25000,yes\n".encode(), b"holiday", b"2026-11-20,", b"20261120", b"0000-00-00", b"name,source\n", b"name,district,aliases,lat,lon,accuracy_m,source\n", b"from,to,fare,both\n",
    b"day,name,kind\n", b"own survey", "１０".encode(), b"\xe2\x80\xae", b"x" * 90, "\u1100".encode(), b"a", b"0", b"7",
)  # fmt: skip
_LEG = b'"cb1-1.0","cb1-1.1","0105","15880001","c","PJSIP/op1001-0a","Local/1001@callboard-operator-0a;1","1795323814.5","0.000000","1795323820.1","3","ANSWERED","15880001","allowed","%EA"'
_CDR = (
    _LEG + b"\n", _LEG, b"\n", b"\r", b'"', b'""', b'","', b",", b'"1795323814.5"', b'"0.000000"', b'"99999999999.999999"', b'""\n', b"\xff", b"\0", b'"a"' + b',"b"' * 14 + b"\n", b"0", b".", b"x" * 70,
    b'"cb1-1.0","cb1-1.1","0105","1","c","d","e",',
)  # fmt: skip
_TAPE = (
    _HEADER, _HEADER[:-2], b"\n", b'{"t": 0.5, "from": "ami", "what": "heard", "text": "', b'{"t": 1, "from": "sms", "what": "text", "base64": "', b'"}\n', b'"', b"}", b"{", b":", b",", b'"t"', b'"from"', b'"what"',
    b'"text"', b'"base64"', b"wig=", b"=", b"1", b"-1", b"1e999", b"NaN", b"null", b"[]", b"\\ud800", b"\xff", b'{"callboard": "recording", "version": 1, "started_at": "', b"2026-11-22T01:02:03Z", b'"boxes": [{"name": "x"}]',
    b'"version": 2', b'{"kind": "CallGone", "at": "2026-11-22T01:02:03Z", "reference": "x"', b'{"kind": "', b"CallSeen", b'"lines": 7', b"[" * 30,
)  # fmt: skip
_GEO_NAMES = (
    "documents", "place_name", "address_name", "x", "y", "addresses", "roadAddress", "jibunAddress", "addressElements", "types", "longName", "title", "address", "road", "parcel", "point", "name", "display_name", "lat", "lon",
    "boundingbox", "status",
)  # fmt: skip
_GEO_LEAVES = (
    "강남역", "37.5", 127.03, "127.03", None, True, 1, -1, 0, 1e308, float("inf"), float("nan"), "1e3000", "nan", "", " ", "\ud800", "\u202e", "\0", "x" * 300, "ᄀ", 10**400, "BUILDING_NUMBER", "서울 강남구 역삼동",
    ["37", "38", "126", "127"], [["x"]],
)  # fmt: skip
_TIME = (
    b"+", b":", b"-", b"/", b" ", b".", b"t", b"T", b"Z", b"am", b"pm", "오전".encode(), "오후".encode(), "내일".encode(), "모레".encode(), "월".encode(), "일".encode(), "시".encode(), "분".encode(), "반".encode(), b"now", b"h",
    b"2026-", b"11/23", b"23:30", b"2330", b"0001-01-01", b"9999-12-31", b"+45", "내일 0130".encode(), b"11/23 7:00", "오후 3시 반".encode(), b"23:59", b"T23:59:59.999999Z", b"+23:59", b"-23:59", "１".encode(), "٣".encode(), "²".encode(), b"\0", b"02-29", b"0000", *(b"%d" % digit for digit in range(10)),
)  # fmt: skip
_PLACE = (
    "강남".encode(), "ㄱㄴ".encode(), "서울".encode(), "역삼동".encode(), "분당구".encode(), "수원시".encode(), "시".encode(), "군".encode(), "구".encode(), "동".encode(), b" ", "각".encode(), "ㅇ".encode(), b"a", b"%", b"_", b"'",
    b"\0", "ᄀ".encode(), "\u0301".encode(), b"1", "가".encode(), "산".encode(), "중앙".encode(), "\u202e".encode(), "강낭".encode(), "ㅅㅇ".encode(), "청주".encode(),
)  # fmt: skip
_LETTER = (
    "(광고)".encode(), "무료수신거부 080-123-4567".encode(), b"x 02-123-4567", b"\r\n", b"\r", b"\n", b" ", b"\t", b"{name}", b"{number}", b"{", b"}", b"{x}", "\u202e".encode(), "\u0301".encode(), "\u2028".encode(), b"\x85",
    b"\x0b", b"\0", b"\xff", "각".encode(), "ᄀ".encode(), "ᅡ".encode(), b"x" * 200, "한".encode() * 100, b"080", b"1588-0001", b"+82", "\u200b".encode(), "👩‍👩".encode(), "\u1100".encode(),
)  # fmt: skip
_LEAVES = (
    "a", "강남역", "01055501234", "2026-11", "2026-11-22", "2026-11-22T01:02:03Z", "0001-01-01", "9999-12-31", "", " ", "\0", "\ud800", "\u202e", "x" * 90, "ᄀ", "VIP", "ko", "cash", "on", "done", "1", "-1", 0, 1, -1, 7, 20000, 2**63, 2**64, 10**30,
    37.5, 127.03, 1e308, -0.0, None, True, False, [1, 2], [21, 2], [None, 3], [3, None], ["2026-11-01", "2026-11-30"], ["VIP"], [1.5, 2], [True, 1],
)  # fmt: skip
_BYTES = tuple(bytes([n]) for n in range(256))
_MASKED = (
    b"010", b"01055501234", b"+82", b"82", b"10", b"02", b"1588", b"-", b" ", b"(", b")", b".", b"%2B", b"+", b"a", b"f", b"_", b'"', b"\\", b"<", b"&", b"\n", "‐".encode(), "０".encode(), b"*", b"****", b"2026-11-22",
    b"T01:02:03Z", b"25,000", b"cb1-1.1", *(b"%d" % digit for digit in range(10)),
)  # fmt: skip


def _drawn(kind: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), (90, 90, 90)).save(out, kind)
    return out.getvalue()


_JPEG, _PNG, _WEBP = _drawn("JPEG"), _drawn("PNG"), _drawn("WEBP")
_PHOTO = (
    _JPEG, _JPEG[:-2], _JPEG[:160], _JPEG[160:], _PNG, _PNG[:33], _PNG[33:], _WEBP, _WEBP[:20], _WEBP[20:], b"\xff\xd8\xff", b"\xff\xd9", b"\xff\xe1\x00\x20Exif\0\0", b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0", b"II*\0\x08\0\0\0",
    b"\xff\xfe\x00\x05abc", b"\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03", b"\xff\xda", b"\xff\xdb", b"\xff\xc4", b"\x89PNG\r\n\x1a\n", b"\0\0\0\rIHDR", b"\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0", b"\0\0\0\x04tEXta\0bc", b"IDAT", b"\0\0\0\0IEND\xaeB`\x82",
    b"RIFF\xff\xff\0\0WEBPVP8 ", b"VP8L", b"VP8X", b"EXIF", b"\0", b"\xff", b"/", b"\\", b"..", "계약서.pdf".encode(), b"a",
)  # fmt: skip

PARSERS = (
    Parser("desk-place-file", place_file, _CSV),
    Parser("desk-tariff-file", tariff_file, _CSV),
    Parser("desk-photo", photo, _PHOTO),
    Parser("desk-letter", letter, _LETTER),
    Parser("desk-segment", segment, _BYTES),
    Parser("desk-typed-place", typed_place, _PLACE, every=20),
    Parser("desk-typed-time", typed_time, _TIME),
    Parser("dialplan-cdr", call_records, _CDR),
    Parser("geocoders", geocoder, _BYTES),
    Parser("tape", recording, _TAPE),
    Parser("web-bodies", web_bodies, _BYTES),
    Parser("web-masking", masked, _MASKED),
)
