"""Rendered files onto the disk: written beside, compared, renamed, so that Asterisk never reads half a file.

Files are readable by their owner only (they hold secrets), and so is their folder.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

_BESIDE = ".new"


def publish(files: Mapping[Path, str]) -> frozenset[Path]:
    """Make the disk say what `files` say; returns the paths whose content changed (reload only for these).

    Files of an earlier rendering that are no longer among `files` are removed from the same folders.
    """
    changed = {path for path, text in files.items() if _replace(path, text)}
    for folder in {path.parent for path in files}:
        for stale in folder.glob("*.conf"):
            if stale not in files:
                stale.unlink()
                changed.add(stale)
    return frozenset(changed)


def _replace(path: Path, text: str) -> bool:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = text.encode()
    if path.is_file() and path.read_bytes() == content and path.stat().st_mode & 0o777 == 0o600:
        return False
    beside = path.with_name(path.name + _BESIDE)
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    return True
