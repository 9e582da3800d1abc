"""What each caller-ID box is, where it is plugged in, and which of our numbers its lines are."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Box(BaseModel):
    """One box on one serial port."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,30}$", description="What people call this box.")
    model: str = Field(description="The file name of its decoder in callerid/boxes.")
    port: str = Field(description="A device (/dev/serial/by-id/...) or a URL that pyserial opens (socket://host:port).")
    baud: int | None = Field(default=None, gt=0, description="Bits per second; empty: what the model usually has.")
    lines: dict[str, str] = Field(description="The box's own line names (its channels) and the DID behind each.")
    charset: str = Field(default="cp949", description="How names are encoded where they are not UTF-8.")


class Settings(BaseModel):
    """All boxes of the site."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    boxes: tuple[Box, ...] = Field(default=(), description="One entry a box; none by default.")
    quiet_s: float = Field(
        default=60.0, gt=0, description="A ringing line of which nothing more is heard for so long has hung up."
    )
