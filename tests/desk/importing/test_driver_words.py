"""What people write of a driver's papers, days, hours and skills is read, and never guessed at."""

from __future__ import annotations

import pytest

from desk import trades
from desk.importing import driver_words

SKILLS = trades.load("proxy").skills


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("2027-03-01", "2027-03-01"),
        ("2027.3.1", "2027-03-01"),
        ("2027년 3월 1일", "2027-03-01"),
        ("20270301", "2027-03-01"),
        ("2027-03-01 00:00", "2027-03-01"),
    ],
)
def test_a_day_is_read_as_people_write_it(told: str, meant: str) -> None:
    assert driver_words.day(told) == meant


@pytest.mark.parametrize("told", ["", "soon", "2027-02-30", "27-03-01", "1999-01-01", "2027-3", "46000"])
def test_what_is_no_day_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        driver_words.day(told)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("월-금", "12345"),
        ("월~금", "12345"),
        ("평일", "12345"),
        ("Weekdays", "12345"),
        ("토,일", "67"),
        ("금토일", "567"),
        ("월요일, 수요일", "13"),
        ("Mon-Fri", "12345"),
        ("monday, sun", "17"),
        ("Tuesday-Thursday", "234"),
        ("토-월", "167"),
        ("12345", "12345"),
        ("매일", "1234567"),
    ],
)
def test_days_of_the_week_are_read_in_both_languages(told: str, meant: str) -> None:
    """Seen failing with a range over the weekend left empty."""
    assert driver_words.weekdays(told) == meant


@pytest.mark.parametrize("told", ["", "가끔", "0", "8", "월-가", "Moonday"])
def test_what_are_no_days_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        driver_words.weekdays(told)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("22:00-06:00", "22:00-06:00"),
        ("22~6", "22:00-06:00"),
        ("22시 ~ 6시", "22:00-06:00"),
        ("18:30 – 24:00", "18:30-00:00"),
    ],
)
def test_hours_are_read_as_people_write_them(told: str, meant: str) -> None:
    assert driver_words.hours(told) == meant


@pytest.mark.parametrize("told", ["", "night", "22:00", "25-6", "22:60-6", "24:30-6:00"])
def test_what_are_no_hours_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match=r"^"):
        driver_words.hours(told)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ("수동변속기, 자동변속기", ["automatic", "manual"]),
        ("manual gearbox; truck", ["manual", "truck"]),
        ("수동/대형", ["manual", "large"]),
        ("대형·승합", ["large"]),
        ("foreign", ["foreign"]),
    ],
)
def test_skills_are_named_as_on_the_pages_or_shorter(told: str, meant: list[str]) -> None:
    assert driver_words.skills(told, SKILLS) == meant


def test_a_skill_that_the_trade_does_not_have_is_refused() -> None:
    """Seen failing with what is not known left out in silence."""
    with pytest.raises(ValueError, match="잠수"):
        driver_words.skills("수동, 잠수", SKILLS)


def test_groups_are_divided_by_commas_and_not_too_many() -> None:
    assert driver_words.groups("야간, 강남팀,야간") == ["야간", "강남팀"]
    for told in (",".join(map(str, range(11))), "가" * 41):
        with pytest.raises(ValueError, match=r"^"):
            driver_words.groups(told)
