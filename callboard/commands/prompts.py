"""Speak the prompts, or print the script for recording them in a human voice."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from agi.sounds import Sounds
from callboard import prompts as voices
from callboard.commands.options import DEFAULT_STATE, StateOption, told_in_words
from callboard.instance import LOCALES, ROOT
from callboard.state import State


def prompts(
    state: StateOption = DEFAULT_STATE,
    script: Annotated[bool, typer.Option("--script", help="Print what to record instead of speaking it.")] = False,
) -> None:
    """Have every prompt as a sound; a recording in STATE/sounds-own/<language>/<key>.wav wins over the synthetic voice."""
    folder = State(state)
    own = folder.folder / "sounds-own"
    if script:
        for language in voices.languages(LOCALES):
            for key, text in voices.texts(LOCALES, language).items():
                typer.echo(f"{own / language / key}.wav\t{text}")
        return
    with told_in_words():
        tools = voices.find_tools(ROOT)
        made = asyncio.run(
            voices.make_prompts(
                LOCALES, Sounds(folder.sounds), own, tools, lambda done, of, what: typer.echo(f"{done}/{of} {what}")
            )
        )
    typer.echo(f"{made} prompts were made; the others were up to date.")


def _say(done: int, of: int, what: str) -> None:
    typer.echo(f"{done}/{of} {what}")
