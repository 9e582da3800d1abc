"""The folders of one Asterisk of ours: its own, and a data folder that joins what its packages bring with our prompts."""

from __future__ import annotations

import shutil
from pathlib import Path

from dialplan.settings import Folders


def prepare_folders(folders: Folders, state: Path, data: Path, languages: set[str]) -> None:
    """Make what is missing below `state` and lay the data folder out anew. `data` is the engine's; `languages` have prompts.

    In the data folder a prompt is `callboard/<key>` in the channel's language; sounds of the packages (English) are found in
    every language, because Asterisk looks in `sounds/` itself at last.
    """
    for folder in (
        folders.etc,
        folders.lib,
        folders.db,
        folders.keys / "keys",
        folders.spool,
        folders.run,
        folders.log,
        folders.custom,
    ):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("recordings", "spool", "sounds"):
        (state / name).mkdir(parents=True, exist_ok=True, mode=0o750)
    for leftover in folders.run.glob("asterisk.*"):
        leftover.unlink()
    (folders.log / "cdr-custom").mkdir(exist_ok=True)
    _lay_out(folders.data, state / "sounds", data, languages)


def _lay_out(ours: Path, prompts: Path, engine: Path, languages: set[str]) -> None:
    shutil.rmtree(ours, ignore_errors=True)
    sounds = ours / "sounds"
    sounds.mkdir(parents=True)
    for name in ("documentation", "moh"):
        if (engine / name).is_dir():
            (ours / name).symlink_to(engine / name)
    english = next((folder for folder in sorted((engine / "sounds").glob("en*")) if folder.is_dir()), None)
    for sound in english.iterdir() if english else ():
        (sounds / sound.name).symlink_to(sound.resolve())
    for language in languages:
        own = prompts / language / "callboard"
        own.mkdir(parents=True, exist_ok=True, mode=0o750)
        (sounds / language).mkdir(exist_ok=True)
        (sounds / language / "callboard").symlink_to(own)
