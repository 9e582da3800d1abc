"""A9. Recorded logs of the real Asterisk 22, replayed whole, cut off, out of order, doubled and with gaps.

`CALLBOARD_FAULTS=full` replays more than 10,000 times. Seen failing before what they hold was there: who has the call (`holder`
in ami/roster.py: handed_back), what a list shows before the arrival (`_completed` in desk/call/arrival.py and `told` in
ami/roster.py: every recording, cut off and thinned), the half that knows the number (`Roster.incoming`: picked_up, cut off), the
phone behind a leg (`_leads_on` in ami/roster.py: refer_blind and refer_attended, cut off).
"""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ami.roster import Roster
from ami.translate import translate
from desk.bus import Bus
from desk.events import PhoneAnswered
from desk.work import Desk, open_engine
from tests.faults.conftest import Figure
from tests.faults.replayed import (
    SETTINGS,
    End,
    Rig,
    Told,
    doubled,
    is_heard_to_go,
    lines_of,
    pictures,
    recorded,
    scenes,
    shuffled,
    somebody_talks,
    thinned,
    told_to_have,
    unseen,
    untouched,
)

Count = Callable[[int, int], int]

FULL_SEEDS = 185
"""For each way and recording: with the cuts, more than 10,000 replays."""

CALLER, OTHER = "+821012345678", "+82212345678"


def answered(by: str, number: str | None = CALLER) -> End:
    return End(number, "allowed" if number else "withheld", "ended", "answered", by)


def abandoned(number: str) -> End:
    return End(number, "allowed", "ended", "abandoned", None)


ENDS: dict[str, dict[str, End]] = {
    "abandoned": {"abandoned-1": abandoned(OTHER)},
    "anonymous": {"anonymous-0": answered("1002", None)},
    "answered": {"answered-1": answered("1001")},
    "attended": {"attended-1": answered("1002")},
    "attended_by_bridge": {"attended_by_bridge-0": answered("1001")},
    "blonde": {"blonde-1": answered("1002")},
    "busy": {"busy-0": answered("1002")},
    "cancelled": {"cancelled-0": abandoned(CALLER)},
    "conference": {"conference-1": answered("1002")},
    "consulted_only": {"consulted_only-1": answered("1001")},
    "crashed": {"crashed-1": unseen(answered("1001")), "crashed-2": unseen(abandoned(OTHER))},
    "early_media": {"early_media-0": answered("1002")},
    "from_abroad": {"from_abroad-0": answered("1001")},
    "gone_on_hold": {"gone_on_hold-0": answered("1001")},
    "handed_back": {"handed_back-1": answered("1001")},
    "hold_by_caller": {"hold_by_caller-0": answered("1002")},
    "hold_by_operator": {"hold_by_operator-0": answered("1001")},
    "kept_up": {"kept_up-0": answered("1001")},
    "operator_hung_up": {"operator_hung_up-1": answered("1001")},
    "originated": {},
    "picked_up": {"picked_up-1": answered("1003")},
    "refer_attended": {"refer_attended-0": answered("1001")},
    "refer_back": {"refer_back-0": answered("1002")},
    "refer_blind": {"refer_blind-0": answered("1001")},
    "refer_ringing": {"refer_ringing-0": answered("1001")},
    "restarted": {"restarted-1": answered("1001"), "restarted-2": abandoned(OTHER)},
    "rung_again": {"rung_again-1": answered("1002")},
    "same_number_twice": {"same_number_twice-0": answered("1001"), "same_number_twice-8": abandoned(CALLER)},
    "three_phones": {"three_phones-1": answered("1003")},
    "transferred": {"transferred-1": answered("1002")},
    "two_callers": {"two_callers-1": answered("1002"), "two_callers-2": answered("1001", OTHER)},
    "untold": {"untold-1": answered("1001")},
    "withheld": {"withheld-1": answered("1002", None)},
}


@pytest.fixture(params=scenes())
def scene(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def rig(sqlite_template: Path) -> AsyncIterator[Rig]:
    # In memory where there is a place for it: what is promised here is not that a disk keeps it.
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as room:
        file = Path(room) / "callboard.db"
        shutil.copyfile(sqlite_template, file)
        engine = open_engine(f"sqlite+aiosqlite:///{file}")
        yield await Rig(Desk(engine, Bus())).build()
        await engine.dispose()


def crashes(scene: str) -> bool:
    """No end is heard in it: only the next look at the PBX tells."""
    return scene == "crashed"


async def test_every_recording_ends_as_the_call_did(rig: Rig, scene: str) -> None:
    told = recorded(scene)
    assert await rig.replay(scene, told, lines_of(told), and_after=crashes(scene)) == ENDS[scene]


def test_what_events_tell_is_what_asterisk_says_is_up(scene: str) -> None:
    told = recorded(scene)
    for index, (one, up) in enumerate(zip(told, pictures(told), strict=False)):
        if one.rows is not None:
            assert channels(up) == channels(one), f"picture at {index}"


def channels(picture: Told) -> set[tuple[str | None, ...]]:
    rows = (Told(row).message for row in picture.rows or ())
    return {
        tuple(row.text(key) for key in ("Channel", "Uniqueid", "ChannelState", "CallerIDNum", "BridgeId"))
        for row in rows
    }


async def test_a_recording_cut_off_at_any_event_ends_the_same(
    rig: Rig, scene: str, count: Count, chance: random.Random
) -> None:
    told = recorded(scene)
    callers, whole, up = lines_of(told), ENDS[scene], pictures(told)
    cuts = range(len(told) + 1)
    for cut in sorted(chance.sample(cuts, min(count(4, len(cuts)), len(cuts)))):
        ends = await rig.replay(scene, [up[cut], *told[cut:]], callers, and_after=crashes(scene))
        expected = {
            linkedid: end if any(somebody_talks(picture, linkedid) for picture in up[cut:]) else untouched(end)
            for linkedid, end in whole.items()
            if not is_over(linkedid, told[:cut])
        }
        assert {linkedid: ends.get(linkedid) for linkedid in expected} == expected, f"cut at {cut}"
        assert set(ends) <= set(whole)
        assert {end.state for end in ends.values()} <= {"ended"}


def is_over(linkedid: str, told: list[Told]) -> bool:
    """Whether the caller's own channel had gone; who has gone before the cut is nobody that a list could tell of."""
    gone = any(
        one.message.text("Event") == "Hangup" and one.message.text("Uniqueid") == linkedid for one in told if one.raw
    )
    return gone or (linkedid.startswith(("crashed", "restarted")) and sum(one.fresh for one in told) > 1)


@pytest.mark.parametrize("way", ["shuffled", "doubled", "both"])
async def test_events_out_of_order_or_told_twice_change_no_end(
    rig: Rig, scene: str, way: str, count: Count, chance: random.Random
) -> None:
    told = recorded(scene)
    callers = lines_of(told)
    for turn in range(count(1, FULL_SEEDS if way != "both" else FULL_SEEDS // 2)):
        stream = doubled(told, chance) if way != "shuffled" else told
        stream = shuffled(stream, chance) if way != "doubled" else stream
        assert await rig.replay(scene, stream, callers, and_after=crashes(scene)) == ENDS[scene], f"turn {turn}"


async def test_with_events_missing_every_call_is_there_nobody_is_invented_and_the_account_puts_it_right(
    rig: Rig, scene: str, count: Count, chance: random.Random, figure: Figure
) -> None:
    """What still came is used: one event or picture that names caller and phone is enough. What did not come is absent until
    Asterisk's own account is read; then the row says as it does whether somebody answered.
    """
    told = recorded(scene)
    callers, whole, up = lines_of(told), ENDS[scene], pictures(told)
    for turn in range(count(2, FULL_SEEDS)):
        stream = thinned(told, up, chance)
        ends = await rig.replay(scene, stream, callers, and_after=True)
        assert set(ends) == set(whole), f"turn {turn}"
        for linkedid, end in ends.items():
            right, had = whole[linkedid], told_to_have(stream, linkedid)
            told_right = replace(right, extension=end.extension)
            assert end.extension in {None, *told_to_have(told, linkedid)}, f"turn {turn}: invented"
            if right.extension in had:
                assert end.extension == right.extension, f"turn {turn}: the phone that had it last was told of"
            if is_heard_to_go(stream, linkedid):
                assert end == (told_right if end.extension else untouched(right)), f"turn {turn}"
            else:
                assert end == unseen(told_right), f"turn {turn}"
            assert end.extension or not had, f"turn {turn}: an answer was told of"
            if not crashes(scene):
                end = await rig.account(linkedid, right.extension)
                assert end == replace(right, extension=end.extension), f"turn {turn}: after the account"
                assert end.extension in {right.extension, *told_to_have(told, linkedid)}, f"turn {turn}"
    figure("A9", "replays of this recording with gaps", rig.replays, "replays")


TRUNK, PUT_THROUGH_BY, FIRST_HALF, SECOND_HALF = (
    "PJSIP/callboard-trunk-00000000",
    "PJSIP/op1002-00000003",
    "Local/1002@callboard-operator-00000000;1",
    "Local/1002@callboard-operator-00000000;2",
)
AT = datetime(2026, 11, 23, tzinfo=UTC)
CUT = {("BridgeLeave", TRUNK), ("BridgeLeave", FIRST_HALF)}


@pytest.mark.parametrize(
    "missing",
    [
        set(),
        CUT,
        CUT | {("Hangup", FIRST_HALF)},
        CUT | {("Hangup", FIRST_HALF), ("BridgeLeave", SECOND_HALF)},
        {("BridgeLeave", PUT_THROUGH_BY), ("Hangup", PUT_THROUGH_BY)},
    ],
)
def test_whom_a_caller_was_put_through_to_has_him_whatever_is_not_told_of_the_legs_before(
    missing: set[tuple[str, str]],
) -> None:
    """Seen failing where a leg whose phone had gone was taken for a phone that talks."""
    roster, answers = Roster(SETTINGS), list[str]()
    for one in recorded("refer_attended"):
        event, channel = one.message.text("Event"), one.message.text("Channel")
        if one.raw and (event, channel) not in missing:
            told = translate(event or "", one.message, roster, AT)
            answers += [each.extension for each in told if isinstance(each, PhoneAnswered)]
    assert answers == ["1002", "1001"]
