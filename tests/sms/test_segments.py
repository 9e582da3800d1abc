"""Counting and cutting texts."""

from __future__ import annotations

import unicodedata

import pytest
from aiosmpplib import GSM7BitCodec
from hypothesis import given
from hypothesis import strategies as st

from desk.texts.alphabets import GSM7
from desk.texts.text_size import Segments, TooLong, alphabet_of, korean, segment


@pytest.mark.parametrize(
    ("text", "alphabet", "parts"),
    [
        ("a" * 160, "gsm7", 1),
        ("a" * 161, "gsm7", 2),
        ("a" * 153 * 2, "gsm7", 2),
        ("a" * (153 * 2 + 1), "gsm7", 3),
        ("€" * 80, "gsm7", 1),
        ("€" * 81, "gsm7", 2),
        ("가" * 70, "ucs2", 1),
        ("가" * 71, "ucs2", 2),
        ("가" * 134, "ucs2", 2),
        ("가" * 135, "ucs2", 3),
        ("😀" * 35, "ucs2", 1),
        ("😀" * 36, "ucs2", 2),
        ("a" * 70 + "가", "ucs2", 2),
    ],
)
def test_a_text_takes_as_many_parts_as_its_alphabet_allows(text: str, alphabet: str, parts: int) -> None:
    cut = segment(text)
    assert (cut.alphabet, len(cut.parts)) == (alphabet, parts)


def test_an_escaped_character_is_never_cut_in_two() -> None:
    cut = segment("a" * 152 + "€" + "a" * 20)
    assert [len(part) for part in cut.parts] == [152, 22]
    assert cut.parts[1].startswith(b"\x1b\x65")


def test_a_surrogate_pair_is_never_cut_in_two() -> None:
    cut = segment("가" * 66 + "😀" + "가" * 10)
    assert [len(part) for part in cut.parts] == [132, 24]


def test_each_part_of_a_long_text_begins_with_its_header() -> None:
    first, second = segment("가" * 72).with_headers(0x2A)
    assert (first[:6], len(first)) == (bytes.fromhex("0500032a0201"), 140)
    assert (second[:6], len(second)) == (bytes.fromhex("0500032a0202"), 16)


def test_a_short_text_has_no_header() -> None:
    assert segment("배차 12").with_headers(7) == (bytes.fromhex("bc30cc280020003100 32".replace(" ", "")),)


def test_decomposed_hangul_is_composed_before_it_is_counted() -> None:
    assert segment(unicodedata.normalize("NFD", "가" * 70)) == segment("가" * 70)


def test_a_text_of_more_than_255_parts_is_refused() -> None:
    with pytest.raises(TooLong):
        segment("가" * (67 * 255 + 1))


def test_the_alphabet_is_the_one_that_aiosmpplib_knows() -> None:
    encode = GSM7BitCodec.get_codec_info().encode
    assert {char: encode(char)[0] for char in GSM7} == GSM7


@given(st.text(min_size=1, max_size=600))
def test_no_part_is_too_long_and_nothing_is_lost(text: str) -> None:
    text = text.encode("utf-16", "ignore").decode("utf-16")
    cut: Segments = segment(text)
    assert all(len(part) <= 140 for part in cut.with_headers(0)) or cut.alphabet == "gsm7"
    if cut.alphabet == "ucs2":
        assert b"".join(cut.parts).decode("utf-16-be") == unicodedata.normalize("NFC", text)
        assert all(part.decode("utf-16-be") or not text for part in cut.parts)
    assert alphabet_of(unicodedata.normalize("NFC", text)) == cut.alphabet


@pytest.mark.parametrize(
    ("text", "octets", "kind", "lost"),
    [
        ("배차되었습니다", 14, "SMS", ""),
        ("기사님이 10분 후 도착합니다.", 28, "SMS", ""),
        ("가" * 45, 90, "SMS", ""),
        ("가" * 45 + "a", 91, "LMS", ""),
        ("가" * 1000, 2000, "LMS", ""),
        ("가" * 1000 + "a", 2001, "too long", ""),
        ("똠방각하", 8, "SMS", ""),
        ("요금 ₩25,000", 13, "SMS", ""),
        ("a\nb", 4, "SMS", ""),
        ("출발 😀 도착😀", 10, "SMS", "😀"),
    ],
)
def test_korean_carriers_count_bytes_of_cp949(text: str, octets: int, kind: str, lost: str) -> None:
    _, size = korean(text)
    assert (size.octets, size.kind, size.lost) == (octets, kind, lost)


def test_what_korean_carriers_lack_is_put_plainly() -> None:
    assert korean("서울—부산\u00a0₩100\u200b")[0] == "서울-부산 원100"
