"""What a site may set about the caller's side. Nothing here is secret: the token is handed in beside it."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from pydantic import BaseModel, ConfigDict, Field

Network = IPv4Network | IPv6Network


class Settings(BaseModel):
    """The FastAGI server. Times are seconds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on; FastAGI has no log-in of its own.")
    port: int = Field(default=4573, ge=0, le=65535, description="TCP port; 0 takes any free one.")
    allow: tuple[Network, ...] = Field(
        default=(IPv4Network("127.0.0.0/8"), IPv6Network("::1/128")),
        description="Networks whose Asterisk may connect.",
    )
    flows: tuple[str, ...] = Field(default=("welcome",), description="Conversations that the dialplan may ask for.")
    calls_at_a_time: int = Field(
        default=120, ge=1, description="Conversations at a time; the next one goes to an operator."
    )
    waiting_at_a_time: int = Field(
        default=256,
        ge=1,
        description="Connections that have not said who they are; the oldest gives way to the newest.",
    )
    header_seconds: float = Field(default=4.5, gt=0, description="Time for the header block of a connection.")
    header_bytes: int = Field(default=65536, ge=1024, description="Size limit of the header block.")
    desk_seconds: float = Field(default=1.0, gt=0, description="How long a caller may wait for the database.")
    key_seconds: float = Field(default=4.0, gt=0, description="Silence after a question before an operator is called.")
    record_seconds: int = Field(default=8, ge=1, le=60, description="Longest recording after the tone.")
    silence_seconds: int = Field(default=2, ge=1, le=10, description="Silence that ends a recording.")
    drain_seconds: float = Field(
        default=10.0, ge=0, description="How long running conversations may go on at shutdown."
    )
