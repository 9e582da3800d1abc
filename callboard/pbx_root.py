"""A private Asterisk: Debian's or Ubuntu's own signed packages, fetched by a private apt and unpacked into a folder of ours.

Needs no rights: nothing is installed, the machine's apt is only read (mirror, keys, proxy), and the programs run through
the loader in the folder. Built beside and renamed, under a lock, so that two starts at once make one root.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from callboard.apt_private import PrivateApt
from callboard.apt_sources import Source, distribution_mirrors, machine_sources, os_release
from callboard.pbx_engine import Engine, PbxError, Root, engine_in, find_system

PACKAGES = (
    "asterisk",
    "asterisk-core-sounds-en-gsm",
    "asterisk-core-sounds-en-wav",
    "asterisk-moh-opsound-gsm",
    "espeak-ng",
    "sox",
    "bubblewrap",
)
RECIPE = 1  # raised when the content of the root must change: an older root is then built anew
_READY = "callboard-root.json"

Progress = Callable[[str], None]


def choose(mode: str, cache: Path, progress: Progress) -> Engine | None:
    """The Asterisk for `--asterisk MODE`: auto, system, private, or none (None). Raises PbxError with a sentence."""
    if mode == "none":
        return None
    if mode in ("auto", "system") and (engine := find_system()):
        return engine
    if mode == "system":
        raise PbxError(
            "No Asterisk of version 20 or newer is installed on this system. Install one, or use --asterisk private."
        )
    return engine_in(prepare_root(cache, progress))


def prepare_root(cache: Path, progress: Progress) -> Root:
    """The private root in `cache`, made now if it is not there yet (about 60 MB are fetched, 270 MB unpacked).

    `progress` is told what is being done, in sentences. Raises PbxError.
    """
    folder = cache / "asterisk-root"
    if _is_ready(folder):
        return Root(folder)
    with _lock(cache, progress):
        if not _is_ready(folder):
            _build(cache, folder, progress)
    return Root(folder)


def _is_ready(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / _READY).read_text())["recipe"] == RECIPE)
    except (OSError, ValueError, KeyError, TypeError):
        return False


@contextmanager
def _lock(cache: Path, progress: Progress) -> Iterator[None]:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        handle = os.open(cache / "asterisk-root.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise PbxError(
            f"The folder {cache} cannot be written ({error.strerror}); the private Asterisk is kept there."
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            progress("Another start is making the private Asterisk; waiting for it.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _build(cache: Path, folder: Path, progress: Progress) -> None:
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise PbxError(
                f"{program} is missing, so the private Asterisk cannot be made here. "
                "Install Asterisk 20 or newer yourself and start with --asterisk system."
            )
    for leftover in cache.glob("asterisk-root.*-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    beside = cache / f"asterisk-root.making-{os.getpid()}"
    work = cache / f"asterisk-root.apt-{os.getpid()}"
    try:
        suite, packages = _fetch(work, progress)
        _unpack(packages, beside, progress)
        version = engine_in(Root(beside)).version
        (beside / _READY).write_text(json.dumps({"recipe": RECIPE, "suite": suite, "version": version}))
        if folder.exists():
            folder.rename(cache / f"asterisk-root.old-{os.getpid()}")
        beside.rename(folder)
    except OSError as error:
        raise PbxError(f"The private Asterisk could not be written to {cache}: {error.strerror}.") from error
    finally:
        for leftover in cache.glob("asterisk-root.*-*"):
            shutil.rmtree(leftover, ignore_errors=True)


def _fetch(work: Path, progress: Progress) -> tuple[str, list[Path]]:
    release = os_release()
    family, suites = suites_with_asterisk(release)
    mirrors = distribution_mirrors(machine_sources(), release.get("VERSION_CODENAME", ""), family)
    if not mirrors:
        raise PbxError(
            "This machine's apt knows no mirror of its own distribution (see /etc/apt/sources.list.d). "
            "Add one, or install Asterisk 20 or newer and start with --asterisk system."
        )
    problems: list[str] = []
    for suite in suites:
        for mirror in mirrors:
            try:
                return suite, _fetch_from(work, mirror, suite, family, progress)
            except PbxError as error:
                problems.append(str(error))
    raise PbxError(problems[0])


def _fetch_from(work: Path, mirror: Source, suite: str, family: str, progress: Progress) -> list[Path]:
    components = "main universe" if family == "ubuntu" else "main"
    apt = PrivateApt.made_in(work, mirror, suite, components)
    progress(f"Asking the machine's mirror for the packages of {suite}.")
    apt.update(progress)
    progress(f"Fetching Asterisk and what it needs from {suite} (about 60 MB).")
    return apt.download(PACKAGES, progress)


def suites_with_asterisk(release: dict[str, str]) -> tuple[str, list[str]]:
    """The family (debian, ubuntu) and the suites to ask, best first: Debian 12 and 13 have no Asterisk, Ubuntu 22.04 an old one.

    Raises PbxError for another distribution.
    """
    family = next(
        (name for name in ("ubuntu", "debian") if name in (release.get("ID"), *release.get("ID_LIKE", "").split())),
        None,
    )
    codename, version = release.get("VERSION_CODENAME", ""), release.get("VERSION_ID", "")
    major = int(number[0]) if (number := re.match(r"\d+", version)) else 0
    if family == "debian":
        return family, ([codename] if major >= 14 else []) + ["forky", "sid"]
    if family == "ubuntu":
        return family, [codename if major >= 24 else "noble"]
    raise PbxError(
        f"A private Asterisk can be made on Debian and Ubuntu only, and this is {release.get('PRETTY_NAME', 'neither')}. "
        "Install Asterisk 20 or newer yourself and start with --asterisk system."
    )


def _unpack(packages: list[Path], root: Path, progress: Progress) -> None:
    # Packages of before the merged /usr ship lib/...; the links lead them to where the others are.
    for name in ("bin", "sbin", "lib", "lib64"):
        (root / "usr" / name).mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(f"usr/{name}")
    for done, package in enumerate(sorted(packages)):
        if done % 20 == 0:
            progress(f"Unpacking Asterisk: {done} of {len(packages)} packages.")
        # Not `dpkg-deb -x`: its tar replaces the links above by folders.
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE) as archive:
            unpacked = subprocess.run(
                [
                    "tar",
                    "-x",
                    "-f",
                    "-",
                    "-C",
                    str(root),
                    "--keep-directory-symlink",
                    "--no-same-owner",
                    "--warning=no-timestamp",
                ],
                stdin=archive.stdout,
                capture_output=True,
                text=True,
                check=False,
            )
        if unpacked.returncode or archive.returncode:
            raise PbxError(f"{package.name} could not be unpacked: {unpacked.stderr.strip()[-200:]}. Is the disk full?")
