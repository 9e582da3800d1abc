"""Where a prompt's sound is: in the caller's language, else in English. Standard library only.

sounds/<language>/callboard/<key>.wav     a prompt, made at set-up (or the site's own recording), 8 kHz, 16 bit, mono
sounds/<language>/places/<hash>.wav       a place's words, synthesised when its customer calls; may be absent
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

HEADER_BYTES = 44
BYTES_PER_SECOND = 16_000
FALLBACK = "en"
ENDING = ".wav"
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

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._root = str(self.folder)

    def find(self, language: str, prompt: str | Spoken) -> Sound | None:
        """The sound for a prompt key, or for words; None if there is none."""
        if isinstance(prompt, Spoken):
            return _sound(self._place(language, prompt.text))
        return _sound(self._prompt(language, prompt)) or _sound(self._prompt(FALLBACK, prompt))

    def prompt_file(self, language: str, key: str) -> Path:
        """Where the sound of a prompt belongs."""
        return Path(self._prompt(language, key) + ENDING)

    def place_file(self, language: str, text: str) -> Path:
        """Where the sound of a place's words belongs."""
        return Path(self._place(language, text) + ENDING)

    # Text and not Path: each prompt of each call is looked for anew, as a site may put its own recording there at any time.

    def _prompt(self, language: str, key: str) -> str:
        return f"{self._root}/{_safe(language)}/callboard/{_safe(key)}"

    def _place(self, language: str, text: str) -> str:
        digest = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
        return f"{self._root}/{_safe(language)}/places/{digest}"


def _safe(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be part of a sound's name")
    return name


def _sound(name: str) -> Sound | None:
    try:
        size = os.stat(name + ENDING).st_size
    except OSError:
        return None
    if size <= HEADER_BYTES:
        return None
    return Sound(name, (size - HEADER_BYTES) / BYTES_PER_SECOND)
