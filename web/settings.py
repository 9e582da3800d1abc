"""What the panel is told about where it is served, how long a sign-in lasts, and what it refuses."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """The panel's own settings. Times are in seconds, sizes in bytes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/]+$",
        description="Where browsers see the panel when a proxy stands before it, for example https://desk.example.",
    )
    language: str = Field(default="ko", description="The language of pages shown to nobody in particular (the log-in).")
    session_idle_s: float = Field(default=12 * 3600, gt=0, description="A session not used for this long is over.")
    session_absolute_s: float = Field(default=7 * 86400, gt=0, description="A session is over after this long.")
    session_check_s: float = Field(
        default=2.0, gt=0, le=5, description="How often open sockets are checked against sessions and roles."
    )
    body_limit: int = Field(default=64 * 1024, ge=1024, description="The longest request body that is read.")
    body_timeout_s: float = Field(default=10.0, gt=0, description="How long a request body may take to arrive.")
    head_timeout_s: float = Field(
        default=30.0, gt=0, description="How long a connection may take to say its first or its next request."
    )
    login_failures_per_account: int = Field(
        default=5, ge=1, description="Wrong passwords for one account from one address before it has to wait."
    )
    login_failures_per_address: int = Field(
        default=30, ge=1, description="Wrong passwords from one address before it has to wait."
    )
    totp: Literal["off", "optional", "required"] | None = Field(
        default=None,
        description="One-time codes of an authenticator app as a second factor: for nobody, for whoever has set it up, or "
        "required of administrators and accountants (docs/roles.md). Where nothing is said it is required, and in the demo "
        "(`site.demo`) optional.",
    )
    login_window_s: float = Field(default=300.0, gt=0, description="Wrong passwords are forgotten after this long.")
    live_pending_limit: int = Field(
        default=256, ge=8, description="Pushes that may wait for one browser before it is cut off."
    )
    live_send_timeout_s: float = Field(default=5.0, gt=0, description="How long one push may wait for a browser.")
    live_beat_s: float = Field(default=2.0, gt=0, le=5, description="A quiet browser hears that we live this often.")
    live_messages_per_s: int = Field(default=20, ge=1, description="What one browser may send in a second.")
    map_link: str = Field(
        default="https://map.kakao.com/link/to/{text},{lat},{lon}",
        pattern=r"^$|^(https|geo|kakaomap|nmap|tmap):[^\s]+$",
        description="The map that a driver's page opens for a place; {text}, {lat} and {lon} are the place's. Empty: none.",
    )
    map_tiles: str = Field(
        default="",
        pattern=r"^$|^https?://[A-Za-z0-9.-]+(:\d{1,5})?/[^\s;,\"']*\{z\}[^\s;,\"']*$",
        description="Where the office's map has its picture from, as {z}/{x}/{y}; only this host is then allowed. Empty: none, "
        "and districts are drawn as outlines.",
    )
    map_credit: str = Field(default="", max_length=200, description="Whose picture it is, as its owner wants it said.")
    appeal_hours: int = Field(
        default=48, ge=1, le=2160, description="Within how many hours the office is to answer an appeal of a driver."
    )
    test_call_every_s: float = Field(default=1.0, ge=0, description="The least time between two test calls.")

    dial_every_s: float = Field(
        default=3.0, ge=0, description="The least time between two calls that one operator has placed by the panel."
    )

    @property
    def tile_origin(self) -> str:
        """The only foreign place from which a page may have pictures; empty: none."""
        return "/".join(self.map_tiles.split("/")[:3])

    @property
    def secure(self) -> bool:
        """Whether browsers reach the panel by TLS."""
        return self.public_url is not None and self.public_url.startswith("https://")
