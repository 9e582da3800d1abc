"""Recorded streams of a real Asterisk become the desk's story: one call, each phone once, one end."""

from __future__ import annotations

import random

import pytest

from ami.message import Message
from ami.roster import Caller, Roster
from ami.settings import Settings
from ami.translate import translate
from desk.events import CallSeen, PhonePaused
from tests.ami.peer import event
from tests.ami.replay import AT, STORIES, ordered_rings, replay, sample, shorthand


def parts(stream: bytes) -> list[bytes]:
    return [raw + b"\r\n\r\n" for raw in stream.split(b"\r\n\r\n") if raw]


@pytest.mark.parametrize("scene", STORIES)
def test_a_scene_tells_its_story(scene: str) -> None:
    assert ordered_rings(shorthand(replay([sample(scene)]))) == STORIES[scene]


@pytest.mark.parametrize("scene", STORIES)
def test_a_scene_heard_twice_over_tells_each_fact_once(scene: str) -> None:
    doubled = b"".join(part + part for part in parts(sample(scene)))
    assert ordered_rings(shorthand(replay([doubled]))) == STORIES[scene]


@pytest.mark.parametrize("scene", STORIES)
def test_a_scene_with_its_beginning_cut_off_never_invents_a_call(scene: str) -> None:
    events = parts(sample(scene))
    for start in range(len(events)):
        told = shorthand(replay([b"".join(events[start:])]))
        assert len([word for word in told if word.startswith("seen")]) <= 1
        assert {word.split()[1] for word in told} <= {f"{scene}-1"}


@pytest.mark.parametrize("scene", STORIES)
def test_everything_is_forgotten_when_the_call_is_over(scene: str) -> None:
    roster = Roster(Settings())
    replay([sample(scene)], roster)
    assert not roster.callers
    assert not roster._bridges
    assert not roster._by_name
    assert not roster.channels


def test_any_order_and_any_gap_leaves_no_call_open_once_its_end_is_heard() -> None:
    events = parts(sample("transferred"))
    seeded = random.Random(7)
    end = next(
        at for at, raw in enumerate(events) if b"Event: Hangup\r\n" in raw and b"Uniqueid: transferred-1\r\n" in raw
    )
    for _ in range(200):
        shuffled = [raw for raw in events if raw is not events[end] and seeded.random() > 0.2]
        seeded.shuffle(shuffled)
        roster = Roster(Settings())
        replay([*shuffled, events[end]], roster)
        assert roster.callers == {}
        assert not roster.is_up("transferred-1")


def test_several_calls_at_once_do_not_mix() -> None:
    streams = [
        parts(sample("answered").replace(b"answered-1", f"many-{n}".encode()).replace(b"cbtest1-", f"n{n}-".encode()))
        for n in range(3)
    ]
    streams = [
        [part.replace(b"-0000000", f"-{n}000000".encode()) for part in stream] for n, stream in enumerate(streams)
    ]
    mixed = b"".join(b"".join(turn) for turn in zip(*streams, strict=True))
    told = shorthand(replay([mixed]))
    for n in range(3):
        mine = [word for word in told if word.split()[1] == f"many-{n}"]
        assert len(mine) == 5
        assert mine[-1] == f"gone many-{n} 16"


def test_the_roster_names_the_channel_that_answers_on_the_stand_in_phone() -> None:
    stream = parts(sample("answered"))
    ringing = b"".join(stream[: max(at for at, raw in enumerate(stream) if b"DialStatus: RINGING" in raw) + 1])
    roster = Roster(Settings())
    replay([ringing], roster)
    assert roster.is_up("answered-1")
    assert (roster.caller_channel("answered-1") or "").startswith("Local/15880001@callboard-incoming-")
    for extension in ("1001", "1002"):
        leg = roster.operator_leg("answered-1", extension) or ""
        assert leg.startswith(f"Local/{extension}@callboard-operator-")
        assert leg.endswith(";2")
    assert roster.ringing() == {"answered-1": {"1001", "1002"}}
    assert roster.operator_leg("answered-1", "1003") is None
    assert roster.operator_leg("nobody", "1001") is None


def test_a_real_phone_that_rings_is_not_answered_by_the_stand_in() -> None:
    stream = parts(sample("answered"))
    roster = Roster(Settings())
    replay([b"".join(stream[: max(at for at, raw in enumerate(stream) if b"DialStatus: RINGING" in raw) + 1])], roster)
    phone = event(
        "Newstate",
        Channel="PJSIP/op1001-00000001",
        ChannelState=5,
        ChannelStateDesc="Ringing",
        Uniqueid="x.9",
        Linkedid="answered-1",
    )
    replay([phone], roster)
    assert roster.operator_leg("answered-1", "1001") is None
    assert roster.operator_leg("answered-1", "1002") is not None


def told_by(message: bytes) -> list[str]:
    return shorthand(translate("UserEvent", Message(message), Roster(Settings()), AT))


def arrived(**fields: str) -> bytes:
    values = {
        "Uniqueid": "c.1",
        "Linkedid": "c.1",
        "UserEvent": "CallboardArrived",
        "Line": "15880001",
        "Number": "010",
        **fields,
    }
    return event("UserEvent", **values)


def test_an_arrival_without_a_name_or_with_an_odd_presentation_is_still_a_call() -> None:
    assert told_by(arrived(Presentation="allowed", Name="")) == ["seen c.1 15880001 010 allowed None"]
    assert told_by(arrived(Presentation="odd", Number="")) == ["seen c.1 15880001 None unavailable None"]


def test_a_name_is_decoded_once_whatever_it_holds() -> None:
    [seen] = translate(
        "UserEvent", Message(arrived(Name="%3Cb%3E%24%7BSHELL(id)%7D%0D%0AAction%3A%2041%2541")), Roster(Settings()), AT
    )
    assert isinstance(seen, CallSeen)
    assert seen.name == "<b>${SHELL(id)}\r\nAction: 41%41"
    [seen] = translate("UserEvent", Message(arrived(Name="%C8%AB%B1%E6%B5%BF")), Roster(Settings()), AT)
    assert isinstance(seen, CallSeen)
    assert seen.name == "홍길동"


def test_a_user_event_of_somebody_else_is_nothing_to_us() -> None:
    assert told_by(arrived(UserEvent="Other")) == []


def test_the_roster_is_bounded_and_says_when_it_forgot() -> None:
    roster = Roster(Settings(channel_limit=10))
    for n in range(11):
        replay([event("Newchannel", Channel=f"PJSIP/t-{n}", Uniqueid=f"u.{n}", Linkedid=f"u.{n}")], roster)
    assert len(roster.channels) == 10
    assert roster.overfull
    assert not roster.is_up("u.0")


def test_what_the_dialplan_tells_puts_right_what_a_list_told_before_it() -> None:
    roster = Roster(Settings())
    rows = [event("CoreShowChannel", Channel="PJSIP/t-1", Uniqueid="c.1", Linkedid="c.1", Context="callboard-incoming")]
    roster.rebuild(map(Message, rows))
    roster.callers["c.1"] = Caller("c.1", "15880001", None, None, "unavailable")
    told = [translate("UserEvent", Message(arrived(Presentation="withheld", Number="")), roster, AT) for _ in range(2)]
    assert [shorthand(events) for events in told] == [["seen c.1 15880001 None withheld None"], []]


def test_a_call_handed_back_is_told_with_the_phone_that_has_it_again() -> None:
    caller = Caller("c.1", "15880001", None, None)
    stays = [
        caller.talk({"1001"}),
        caller.talk(set()),
        caller.talk({"1002"}),
        caller.talk(set()),
        caller.talk({"1001"}),
    ]
    assert stays == [["1001"], [], ["1002"], [], ["1001"]]
    assert caller.holder == "1001"


def test_of_a_conference_somebody_who_is_still_there_has_the_call() -> None:
    caller = Caller("c.1", "15880001", None, None)
    assert caller.talk({"1001"}) == ["1001"]
    assert caller.talk({"1001", "1003"}) == ["1003"]
    assert caller.talk({"1001"}) == ["1001"]
    assert caller.talk({"1001"}) == []


def test_a_caller_in_a_room_of_somebody_else_is_still_looked_for() -> None:
    roster = Roster(Settings())
    fields = {"Channel": "PJSIP/t-1", "Uniqueid": "c.1", "Linkedid": "c.1", "Context": "elsewhere"}
    roster.rebuild([Message(event("CoreShowChannel", **fields))])
    assert list(roster.incoming()) == []
    assert [linkedid for linkedid, _ in roster.elsewhere()] == ["c.1"]


def test_of_a_local_channel_the_half_that_runs_the_dialplan_is_asked() -> None:
    roster = Roster(Settings())
    halves = [
        event("CoreShowChannel", Channel=f"Local/1@x-0;{n}", Uniqueid=u, Linkedid="c.1", Context="callboard-queue")
        for n, u in ((1, "c.1"), (2, "c.1;2"))
    ]
    roster.rebuild(map(Message, halves))
    assert [channel.name for _, channel in roster.incoming()] == ["Local/1@x-0;2"]


@pytest.mark.parametrize(
    ("interface", "reason", "told"),
    [
        ("Local/1001@callboard-operator/n", "", [PhonePaused(AT, "1001", True)]),
        ("Local/1001@callboard-operator/n", "lunch", [PhonePaused(AT, "1001", True)]),
        ("Local/1001@callboard-operator/n", "callboard:break", []),
        ("PJSIP/1001", "", []),
        ("Local/1001@elsewhere/n", "", []),
    ],
)
def test_a_pause_that_somebody_else_sets_is_told_and_ours_is_not(
    interface: str, reason: str, told: list[PhonePaused]
) -> None:
    """Seen failing without our mark: the late word of our own pause began another one."""
    message = Message(
        f"Event: QueueMemberPause\r\nInterface: {interface}\r\nPaused: 1\r\nPausedReason: {reason}".encode()
    )
    assert translate("QueueMemberPause", message, Roster(Settings()), AT) == told
