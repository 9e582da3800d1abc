"""Makes what callers hear: every text of `locales/<tag>/prompts.toml` becomes a sound that Asterisk plays as it is.

    text --espeak-ng--> 22 kHz WAV --sox--> 8 kHz, 16 bit, mono --rename--> sounds/<tag>/callboard/<key>.wav
    sounds-own/<tag>/<key>.wav (any rate, the site's own voice) --sox--> the same place; it wins.
        Under a name that is no prompt's: a greeting that a segment of customers may have (docs/customers.md)

A prompt is made again only when its text, its voice or the site's recording changed. Both programs come from the system,
or from the private Asterisk root, whose files run through that root's own loader.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import math
import os
import shutil
import struct
import tomllib
import wave
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from agi.sounds import NAME, Sounds
from callboard.pbx_engine import PbxError, Root

RATE = 8000
TONE = "tone"
TONE_HERTZ, TONE_SECONDS, TONE_LEVEL = 1000, 0.35, 9000
WORDS_PER_MINUTE = 165
TOOL_SECONDS = 20.0
PLACE_SECONDS = 5.0
PLACES_KEPT = 5000
PLACES_BETWEEN = 100
NICENESS = 19
"""Of the programs that speak: what comes too late is said by its rank, and must take no time from callers."""
PLACE_LETTERS = 60
MANIFEST = "made.json"
TRIM = (*("silence", "1", "0.02", "0.5%", "reverse") * 2,)
"""sox: no silence before and after what is said; callers have none to spare."""

Progress = Callable[[int, int, str], None]
log = structlog.get_logger(__name__)


class PromptError(Exception):
    """Prompts cannot be made; `str()` says what is missing or failed."""


@dataclass(frozen=True, slots=True)
class Tools:
    """How to start the two programs: the beginning of each command line."""

    espeak: tuple[str, ...]
    sox: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """One sound to make. `own` is the site's recording, `digest` stands for everything that the sound is made from."""

    language: str
    key: str
    text: str
    own: Path | None
    target: Path
    digest: str


def find_tools(root: Path | None = None) -> Tools:
    """The programs on the system, else in the private Asterisk root. Raises PromptError."""
    espeak, sox = shutil.which("espeak-ng"), shutil.which("sox")
    if espeak and sox:
        return Tools((espeak,), (sox,))
    if root is not None and (tools := _tools_in(root.absolute())):
        return tools
    missing = " and ".join(name for name, path in (("espeak-ng", espeak), ("sox", sox)) if not path)
    raise PromptError(f"{missing} cannot be found, so no prompts can be made: install it, or let the set-up fetch it.")


def _tools_in(root: Path) -> Tools | None:
    data = next(root.glob("usr/lib/*/espeak-ng-data"), None)
    if data is None:
        return None
    private = Root(root)
    try:
        espeak, sox = private.program("usr/bin/espeak-ng"), private.program("usr/bin/sox")
    except PbxError:
        return None
    return Tools((*espeak, f"--path={data.parent}"), sox)


def languages(locales: Path) -> list[str]:
    """The languages that have prompts."""
    return sorted(path.parent.name for path in locales.glob("*/prompts.toml"))


def texts(locales: Path, language: str) -> dict[str, str]:
    """What is said in this language, by key."""
    said = tomllib.loads((locales / language / "prompts.toml").read_text("utf-8"))
    return {key: str(text) for key, text in said.items()}


def wanted(locales: Path, sounds: Sounds, own: Path) -> list[Prompt]:
    """Every prompt of every language, whether made or not."""
    prompts = []
    for language in languages(locales):
        for key, text in (*texts(locales, language).items(), (TONE, "")):
            recording = own / language / f"{key}.wav"
            source = recording if recording.is_file() else None
            made_from = source.read_bytes() if source else f"{language} {WORDS_PER_MINUTE} {text}".encode()
            digest = hashlib.sha256(made_from).hexdigest()
            prompts.append(Prompt(language, key, text, source, sounds.prompt_file(language, key), digest))
        for key in _more(own / language, texts(locales, language)):
            recording = own / language / f"{key}.wav"
            digest = hashlib.sha256(recording.read_bytes()).hexdigest()
            prompts.append(Prompt(language, key, "", recording, sounds.prompt_file(language, key), digest))
    return prompts


def own_names(locales: Path, own: Path) -> tuple[str, ...]:
    """The names of the site's own recordings that are no prompt's: what a segment may greet its members with."""
    return tuple(sorted({name for tag in languages(locales) for name in _more(own / tag, texts(locales, tag))}))


def _more(own: Path, prompts: Mapping[str, str]) -> list[str]:
    names = sorted(file.stem for file in own.glob("*.wav")) if own.is_dir() else []
    return [name for name in names if name not in (*prompts, TONE) and len(name) <= 40 and NAME.fullmatch(name)]


def missing(locales: Path, sounds: Sounds, own: Path) -> list[Prompt]:
    """The prompts that are not made yet, or whose text, voice or recording has changed since."""
    made = _manifest(sounds)
    return [
        prompt
        for prompt in wanted(locales, sounds, own)
        if made.get(f"{prompt.language}/{prompt.key}") != prompt.digest or not prompt.target.exists()
    ]


async def make_prompts(locales: Path, sounds: Sounds, own: Path, tools: Tools, progress: Progress) -> int:
    """Make what is missing or has changed; how many were made. `progress(done, total, sentence)`. Raises PromptError."""
    due = missing(locales, sounds, own)
    made = _manifest(sounds)
    for done, prompt in enumerate(due):
        name = f"{prompt.language}/{prompt.key}"
        progress(done, len(due), f"prompt {name}")
        await _make(prompt, tools)
        made[name] = prompt.digest
        _keep_manifest(sounds, made)
    progress(len(due), len(due), f"{len(due)} prompts made")
    return len(due)


async def _make(prompt: Prompt, tools: Tools) -> None:
    if prompt.own is not None:
        try:
            await _convert(tools, prompt.own.read_bytes(), prompt.target, TOOL_SECONDS)
        except PromptError as error:
            log.warning("the site's recording cannot be used", file=str(prompt.own), reason=str(error))
        else:
            return
    if prompt.key == TONE:
        write_tone(prompt.target)
    else:
        await synthesise(tools, prompt.language, prompt.text, prompt.target, TOOL_SECONDS)


async def synthesise(tools: Tools, language: str, text: str, target: Path, seconds: float) -> None:
    """Speak `text` into `target`, whole or not at all. The text reaches the program as data, never as an argument."""
    voice = ("-v", language, "-s", str(WORDS_PER_MINUTE), "--stdin", "--stdout")
    spoken = await _run((*tools.espeak, *voice), text.encode(), seconds)
    await _convert(tools, spoken, target, seconds, *TRIM)


async def _convert(tools: Tools, sound: bytes, target: Path, seconds: float, *effects: str) -> None:
    shape = ("-V1", "-t", "wav", "-", "-t", "wav", "-r", str(RATE), "-c", "1", "-b", "16", "-e", "signed-integer", "-")
    converted = await _run((*tools.sox, *shape, *effects), sound, seconds)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_suffix(".new")
    with wave.open(str(beside), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(_samples(converted))
    beside.replace(target)


def _samples(sound: bytes) -> bytes:
    """The samples of a WAV that went through a pipe, whose lengths in the header mean nothing."""
    start = sound.find(b"data", 12)
    if not sound.startswith(b"RIFF") or start < 0:
        raise PromptError("sox made something that is no WAV file")
    samples = sound[start + 8 :]
    return samples[: len(samples) // 2 * 2]


def _homeless() -> dict[str, str]:
    """The environment without a home: espeak-ng's sound library leaves a folder there, though nothing is played."""
    return {**os.environ, "HOME": os.devnull, "XDG_CONFIG_HOME": os.devnull, "XDG_RUNTIME_DIR": os.devnull}


async def _run(command: Sequence[str], data: bytes, seconds: float) -> bytes:
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe, env=_homeless())
    except OSError as error:
        raise PromptError(f"{command[0]} cannot be started ({error.strerror}).") from error
    with contextlib.suppress(OSError):  # it may be over already
        os.setpriority(os.PRIO_PROCESS, process.pid, NICENESS)
    try:
        async with asyncio.timeout(seconds):
            out, complaint = await process.communicate(data)
    except TimeoutError:
        raise PromptError(f"{command[0]} took longer than {seconds:.0f} s.") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0 or not out:
        raise PromptError(f"{command[0]} failed: {complaint.decode(errors='replace').strip()[:200]}")
    return out


def write_tone(target: Path) -> None:
    """The tone after which the caller speaks, with soft edges so that it does not click."""
    count = int(RATE * TONE_SECONDS)
    edge = count // 10
    samples = [
        int(TONE_LEVEL * min(1.0, at / edge, (count - at) / edge) * math.sin(2 * math.pi * TONE_HERTZ * at / RATE))
        for at in range(count)
    ]
    target.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(target), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(struct.pack(f"<{count}h", *samples))


class PlaceVoice:
    """Speaks customers' usual places ahead of the question, as far as there is time; what fails is said by its rank."""

    def __init__(self, tools: Tools, sounds: Sounds) -> None:
        self._tools = tools
        self._sounds = sounds
        self._spoken = 0

    async def prepare(self, language: str, texts: Sequence[str]) -> None:
        """Make the sounds of these places that are not there yet. Never raises for a place that cannot be spoken."""
        for text in texts:
            target = self._sounds.place_file(language, text)
            if target.exists():
                os.utime(target)
                continue
            try:
                await synthesise(self._tools, language, text[:PLACE_LETTERS], target, PLACE_SECONDS)
            except (PromptError, OSError) as error:
                log.warning("a place could not be spoken", language=language, reason=str(error))
            else:
                self._spoken += 1
                if self._spoken % PLACES_BETWEEN == 1:
                    await asyncio.to_thread(_forget_oldest, target.parent)


def _forget_oldest(folder: Path) -> None:
    """Down to PLACES_KEPT sounds. A look at thousands of files, so not at each new one and not on the loop."""
    files = [entry for entry in os.scandir(folder) if entry.name.endswith(".wav")]
    for entry in sorted(files, key=lambda file: file.stat().st_mtime)[: max(0, len(files) - PLACES_KEPT)]:
        Path(entry.path).unlink(missing_ok=True)


def _manifest(sounds: Sounds) -> dict[str, str]:
    try:
        made = json.loads((sounds.folder / MANIFEST).read_text())
    except (OSError, ValueError):
        return {}
    return made if isinstance(made, dict) else {}


def _keep_manifest(sounds: Sounds, made: dict[str, str]) -> None:
    path = sounds.folder / MANIFEST
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(made, indent=1, sort_keys=True))
    beside.replace(path)
