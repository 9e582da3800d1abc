"""Asterisk's own account of its calls, read from records that it wrote (22.10.1), and from what should not be there."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from dialplan import cdr

LEG = (
    b'"cb21a1b51e-1795323928.0","cb21a1b51e-1795323928.4","","1001","callboard-operator",'
    b'"Local/1001@callboard-operator-00000001;2","PJSIP/op1001-00000001","1795323928.914958","1795323929.123050",'
    b'"1795323932.419670","3","ANSWERED","","",""\n'
)
UNANSWERED = (
    b'"cb21a1b51e-1795323928.0","cb21a1b51e-1795323928.0","01055501235","15880001","callboard-queue",'
    b'"PJSIP/callboard-trunk-00000000","Local/1002@callboard-operator-00000000;1","1795323928.411760",'
    b'"0.000000","1795323929.122856","0","NO ANSWER","15880001","allowed","%ED%99%8D%EA%B8%B8%EB%8F%99%20q"\n'
)


def test_a_callers_own_leg_and_a_phones_leg_are_read_with_all_that_they_tell() -> None:
    reading = cdr.read(UNANSWERED + LEG)
    assert (reading.size, reading.unread) == (len(UNANSWERED + LEG), 0)
    caller, phone = reading.records
    assert (caller.line, caller.number, caller.name, caller.presentation) == (
        "15880001",
        "01055501235",
        "%ED%99%8D%EA%B8%B8%EB%8F%99%20q",
        "allowed",
    )
    assert (caller.extension, caller.answered, caller.answered_at) == ("1002", False, None)
    assert caller.started_at == datetime(2026, 11, 22, 5, 5, 28, 411760, tzinfo=UTC)
    assert (phone.line, phone.extension, phone.answered) == (None, "1001", True)
    assert phone.answered_at == datetime(2026, 11, 22, 5, 5, 29, 123050, tzinfo=UTC)


def test_a_call_that_somebody_picked_up_was_had_by_his_phone() -> None:
    picked_up = UNANSWERED.replace(b"Local/1002@callboard-operator-00000000;1", b"PJSIP/op1003-0000000a")
    [caller] = cdr.read(picked_up.replace(b"NO ANSWER", b"ANSWERED")).records
    assert (caller.extension, caller.answered) == ("1003", True)


def test_a_record_without_its_end_is_left_for_the_next_time() -> None:
    for cut in range(len(LEG)):
        reading = cdr.read(UNANSWERED + LEG[:cut])
        assert (len(reading.records), reading.size, reading.unread) == (1, len(UNANSWERED), 0)


def test_a_record_cannot_be_put_into_a_field_of_another() -> None:
    for text in (UNANSWERED, UNANSWERED.replace(b'"', b"")):
        forged = LEG.replace(b'"1001","callboard-operator"', b'"x\n' + text.replace(b'"', b'""') + b'","y"')
        reading = cdr.read(forged + LEG)
        assert [record.extension for record in reading.records] == ["1001"]
        assert reading.size == len(forged + LEG)


def test_half_a_record_of_a_killed_asterisk_costs_no_record_behind_it() -> None:
    for cut in (3, 40, 120, len(LEG) - 3):
        reading = cdr.read(LEG[:cut] + b"\n" + UNANSWERED + LEG)
        assert [record.line for record in reading.records] == ["15880001", None]
        assert reading.unread == 1


def test_what_is_no_record_is_counted_and_passed_over() -> None:
    senseless = [b"\n", b"a,b\n", b'"' * 7 + b"\n", LEG.replace(b"1795323928.914958", b"yesterday"), b"\xff\x00\n"]
    reading = cdr.read(b"".join(senseless) + b'"\n' + LEG)
    assert len(reading.records) == 1
    assert reading.unread >= 4


def test_a_line_that_never_ends_is_given_up() -> None:
    reading = cdr.read(LEG + b'"' + b"x" * (cdr.RECORD_LIMIT + 10))
    assert (len(reading.records), reading.unread) == (1, 1)
    assert reading.size == len(LEG) + cdr.RECORD_LIMIT + 11


@given(st.binary(max_size=400), st.integers(0, 3))
def test_no_bytes_are_too_strange(data: bytes, whole: int) -> None:
    reading = cdr.read(LEG * whole + data)
    assert len(reading.records) >= whole
    assert 0 <= reading.size <= len(LEG * whole + data)
