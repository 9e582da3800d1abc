"""Recordings go through the real path, at any speed, with the same rows at the end, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from callboard.__main__ import commands
from callboard.replay.dump import canonical
from callboard.replay.player import Outcome, Player
from callboard.replay.recording import open_recording, whole_header
from callboard.replay.site import played_site
from callboard.state import State
from tests.callboard.test_masking import masked_file
from tests.path.evening import QUESTION, REFUSAL, text_table

RECORDED = Path(__file__).parent.parent / "samples" / "ami"
NIGHT = Path(__file__).parent.parent / "samples" / "nights" / "evening.jsonl"


async def played(file: Path, state: Path, speed: float = 0) -> tuple[str, Outcome]:
    """The rows that come of a recording, and how the replay went."""
    items = open_recording(file)
    async with played_site(State(state), whole_header(items)) as site:
        outcome = await Player(site, items, speed).play()
        return await canonical(site.desk), outcome


def rows(text: str, table: str) -> list[dict[str, object]]:
    return [row for row in map(json.loads, text.splitlines()) if row["table"] == table]


@pytest.mark.parametrize(
    ("scene", "disposition"), [("answered", "answered"), ("abandoned", "abandoned"), ("withheld", "answered")]
)
async def test_a_recorded_call_becomes_one_row_that_ends_as_the_call_did(
    tmp_path: Path, scene: str, disposition: str
) -> None:
    State(tmp_path).make()
    text, _ = await played(RECORDED / f"{scene}.bin", tmp_path)
    (call,) = rows(text, "call")
    assert (call["state"], call["disposition"]) == ("ended", disposition)
    if scene == "withheld":
        assert (call["number"], call["presentation"]) == (None, "withheld")


async def test_the_same_recording_again_makes_no_second_call(tmp_path: Path) -> None:
    State(tmp_path).make()
    first, _ = await played(RECORDED / "answered.bin", tmp_path)
    again, _ = await played(RECORDED / "answered.bin", tmp_path)
    assert len(rows(first, "call")) == 1
    assert again == first


async def test_an_evening_gives_the_same_rows_at_every_speed(tmp_path: Path) -> None:
    """Seen failing with the machine's clock in place of the recording's."""
    texts = []
    for speed in (0, 100, 20):
        State(tmp_path / str(speed)).make()
        text, outcome = await played(NIGHT, tmp_path / str(speed), speed)
        texts.append(text)
        assert outcome.unlike == []
    assert texts[0] == texts[1] == texts[2]
    first, second, third = (order for order in rows(texts[0], "order") if order["call_id"])
    assert (first["origin_text"], first["destination_text"], first["fare"], first["state"]) == (
        "시청역", "잠실역", 20_000, "assigned",
    )  # fmt: skip
    assert (second["state"], second["number"]) == ("cancelled", "+821055506002")
    assert (third["state"], third["number"]) == ("assigned", "+821055506003")
    assert [call["source"] for call in rows(texts[0], "call")] == ["pbx", "pbx", "box", "pbx"]
    assert {call["state"] for call in rows(texts[0], "call")} == {"ended"}


async def test_a_masked_evening_gives_the_same_calls_and_orders_of_other_people(tmp_path: Path) -> None:
    masked_file(NIGHT, tmp_path / "masked.jsonl")
    texts = []
    for name, file in (("plain", NIGHT), ("masked", tmp_path / "masked.jsonl")):
        State(tmp_path / name).make()
        texts.append((await played(file, tmp_path / name))[0])
    shapes = [
        [(row["state"], row["disposition"], row["presentation"], row["arrived_at"]) for row in rows(text, "call")]
        for text in texts
    ]
    orders = [
        [(row["state"], row["fare"], row["call_id"], row["taken_at"]) for row in rows(text, "order") if row["call_id"]]
        for text in texts
    ]
    assert shapes[0] == shapes[1]
    assert orders[0] == orders[1]
    assert "55506001" not in texts[1]


async def test_what_people_texted_comes_again_and_is_read_as_it_was(tmp_path: Path) -> None:
    """Cut off after the texts. Seen failing with texts passed over by the player."""
    lines = NIGHT.read_bytes().splitlines(keepends=True)
    last = max(n for n, line in enumerate(lines) if b'"what":"text"' in line)
    (tmp_path / "cut.jsonl").write_bytes(b"".join(lines[: last + 1]))
    State(tmp_path).make()
    await played(tmp_path / "cut.jsonl", tmp_path)
    assert text_table(tmp_path) == [
        (1, "+821055506001", "15880001", QUESTION, 1, "other", "inbox"),
        (2, "+821055506001", "15880001", REFUSAL, 1, "opt_out", "opted_out"),
    ]


def test_what_is_no_recording_is_refused_in_words(tmp_path: Path) -> None:
    for content in (b"", b"hello", b'{"callboard":"recording","version":9}\n', b'{"t":1}\n'):
        (tmp_path / "x.jsonl").write_bytes(content)
        result = CliRunner().invoke(commands(), ["simulate", str(tmp_path / "x.jsonl")])
        assert result.exit_code == 1
        assert "cannot be played" in result.output
