"""The areas of the gazetteer, read once and kept (about 20,000), and how each is called in full."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
PROVINCE, DISTRICT, TOWN, VILLAGE = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Area:
    """One area. `level`: province, city or district, 읍·면·동, 리. Degrees are WGS 84; `radius_m` holds 95 % of its area.

    `above` are the areas in which it lies, the nearest first. `words` is what it is looked for by, letters and digits only: its
    name, each part of it ("성남시 분당구"), and its older or shorter names.
    """

    code: str
    level: int
    name: str
    above: tuple[Area, ...]
    lat: float
    lon: float
    radius_m: int
    aliases: tuple[str, ...]
    words: tuple[str, ...]

    @property
    def within(self) -> str:
        """Where it lies, in short, the largest first: "서울 서초구"; empty for a province."""
        return " ".join((each.aliases[-1] if each.level == PROVINCE else each.name) for each in reversed(self.above))

    @property
    def full(self) -> str:
        """Its name with all that it lies in: "서울 서초구 서초동"."""
        return f"{self.within} {self.name}".strip()


@cache
def areas() -> Mapping[str, Area]:
    """All of them by code, the larger before those that lie in them."""
    raw = gzip.decompress((HERE / "areas.csv.gz").read_bytes()).decode()
    found: dict[str, Area] = {}
    for row in csv.DictReader(io.StringIO(raw)):
        parent = found.get(row["parent"])
        name, aliases = row["name"], tuple(filter(None, row["aliases"].split(";")))
        # Names are Hangul and digits; nothing else would have to be taken out (tests/desk/place/test_gazetteer.py).
        words = (name.replace(" ", ""), *(name.split() if " " in name else ()), *aliases)
        found[row["code"]] = Area(
            code=row["code"],
            level=int(row["level"]),
            name=name,
            above=(parent, *parent.above) if parent else (),
            lat=float(row["lat"]),
            lon=float(row["lon"]),
            radius_m=int(row["radius_m"]),
            aliases=aliases,
            words=words,
        )
    return found
