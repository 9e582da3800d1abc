"""The cage that Asterisk runs in: no capabilities, a read-only machine, only its own folders to write, no name look-ups.

Asterisk looks its own host name and A.ROOT-SERVERS.NET up for calls and blocks for seconds where no resolver answers, so
in the cage both are in /etc/hosts and there is no resolver. Where bubblewrap does not work (a container without rights),
`setpriv` still takes the capabilities away and ties Asterisk's life to ours.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_HOSTS = "127.0.0.1 localhost callboard-pbx A.ROOT-SERVERS.NET\n::1 localhost\n"
_TRY_LIMIT_S = 10


@dataclass(frozen=True, slots=True)
class Cage:
    """How a command is wrapped. `warning` is a sentence for the user, or empty; `environment` is added to the program's."""

    prefix: tuple[str, ...]
    environment: dict[str, str]
    warning: str = ""


def cage(
    state: Path, writable: tuple[Path, ...], readable: tuple[Path, ...], bwrap: tuple[tuple[str, ...], ...]
) -> Cage:
    """The best cage that works here. `state` is hidden except for the folders in `writable` and `readable`.

    `bwrap` are command lines of bubblewrap to try, best first.
    """
    for program in bwrap:
        for names in (("--unshare-pid", "--proc", "/proc", "--unshare-ipc"), ()):
            prefix = (*program, *_machine(state), *names, *_folders(state, writable, readable), *_LEASH)
            if _works((*prefix, "true")):
                return Cage(prefix, {})
    return _plain()


_LEASH = ("--cap-drop", "ALL", "--die-with-parent", "--chdir", "/", "--")


def bubblewraps(private: tuple[str, ...] | None) -> tuple[tuple[str, ...], ...]:
    """The bubblewraps of this machine and of the private root."""
    found = shutil.which("bwrap")
    return tuple(program for program in ((found,) if found else None, private) if program)


def _machine(state: Path) -> tuple[str, ...]:
    names = state / "asterisk" / "names"
    names.mkdir(parents=True, exist_ok=True)
    (names / "hosts").write_text(_HOSTS)
    (names / "resolv.conf").write_text("")
    words = ["--ro-bind", "/", "/", "--dev-bind", "/dev", "/dev", "--unshare-uts", "--hostname", "callboard-pbx"]
    for name in ("hosts", "resolv.conf"):
        # The machine's file may be a symbolic link (systemd-resolved): its target is what must be covered.
        target = Path("/etc", name).resolve()
        if target.is_file():
            words += ["--ro-bind", str(names / name), str(target)]
    return tuple(words)


def _folders(state: Path, writable: tuple[Path, ...], readable: tuple[Path, ...]) -> tuple[str, ...]:
    words = ["--tmpfs", str(state)]
    for folder in readable:
        words += ["--ro-bind", str(folder), str(folder)]
    for folder in writable:
        words += ["--bind", str(folder), str(folder)]
    return tuple(words)


def _plain() -> Cage:
    warning = (
        "bubblewrap does not work here, so Asterisk runs without its cage (still without any capability). "
        "Install bubblewrap, or allow user namespaces."
    )
    environment = {"RES_OPTIONS": "timeout:1 attempts:1"}
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return Cage((), environment, warning)
    words = [setpriv, "--no-new-privs", "--pdeathsig", "KILL"]
    if os.geteuid() == 0:
        words += ["--bounding-set", "-all", "--inh-caps", "-all"]
    prefix = (*words, "--")
    return Cage(prefix if _works((*prefix, "true")) else (), environment, warning)


def _works(command: tuple[str, ...]) -> bool:
    try:
        return (
            subprocess.run(
                command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_TRY_LIMIT_S, check=False
            ).returncode
            == 0
        )
    except (OSError, subprocess.SubprocessError):
        return False
