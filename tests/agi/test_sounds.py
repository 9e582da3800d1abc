"""Where a sound is looked for, and how long it lasts."""

from __future__ import annotations

from pathlib import Path

import pytest

from agi.sounds import Sounds, Spoken


def put(path: Path, seconds: float) -> None:
    """A sound so long."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\0" * (44 + int(seconds * 16000)))


def test_a_prompt_is_found_in_the_callers_language_with_its_length(tmp_path: Path) -> None:
    sounds = Sounds(tmp_path)
    put(tmp_path / "ko/callboard/welcome.wav", 1.5)
    put(tmp_path / "en/callboard/welcome.wav", 1.0)
    found = sounds.find("ko", "welcome")
    assert found
    assert (found.name, found.seconds) == (str(tmp_path / "ko/callboard/welcome"), 1.5)


def test_english_stands_in_for_a_language_without_the_prompt(tmp_path: Path) -> None:
    put(tmp_path / "en/callboard/welcome.wav", 1.0)
    found = Sounds(tmp_path).find("ja", "welcome")
    assert found
    assert "/en/" in found.name


def test_an_empty_or_missing_sound_is_none(tmp_path: Path) -> None:
    put(tmp_path / "en/callboard/welcome.wav", 0)
    assert Sounds(tmp_path).find("en", "welcome") is None
    assert Sounds(tmp_path).find("en", "operator") is None
    assert Sounds(tmp_path).find("en", Spoken("강남역")) is None


@pytest.mark.parametrize("text", ["../../etc/passwd", "a\0b", "강남역 & 판교", "\ud800", "x" * 5000])
def test_no_place_leads_out_of_its_folder(tmp_path: Path, text: str) -> None:
    assert Sounds(tmp_path).place_file("ko", text).parent == tmp_path / "ko" / "places"


@pytest.mark.parametrize(
    ("language", "key"), [("../x", "welcome"), ("ko", "../welcome"), ("ko", ""), ("", "welcome"), ("ko\n", "a")]
)
def test_no_name_leads_out_of_its_folder(tmp_path: Path, language: str, key: str) -> None:
    with pytest.raises(ValueError, match="cannot be part"):
        Sounds(tmp_path).find(language, key)
