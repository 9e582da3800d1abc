"""Events that wait are bounded; what a list of channels gives back is thrown away first, and all of it is counted."""

from __future__ import annotations

from ami.backlog import Backlog

CALL_KINDS = ("UserEvent", "Hangup")


def names(backlog: Backlog) -> list[str]:
    found = []
    while (taken := backlog.take()) is not None:
        found.append(taken[0])
    return found


def test_call_kinds_are_kept_while_others_are_thrown_away_and_counted_by_name() -> None:
    backlog = Backlog(limit=100)
    for n in range(1000):
        backlog.put("Newstate" if n % 20 else CALL_KINDS[n // 20 % 2], b"Event: x")
        assert len(backlog) <= 100
    assert set(backlog.dropped_by) >= {"Newstate"}
    assert all(backlog.dropped_by[kind] == 0 for kind in CALL_KINDS)
    left = names(backlog)
    assert [name for name in left if name in CALL_KINDS] == list(CALL_KINDS) * 25
    assert len(left) + backlog.dropped == 1000
    assert backlog.torn


def test_more_call_kinds_than_there_is_room_for_are_bounded_counted_and_ask_for_the_whole_state() -> None:
    backlog = Backlog(limit=100)
    for _ in range(1000):
        backlog.put("Hangup", b"Event: x")
        assert len(backlog) <= 100
    assert backlog.torn
    assert backlog.dropped_by == {"Hangup": 1000 - len(backlog)}
