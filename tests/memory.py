"""Where files of a test lie whose disk is not the point: in memory, where there is a folder for that with room."""

from __future__ import annotations

import os
import shutil

FOLDER = "/dev/shm"
ROOM_BYTES = 1 << 30


def in_memory() -> str | None:
    """The folder, for tempfile's `dir=`; None: the usual place (a container may have a few megabytes of it only)."""
    fits = os.access(FOLDER, os.W_OK) and shutil.disk_usage(FOLDER).free > ROOM_BYTES
    return FOLDER if fits else None
