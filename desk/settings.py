"""What the desk is told about the site."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """The firm and its day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    database_url: str = Field(default="", description="Where the rows live; empty: SQLite in the state folder.")
    photo_days: int = Field(
        default=180,
        ge=1,
        le=3660,
        description="How many days photos of customers' cars are kept; then they are erased.",
    )
    way_days: int = Field(
        default=90, ge=1, le=3660, description="How many days the way of an order's driver is kept; then it is erased."
    )
    reason_days: int = Field(
        default=180,
        ge=1,
        le=3660,
        description="How many days it is kept why a driver was asked for an order, or was not; what was appealed against stays.",
    )
    same_call_window_s: float = Field(
        default=8.0, gt=0, description="A box and the PBX within this many seconds on one line tell of one call."
    )
