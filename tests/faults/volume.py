"""A small volume of its own, to run full: a tmpfs, which answers ENOSPC as any disk does."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Volume:
    """Mounted at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    def fill(self) -> None:
        """Leave not one byte."""
        with self._ballast.open("ab") as ballast:
            block = b"x" * 65536
            while block:
                try:
                    written = os.write(ballast.fileno(), block)
                    block = block[:written]
                except OSError:
                    block = block[: len(block) // 2]

    def free(self) -> None:
        """Give all of it back."""
        self._ballast.unlink(missing_ok=True)


@contextmanager
def volume(folder: Path, megabytes: int) -> Iterator[Volume]:
    """Mount one. Needs the right to mount (root, as in CI's container); says so where there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    words = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0750", "tmpfs", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"this test needs the right to mount a tmpfs: {done.stderr.strip()}")
    try:
        yield Volume(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
