"""Delivery receipts, in the spellings that networks use."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms.outcome import Receipt
from sms.receipts import is_receipt, parse
from sms.smpp_pdu import HEADER, BadPdu, Deliver, deliver, header

SAMPLES = Path(__file__).parents[1] / "samples" / "sms" / "smpp"


def sample(name: str) -> Deliver:
    data = bytes.fromhex((SAMPLES / f"{name}.hex").read_text())
    assert header(data[: HEADER.size]).length == len(data)
    return deliver(data[HEADER.size :])


def read(name: str) -> Receipt | None:
    got = sample(name)
    assert is_receipt(got.esm_class, got.tlvs)
    return parse(got.short_message, got.tlvs)


def test_a_recorded_receipt_names_its_text_and_its_fate() -> None:
    assert read("receipt-delivered") == Receipt("M00000001", "delivered", "DELIVRD")


def test_a_recorded_receipt_of_an_undelivered_text_carries_the_networks_error() -> None:
    assert read("receipt-undelivered") == Receipt("M00000002", "failed", "UNDELIV 027")


def test_a_recorded_receipt_without_optional_parameters_is_read_from_its_text() -> None:
    assert read("receipt-text-only") == Receipt("M00000003", "delivered", "DELIVRD")


def test_a_recorded_text_from_a_person_is_no_receipt() -> None:
    got = sample("text-from-a-person")
    assert not is_receipt(got.esm_class, got.tlvs)


@pytest.mark.parametrize(
    ("text", "receipt"),
    [
        (b"id:1 stat:DELIVRD err:000", Receipt("1", "delivered", "DELIVRD")),
        (b"ID:1 STAT:delivrd ERR:000", Receipt("1", "delivered", "DELIVRD")),
        (b"stat:EXPIRED id:1", Receipt("1", "expired", "EXPIRED")),
        (b"id:1 sub:001 submit date:261122001500 done date:261122001501 stat:ACCEPTD", Receipt("1", "sent", "ACCEPTD")),
        (b"id:1 stat:ENROUTE err:", Receipt("1", "sent", "ENROUTE")),
        (b"id:1 stat:REJECTD err:E1f", Receipt("1", "failed", "REJECTD E1f")),
        (b"id:1 stat:DELETED", Receipt("1", "failed", "DELETED")),
        (b"id:1 stat:UNKNOWN", Receipt("1", "unknown", "UNKNOWN")),
        (b"id:1 stat:BANANA", Receipt("1", "unknown", "BANANA")),
        (b"id:1", Receipt("1", "unknown", None)),
        (b"id:1 stat:UNDELIV text: stat:DELIVRD id:2", Receipt("1", "failed", "UNDELIV")),
        (b"id:1 stat:UNDELIV err:001 Text:id:2", Receipt("1", "failed", "UNDELIV 001")),
        (b"id:1 text: stat:DELIVRD", Receipt("1", "unknown", None)),
        (b"stat:DELIVRD", None),
        (b"", None),
        (b"id: stat:DELIVRD", None),
    ],
)
def test_the_text_of_a_receipt_is_read_by_key(text: bytes, receipt: Receipt | None) -> None:
    assert parse(text, {}) == receipt


def test_the_optional_parameters_win_over_the_text() -> None:
    assert parse(b"id:9 stat:UNDELIV", {0x001E: b"A1\0", 0x0427: b"\x02"}) == Receipt("A1", "delivered", "DELIVRD")


def test_an_id_in_another_base_is_written_as_the_answer_wrote_it() -> None:
    assert parse(b"id:2748 stat:DELIVRD", {}, "decimal of hexadecimal") == Receipt("ABC", "delivered", "DELIVRD")
    assert parse(b"id:abc stat:DELIVRD", {}, "hexadecimal of decimal") == Receipt("2748", "delivered", "DELIVRD")
    assert parse(b"id:x-1 stat:DELIVRD", {}, "decimal of hexadecimal") == Receipt("x-1", "delivered", "DELIVRD")


@given(st.binary(max_size=200), st.dictionaries(st.sampled_from([0x001E, 0x0427, 1]), st.binary(max_size=80)))
def test_no_bytes_break_the_reader(text: bytes, tlvs: dict[int, bytes]) -> None:
    got = parse(text, tlvs)
    assert got is None or (got.provider_id.isprintable() and len(got.provider_id) <= 80)


@given(st.binary(max_size=200))
def test_a_broken_deliver_sm_is_a_bad_pdu_and_nothing_else(body: bytes) -> None:
    with suppress(BadPdu):
        deliver(body)


@pytest.mark.parametrize("length", [0, 15, 70_001, 0xFFFFFFFF])
def test_a_length_that_no_pdu_has_is_refused(length: int) -> None:
    with pytest.raises(BadPdu):
        header(HEADER.pack(length, 0, 0, 0))
