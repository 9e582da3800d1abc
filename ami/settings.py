"""What the AMI side is told about the site. Seconds everywhere; secrets come separately and are never part of this."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Where Asterisk's manager is, who we are there, and how patient the links are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field(default="127.0.0.1", description="Address of Asterisk's manager interface; keep it on loopback.")
    port: int = Field(default=5138, ge=1, le=65535, description="Port of Asterisk's manager interface.")
    reader_user: str = Field(default="callboard-reader", description="The user that hears events.")
    actor_user: str = Field(default="callboard-actor", description="The user that originates, redirects and hangs up.")

    connect_timeout_s: float = Field(default=5.0, gt=0, description="How long a connection may take to open.")
    login_timeout_s: float = Field(
        default=8.0, gt=0, description="How long a log-in may take; Asterisk waits 1 s itself."
    )
    booted_timeout_s: float = Field(default=60.0, gt=0, description="How long Asterisk may take to be fully booted.")
    action_timeout_s: float = Field(default=5.0, gt=0, description="How long an action waits for its answer.")
    silent_after_s: float = Field(
        default=10.0, gt=0, description="A link without a byte for so long is dead; a ping goes out after half of it."
    )
    retry_first_s: float = Field(default=0.5, gt=0, description="The first wait before connecting again; it doubles.")
    retry_most_s: float = Field(default=30.0, gt=0, description="The longest wait before connecting again.")
    retry_absent_s: float = Field(
        default=2.0,
        gt=0,
        description="The longest wait while nobody listens on the port: asking then costs nobody anything.",
    )
    retry_secret_s: float = Field(
        default=12.0, ge=10, description="The shortest wait after a refused log-in: at most 5 tries a minute."
    )
    resync_every_s: float = Field(
        default=60.0, gt=0, description="How often the list of channels is compared with what the events told."
    )
    queue_limit: int = Field(
        default=20_000, ge=10, description="Events that may wait; over it the state is read afresh."
    )
    channel_limit: int = Field(default=20_000, ge=10, description="Live channels that are remembered.")

    incoming_context: str = Field(
        default="callboard-incoming", description="Where trunk calls land; its exten is the DID."
    )
    queue_context: str = Field(default="callboard-queue", description="Where callers wait for an operator.")
    operator_context: str = Field(default="callboard-operator", description="Where operators' Local legs run.")
    dial_context: str = Field(
        default="callboard-dial", description="Where an operator's leg dials whom he has called; its exten is the DID."
    )
    phone_prefix: str = Field(default="op", description="A desk phone's endpoint is this and the extension.")
    originate_contexts: tuple[str, ...] = Field(
        default=("callboard-demo-caller", "callboard-incoming", "callboard-operator", "callboard-dial"),
        description="The only contexts that an originated call may touch.",
    )
    redirect_contexts: tuple[str, ...] = Field(
        default=("callboard-standin-answered", "callboard-queue", "callboard-incoming"),
        description="The only contexts that a channel may be redirected to.",
    )
