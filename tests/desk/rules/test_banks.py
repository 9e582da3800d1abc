"""Banks and account numbers as people write them."""

from __future__ import annotations

import re

import pytest

from desk.rules import banks


@pytest.mark.parametrize(
    "told", ["004", "국민", "국민은행", "KB국민은행", " 004 국민은행 ", "００４", "kookmin", "004 KB Kookmin"]
)
def test_a_korean_bank_is_known_by_its_digits_its_names_or_both(told: str) -> None:
    assert banks.bank(told, "KR") == "004"


@pytest.mark.parametrize("language", ["ko", "en"])
def test_what_is_shown_of_a_bank_is_read_again(language: str) -> None:
    for code in banks.KOREAN:
        assert banks.bank(banks.whole(code, language), "KR") == code
        assert banks.bank(banks.name(code, language), "KR") == code


@pytest.mark.parametrize("told", [" ", "아무은행", "999", "004 신한은행", "국민 110", "<b>"])
def test_in_korea_a_bank_that_is_none_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        banks.bank(told, "KR")


def test_elsewhere_a_bank_is_kept_as_it_is_written() -> None:
    assert banks.bank(" First  National ", "US") == "First National"
    with pytest.raises(ValueError, match="1234"):
        banks.bank("1234", "US")


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("110-123-456789", "110-123-456789"),
        (" 1101 2345 6789 ", "110123456789"),
        ("１２３４５６", "123456"),
        ("1" * 20, "1" * 20),
    ],
)
def test_an_account_is_digits_with_hyphens_between_them(told: str, kept: str) -> None:
    assert banks.account(told) == kept


@pytest.mark.parametrize(
    "told", [" ", "12345", "1" * 21, "-123456", "123456-", "12--3456", "123,456", "1.2E+11", "12345a", "٣٣٣٣٣٣"]
)
def test_what_is_no_account_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        banks.account(told)


def test_of_an_account_the_last_digits_are_shown() -> None:
    assert banks.masked("110-123-456789") == "****6789"
    assert banks.masked("123-456") == "****56"
