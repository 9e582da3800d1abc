"""Where a prompt's sound is: a site's own recording first, then ours, then ours in English. Standard library only.

own/<language>/<key>.wav                  recorded by the site
sounds/<language>/callboard/<key>.wav     synthesised at set-up, 8 kHz, 16 bit, mono
sounds/<language>/places/<hash>.wav       a place's words, synthesised when its customer calls; may be absent
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

HEADER_BYTES = 44
BYTES_PER_SECOND = 16_000
FALLBACK = "en"
NAME = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Spoken:
    """Words that are no prompt of ours, such as the name of a place."""

    text: str


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound as Asterisk wants it named (absolute, without its ending) and how long it lasts."""

    name: str
    seconds: float


class Sounds:
    """The sounds of one state folder."""

    def __init__(self, folder: Path, own: Path) -> None:
        self.folder = folder.absolute()
        self.own = own.absolute()

    def find(self, language: str, prompt: str | Spoken) -> Sound | None:
        """The sound for a prompt key, or for words; None if there is none."""
        if isinstance(prompt, Spoken):
            return _sound(self.place_file(language, prompt.text))
        for tag in dict.fromkeys((language, FALLBACK)):
            for path in (self.own / _safe(tag) / f"{_safe(prompt)}.wav", self.prompt_file(tag, prompt)):
                if sound := _sound(path):
                    return sound
        return None

    def prompt_file(self, language: str, key: str) -> Path:
        """Where our own recording of a prompt belongs."""
        return self.folder / _safe(language) / "callboard" / f"{_safe(key)}.wav"

    def place_file(self, language: str, text: str) -> Path:
        """Where the sound of a place's words belongs."""
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
        return self.folder / _safe(language) / "places" / f"{digest}.wav"


def _safe(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be part of a sound's name")
    return name


def _sound(path: Path) -> Sound | None:
    try:
        size = path.stat().st_size
    except OSError:
        return None
    if size <= HEADER_BYTES:
        return None
    return Sound(str(path.with_suffix("")), (size - HEADER_BYTES) / BYTES_PER_SECOND)
