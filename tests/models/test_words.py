"""Words by which customers are found, and what is typed for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.words import DIGITS, dialled, holds, initials, letters, wanted, words_of_customer


def test_a_customer_has_the_words_of_his_name_and_number() -> None:
    words = words_of_customer(7, "김민수", ["+821012345678"], []).split()
    assert words[0] == "office7"
    assert set(words[1:]) == set("김 김민 민수 ㄱ ㄱㅁ ㅁㅅ 0101 1012 0123 1234 2345 3456 4567 5678".split())  # noqa: SIM905


@pytest.mark.parametrize(
    ("typed", "runs"),
    [
        ("ㄳ", ["ㄱㅅ"]),
        ("ㅄㅀ", ["ㅂㅅㄹㅎ"]),
        ("０１０-１２", ["010", "12"]),
        ("Ａlex", ["alex"]),
        ("%_ .", []),
        ("\u1100\u1161", ["가"]),
    ],
)
def test_what_is_typed_is_letters_and_digits(typed: str, runs: list[str]) -> None:
    assert letters(typed) == runs


@given(st.text(alphabet="김이박민수철가각ab1 2-", min_size=1, max_size=12), st.data())
def test_every_part_of_a_name_is_found_by_words_that_the_name_has(name: str, data: st.DataObject) -> None:
    whole = "".join(letters(name))
    words = set(words_of_customer(1, name, [], []).split())
    for run in letters(name):
        assert set(wanted(run[0])) <= words
    for size in range(2, len(whole) + 1):
        at = data.draw(st.integers(0, len(whole) - size))
        part = whole[at : at + size]
        mixed = "".join(initials(char) if data.draw(st.booleans()) else char for char in part)
        for run in (part, mixed):
            assert holds(whole, run)
            assert set(wanted(run)) <= words


@given(st.integers(10_000_000, 99_999_999), st.integers(0, 7), st.integers(DIGITS, 11))
def test_any_digits_of_a_number_are_among_its_words(number: int, at: int, size: int) -> None:
    digits = dialled(f"+8210{number}")
    part = digits[at : at + size]
    words = set(words_of_customer(1, "", [f"+8210{number}"], []).split())
    assert len(part) < DIGITS or set(wanted(part)) <= words
