"""Asterisk's own configuration files, read as Asterisk reads them: pyst2's `asterisk.config.Config`, made tolerant.

Handled before pyst2's parser sees a line: `#include`, `#tryinclude` (as globs, relative to the configuration folder),
`#exec` (noted, never run), templates `[x](!)`, `[x](template)`, `[x](+)`, block comments `;-- ... --;`, `\\;`, `same =>`,
and bytes that are not UTF-8.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path

from asterisk.config import Config

_SECTION = re.compile(r"\[([^\]]+)\]\s*(?:\(([^)]*)\))?\s*$")
_INCLUDE = re.compile(r"#(include|tryinclude|exec)\s+[\"<]?([^\">]+)[\">]?\s*$")
_DEEPEST = 10


@dataclass(frozen=True, slots=True)
class Entry:
    """One `key = value` (or `key => value`): where it stands, and in which section."""

    path: Path
    number: int
    section: str
    key: str
    value: str


@dataclass(slots=True)
class AsteriskFile:
    """A file with everything that it includes. `executed` are `#exec` lines, `missing` includes that name no file."""

    entries: list[Entry] = field(default_factory=list)
    sections: dict[str, tuple[str, ...]] = field(default_factory=dict)
    executed: list[Entry] = field(default_factory=list)
    missing: list[Entry] = field(default_factory=list)

    def section(self, name: str) -> list[Entry]:
        """A section's own entries, after those of the templates that it names."""
        inherited = [
            entry for parent in self.sections.get(name, ()) for entry in self.section(parent) if parent != name
        ]
        return inherited + [entry for entry in self.entries if entry.section == name]


class TolerantConfig(Config):  # type: ignore[misc]  # pyst2 has no types
    """pyst2's Config over lines that its parser understands; `found` is what this project works with."""

    def __init__(
        self, filename: Path, root: Path | None = None, found: AsteriskFile | None = None, depth: int = 0
    ) -> None:
        self.found = found if found is not None else AsteriskFile()
        self._path = filename
        self._root = root or filename.parent
        self._depth = depth
        super().__init__(str(filename))

    def load(self) -> None:
        """Read the file, keeping what pyst2 would choke on for ourselves."""
        text = self._path.read_bytes().decode("utf-8", "replace")
        self.raw_lines = []
        section = ""
        for number, line in enumerate(_without_comments(text), 1):
            section, simple = self._take(line, number, section)
            self.raw_lines.append(simple)

    def _take(self, line: str, number: int, section: str) -> tuple[str, str]:
        """File the line away; the section that holds from here on, and the line in pyst2's own notation."""
        if heading := _SECTION.match(line):
            options = [option.strip() for option in (heading[2] or "").split(",")]
            parents = tuple(option for option in options if option not in ("", "!", "+"))
            known = self.found.sections.get(heading[1], ())
            self.found.sections[heading[1]] = known + parents
            return heading[1], f"[{heading[1]}]"
        if include := _INCLUDE.match(line):
            self._include(include[1], Entry(self._path, number, section, "#" + include[1], include[2].strip()))
            return section, ""
        if "=" in line:
            key, value = line.split("=", 1)
            value = value.removeprefix(">").strip()
            self.found.entries.append(Entry(self._path, number, section, key.strip(), value))
            return section, f"{key.strip()}={value.replace(';', ',')}"
        return section, ""

    def _include(self, kind: str, entry: Entry) -> None:
        if kind == "exec":
            self.found.executed.append(entry)
            return
        paths = sorted(glob(str(self._root / entry.value)))
        if not paths and kind == "include":
            self.found.missing.append(entry)
        for path in paths:
            if self._depth < _DEEPEST:
                TolerantConfig(Path(path), self._root, self.found, self._depth + 1)


def read(path: Path) -> AsteriskFile:
    """The file and what it includes. Raises OSError when it cannot be read."""
    return TolerantConfig(path).found


def _without_comments(text: str) -> list[str]:
    """Lines as main/config.c leaves them: `;` ends a line unless escaped, `;--` begins a block (but `;---` does not)."""
    depth = 0
    lines = []
    # Not splitlines(): to Asterisk only a line feed ends a line.
    for line in text.split("\n"):
        kept = ""
        position = 0
        while position < len(line):
            rest = line[position:]
            if depth and rest.startswith("--;"):
                depth -= 1
                position += 3
            elif rest.startswith(";--") and not rest.startswith(";---"):
                depth += 1
                position += 3
            elif depth:
                position += 1
            elif rest.startswith("\\;"):
                kept += ";"
                position += 2
            elif rest.startswith(";"):
                break
            else:
                kept += rest[0]
                position += 1
        lines.append(kept.strip())
    return lines
