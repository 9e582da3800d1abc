"""Text from strangers, made plain."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.text import optional, plain


@pytest.mark.parametrize(
    "attack",
    [
        "<script>alert(1)</script>",
        "'; DROP TABLE call;--",
        "{{7*7}}",
        "${SHELL(id)}&x,y",
        "&lt;b&gt;",
        "%00%0a",
        "김철수",
    ],
)
def test_markup_and_code_are_kept_as_they_were_typed(attack: str) -> None:
    assert plain(attack) == attack


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("a\x00b\x1b[31mc", "a b [31mc"),
        ("\x10\x18 KIM", "KIM"),
        ("one\r\ntwo\u2028three", "one two three"),
        ("moc.\u202eevil", "moc.evil"),
        ("\u2066a\u2069\u200b\u200d\ufeffb", "ab"),
        ("김\u200b철\u2060수", "김철수"),
        ("\u3164\u115f\uffa0\u2800", ""),
        ("a\ud800b\ufffd", "ab"),
        ("a\ue000b\U0010ffff", "ab"),
        ("  a   b  ", "a b"),
        ("김철수", "김철수"),
        ("한\u200b글", "한글"),
        ("🙂 ok", "🙂 ok"),
    ],
)
def test_what_the_eye_cannot_see_is_removed(given_text: str, kept: str) -> None:
    assert plain(given_text) == kept


def test_a_flood_of_combining_marks_is_cut_to_what_a_script_needs() -> None:
    flood = plain("e" + "\u0301" * 500 + "x", 80)
    assert sum(1 for char in flood if unicodedata.combining(char)) <= 4
    assert flood.endswith("x") or len(flood) <= 80


def test_the_cut_is_at_the_limit_and_not_between_a_letter_and_its_mark() -> None:
    assert plain("가" * 500) == "가" * 80
    assert plain("ab" + "q\u0323\u0307", 3) == "ab"


def test_nothing_left_is_told_as_none() -> None:
    assert optional("\u200b \x00") is None
    assert optional(None) is None
    assert optional(" 김 ") == "김"


@given(st.text(max_size=400))
def test_any_text_becomes_short_plain_nfc_that_stays_as_it_is(text: str) -> None:
    kept = plain(text)
    assert len(kept) <= 80
    assert kept == unicodedata.normalize("NFC", kept)
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for char in kept)
    assert plain(kept) == kept
    kept.encode("utf-8")
