"""Which Asterisk is run: the system's own (20 or newer), or the one in our private root, started through its own loader."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OLDEST = 20
TESTED = (22, 10, 1)
_VERSION_LIMIT_S = 20


class PbxError(Exception):
    """Asterisk cannot be had, started or kept; `str()` says why and what to do."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A runnable Asterisk: `program` begins its command line, `sounds` and `moh` hold what its packages bring."""

    program: tuple[str, ...]
    version: tuple[int, ...]
    modules: Path
    data: Path
    sbin: Path
    private: bool

    @property
    def name(self) -> str:
        """For people: `Asterisk 22.10.1 (private)`."""
        return f"Asterisk {'.'.join(map(str, self.version))} ({'private' if self.private else 'system'})"

    @property
    def warning(self) -> str:
        """A sentence where it is older than what callboard is tested with; what was mended since is missing from it."""
        if self.version >= TESTED:
            return ""
        newest = ".".join(map(str, TESTED))
        return f"{self.name} is older than {newest}, with which callboard is tested: security faults mended since are open in it"


@dataclass(frozen=True, slots=True)
class Root:
    """An unpacked set of Debian packages. Nothing in it is installed: programs are run through the loader in it."""

    folder: Path

    def program(self, name: str) -> tuple[str, ...]:
        """The beginning of a command line for a program of the root, such as `usr/sbin/asterisk`. Raises PbxError."""
        path = self.folder / name
        loader = next(self.folder.glob("usr/lib*/ld-linux*.so.*"), None) or next(
            self.folder.glob("usr/lib/*/ld-linux*.so.*"), None
        )
        if not path.is_file() or loader is None:
            raise PbxError(f"The private Asterisk in {self.folder} is incomplete. Delete that folder and start again.")
        return (str(loader), "--library-path", self.library_path, str(path))

    @property
    def library_path(self) -> str:
        """The root's library folders, `usr/lib/<machine>` and those below it that hold private libraries."""
        machines = [path.parent for path in self.folder.glob("usr/lib/*/libc.so.6")]
        folders = [
            folder
            for machine in machines
            for folder in (machine, machine / "pulseaudio", machine / "blas", machine / "lapack")
        ]
        folders += [self.folder / "lib" / machine.name for machine in machines]
        return ":".join(str(folder) for folder in folders if folder.is_dir())


def engine_in(root: Root) -> Engine:
    """The Asterisk of a private root. Raises PbxError when it does not run here."""
    program = root.program("usr/sbin/asterisk")
    modules = next(root.folder.glob("usr/lib/*/asterisk/modules"), None)
    version = _version(program)
    if modules is None or version is None:
        raise PbxError(f"The private Asterisk in {root.folder} does not run here. Delete that folder and start again.")
    return Engine(program, version, modules, root.folder / "usr/share/asterisk", root.folder / "usr/sbin", private=True)


def find_system(
    path: str | None = None, prefixes: tuple[Path, ...] = (Path("/usr"), Path("/usr/local"))
) -> Engine | None:
    """The machine's own Asterisk, if it is at least version 20. Its configuration and state are never touched.

    `path` are the folders to look for the program in (default: PATH and the system ones), `prefixes` where it is installed.
    """
    found = shutil.which("asterisk", path=path) or (
        None if path else shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    )
    if found is None:
        return None
    version = _version((found,))
    modules = next((folder for prefix in prefixes for folder in _module_folders(prefix)), None)
    shares = [*(prefix / "share/asterisk" for prefix in prefixes), Path("/var/lib/asterisk")]
    data = next((folder for folder in shares if (folder / "sounds").is_dir()), None)
    if version is None or version[0] < OLDEST or modules is None or data is None:
        return None
    return Engine((found,), version, modules, data, Path(found).parent, private=False)


def _module_folders(prefix: Path) -> list[Path]:
    patterns = ("lib/*/asterisk/modules", "lib/asterisk/modules", "lib64/asterisk/modules")
    return [folder for pattern in patterns for folder in prefix.glob(pattern) if (folder / "chan_pjsip.so").is_file()]


def _version(program: tuple[str, ...]) -> tuple[int, ...] | None:
    try:
        told = subprocess.run([*program, "-V"], capture_output=True, text=True, timeout=_VERSION_LIMIT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    number = re.search(r"Asterisk (?:certified/)?(\d+(?:\.\d+)*)", told.stdout)
    return tuple(int(part) for part in number[1].split(".")) if number else None
