"""Prompts are really spoken by espeak-ng and sox of this machine or beside the private Asterisk, which plays them as they are."""

from __future__ import annotations

import os
import wave
from pathlib import Path

import pytest

from agi.sounds import Sounds, Spoken
from callboard.instance import ROOT
from callboard.prompts import (
    PlaceVoice,
    PromptError,
    Tools,
    find_tools,
    languages,
    make_prompts,
    texts,
    wanted,
    write_tone,
)

LOCALES = Path(__file__).parents[2] / "locales"


@pytest.fixture
def locales(tmp_path: Path) -> Path:
    """Two prompts in two languages."""
    for language, text in (("ko", "안녕하세요."), ("en", "Hello.")):
        folder = tmp_path / "locales" / language
        folder.mkdir(parents=True)
        (folder / "prompts.toml").write_text(f'welcome = "{text}"\n', "utf-8")
    return tmp_path / "locales"


async def make(locales: Path, tmp_path: Path, tools: Tools | None = None) -> int:
    """Make what is missing."""
    return await make_prompts(
        locales, Sounds(tmp_path / "sounds"), tmp_path / "own", tools or find_tools(ROOT), lambda *_: None
    )


def shape(path: Path) -> tuple[int, int, int]:
    """Rate, channels, bytes a sample."""
    with wave.open(str(path)) as file:
        return file.getframerate(), file.getnchannels(), file.getsampwidth()


async def test_every_prompt_is_spoken_at_eight_kilohertz(locales: Path, tmp_path: Path) -> None:
    assert await make(locales, tmp_path) == 4
    for path in (tmp_path / "sounds").glob("*/callboard/*.wav"):
        assert shape(path) == (8000, 1, 2)
        with wave.open(str(path)) as file:
            assert max(file.readframes(file.getnframes())) > 100
    assert Sounds(tmp_path / "sounds").find("ko", "tone")


async def test_only_what_changed_is_made_again(locales: Path, tmp_path: Path) -> None:
    await make(locales, tmp_path)
    assert await make(locales, tmp_path) == 0
    (locales / "en" / "prompts.toml").write_text('welcome = "Good evening."\n')
    assert await make(locales, tmp_path) == 1
    (tmp_path / "sounds/ko/callboard/tone.wav").unlink()
    assert await make(locales, tmp_path) == 1


async def test_a_site_s_own_recording_wins_whatever_its_rate(locales: Path, tmp_path: Path) -> None:
    await make(locales, tmp_path)
    own = tmp_path / "own/ko/welcome.wav"
    own.parent.mkdir(parents=True)
    with wave.open(str(own), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(b"\1\2\3\4" * 44100 * 3)
    assert await make(locales, tmp_path) == 1
    found = Sounds(tmp_path / "sounds").find("ko", "welcome")
    assert found
    assert found.seconds == pytest.approx(3.0, abs=0.05)
    assert shape(Path(found.name + ".wav")) == (8000, 1, 2)


async def test_a_recording_that_is_none_gives_way_to_our_voice(locales: Path, tmp_path: Path) -> None:
    own = tmp_path / "own/ko/welcome.wav"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"not a sound")
    await make(locales, tmp_path)
    assert Sounds(tmp_path / "sounds").find("ko", "welcome")


async def test_progress_says_what_and_how_far(locales: Path, tmp_path: Path) -> None:
    steps: list[tuple[int, int, str]] = []
    await make_prompts(
        locales, Sounds(tmp_path / "s"), tmp_path / "own", find_tools(ROOT), lambda *step: steps.append(step)
    )
    assert steps[0] == (0, 4, "prompt en/welcome")
    assert steps[-1][:2] == (4, 4)


async def test_a_text_is_data_to_the_voice_and_never_an_option(tmp_path: Path) -> None:
    sounds = Sounds(tmp_path)
    text = '-w /tmp/x "$(id)" `id` <voice name="x">\n--version'
    await PlaceVoice(find_tools(ROOT), sounds).prepare("ko", [text])
    assert sounds.find("ko", Spoken(text))
    assert [path.name for path in (tmp_path / "ko/places").iterdir()] == [sounds.place_file("ko", text).name]


async def test_a_place_is_spoken_once_and_counts_as_used_again(tmp_path: Path) -> None:
    sounds = Sounds(tmp_path)
    voice = PlaceVoice(find_tools(ROOT), sounds)
    await voice.prepare("ko", ["강남역"])
    path = sounds.place_file("ko", "강남역")
    os.utime(path, (1, 1))
    before = path.read_bytes()
    await voice.prepare("ko", ["강남역"])
    assert path.read_bytes() == before
    assert path.stat().st_mtime > 1


async def test_the_places_spoken_longest_ago_make_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("callboard.prompts.PLACES_KEPT", 10)
    sounds = Sounds(tmp_path)
    oldest = sounds.place_file("ko", "0")
    for number in range(10):
        write_tone(sounds.place_file("ko", str(number)))
        os.utime(sounds.place_file("ko", str(number)), (number, number))
    await PlaceVoice(find_tools(ROOT), sounds).prepare("ko", ["판교역"])
    assert not oldest.exists()
    assert sounds.place_file("ko", "판교역").exists()


async def test_a_voice_that_fails_costs_a_caller_nothing(tmp_path: Path) -> None:
    voice = PlaceVoice(Tools(("false",), ("false",)), Sounds(tmp_path))
    await voice.prepare("ko", ["강남역"])
    assert Sounds(tmp_path).find("ko", Spoken("강남역")) is None


async def test_a_failing_tool_is_named(locales: Path, tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="false"):
        await make(locales, tmp_path, Tools(("false",), ("false",)))
    with pytest.raises(PromptError, match="cannot be started"):
        await make(locales, tmp_path, Tools((str(tmp_path / "none"),), ("sox",)))


def test_without_the_tools_it_is_said_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(PromptError, match="espeak-ng and sox"):
        find_tools(tmp_path)


def test_every_prompt_has_a_text_in_every_language() -> None:
    assert languages(LOCALES) == ["en", "ko"]
    keys = [set(texts(LOCALES, language)) for language in languages(LOCALES)]
    assert keys[0] == keys[1]
    assert all(text.strip() for language in languages(LOCALES) for text in texts(LOCALES, language).values())


def test_every_prompt_has_a_place_for_its_sound(tmp_path: Path) -> None:
    targets = [prompt.target for prompt in wanted(LOCALES, Sounds(tmp_path), tmp_path / "own")]
    assert len(set(targets)) == len(targets) > 20
