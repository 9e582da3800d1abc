"""What any caller-ID box can tell, whatever its make: the vocabulary between decoders and everything above them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from types import ModuleType
from typing import Protocol, cast


class Kind(enum.Enum):
    """What happened on a line."""

    RING = "ring"
    CALLER = "caller"
    OFF_HOOK = "off_hook"
    ON_HOOK = "on_hook"
    NOISE = "noise"


@dataclass(frozen=True, slots=True)
class Reading:
    """One thing that a box said.

    `line` is the box's own name of the line. `number` is digits as told, or None with `presentation` "withheld" or
    "unavailable". `checksum_ok` is None for boxes that have none. `raw` is kept for the log of a support case.
    """

    kind: Kind
    line: str = ""
    number: str | None = None
    name: str | None = None
    presentation: str = "allowed"
    checksum_ok: bool | None = None
    raw: bytes = b""


class Decoder(Protocol):
    """Bytes in, readings out; owns no port and no clock, and never raises on foreign bytes."""

    def feed(self, data: bytes) -> list[Reading]:
        """The readings that are complete now. Bytes of an unfinished one are kept, within bounds."""
        ...


class FrameMasker(Protocol):
    """Bytes of a box in, the same frames with other numbers out, checksums right again; what is no whole frame is left out."""

    def feed(self, data: bytes) -> bytes:
        """The masked frames that are complete now."""
        ...


class BoxModel(Protocol):
    """What a file in `callerid/boxes` declares. It may have `masker(number) -> FrameMasker` as well, for masked recordings."""

    BAUD: int
    HAS_CHECKSUM: bool

    def decoder(self, charset: str) -> Decoder:
        """A fresh decoder for one port."""
        ...


def as_model(module: ModuleType) -> BoxModel:
    """A loaded plug-in, seen as what it declares."""
    return cast(BoxModel, module)
