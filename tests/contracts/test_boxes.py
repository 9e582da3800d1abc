"""Every file in callerid/boxes, held against recorded bytes: whole, byte by byte, split, glued, in garbage, cut, endless."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callerid import boxes
from callerid.reading import Kind, Reading, as_model
from desk import plugins

SAMPLES = Path(__file__).parent.parent / "samples" / "callerid"
MODELS = plugins.names(boxes)


def samples(model: str) -> list[dict[str, Any]]:
    lines = (SAMPLES / model / "frames.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def decoder(model: str) -> Any:
    return as_model(plugins.load(boxes, model)).decoder("cp949")


def expected(sample: dict[str, Any]) -> list[tuple[Any, ...]]:
    if sample["kind"] is None:
        return []
    return [(Kind(sample["kind"]), sample["line"], sample.get("number"), sample.get("presentation", "allowed"))]


def told(readings: list[Reading]) -> list[tuple[Any, ...]]:
    return [(r.kind, r.line, r.number, r.presentation) for r in readings]


def meaningful(readings: list[Reading]) -> list[Reading]:
    return [reading for reading in readings if reading.kind is not Kind.NOISE]


@pytest.fixture(params=MODELS)
def model(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_model_declares_its_port_and_has_recorded_bytes(model: str) -> None:
    declared = as_model(plugins.load(boxes, model))
    assert declared.BAUD > 0
    assert isinstance(declared.HAS_CHECKSUM, bool)
    assert len(samples(model)) >= 5


def test_a_recording_is_read_as_it_says(model: str) -> None:
    for sample in samples(model):
        assert told(decoder(model).feed(bytes.fromhex(sample["hex"]))) == expected(sample), sample["says"]


def test_a_stream_is_read_alike_however_it_is_cut(model: str) -> None:
    stream = b"".join(bytes.fromhex(sample["hex"]) for sample in samples(model))
    whole = told(decoder(model).feed(stream))
    assert whole == [reading for sample in samples(model) for reading in expected(sample)]
    for split in range(1, len(stream)):
        reader = decoder(model)
        assert told(reader.feed(stream[:split]) + reader.feed(stream[split:])) == whole, split
    reader = decoder(model)
    assert told([reading for byte in stream for reading in reader.feed(bytes([byte]))]) == whole
    chance = random.Random(20261122)
    for _ in range(300):
        reader, rest, readings = decoder(model), stream, []
        while rest:
            cut = chance.randint(1, 40)
            readings += reader.feed(rest[:cut])
            rest = rest[cut:]
        assert told(readings) == whole


@pytest.mark.parametrize("noise", [b"\x00" * 200, b"\xff" * 200, b"U" * 200, b"\r\nRING\r\n", b"\x03\x03\x03"])
def test_a_good_frame_is_found_between_garbage(model: str, noise: bytes) -> None:
    for sample in samples(model):
        readings = decoder(model).feed(noise + bytes.fromhex(sample["hex"]) + noise)
        assert told(meaningful(readings)) == expected(sample), sample["says"]


def test_a_frame_that_was_cut_off_does_not_swallow_the_next(model: str) -> None:
    for sample in samples(model):
        frame = bytes.fromhex(sample["hex"])
        for cut in range(len(frame)):
            readings = meaningful(decoder(model).feed(frame[:cut] + frame))
            assert told(readings) == expected(sample), (sample["says"], cut)


def test_a_megabyte_without_an_end_is_not_kept(model: str) -> None:
    reader = decoder(model)
    assert meaningful(reader.feed(b"\x021I")) == []
    for _ in range(256):
        assert meaningful(reader.feed(b"9" * 4096)) == []
    assert deep_size(reader) < 8192
    good = next(sample for sample in samples(model) if sample["kind"] == "caller")
    assert told(meaningful(reader.feed(bytes.fromhex(good["hex"])))) == expected(good)


def deep_size(thing: Any) -> int:
    """How many bytes of stream an object of ours can be holding."""
    if isinstance(thing, bytes | bytearray | str):
        return len(thing)
    inner = vars(thing).values() if hasattr(thing, "__dict__") else ()
    return sum(deep_size(value) for value in inner)


@given(st.binary(max_size=300))
def test_no_bytes_at_all_raise(data: bytes) -> None:
    for model in MODELS:
        for reading in decoder(model).feed(data):
            assert reading.presentation in ("allowed", "withheld", "unavailable")
            assert (reading.number is None) or reading.presentation == "allowed"


def test_a_frame_with_noise_in_it_tells_of_no_call() -> None:
    for body in (b"1I0101234\x005678", b"1I\xb0\xa1\xb0\xa1", b"1I010\x7f12345678"):
        readings = decoder("korean_stx").feed(b"\x02" + body + b"\x03")
        assert meaningful(readings) == []
