"""What a line of a file of places says, and everything that is wrong with it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from desk.importing.lines import Finding, Understood
from desk.importing.table import Cell
from desk.text import plain
from models.words import letters

LONGEST = {"name": 200, "district": 80, "source": 80, "alias": 200}
MOST_ALIASES = 20
WIDEST_M = 100_000
EDGES = {"lat": 90.0, "lon": 180.0, "accuracy_m": float(WIDEST_M)}
KEY_LENGTH = 40
_BETWEEN = re.compile(r"[;\n\r|；]+")


def place(cells: Sequence[Cell], mapping: Sequence[str | None]) -> Understood:
    """`given`: name, district, aliases (one a line), lat, lon, accuracy_m (or None), source (or empty), key."""
    found: list[Finding] = []
    told: dict[str, Any] = {name: _text(name, cells, mapping, found) for name in ("name", "district", "source")}
    told["aliases"] = _aliases(cells, mapping, found)
    told |= {name: _number(name, cells, mapping, found) for name in EDGES}
    at = {name: mapping.index(name) if name in mapping else None for name in ("name", "lat", "accuracy_m")}
    if not letters(told["name"]) and not any(one.column == at["name"] for one in found):
        found.append(Finding("place_name_missing", at["name"]))
    pins = {"lat", "lon"} & {mapping[one.column] for one in found if one.column is not None}
    if not pins and (told["lat"] is None) != (told["lon"] is None):
        found.append(Finding("pin_half", at["lat"]))
    elif told["lat"] is None and told["accuracy_m"] is not None and not pins:
        found.append(Finding("accuracy_alone", at["accuracy_m"]))
    if told["accuracy_m"] is not None:
        told["accuracy_m"] = round(told["accuracy_m"])
    known_by = f"{told['name']}\n{told['district']}".encode()
    return Understood(told | {"key": hashlib.sha256(known_by).hexdigest()[:KEY_LENGTH]}, tuple(found))


def _of(name: str, cells: Sequence[Cell], mapping: Sequence[str | None]) -> list[tuple[int, Cell]]:
    return [
        (at, cells[at]) for at, field in enumerate(mapping) if field == name and at < len(cells) and cells[at].text.strip()
    ]  # fmt: skip


def _text(name: str, cells: Sequence[Cell], mapping: Sequence[str | None], found: list[Finding]) -> str:
    for at, cell in _of(name, cells, mapping):
        text = plain(cell.text, LONGEST[name] + 1)
        if len(text) <= LONGEST[name]:
            return text
        found.append(Finding("too_long", at, plain(cell.text, 40), {"most": LONGEST[name]}))
    return ""


def _aliases(cells: Sequence[Cell], mapping: Sequence[str | None], found: list[Finding]) -> str:
    told: dict[str, None] = {}
    for at, cell in _of("alias", cells, mapping):
        for piece in _BETWEEN.split(cell.text):
            text = plain(piece, LONGEST["alias"] + 1)
            if len(text) > LONGEST["alias"]:
                found.append(Finding("too_long", at, plain(piece, 40), {"most": LONGEST["alias"]}))
            elif text:
                told[text] = None
    if len(told) > MOST_ALIASES:
        found.append(Finding("aliases_many", None, "", {"most": MOST_ALIASES}))
    return "\n".join(told)


def _number(name: str, cells: Sequence[Cell], mapping: Sequence[str | None], found: list[Finding]) -> float | None:
    for at, cell in _of(name, cells, mapping):
        text = plain(cell.text, 40)
        try:
            value = float(text)
        except ValueError:
            found.append(Finding("degrees_bad" if name != "accuracy_m" else "accuracy_bad", at, text))
            return None
        least = 0.0 if name == "accuracy_m" else -EDGES[name]
        if not least <= value <= EDGES[name]:  # also what is not a number at all
            found.append(Finding("degrees_bad" if name != "accuracy_m" else "accuracy_bad", at, text))
            return None
        return value
    return None
