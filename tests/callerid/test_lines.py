"""From what a box says to calls: one ring is one call, whatever the box repeats or forgets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from callerid.lines import Lines
from callerid.reading import Kind, Reading
from desk.events import BoxCallAnswered, BoxCallGone, CallSeen

NOW = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)


def lines() -> Lines:
    return Lines("front", {"1": "15880001", "2": "15880002"}, quiet_s=60)


def caller(line: str = "1", number: str | None = "01012345678") -> Reading:
    return Reading(Kind.CALLER, line, number=number, presentation="allowed" if number else "unavailable")


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_a_ring_on_a_line_is_a_call_to_the_number_behind_it() -> None:
    (seen,) = lines().feed(caller("2"), NOW)
    assert isinstance(seen, CallSeen)
    assert (seen.source, seen.line, seen.number, seen.presentation) == ("box", "15880002", "01012345678", "allowed")
    assert seen.linkedid is None


def test_the_same_ring_told_again_is_the_same_call_even_when_the_number_is_missing_the_second_time() -> None:
    box = lines()
    box.feed(caller(), NOW)
    assert box.feed(caller(), after(2)) == []
    assert box.feed(caller(number=None), after(4)) == []


def test_another_number_on_a_ringing_line_ends_the_first_call_and_begins_the_second() -> None:
    box = lines()
    (first,) = box.feed(caller(), NOW)
    gone, second = box.feed(caller(number="01099998888"), after(3))
    assert gone == BoxCallGone(after(3), first.reference)
    assert isinstance(second, CallSeen)
    assert second.reference != first.reference


def test_the_same_number_again_after_hanging_up_is_a_second_call() -> None:
    box = lines()
    (first,) = box.feed(caller(), NOW)
    box.feed(Reading(Kind.ON_HOOK, "1"), after(2))
    (second,) = box.feed(caller(), after(5))
    assert second.reference != first.reference


def test_calls_that_are_read_in_the_same_moment_are_calls_of_their_own() -> None:
    box = lines()
    (first,) = box.feed(caller(), NOW)
    box.feed(Reading(Kind.ON_HOOK, "1"), NOW)
    (second,) = box.feed(caller(number="01099998888"), NOW)
    assert first.reference != second.reference


def test_lifting_and_putting_back_the_handset_answers_and_ends_the_call_once() -> None:
    box = lines()
    (seen,) = box.feed(caller(), NOW)
    assert box.feed(Reading(Kind.OFF_HOOK, "1"), after(3)) == [BoxCallAnswered(after(3), seen.reference)]
    assert box.feed(Reading(Kind.OFF_HOOK, "1"), after(4)) == []
    assert box.feed(Reading(Kind.ON_HOOK, "1"), after(60)) == [BoxCallGone(after(60), seen.reference)]
    assert box.feed(Reading(Kind.ON_HOOK, "1"), after(61)) == []


def test_a_line_that_goes_quiet_has_hung_up_and_an_answered_one_has_not() -> None:
    box = lines()
    (first,) = box.feed(caller("1"), NOW)
    box.feed(caller("2"), NOW)
    box.feed(Reading(Kind.OFF_HOOK, "2"), after(5))
    assert box.tick(after(59)) == []
    assert box.tick(after(61)) == [BoxCallGone(after(61), first.reference)]
    assert box.tick(after(3600)) == []


def test_two_lines_at_once_do_not_mix() -> None:
    box = lines()
    (one,) = box.feed(caller("1"), NOW)
    (two,) = box.feed(caller("2"), NOW)
    assert one.reference != two.reference
    assert box.feed(Reading(Kind.ON_HOOK, "2"), after(1)) == [BoxCallGone(after(1), two.reference)]


def test_a_line_without_a_number_of_ours_is_remembered_and_makes_no_call() -> None:
    box = lines()
    assert box.feed(caller("7"), NOW) == []
    assert box.unknown_lines == {"7"}
