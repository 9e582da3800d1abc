"""What the machine's own apt knows: the distribution's mirrors and keys, in both of apt's notations (sources.list(5)).

Read only, to write a private source list from it: no mirror is known to callboard itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ETC = Path("/etc/apt")


@dataclass(frozen=True, slots=True)
class Source:
    """One place to get packages from. `signed_by` is a key file's path, an ASCII-armoured key, or empty (apt's own keys)."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""


def machine_sources(etc: Path = ETC) -> list[Source]:
    """All sources of packages in programs' form (`deb`) of this machine, in apt's order."""
    found: list[Source] = []
    files = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]
    for path in files:
        if path.suffix not in (".list", ".sources") or not path.is_file():
            continue
        text = path.read_text(errors="replace")
        found += deb822(text) if path.suffix == ".sources" else one_line(text)
    return found


def one_line(text: str) -> Iterator[Source]:
    """`deb [ option=value ... ] uri suite component ...`, one source a line."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if match:
            options = dict(option.split("=", 1) for option in (match[1] or "").split() if "=" in option)
            yield Source(match[2], (match[3],), tuple(match[4].split()), options.get("signed-by", ""))


def deb822(text: str) -> Iterator[Source]:
    """Paragraphs of `Field: value`, continued on lines that begin with a blank; a value may be a whole key."""
    for paragraph in re.split(r"\n[ \t]*\n", text):
        fields = _fields(paragraph)
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in ("no", "false", "0"):
            continue
        for uri in fields.get("uris", "").split():
            yield Source(
                uri,
                tuple(fields.get("suites", "").split()),
                tuple(fields.get("components", "").split()),
                fields.get("signed-by", "").strip(),
            )


def _fields(paragraph: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in paragraph.splitlines():
        if line.startswith("#"):
            continue
        if line[:1] in (" ", "\t") and name:
            # In a key, a line with only a dot stands for an empty one.
            fields[name] += "\n" + ("" if line.strip() == "." else line.strip())
        elif ":" in line:
            name, value = line.split(":", 1)
            name = name.strip().lower()
            fields[name] = value.strip()
    return fields


def distribution_mirrors(sources: list[Source], codename: str, family: str) -> list[Source]:
    """The sources that serve the distribution itself (not third parties), likeliest first, one for each address."""
    own = [
        source
        for source in sources
        if "main" in source.components and codename in {suite.split("/")[0] for suite in source.suites}
    ]
    own.sort(key=lambda source: not re.search(rf"(/{family}/?$|^mirror)", source.uri))
    seen: dict[str, Source] = {}
    for source in own:
        seen.setdefault(source.uri.rstrip("/"), source)
    return list(seen.values())


def os_release(path: Path = Path("/etc/os-release")) -> dict[str, str]:
    """The machine's distribution, os-release(5)."""
    pairs = (line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)
    return {key: value.strip("\"'") for key, value in pairs}
