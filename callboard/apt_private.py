"""An apt of our own beside the machine's: own lists, cache and status, the machine's mirror, keys and proxy.

Signatures are always checked. Only where a mirror's Release file is past its date (an archived mirror) is the date ignored,
and that is said.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from callboard.apt_sources import ETC, Source
from callboard.pbx_engine import PbxError

_NO_DATE = ("-o", "Acquire::Check-Valid-Until=false")
_EXPIRED = re.compile(r"Release file .* (is expired|is not valid)|E: Release file", re.IGNORECASE)


@dataclass(slots=True)
class PrivateApt:
    """apt with its whole state below `folder`. `mirror` is where it fetches from."""

    folder: Path
    options: tuple[str, ...] = ()

    @classmethod
    def made_in(cls, folder: Path, source: Source, suite: str, components: str) -> PrivateApt:
        """A fresh apt that knows one source: `suite` on the mirror of `source`."""
        shutil.rmtree(folder, ignore_errors=True)
        for part in (
            "etc/apt.conf.d",
            "etc/preferences.d",
            "etc/sources.list.d",
            "state/lists/partial",
            "cache/archives/partial",
        ):
            (folder / part).mkdir(parents=True)
        (folder / "status").touch()
        key = _key(source.signed_by, folder)
        (folder / "etc/sources.list").write_text(f"deb {key}{source.uri} {suite} {components}\n")
        (folder / "apt.conf").write_text(_configuration(folder))
        return cls(folder)

    def update(self, tell: Callable[[str], None]) -> None:
        """Fetch the lists. Raises PbxError."""
        failed = self._run("update", "-o", "APT::Update::Error-Mode=any")
        if failed and _EXPIRED.search(failed):
            tell("The mirror's list is past its date; using it all the same (its signature is checked).")
            self.options = _NO_DATE
            failed = self._run("update", "-o", "APT::Update::Error-Mode=any")
        if failed:
            raise PbxError(
                f"The mirror of this machine's apt gave no package list: {_first_error(failed)} Is the network up?"
            )

    def download(self, packages: Sequence[str], tell: Callable[[str], None]) -> list[Path]:
        """Fetch these packages and all that they need. Raises PbxError."""
        failed = self._run("install", "-y", "--download-only", *packages, tell=tell)
        if failed:
            raise PbxError(
                f"Asterisk's packages could not be fetched: {_first_error(failed)} Is the network up, is the disk full?"
            )
        return list((self.folder / "cache/archives").glob("*.deb"))

    def _run(self, *words: str, tell: Callable[[str], None] | None = None) -> str:
        """Nothing if apt-get did it, else what it said."""
        command = ["apt-get", "-q", *self.options, *words]
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env={
                **os.environ,
                "APT_CONFIG": str(self.folder / "apt.conf"),
                "LC_ALL": "C",
                "DEBIAN_FRONTEND": "noninteractive",
            },
        ) as apt:
            assert apt.stdout is not None
            said = _listened(apt.stdout, tell)
        return said if apt.returncode else ""


def _listened(lines: object, tell: Callable[[str], None] | None) -> str:
    said: list[str] = []
    total = fetched = 0
    for line in lines:  # type: ignore[attr-defined]
        said.append(line)
        if counts := re.search(r"(\d+) newly installed", line):
            total = int(counts[1])
        if tell and line.startswith("Get:") and total:
            fetched += 1
            if fetched % 20 == 0:
                tell(f"Fetching Asterisk: {fetched} of {total} packages.")
    return "".join(said)


def _configuration(folder: Path) -> str:
    lines = [
        f'Dir::Etc "{folder}/etc"; Dir::State "{folder}/state"; Dir::State::status "{folder}/status";',
        f'Dir::Cache "{folder}/cache"; Dir::Etc::trustedparts "{ETC}/trusted.gpg.d"; Dir::Etc::trusted "{ETC}/trusted.gpg";',
        f'Dir::Etc::netrc "{ETC}/auth.conf"; Dir::Etc::netrcparts "{ETC}/auth.conf.d";',
        f'APT::Architecture "{_architecture()}"; APT::Install-Recommends "false"; Acquire::Languages "none";',
        'Acquire::Retries "3";',
        # Only root would change to another user for the fetching, who may not write here.
        'APT::Sandbox::User "root";',
        *_machine_network(),
    ]
    return "\n".join(lines) + "\n"


def _machine_network() -> list[str]:
    """Proxy, certificates and the like, as the machine's own apt has them."""
    told = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=False).stdout
    return re.findall(r'^Acquire::https?(?:::[^ "]+)? ".*";$', told, re.MULTILINE)


def _architecture() -> str:
    told = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=False).stdout.strip()
    if not re.fullmatch(r"[a-z0-9]+", told):
        raise PbxError("dpkg does not tell this machine's architecture, so the private Asterisk cannot be made here.")
    return told


def _key(signed_by: str, folder: Path) -> str:
    if not signed_by:
        return ""
    if "BEGIN PGP" in signed_by:
        path = folder / "etc" / "mirror.asc"
        path.write_text(signed_by.strip() + "\n")
        return f"[signed-by={path}] "
    return f"[signed-by={','.join(signed_by.split())}] "


def _first_error(said: str) -> str:
    error = next(
        (line for line in said.splitlines() if line.startswith(("E:", "Err:"))), said.strip().splitlines()[-1:] or ""
    )
    return str(error if isinstance(error, str) else error[0])[:200].rstrip(".") + "."
