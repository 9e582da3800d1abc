"""Fetch what instances share (the private Asterisk) without starting anything."""

from __future__ import annotations

from typing import Annotated

import typer

from callboard.commands.options import told_in_words
from callboard.instance import CACHE, Progress
from callboard.pbx_root import choose


def prepare(
    asterisk: Annotated[str, typer.Option(help="auto, system, private or none.")] = "private",
) -> None:
    """Have an Asterisk ready, so that a later start takes seconds."""
    progress = Progress()
    with told_in_words():
        engine = choose(asterisk, CACHE, progress.line)
    progress.line(f"{engine.name} is ready" if engine else "no Asterisk is wanted")
