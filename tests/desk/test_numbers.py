"""Numbers as they come in, as they are kept, as they are read and as they are logged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk import numbers
from desk.errors import Invalid
from desk.numbers import Number

MOBILE = "+821012345678"


@pytest.mark.parametrize(
    "written",
    [
        "010-1234-5678",
        "01012345678",
        "010 1234 5678",
        "(010) 1234-5678",
        "010.1234.5678",
        "+82 10 1234 5678",
        "+82-10-1234-5678",
        "+82 (0)10 1234 5678",
        "821012345678",
        "82 10 1234 5678",
        "10 1234 5678",
        "1012345678",
        "0082 10 1234 5678",
        "00700 82 10 1234 5678",
        "０１０－１２３４－５６７８",
        "+８２１０１２３４５６７８",
        "010\u20131234\u20115678",
        " 010-1234-5678\r\n",
        "tel:+82-10-1234-5678;phone-context=example.com",
        "sip:%2B821012345678@192.0.2.1",
    ],
)
def test_one_mobile_number_is_the_same_in_every_written_form(written: str) -> None:
    assert numbers.normalise(written, "KR") == Number(MOBILE, "allowed")


@pytest.mark.parametrize(
    ("written", "e164", "shown"),
    [
        ("02-345-6789", "+8223456789", "02-345-6789"),
        ("0212345678", "+82212345678", "02-1234-5678"),
        ("031-765-4321", "+82317654321", "031-765-4321"),
        ("07012345678", "+827012345678", "070-1234-5678"),
        ("0507-1234-5678", "+8250712345678", "0507-1234-5678"),
        ("05071234567", "+825071234567", "0507-123-4567"),
        ("1588-0001", "+8215880001", "1588-0001"),
        ("16441234", "+8216441234", "1644-1234"),
        ("18001234", "+8218001234", "1800-1234"),
        ("080-123-4567", "+82801234567", "080-123-4567"),
        ("+12025550123", "+12025550123", "+1 202-555-0123"),
    ],
)
def test_each_korean_shape_is_kept_as_e164_and_shown_as_it_is_written(written: str, e164: str, shown: str) -> None:
    assert numbers.normalise(written, "KR").e164 == e164
    assert numbers.display(e164, "KR") == shown
    assert numbers.normalise(shown, "KR").e164 == e164


@pytest.mark.parametrize("code", ["112", "119", "114", "120"])
def test_a_short_code_may_call_and_stands_as_it_is_dialled(code: str) -> None:
    assert numbers.normalise(code, "KR") == Number(code, "allowed")
    assert numbers.display(code, "KR") == code


@pytest.mark.parametrize(
    "mark",
    [
        "anonymous",
        "Anonymous",
        "anonymous.invalid",
        "sip:anonymous@anonymous.invalid",
        "P",
        "PRIVATE",
        "Withheld",
        "Restricted",
        "번호표시제한",
        "발신 번호 표시 제한",
    ],
)
def test_a_hidden_number_is_withheld(mark: str) -> None:
    assert numbers.normalise(mark, "KR") == Number(None, "withheld")


@pytest.mark.parametrize(
    "garbage",
    [
        None,
        "",
        "   ",
        "unknown",
        "O",
        "C",
        "OUT-OF-AREA",
        "9" * 60,
        "abc",
        "010-CALL-NOW",
        "*21*01012345678#",
        "#31#",
        "-",
        "0000000000",
        "12345",
        "1001",
        "+",
        "+82",
        "++82101234",
        "010-1234-5678'; DROP TABLE call;--",
        "🙂",
        "\x00\x01",
        "${SHELL(id)}",
        "+82112",
        "٣" * 11,
        "01012345678901",
        "\ud800",
    ],
)
def test_what_no_telephone_could_have_is_unavailable(garbage: str | None) -> None:
    assert numbers.normalise(garbage, "KR") == Number(None, "unavailable")


@given(st.text(max_size=200))
def test_no_text_can_break_the_reading_of_a_number(text: str) -> None:
    number = numbers.normalise(text, "KR")
    assert (number.e164 is not None) == (number.presentation == "allowed")
    if number.e164 is not None:
        assert len(number.e164) <= 20
        assert numbers.normalise(number.e164, "KR") == number


def test_a_number_that_its_owner_hides_is_not_kept_even_if_the_trunk_tells_it() -> None:
    assert numbers.seen("01012345678", "withheld", "KR") == Number(None, "withheld")
    assert numbers.seen("anonymous", "unavailable", "KR") == Number(None, "withheld")
    assert numbers.seen("01012345678", "unavailable", "KR") == Number(None, "unavailable")
    assert numbers.seen("01012345678", "allowed", "KR") == Number(MOBILE, "allowed")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+821012345678", "010-****-5678"),
        ("010-1234-5678", "010-****-5678"),
        ("01012345678", "010-****-5678"),
        ("+8223456789", "02-****-6789"),
        ("+8215880001", "1588-****"),
        ("call from 01012345678 failed", "call from 010-****-5678 failed"),
        ("+12025550123", "120-****-0123"),
        ("extension 1001", "extension 1001"),
        ("112", "112"),
        (None, ""),
    ],
)
def test_a_log_shows_no_whole_number(text: str | None, masked: str) -> None:
    assert numbers.masked(text) == masked


@pytest.mark.parametrize("number", ["112", "119", "114", "+82607001234", "01012345678", ""])
def test_emergency_short_and_premium_numbers_are_never_dialled_by_themselves(number: str) -> None:
    """Seen failing without the refusal of premium numbers, and without that of what is no whole number."""
    with pytest.raises(Invalid):
        numbers.dialled(number)


def test_a_number_is_dialled_as_from_its_own_country() -> None:
    assert numbers.dialled(MOBILE) == "01012345678"
    assert numbers.dialled("+8250712345678") == "050712345678"
    assert numbers.dialled("+8215880001") == "15880001"
    assert numbers.dialled(MOBILE, "US") == MOBILE
