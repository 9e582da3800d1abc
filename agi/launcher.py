"""The text of the small program that Asterisk starts for the one-shot conversation; callboard writes it into its state folder."""

from __future__ import annotations

import shlex
from pathlib import Path

CODE = """\
import signal, sys
signal.signal(signal.SIGHUP, signal.SIG_IGN)
sys.path[:0] = {paths!r}
from agi.oneshot import main
main({spool!r}, {sounds!r}, {language!r})
"""


def launcher(python: Path, paths: list[Path], spool: Path, sounds: Path, language: str) -> str:
    """A shell script that runs `agi.oneshot` with nothing but `paths` (the checkout, site-packages) to import from.

    `-I -S` keeps the site's .pth files and environment out and saves their time. A hang-up must not kill the note, so SIGHUP
    is ignored before anything is imported; nothing is ever written to Asterisk's console.
    """
    code = CODE.format(
        paths=[str(path.absolute()) for path in paths],
        spool=str(spool.absolute()),
        sounds=str(sounds.absolute()),
        language=language,
    )
    # Not resolved: a virtual environment's python is a link, and is itself by that link.
    return (
        f'#!/bin/sh\nexec {shlex.quote(str(python.absolute()))} -I -S -X utf8 -c {shlex.quote(code)} "$@" 2>/dev/null\n'
    )
